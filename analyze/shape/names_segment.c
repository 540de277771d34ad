/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>

#include "analyze/shape/names_private.h"

bool names_separates(const struct names *n, char c)
{
	return n->separators[(unsigned char)c];
}

/* One segment; with the separator behind it, but for the last. */
struct span names_cut(const struct names *n, struct span *name, unsigned depth)
{
	struct span segment = *name;

	if (depth + 1 < NAMES_SEGMENTS_MAX) {
		size_t len = 0;

		while (len < name->len && !names_separates(n, name->data[len]))
			len++;
		segment.len = len + (len < name->len);
	}
	if (segment.len > UINT16_MAX)
		segment.len = UINT16_MAX;
	*name = span_of(name->data + segment.len, name->len - segment.len);
	return segment;
}

static size_t extension_len(const char *data, size_t len)
{
	for (size_t i = 1; i <= 6 && i < len; i++) {
		if (data[len - i] == '.')
			return i > 1 ? i : 0;
		if (!isalpha((unsigned char)data[len - i]))
			return 0;
	}
	return 0;
}

struct look names_look(const struct names *n, struct span s)
{
	struct look l = {.whole = s.len};
	unsigned run = 0;
	int before = 0;

	if (s.len && names_separates(n, s.data[s.len - 1]))
		l.whole--;
	l.len = l.whole - extension_len(s.data, l.whole);
	for (size_t i = 0; i < l.len; i++) {
		int c = (unsigned char)s.data[i];
		int kind = isdigit(c) ? 1 : isalpha(c) ? 2 : before;

		l.switches += before && kind != before;
		before = kind;
		l.digits += isdigit(c) != 0;
		l.letters += isalpha(c) != 0;
		run = isdigit(c) ? run + 1 : 0;
		if (run > l.longest)
			l.longest = run;
	}
	return l;
}

/* Numbers, and mixtures of digits and letters as in a hash or a UUID. */
bool names_is_opaque(const struct look *l)
{
	return l->digits && (!l->letters || l->switches >= 3);
}

/* "{id}", with what follows the value in its segment. */
void names_append_whole(struct buffer *b, struct span s, const struct look *l)
{
	buffer_append_text(b, NAMES_ID);
	buffer_append_span(b, span_of(s.data + l->len, s.len - l->len));
}

/* "order-{id}": digits alone are the value. */
void names_append_mask(struct buffer *b, struct span s, const struct look *l)
{
	for (size_t i = 0; i < s.len; i++) {
		bool digit = i < l->len && isdigit((unsigned char)s.data[i]);

		if (!digit)
			buffer_append_char(b, s.data[i]);
		else if (!i || !isdigit((unsigned char)s.data[i - 1]))
			buffer_append_text(b, NAMES_ID);
	}
}

/* How many digits a segment is made of; 0: there is something else in it. */
size_t names_number_len(const struct names *n, struct span s)
{
	size_t len = s.len && names_separates(n, s.data[s.len - 1]) ? s.len - 1 : s.len;

	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s.data[i]))
			return 0;
	return len;
}
