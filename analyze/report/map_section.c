/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/draw.h"
#include "analyze/report/report.h"

/* Who talks to whom. */

void report_map(struct html *h, const struct report *r)
{
	static const struct svg_options how = {.embedded = true, .title = "services"};
	struct buffer svg = {0};
	enum draw_result result = DRAW_DONE;

	if (!r->map.node_count) {
		html_put(h, "<p class=\"empty\">Nobody talked to anybody.</p>\n");
		return;
	}
	result = map_svg(&r->map, &how, &svg);
	if (result == DRAW_NO_MEMORY || svg.failed)
		h->error = TAPE_ERROR_MEMORY;
	if (result == DRAW_TOO_LARGE || svg.len > REPORT_MAP_BYTES) {
		html_put(h, "<p class=\"empty\">There is too much of it for a picture.</p>\n");
		report_left_out(h, r->map.node_count + r->map.left_out_nodes, "service",
				"socktape map REC");
	} else if (result == DRAW_DONE) {
		/* Its writer escapes what the recording says, as html_text() does. */
		html_put(h, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
			    "aria-label=\"Map of services\">\n");
		html_put_ours(h, buffer_span(&svg));
		html_put(h, "</div>\n");
		report_left_out(h, r->map.left_out_nodes, "service", "socktape map REC");
	}
	buffer_free(&svg);
}
