/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/owner.h"

#include <stdlib.h>
#include <unistd.h>

#include "format/size.h"

/* A number in the environment that is some user's; 0: there is none. */
static uint32_t id_of(const char *name)
{
	const char *text = getenv(name);
	uint64_t id;

	return text && size_parse_number(text, &id) && id < UINT32_MAX ? (uint32_t)id : 0;
}

struct owner owner_find(void)
{
	uint32_t uid = geteuid() == 0 ? id_of("SUDO_UID") : 0;

	return (struct owner){uid ? uid : (uid_t)-1, uid ? id_of("SUDO_GID") : (gid_t)-1};
}
