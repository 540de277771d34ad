/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_OWNER_H
#define SOCKTAPE_RECORD_OWNER_H

#include <sys/types.h>

/* Whose files a recording's are: of the user who called sudo(8), where root runs for one. */
struct owner {
	uid_t uid; /* (uid_t)-1: whose the process is */
	gid_t gid;
};

struct owner owner_find(void);

#endif
