/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_LISTING_H
#define SOCKTAPE_ANALYZE_MAP_LISTING_H

#include "analyze/map/graph.h"
#include "analyze/output/output.h"

/*
 * Text: who asks nobody's answer first, what each asks under it, as trees. What was told of before
 * isn't told again. False without memory.
 */
bool map_tree(const struct graph *g, struct output *out);

/* JSON and CSV: a row an edge that is traffic; with --over a row an interval of it. */
void map_rows(const struct graph *g, struct output *out);

#endif
