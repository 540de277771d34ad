/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_RESOLVE_H
#define SOCKTAPE_ANALYZE_MAP_RESOLVE_H

#include "analyze/map/answers.h"
#include "analyze/map/party.h"

/* Makes services of what was seen, once all was. Internal to analyze/map/. */

/* Between whom something was counted, as it was seen; the key of a group. */
struct raw_edge {
	size_t from; /* parties */
	size_t to;
	uint32_t name; /* of the service that was asked, by number; 0: none */
	uint32_t tls;
	uint32_t question; /* of DNS: the name and the type that were asked for; 0: it is none */
	uint32_t type;
};

/* Whether records of TABLE tell how large they are. */
bool table_has_sizes(const struct table *table);

/* ANSWERS: to the questions. GROUPS by raw_edge, of tables, become the nodes and edges of G. False
 * without memory. */
bool resolve(struct parties *parties, const struct intern *names, const struct answers *answers,
	     struct groups *groups, struct graph *g);

#endif
