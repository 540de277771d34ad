/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/map/draw.h"
#include "analyze/map/label.h"
#include "analyze/map/layout.h"
#include "analyze/output/escape.h"
#include "analyze/output/text.h"

/*
 * Text is of one width, so that it is known how much room it takes whatever font is found: no
 * usual one is wider than this part of its size.
 */
#define COLUMN 0.615

#define NODE_FONT  13.0
#define SMALL_FONT 11.0
#define NODE_LINE  17.0
#define SMALL_LINE 14.0
#define PADDING	   8.0
#define GAP	   36.0
#define MARGIN	   16.0

/* Columns of text that are shown; all of it is in the title that hovering shows. */
#define NODE_COLUMNS  40
#define LABEL_COLUMNS 56

/* Edges of one pair that have words of their own. */
#define BUNDLE_MAX 6

/* All edges from one node to another: one line. */
struct bundle {
	const struct graph_edge *const *edges;
	size_t count;
};

struct drawing {
	const struct graph *g;
	const struct graph_edge **order; /* by their ends, those of a pair in their order */
	struct bundle *bundles;		 /* of different ends, then of itself */
	size_t bundle_count;
	struct bundle *loops; /* by node: what it asks of itself */
	struct layout layout;
	struct buffer *out;
	struct buffer text;
};

/* ---- bundles ---- */

static bool make_bundles(struct drawing *d)
{
	const struct graph *g = d->g;

	d->order = graph_by_ends(g);
	d->bundles = calloc(g->edge_count + 1, sizeof(*d->bundles));
	d->loops = calloc(g->node_count + 1, sizeof(*d->loops));
	if (!d->order || !d->bundles || !d->loops)
		return false;
	for (size_t i = 0, n; i < g->edge_count; i += n) {
		const struct graph_edge *e = d->order[i];
		struct bundle bundle = {.edges = &d->order[i]};

		for (n = 1; i + n < g->edge_count && d->order[i + n]->from == e->from &&
			    d->order[i + n]->to == e->to;)
			n++;
		bundle.count = n;
		if (e->from == e->to)
			d->loops[e->from] = bundle;
		else
			d->bundles[d->bundle_count++] = bundle;
	}
	return true;
}

/* ---- lines of text ---- */

/*
 * Takes a line of COLUMNS; TEXT isn't escaped. What is shown and what is measured is the same: both
 * go through each_line().
 */
typedef void line_fn(void *context, struct span text, const char *class, int columns);

static int shown_width(struct buffer *shown, struct span text, int limit)
{
	const struct text_layout layout = {.limit = limit};

	buffer_clear(shown);
	return text_append_cell(shown, text, &layout);
}

/* The words of a bundle, line by line. */
static void each_line(struct drawing *d, const struct bundle *bundle, line_fn *take, void *context)
{
	struct buffer shown = {0};
	size_t count = bundle->count;

	if (count > BUNDLE_MAX)
		count = BUNDLE_MAX - 1;
	for (size_t i = 0; i < count; i++)
		for (enum label_part part = 0; part < LABEL_PARTS; part++) {
			int columns;

			buffer_clear(&d->text);
			label_append(&d->text, d->g, bundle->edges[i], part);
			if (!d->text.len)
				continue;
			columns = shown_width(&shown, buffer_span(&d->text), LABEL_COLUMNS);
			take(context, buffer_span(&shown),
			     part == LABEL_WHAT	      ? "map-what"
			     : part == LABEL_FAILURES ? "map-bad"
						      : "map-more",
			     columns);
		}
	if (count < bundle->count) {
		buffer_clear(&shown);
		buffer_printf(&shown, "and %zu more", bundle->count - count);
		take(context, buffer_span(&shown), "map-more", (int)shown.len);
	}
	buffer_free(&shown);
}

static void measure(void *context, struct span text, const char *class, int columns)
{
	struct layout_box *box = context;
	double width = columns * SMALL_FONT * COLUMN + PADDING;

	(void)text;
	(void)class;
	if (width > box->width)
		box->width = width;
	box->height += SMALL_LINE;
}

