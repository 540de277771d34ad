/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_RECORD_HOST_H
#define SOCKTAPE_RECORD_HOST_H

#include <sys/utsname.h>

#include "format/buffer.h"
#include "format/event.h"

/* What the HOST event says; must live as long as the event. Release with host_free(). */
struct host {
	struct utsname name;
	char boot_id[64];
	struct buffer options; /* the command line, quoted as a shell would need it */
};

/* Reads it all; what can't be read stays empty. ARGV is NULL-terminated. */
void host_read(struct host *host, char *const *argv);

/* Makes *EVENT a HOST event that borrows from HOST, except for its time. */
void host_event(const struct host *host, struct event *event);

void host_free(struct host *host);

#endif
