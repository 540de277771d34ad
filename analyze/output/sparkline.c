/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/sparkline.h"

static size_t place_of(size_t at, size_t last)
{
	return last < SPARKLINE_MAX ? at : at * (SPARKLINE_MAX - 1) / last;
}

void sparkline_add(struct sparkline *s, size_t at, size_t last, double value, bool sum)
{
	size_t place = place_of(at, last);

	s->count = place_of(last, last) + 1;
	if (sum)
		s->values[place] += value;
	else if (value > s->values[place])
		s->values[place] = value;
}

void sparkline_append(const struct sparkline *s, struct buffer *b)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double most = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->values[i] > most)
			most = s->values[i];
	for (size_t i = 0; i < s->count; i++)
		buffer_append_text(b, bars[most > 0 ? (int)(s->values[i] / most * 7 + 0.5) : 0]);
}