static void measure_node(struct drawing *d, size_t number)
{
	const struct graph_node *node = &d->g->nodes[number];
	struct layout_box *box = &d->layout.boxes[number];
	int label = shown_width(&d->text, span_text(node->label), NODE_COLUMNS);
	int detail = shown_width(&d->text, span_text(node->detail), NODE_COLUMNS);

	box->width = label * NODE_FONT * COLUMN;
	if (detail * SMALL_FONT * COLUMN > box->width)
		box->width = detail * SMALL_FONT * COLUMN;
	box->height = NODE_LINE + (detail ? SMALL_LINE : 0);
	if (d->loops[number].count)
		each_line(d, &d->loops[number], measure, box);
	box->width += 2 * PADDING;
	box->height += 2 * PADDING - 4;
}

static bool arrange(struct drawing *d, enum draw_result *result)
{
	struct layout *l = &d->layout;
	enum layout_result laid;

	l->gap = GAP;
	l->box_count = d->g->node_count;
	l->line_count = d->bundle_count;
	l->boxes = calloc(l->box_count + 1, sizeof(*l->boxes));
	l->lines = calloc(l->line_count + 1, sizeof(*l->lines));
	if (!l->boxes || !l->lines)
		return false;
	for (size_t i = 0; i < l->box_count; i++)
		measure_node(d, i);
	for (size_t i = 0; i < l->line_count; i++) {
		l->lines[i].from = d->bundles[i].edges[0]->from;
		l->lines[i].to = d->bundles[i].edges[0]->to;
		each_line(d, &d->bundles[i], measure, &l->lines[i].label);
	}
	laid = layout_run(l);
	*result = laid == LAYOUT_TOO_LARGE ? DRAW_TOO_LARGE : DRAW_NO_MEMORY;
	return laid == LAYOUT_DONE;
}

/* ---- drawing ---- */

struct pen {
	struct buffer *out;
	double x;
	double y; /* of the last line's lower end */
	const char *anchor;
};

static void draw_text(struct buffer *out, double x, double y, const char *class, struct span text)
{
	buffer_printf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	escape_append_markup(out, text);
	buffer_append_text(out, "</text>");
}

static void draw_line(void *context, struct span text, const char *class, int columns)
{
	struct pen *pen = context;

	(void)columns;
	pen->y += SMALL_LINE;
	draw_text(pen->out, pen->x, pen->y - 3.5, class, text);
}

/* Everything about an edge, for who hovers over it. */
static void draw_edge_title(struct drawing *d, const struct bundle *bundle)
{
	const struct graph_edge *e = bundle->edges[0];
	struct buffer *b = d->out;

	buffer_append_text(b, "<title>");
	escape_append_markup(b, span_text(d->g->nodes[e->from].label));
	buffer_append_text(b, " → ");
	escape_append_markup(b, span_text(d->g->nodes[e->to].label));
	for (size_t i = 0; i < bundle->count; i++)
		for (enum label_part part = 0; part < LABEL_PARTS; part++) {
			buffer_clear(&d->text);
			label_append(&d->text, d->g, bundle->edges[i], part);
			if (!d->text.len)
				continue;
			buffer_append_char(b, '\n');
			escape_append_markup(b, buffer_span(&d->text));
		}
	buffer_append_text(b, "</title>");
}

static void draw_path(struct buffer *b, const struct layout_line *line)
{
	buffer_append_text(b, "<path d=\"");
	for (size_t i = 0; i < line->part_count; i++) {
		const struct layout_part *p = &line->parts[i];

		if (!i) {
			buffer_printf(b, "M%.1f %.1f", p->x1, p->y);
		} else {
			double from = line->parts[i - 1].x2, bend = (p->x1 - from) / 2;

			buffer_printf(b, "C%.1f %.1f %.1f %.1f %.1f %.1f", from + bend,
				      line->parts[i - 1].y, p->x1 - bend, p->y, p->x1, p->y);
		}
		if (p->x2 - p->x1 > 0.05)
			buffer_printf(b, "H%.1f", p->x2);
	}
	buffer_append_text(b, "\"/>");
}

