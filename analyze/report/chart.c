/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/report/chart.h"

#include <math.h>
#include <time.h>

#include "analyze/report/timeline.h"

/* Room above the highest value, and below the lowest that is not 0, in percent. */
#define HEADROOM 6.0
#define FOOTROOM 3.0

struct chart_scale chart_linear(double high)
{
	static const double rounds[] = {1, 2, 3, 4, 5, 6, 8, 10};
	double power = pow(10, floor(log10(fmax(high, 1e-9))));

	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++)
		if (rounds[i] * power >= high * (1 - 1e-12))
			return (struct chart_scale){.high = rounds[i] * power};
	return (struct chart_scale){.high = 10 * power};
}

struct chart_scale chart_log(double low, double high)
{
	struct chart_scale s = {.log = true};

	low = fmax(low, 1);
	s.low = pow(10, floor(log10(low)));
	s.high = pow(10, ceil(log10(fmax(high, low))));
	if (s.high <= s.low)
		s.high = s.low * 10;
	return s;
}

double chart_y(const struct chart_scale *s, double value)
{
	double part = s->log ? log(fmax(value, s->low) / s->low) / log(s->high / s->low)
			     : value / s->high;
	double lowest = s->log ? 100 - FOOTROOM : 100;

	return lowest - (lowest - HEADROOM) * fmin(fmax(part, 0), 1);
}

static void grid_line(struct html *h, const struct chart_scale *s, double value)
{
	html_draw(h, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.2f%%\" y2=\"%.2f%%\"/>",
		  chart_y(s, value), chart_y(s, value));
}

static void axis_label(struct html *h, const struct chart_scale *s, double value,
		       void (*label)(struct html *h, double))
{
	html_draw(h, "<text x=\"100%%\" y=\"%.2f%%\" dx=\"-8\" dy=\"%.0f\">", chart_y(s, value),
		  chart_y(s, value) > 90 ? -1 : 4);
	label(h, value);
	html_put(h, "</text>");
}

/* Each power of ten; of many, each second or third. */
static double log_step(const struct chart_scale *s)
{
	double decades = round(log10(s->high / s->low));

	return pow(10, ceil(decades / 4));
}

void chart_begin(struct html *h, const struct chart_scale *s, void (*label)(struct html *h, double))
{
	html_put(h, "<div class=\"strip\"><svg class=\"axis\" aria-hidden=\"true\">");
	if (s->log) {
		for (double v = s->low; v <= s->high * 1.01; v *= log_step(s))
			axis_label(h, s, v, label);
	} else {
		axis_label(h, s, 0, label);
		axis_label(h, s, s->high / 2, label);
		axis_label(h, s, s->high, label);
	}
	html_put(h, "</svg><svg class=\"plot\">");
	if (s->log) {
		for (double v = s->low; v <= s->high * 1.01; v *= log_step(s))
			grid_line(h, s, v);
	} else {
		grid_line(h, s, 0);
		grid_line(h, s, s->high / 2);
		grid_line(h, s, s->high);
	}
	html_put(h, "\n");
}

void chart_bar(struct html *h, const struct chart_scale *s, size_t i, size_t count, double from,
	       double to, const char *css)
{
	double width = 100.0 / (double)count, gap = count > 1 ? width * 0.12 : width * 0.4;
	double top = chart_y(s, to);

	html_put(h, "<rect class=\"");
	html_word(h, css);
	html_draw(h, "\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.2f%%\" height=\"%.2f%%\"/>",
		  width * (double)i + gap / 2, width - gap, top, chart_y(s, from) - top);
}

static double middle(size_t i, size_t count)
{
	return 100.0 * ((double)i + 0.5) / (double)count;
}

void chart_line(struct html *h, const struct chart_scale *s, size_t i, double a, size_t j, double b,
		size_t count, const char *css)
{
	if (i == j) {
		html_put(h, "<circle class=\"");
		html_word(h, css);
		html_draw(h, "\" cx=\"%.3f%%\" cy=\"%.2f%%\" r=\"1.5\"/>", middle(i, count),
			  chart_y(s, a));
		return;
	}
	html_put(h, "<line class=\"");
	html_word(h, css);
	html_draw(h, "\" x1=\"%.3f%%\" y1=\"%.2f%%\" x2=\"%.3f%%\" y2=\"%.2f%%\"/>",
		  middle(i, count), chart_y(s, a), middle(j, count), chart_y(s, b));
}

void chart_begin_hint(struct html *h, size_t i, size_t count)
{
	html_draw(h,
		  "<rect class=\"hit\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"0\" height=\"100%%\">"
		  "<title>",
		  100.0 * (double)i / (double)count, 100.0 / (double)count);
}

void chart_end_hint(struct html *h)
{
	html_put(h, "</title></rect>");
}

void chart_end(struct html *h)
{
	html_put(h, "</svg></div>\n");
}

/* ---- times ---- */

#define DAY (86400 * 1000000000ll)

/* As much of a time as TICK tells apart. */
static void put_time(struct html *h, int64_t ns, int64_t tick, bool days)
{
	time_t seconds = ns / 1000000000;
	int64_t micros = ns % 1000000000 / 1000, millis = micros / 1000;
	struct tm tm;
	char text[48];
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(text, sizeof(text),
		       tick >= DAY			 ? "%m-%d"
		       : days				 ? "%m-%d %H:%M"
		       : tick % (60 * 1000000000ll) == 0 ? "%H:%M"
							 : "%H:%M:%S",
		       &tm);
	html_text(h, span_of(text, len));
	if (tick < 1000000)
		html_draw(h, ".%06.0f", (double)micros);
	else if (tick < 1000000000)
		html_draw(h, ".%03.0f", (double)millis);
}

void chart_times(struct html *h, int64_t first, int64_t step, size_t count)
{
	int64_t span = step * (int64_t)count;
	int64_t tick = timeline_step(span, 9);
	bool days = first / DAY != (first + span) / DAY, second = false;

	html_put(h, "<div class=\"strip times\"><svg class=\"axis\"></svg><svg class=\"plot\">");
	for (int64_t at = first - first % tick; at <= first + span; at += tick) {
		double x = 100.0 * (double)(at - first) / (double)span;

		if (x < 8 || x > 91)
			continue;
		if (second)
			html_put(h, "<g class=\"second\">");
		else
			html_put(h, "<g>");
		html_draw(h,
			  "<line class=\"tick\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"0\" y2=\"5\"/>"
			  "<text x=\"%.3f%%\" y=\"18\">",
			  x, x, x);
		put_time(h, at, tick, days);
		html_put(h, "</text></g>");
		second = !second;
	}
	html_put(h, "</svg></div>\n");
}
