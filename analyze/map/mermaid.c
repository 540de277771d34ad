/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/draw.h"
#include "analyze/map/label.h"
#include "analyze/output/text.h"

/* Text that is shown at most: Mermaid refuses diagrams that are too long. */
#define TEXT_COLUMNS 60

/*
 * In a string only letters, digits and what is known to mean nothing stand for themselves: all else
 * of ASCII is written by its number, "#35;", which Mermaid makes an entity of. So nothing ends the
 * string, and nothing is taken for markup or Markdown.
 */
static void append_string(struct buffer *b, struct span text)
{
	const struct text_layout layout = {.limit = TEXT_COLUMNS};
	struct buffer shown = {0};

	text_append_cell(&shown, text, &layout);
	for (size_t i = 0; i < shown.len; i++) {
		unsigned char c = (unsigned char)shown.data[i];

		if (c >= 0x80 || strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789 .,:/()-",
					c))
			buffer_append_char(b, (char)c);
		else
			buffer_printf(b, "#%u;", c);
	}
	b->failed |= shown.failed;
	buffer_free(&shown);
}

static void append_node(struct buffer *b, const struct graph_node *node, size_t number)
{
	static const char *const shapes[][2] = {
		[NODE_PROCESS] = {"[\"", "\"]:::process"},
		[NODE_NAME] = {"([\"", "\"]):::name"},
		[NODE_ADDRESS] = {"[\"", "\"]:::address"},
	};

	buffer_printf(b, "    n%zu%s", number, shapes[node->kind][0]);
	append_string(b, span_text(node->label));
	if (*node->detail) {
		buffer_append_text(b, "<br>");
		append_string(b, span_text(node->detail));
	}
	buffer_printf(b, "%s\n", shapes[node->kind][1]);
}

static void append_edge(struct buffer *b, const struct graph *g, const struct graph_edge *e)
{
	struct buffer text = {0};
	bool first = true;

	if (!e->counts) {
		buffer_printf(b, "    n%zu -.- n%zu\n", e->from, e->to);
		return;
	}
	buffer_printf(b, "    n%zu -->|\"", e->from);
	for (enum label_part part = 0; part < LABEL_PARTS; part++) {
		buffer_clear(&text);
		label_append(&text, g, e, part);
		if (!text.len)
			continue;
		if (!first)
			buffer_append_text(b, "<br>");
		first = false;
		append_string(b, buffer_span(&text));
	}
	buffer_printf(b, "\"| n%zu\n", e->to);
	b->failed |= text.failed;
	buffer_free(&text);
}

enum draw_result map_mermaid(const struct graph *g, struct buffer *out)
{
	struct buffer foot = {0};

	label_append_span(&foot, g);
	if (foot.len)
		buffer_printf(out, "%%%% %.*s\n", (int)foot.len, foot.data);
	buffer_clear(&foot);
	label_append_left_out(&foot, g);
	if (foot.len)
		buffer_printf(out, "%%%% %.*s\n", (int)foot.len, foot.data);
	buffer_free(&foot);
	buffer_append_text(out, "flowchart LR\n"
				"    classDef process fill:#ddf0ff,stroke:#6e7781,color:#1b1f24\n"
				"    classDef name fill:#e6f5e6,stroke:#6e7781,color:#1b1f24\n"
				"    classDef address fill:#f1f2f4,stroke:#6e7781,color:#1b1f24\n");
	for (size_t i = 0; i < g->node_count; i++)
		append_node(out, &g->nodes[i], i);
	for (size_t i = 0; i < g->edge_count; i++)
		append_edge(out, g, &g->edges[i]);
	return out->failed ? DRAW_NO_MEMORY : DRAW_DONE;
}
