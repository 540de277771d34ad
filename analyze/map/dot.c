/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/draw.h"
#include "analyze/map/label.h"
#include "analyze/output/escape.h"

/*
 * In a string of the language only quotes and backslashes are special, and labels know escapes that
 * begin with a backslash (the first attribute is escString); both are made their own.
 */
static void append_string(struct buffer *b, struct span text)
{
	struct buffer shown = {0};

	escape_append(&shown, text);
	for (size_t i = 0; i < shown.len; i++) {
		if (shown.data[i] == '"' || shown.data[i] == '\\')
			buffer_append_char(b, '\\');
		buffer_append_char(b, shown.data[i]);
	}
	b->failed |= shown.failed;
	buffer_free(&shown);
}

static void append_node(struct buffer *b, const struct graph_node *node, size_t number)
{
	static const char *const styles[] = {
		[NODE_PROCESS] = "style=filled fillcolor=\"#ddf0ff\"",
		[NODE_NAME] = "style=\"rounded,filled\" fillcolor=\"#e6f5e6\"",
		[NODE_ADDRESS] = "style=filled fillcolor=\"#f1f2f4\"",
	};

	buffer_printf(b, "\tn%zu [label=\"", number);
	append_string(b, span_text(node->label));
	if (*node->detail) {
		buffer_append_text(b, "\\n");
		append_string(b, span_text(node->detail));
	}
	buffer_printf(b, "\" %s];\n", styles[node->kind]);
}

static void append_edge(struct buffer *b, const struct graph *g, const struct graph_edge *e)
{
	struct buffer text = {0};

	buffer_printf(b, "\tn%zu -> n%zu [label=\"", e->from, e->to);
	for (enum label_part part = 0; part < LABEL_PARTS; part++) {
		buffer_clear(&text);
		label_append(&text, g, e, part);
		if (!text.len)
			continue;
		append_string(b, buffer_span(&text));
		buffer_append_text(b, "\\l");
	}
	buffer_append_char(b, '"');
	if (!e->counts)
		buffer_append_text(b, " style=dashed arrowhead=none");
	else if (e->counts->failed)
		buffer_append_text(b, " color=\"#b3151f\"");
	buffer_append_text(b, "];\n");
	b->failed |= text.failed;
	buffer_free(&text);
}

enum draw_result map_dot(const struct graph *g, struct buffer *out)
{
	struct buffer foot = {0};

	buffer_append_text(out, "digraph map {\n"
				"\trankdir=LR;\n"
				"\tnode [shape=box fontname=\"monospace\" fontsize=11];\n"
				"\tedge [fontname=\"monospace\" fontsize=9];\n"
				"\tlabel=\"");
	label_append_span(&foot, g);
	append_string(out, buffer_span(&foot));
	buffer_clear(&foot);
	label_append_left_out(&foot, g);
	if (foot.len)
		buffer_append_text(out, "\\n");
	append_string(out, buffer_span(&foot));
	buffer_append_text(out, "\";\n");
	buffer_free(&foot);
	for (size_t i = 0; i < g->node_count; i++)
		append_node(out, &g->nodes[i], i);
	for (size_t i = 0; i < g->edge_count; i++)
		append_edge(out, g, &g->edges[i]);
	buffer_append_text(out, "}\n");
	return out->failed ? DRAW_NO_MEMORY : DRAW_DONE;
}
