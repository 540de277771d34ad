/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/json.h"

#include "protocols/value/utf8.h"

/* Repeats a byte in every lane of a word. */
#define LANES(byte) (0x0101010101010101ull * (uint64_t)(byte))

/*
 * Whether any of the eight bytes at P needs attention: control, quote, backslash or not ASCII.
 * The carry-borrow tests may cry wolf for a byte above another hit, never miss one.
 */
static bool word_needs_escape(const uint8_t *p)
{
	uint64_t word, quote, backslash;

	memcpy(&word, p, sizeof(word));
	quote = word ^ LANES('"');
	backslash = word ^ LANES('\\');
	return ((word | (word - LANES(0x20)) | (quote - LANES(1)) | (backslash - LANES(1))) &
		LANES(0x80)) != 0;
}

/* Copies what needs no escape from P on to TO, which has room for all; returns how much. */
static size_t copy_plain(char *to, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;

	while (end - p >= 8 && !word_needs_escape(p)) {
		memcpy(to, p, 8);
		p += 8;
		to += 8;
	}
	/* The last few bytes of a longer text, together with some that were copied already. */
	if (end - p < 8 && end - start >= 8 && !word_needs_escape(end - 8)) {
		memcpy(to + (end - p) - 8, end - 8, 8);
		return (size_t)(end - start);
	}
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		*to++ = (char)*p++;
	return (size_t)(p - start);
}

/*
 * What a byte that stands alone becomes, itself or its escape: up to six characters, the first
 * one lowest, and how many in the highest byte. Stored as a whole, so the host's order matters.
 */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the table of escapes is written for little-endian hosts"
#endif
#define CHARACTERS(n, a, b, c, d, e, f)                                                            \
	((uint64_t)(n) << 56 | (uint64_t)(f) << 40 | (uint64_t)(e) << 32 | (uint64_t)(d) << 24 |   \
	 (uint64_t)(c) << 16 | (uint64_t)(b) << 8 | (uint64_t)(a))
#define HEX(n)	       ((n) < 10 ? '0' + (n) : 'a' + (n)-10)
#define PLAIN(c)       CHARACTERS(1, c, 0, 0, 0, 0, 0)
#define SHORT(c)       CHARACTERS(2, '\\', c, 0, 0, 0, 0)
#define CONTROL(c)     CHARACTERS(6, '\\', 'u', '0', '0', HEX((c) >> 4), HEX((c)&15))
#define NO_UTF8(c)     CHARACTERS(5, '\\', '\\', 'x', HEX((c) >> 4), HEX((c)&15), 0)
#define FOUR(of, c)    of(c), of((c) + 1), of((c) + 2), of((c) + 3)
#define SIXTEEN(of, c) FOUR(of, c), FOUR(of, (c) + 4), FOUR(of, (c) + 8), FOUR(of, (c) + 12)
#define SIXTY_FOUR(of, c)                                                                          \
	SIXTEEN(of, c), SIXTEEN(of, (c) + 16), SIXTEEN(of, (c) + 32), SIXTEEN(of, (c) + 48)

/* Ranges overlap on purpose: the later entry of an index is the one that counts. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const uint64_t escapes[256] = {
	SIXTEEN(CONTROL, 0x00),	   SIXTEEN(CONTROL, 0x10),  SIXTEEN(PLAIN, 0x20),
	SIXTEEN(PLAIN, 0x30),	   SIXTY_FOUR(PLAIN, 0x40), SIXTY_FOUR(NO_UTF8, 0x80),
	SIXTY_FOUR(NO_UTF8, 0xc0), ['\b'] = SHORT('b'),	    ['\t'] = SHORT('t'),
	['\n'] = SHORT('n'),	   ['\f'] = SHORT('f'),	    ['\r'] = SHORT('r'),
	['"'] = SHORT('"'),	   ['\\'] = SHORT('\\'),
};
#pragma GCC diagnostic pop

/*
 * Bytes of text that are escaped one by one before it is looked at in words again: few where
 * something special is rare, more where words were of no use the last time.
 */
#define STEP_RARE  8
#define STEP_DENSE 64

/* Room for the longest escape of each of those bytes, and for the last one's unused tail. */
#define STEP_ROOM (STEP_DENSE * 6 + sizeof(uint64_t))

/*
 * Line ends beyond ASCII (U+0085, U+2028, U+2029), which some languages' line readers split at:
 * escaped, so that one object stays one line for them, too. The escape, or NULL for another
 * sequence.
 */
