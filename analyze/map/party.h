/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_PARTY_H
#define SOCKTAPE_ANALYZE_MAP_PARTY_H

#include "analyze/map/intern.h"
#include "analyze/map/service_map.h"
#include "analyze/replay/row.h"

/*
 * The ends of what is counted, as they come: a process, an address that was asked, a host that
 * asked. Internal to analyze/map/.
 */
enum party_kind {
	PARTY_PROCESS,
	PARTY_ADDRESS, /* a server's, with its port; or a path */
	PARTY_HOST,    /* a client's, without port */
};

struct party {
	enum party_kind kind;
	const char *comm; /* of a process; all terminated, owned by the parties */
	const char *script;
	const char *container;
	uint32_t pid; /* 0: any that serves nothing */
	uint32_t ppid;
	const char *text; /* of an address: "10.0.0.1:80", "10.0.0.1", "unix:/run/x" */
	struct address address;
	enum transport transport;
	uint32_t netns;
	const char *listens; /* a process: the first address at which it was asked; "": none */
	size_t group; /* the party that stands for it and others; itself, or nearer to that */
};

struct parties {
	enum service_map_by by;
	size_t memory; /* bytes that they may take */
	bool many;     /* processes that serve nothing aren't told apart any more */
	struct party *all;
	struct intern keys; /* the number of a key is that of its party */
	struct intern texts;
	struct intern listeners; /* addresses and ports that are served */
	size_t *owners;		 /* by number of a listener: the first party that serves it */
	struct intern hosts;	 /* local addresses of recorded ends, without port */
	struct buffer key;
};

/* All give INTERN_NONE when there is no room. */

/* The recorded end; SERVES: it was asked there. */
size_t parties_end(struct parties *p, const struct row_end *end, bool serves);

/* What stands opposite ROW, and wasn't recorded; SERVES: it was asked. */
size_t parties_stranger(struct parties *p, const struct row *row, bool serves);

/* The recorded process that serves the address of a party; or that party. */
size_t parties_behind(struct parties *p, size_t party);

/* The host that asked from the address that this party serves; INTERN_NONE: none did. */
size_t parties_host(struct parties *p, size_t party);

/* Whether recorded ends have this address, of whatever port, or it is loopback. */
bool parties_is_host(struct parties *p, const struct address *address, uint32_t netns);

/* The party that stands for this one and others of the same service. */
size_t parties_group(struct parties *p, size_t party);

/* Once all came: those that belong together are. False without memory. */
bool parties_settle(struct parties *p);

/* Whether they have taken what memory they may. */
bool parties_are_many(const struct parties *p);

void parties_free(struct parties *p);

#endif
