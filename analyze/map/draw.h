/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_MAP_DRAW_H
#define SOCKTAPE_ANALYZE_MAP_DRAW_H

#include "analyze/map/graph.h"

/*
 * A graph (settled, and limited where it has to be) as a picture. What it shows depends on nothing
 * but the graph; times are UTC. Texts of the recording stay text, whatever they hold.
 */

enum draw_result {
	DRAW_DONE,
	DRAW_NO_MEMORY,
	DRAW_TOO_LARGE, /* there is more than can be seen: graph_limit() */
};

struct svg_options {
	/*
	 * A part of an HTML document: without a declaration of XML and without its style, which the
	 * document has: map_svg_style(). Its classes and identifiers begin with "map-".
	 */
	bool embedded;
	const char *title; /* what the picture is of: "services" */
};

/* Appends an element svg, as wide and as high as it wants to be, which scales. */
enum draw_result map_svg(const struct graph *g, const struct svg_options *options,
			 struct buffer *out);

/* Rules of CSS, for light and dark, on screen and on paper. */
const char *map_svg_style(void);

/* The language of graphviz. */
enum draw_result map_dot(const struct graph *g, struct buffer *out);

/* A flowchart of Mermaid. */
enum draw_result map_mermaid(const struct graph *g, struct buffer *out);

#endif