/* Its point touches the box that is asked. */
static void draw_arrow(struct buffer *b, const struct layout_line *line)
{
	const struct layout_part *end = line->backwards ? &line->parts[0]
							: &line->parts[line->part_count - 1];
	double x = line->backwards ? end->x1 : end->x2, back = line->backwards ? 9 : -9;

	buffer_printf(b, "<path class=\"map-arrow\" d=\"M%.1f %.1fl%.1f -4v8z\"/>", x, end->y,
		      back);
}

static uint64_t failed_of(const struct bundle *bundle)
{
	uint64_t failed = 0;

	for (size_t i = 0; i < bundle->count; i++)
		if (bundle->edges[i]->counts)
			failed += bundle->edges[i]->counts->failed;
	return failed;
}

static void draw_edge(struct drawing *d, size_t number)
{
	const struct bundle *bundle = &d->bundles[number];
	const struct layout_line *line = &d->layout.lines[number];
	const char *class = !bundle->edges[0]->counts ? " map-part"
			    : failed_of(bundle)	      ? " map-failed"
						      : "";

	buffer_printf(d->out, "<g class=\"map-edge%s\">", class);
	draw_edge_title(d, bundle);
	draw_path(d->out, line);
	if (bundle->edges[0]->counts)
		draw_arrow(d->out, line);
	buffer_append_text(d->out, "</g>\n");
}

static void draw_label(struct drawing *d, size_t number)
{
	const struct layout_box *box = &d->layout.lines[number].label;
	struct pen pen = {.out = d->out, .x = box->x + PADDING / 2, .y = box->y};

	if (box->height <= 0)
		return;
	buffer_append_text(d->out, "<g class=\"map-label\">");
	draw_edge_title(d, &d->bundles[number]);
	buffer_printf(d->out,
		      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\"/>",
		      box->x, box->y, box->width, box->height);
	each_line(d, &d->bundles[number], draw_line, &pen);
	buffer_append_text(d->out, "</g>\n");
}

static const char *node_class(enum node_kind kind)
{
	static const char *const classes[] = {
		[NODE_PROCESS] = "map-process",
		[NODE_NAME] = "map-name",
		[NODE_ADDRESS] = "map-address",
	};

	return classes[kind];
}

static void draw_node_title(struct drawing *d, const struct graph_node *node)
{
	buffer_append_text(d->out, "<title>");
	escape_append_markup(d->out, span_text(node->label));
	if (*node->detail) {
		buffer_append_char(d->out, '\n');
		escape_append_markup(d->out, span_text(node->detail));
	}
	if (*node->addresses) {
		buffer_append_text(d->out, "\nat ");
		escape_append_markup(d->out, span_text(node->addresses));
	}
	buffer_append_text(d->out, "</title>");
}

static void draw_node(struct drawing *d, size_t number)
{
	const struct graph_node *node = &d->g->nodes[number];
	const struct layout_box *box = &d->layout.boxes[number];
	struct pen pen = {.out = d->out, .x = box->x + PADDING, .y = box->y + PADDING - 2};

	buffer_printf(d->out, "<g class=\"map-node %s\">", node_class(node->kind));
	draw_node_title(d, node);
	buffer_printf(d->out,
		      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\"/>",
		      box->x, box->y, box->width, box->height, node->kind == NODE_NAME ? 14 : 5);
	shown_width(&d->text, span_text(node->label), NODE_COLUMNS);
	pen.y += NODE_LINE;
	draw_text(d->out, pen.x, pen.y - 4, "map-service", buffer_span(&d->text));
	if (shown_width(&d->text, span_text(node->detail), NODE_COLUMNS))
		draw_line(&pen, buffer_span(&d->text), "map-more", 0);
	if (d->loops[number].count)
		each_line(d, &d->loops[number], draw_line, &pen);
	buffer_append_text(d->out, "</g>\n");
}

/* ---- all ---- */

