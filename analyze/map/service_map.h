/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_SERVICE_MAP_H
#define SOCKTAPE_ANALYZE_MAP_SERVICE_MAP_H

#include "analyze/map/graph.h"
#include "analyze/replay/row.h"

/*
 * Services, and who asks which of them with which protocol, out of the records of a recording.
 *
 * A service is a recorded process, with all others of the same program, script and container that
 * serve the same ports or that it started; or what requests call it (service_name.h), where its
 * process wasn't recorded or serves several of that kind; or else an address. Which process stands
 * behind an address is known once all was read, so everything is resolved at the end.
 */
struct service_map;

enum service_map_by {
	MAP_BY_SERVICE,
	MAP_BY_CONTAINER, /* all processes of a container are one */
	MAP_BY_PROCESS,	  /* each process id for itself */
	MAP_BY_ADDRESS,	  /* a program at one address (net_map.h) */
};

struct service_map_options {
	size_t memory; /* about so many bytes for what is counted */
	int64_t over;  /* count each interval of so many ns for itself, too; 0: don't */
	enum service_map_by by;
	/* Of DNS alone: who asked for which name, and who answered what. */
	bool dns;
	/* service_map_conn() will be called; and all of each connection counts. */
	bool connections;
};

/* NULL without memory. */
struct service_map *service_map_new(const struct service_map_options *options);

/*
 * One more record that counts: see row_is_selected_once(). False without memory. Handshakes of TLS
 * that were read through aren't counted unless they failed: what was said inside is.
 */
bool service_map_add(struct service_map *m, const struct row *row);

/*
 * At the end of a connection, perhaps by another thread than who adds records: its bytes are those
 * of protocols whose records don't tell theirs. Without it these aren't known.
 */
void service_map_conn(struct service_map *m, const struct connection *c);

/* After the last: the graph, settled. False without memory. G is to be freed in any case. */
bool service_map_finish(struct service_map *m, struct graph *g);

void service_map_free(struct service_map *m); /* NULL is fine */

#endif