static const char *line_end_escape(const uint8_t *p, size_t sequence)
{
	if (sequence == 2 && p[0] == 0xc2 && p[1] == 0x85)
		return "\\u0085";
	if (sequence == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
		return p[2] == 0xa8 ? "\\u2028" : "\\u2029";
	return NULL;
}

/* Copies the well-formed sequence at P, or its escape, to *TO; its length, or 0 without any. */
static size_t copy_sequence(char **to, const uint8_t *p, const uint8_t *end)
{
	size_t sequence = utf8_sequence(p, end);
	const char *escape = line_end_escape(p, sequence);

	memcpy(*to, escape ? (const char *)escape : (const char *)p, escape ? 6 : sequence);
	*to += escape ? 6 : sequence;
	return sequence;
}

/* Whether a backslash and an x stand at P, as they do before the digits of a byte. */
static bool looks_like_byte(const uint8_t *p, const uint8_t *end)
{
	return *p == '\\' && end - p > 1 && p[1] == 'x';
}

/* "\x5c", the backslash as a byte, so that the text isn't taken for one. */
static char *copy_backslash(char *to)
{
	memcpy(to, "\\\\x5c", 5);
	return to + 5;
}

static char *copy_byte(char *to, uint8_t byte)
{
	memcpy(to, &escapes[byte], sizeof(escapes[byte]));
	return to + (escapes[byte] >> 56);
}

/*
 * Whether a sequence of several bytes may begin at P, where four bytes can be read: the first one
 * says how long, and as many continue it. One test, rarely true by chance.
 */
static bool may_begin_sequence(const uint8_t *p)
{
	/* By how many bytes the first one asks for: those, with their two highest bits. */
	static const uint32_t masks[] = {0, 0xc000, 0xc0c000, 0xc0c0c000};
	static const uint32_t wanted[] = {1, 0x8000, 0x808000, 0x80808000};
	unsigned more = (*p >= 0xc2) + (*p >= 0xe0) + (*p >= 0xf0);
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return (word & masks[more]) == wanted[more];
}

/*
 * Escapes at least STEP bytes from *FROM on (fewer only at the end) into TO, which has STEP_ROOM.
 * Whether a byte is special is not asked: in binary data no processor could guess the answer.
 * Returns the end of what it wrote.
 */
static char *copy_escaped(char *to, const uint8_t **from, const uint8_t *end, ptrdiff_t step)
{
	const uint8_t *p = *from;
	const uint8_t *stop = end - p > step ? p + step : end;

	while (p < stop) {
		bool begins = end - p >= 4 ? may_begin_sequence(p) : *p >= 0xc2;
		size_t sequence = begins ? copy_sequence(&to, p, end) : 0;

		if (sequence)
			p += sequence;
		else if (looks_like_byte(p, end) && p++)
			to = copy_backslash(to);
		else
			to = copy_byte(to, *p++);
	}
	*from = p;
	return to;
}

void json_append_string(struct buffer *b, struct span text)
{
	/* Nothing may have no address, which nothing may be added to. */
	const uint8_t *p = (const uint8_t *)(text.len ? text.data : "");
	const uint8_t *end = p + text.len;
	char *to = buffer_reserve(b, text.len + 2);

	if (!to)
		return;
	*to = '"';
	b->len++;
	for (;;) {
		/* Room for the rest and the closing quote, should nothing in it be special. */
		size_t run = copy_plain(b->data + b->len, p, end);

		b->len += run;
		p += run;
		if (p == end)
			break;
		to = buffer_reserve(b, STEP_ROOM);
		if (!to)
			return;
		b->len = (size_t)(copy_escaped(to, &p, end, run ? STEP_RARE : STEP_DENSE) -
				  b->data);
		if (!buffer_reserve(b, (size_t)(end - p) + 1))
			return;
	}
	b->data[b->len++] = '"';
}

static void json_append_word(struct buffer *b, struct span word)
{
	char *to = buffer_reserve(b, word.len + 2);

	if (!to)
		return;
	to[0] = '"';
	memcpy(to + 1, word.data, word.len);
	to[word.len + 1] = '"';
	b->len += word.len + 2;
}

void json_append_value(struct buffer *b, const struct value *value)
{
	switch (value->type) {
	case VALUE_NULL:
		buffer_append(b, "null", 4);
		break;
	case VALUE_INT:
		buffer_append_i64(b, value->integer);
		break;
	case VALUE_BOOL:
		buffer_append_text(b, value->boolean ? "true" : "false");
		break;
	case VALUE_TEXT:
		json_append_string(b, value->text);
		break;
	case VALUE_WORD:
		json_append_word(b, value->text);
		break;
	case VALUE_JSON:
		buffer_append_span(b, value->text);
		break;
	}
}

void json_append_key(struct buffer *b, const char *name, bool *first)
{
	if (!*first)
		buffer_append_char(b, ',');
	*first = false;
	json_append_string(b, span_text(name));
	buffer_append_char(b, ':');
}