/* Without variables of CSS, which not all who draw know. */
#define THEME(back, ink, dim, line, bad, process, name, address)                                   \
	".map{background:" back "}.map-back,.map-label rect{fill:" back "}"                        \
	".map text{fill:" ink "}.map text.map-more{fill:" dim "}.map text.map-bad{fill:" bad "}"   \
	".map-node rect,.map-edge path{stroke:" line "}.map-edge .map-arrow{fill:" line "}"        \
	".map-failed path{stroke:" bad "}.map-failed .map-arrow{fill:" bad "}"                     \
	".map-process rect{fill:" process "}.map-name rect{fill:" name                             \
	"}.map-address rect{fill:" address "}"

const char *map_svg_style(void)
{
	return ".map text{font:11px ui-monospace,\"DejaVu Sans Mono\",Menlo,Consolas,monospace;"
	       "white-space:pre}\n"
	       ".map text.map-service{font-size:13px;font-weight:600}\n"
	       ".map-edge path{fill:none;stroke-width:1.3}\n"
	       ".map-edge .map-arrow{stroke:none}\n"
	       ".map-part path{stroke-dasharray:3 3}\n" THEME(
		       "#fff", "#1b1f24", "#57606a", "#6e7781", "#b3151f", "#ddf0ff", "#e6f5e6",
		       "#f1f2f4") "\n"
				  "@media(prefers-color-scheme:dark){" THEME(
					  "#0d1117", "#e6edf3", "#a5aeb9", "#8b949e", "#ff8a84",
					  "#12304d", "#15361f",
					  "#242a32") "}\n"
						     "@media print{" THEME("#fff", "#000", "#444",
									   "#555", "#a00", "#fff",
									   "#fff", "#fff") "}\n";
}

static void begin(struct drawing *d, const struct svg_options *options, double width, double height)
{
	struct buffer *b = d->out;

	buffer_printf(b,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map\" role=\"img\" "
		      "width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f %.0f %.0f %.0f\">\n<title>",
		      width, height, -MARGIN, -MARGIN, width, height);
	escape_append_markup(b, span_text(options->title));
	buffer_append_text(b, "</title>\n");
	if (options->embedded)
		return;
	buffer_printf(b, "<style>\n%s</style>\n", map_svg_style());
	buffer_printf(b,
		      "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" "
		      "class=\"map-back\"/>\n",
		      -MARGIN, -MARGIN, width, height);
}

/* What a person has to know of the picture as a whole, under it. */
static void make_foot(struct drawing *d, struct buffer *foot)
{
	label_append_span(foot, d->g);
	if ((d->g->left_out_nodes || d->g->overflow) && foot->len)
		buffer_append_text(foot, "; ");
	label_append_left_out(foot, d->g);
}

static void draw_all(struct drawing *d, const struct svg_options *options)
{
	double width = d->layout.width, height = d->layout.height;
	struct buffer foot = {0};
	struct pen pen = {.out = d->out, .x = 0};

	make_foot(d, &foot);
	if ((double)foot.len * SMALL_FONT * COLUMN > width)
		width = (double)foot.len * SMALL_FONT * COLUMN;
	pen.y = height + (height > 0 ? MARGIN : 0);
	height = pen.y + SMALL_LINE;
	begin(d, options, width + 2 * MARGIN, height + 2 * MARGIN);
	for (size_t i = 0; i < d->bundle_count; i++)
		draw_edge(d, i);
	for (size_t i = 0; i < d->bundle_count; i++)
		draw_label(d, i);
	for (size_t i = 0; i < d->g->node_count; i++)
		draw_node(d, i);
	if (foot.len)
		draw_line(&pen, buffer_span(&foot), "map-more", 0);
	buffer_append_text(d->out, "</svg>\n");
	buffer_free(&foot);
}

enum draw_result map_svg(const struct graph *g, const struct svg_options *options,
			 struct buffer *out)
{
	struct drawing d = {.g = g, .out = out};
	enum draw_result result = DRAW_NO_MEMORY;

	if (make_bundles(&d) && arrange(&d, &result)) {
		if (!options->embedded)
			buffer_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
		draw_all(&d, options);
		result = out->failed || d.text.failed ? DRAW_NO_MEMORY : DRAW_DONE;
	}
	layout_free(&d.layout);
	free(d.layout.boxes);
	free(d.layout.lines);
	free(d.order);
	free(d.bundles);
	free(d.loops);
	buffer_free(&d.text);
	return result;
}
