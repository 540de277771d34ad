/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/value/json.h"

#include "protocols/value/utf8.h"

/* Repeats a byte in every lane of a word. */
#define LANES(byte) (0x0101010101010101ull * (uint64_t)(byte))

#define WORD sizeof(uint64_t)

/* How many bytes of WORD, the lowest first, need no escape: a control, quote, backslash or no
 * ASCII.
 */
static inline size_t plain_in_word(uint64_t word)
{
	uint64_t quote = word ^ LANES('"');
	uint64_t backslash = word ^ LANES('\\');
	/* What borrows may hit the byte above another hit; the lowest one is right. */
	uint64_t hits = (word | (word - LANES(0x20)) | (quote - LANES(1)) |
			 (backslash - LANES(1))) &
			LANES(0x80);

	return hits ? (size_t)__builtin_ctzll(hits) / 8 : WORD;
}

/* Sixteen bytes at once, where the processor has such registers. */
typedef int8_t vector __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* The same of sixteen bytes at P. */
static inline size_t plain_in_vector(const uint8_t *p)
{
	vector bytes;
	halves hits;

	memcpy(&bytes, p, sizeof(bytes));
	/* What isn't ASCII is below zero. */
	hits = (halves)((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
	if (!(hits[0] | hits[1]))
		return sizeof(bytes);
	return hits[0] ? (size_t)__builtin_ctzll(hits[0]) / 8
		       : WORD + (size_t)__builtin_ctzll(hits[1]) / 8;
}

static inline uint64_t load_word(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* LEN bytes, fewer than eight, and zeroes, which would need an escape. */
static inline uint64_t load_short(const uint8_t *p, size_t len)
{
	uint32_t first, last;

	if (len < sizeof(first))
		return len ? (uint64_t)p[0] | (uint64_t)p[len / 2] << len / 2 * 8 |
				       (uint64_t)p[len - 1] << (len - 1) * 8
			   : 0;
	memcpy(&first, p, sizeof(first));
	memcpy(&last, p + len - sizeof(last), sizeof(last));
	return first | (uint64_t)last << (len - sizeof(last)) * 8;
}

/* Copies what needs no escape from P on to TO, which has room for all and a word; how much. */
static size_t copy_plain(char *to, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	uint64_t word;
	size_t n;

	for (; end - p >= 16; p += n, to += n) {
		n = plain_in_vector(p);
		memcpy(to, p, 16);
		if (n < 16)
			return (size_t)(p + n - start);
	}
	if (end - p >= 8) {
		word = load_word(p);
		memcpy(to, &word, WORD);
		n = plain_in_word(word);
		p += n;
		to += n;
		if (n < WORD)
			return (size_t)(p - start);
	}
	word = load_short(p, (size_t)(end - p));
	memcpy(to, &word, WORD);
	return (size_t)(p - start) + plain_in_word(word);
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
	static const char escape[] = {'\\', '\\', 'x', '5', 'c'};

	memcpy(to, escape, sizeof(escape));
	return to + sizeof(escape);
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
 * Whether a byte is special is not asked: in binary data no processor could guess the answer. In
 * text, which is mostly ASCII, it can.
 * Returns the end of what it wrote.
 */
static char *copy_escaped(char *to, const uint8_t **from, const uint8_t *end, ptrdiff_t step)
{
	const uint8_t *p = *from;
	const uint8_t *stop = end - p > step ? p + step : end;

	while (p < stop) {
		bool ascii = step == STEP_RARE && *p < 0x80;
		bool begins = !ascii && (end - p >= 4 ? may_begin_sequence(p) : *p >= 0xc2);
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
	char *to = buffer_reserve(b, text.len + 2 + WORD);

	if (!to)
		return;
	*to = '"';
	b->len++;
	for (;;) {
		/* There is room for the rest, a word and the closing quote: all may be plain. */
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
		if (!buffer_reserve(b, (size_t)(end - p) + 1 + WORD))
			return;
	}
	b->data[b->len++] = '"';
}

/* Bytes of text for whose longest escapes there is room at once. */
#define STEP_TEXT 1024

/*
 * Text from *FROM on up to STOP, or a little beyond in a sequence, to TO, which has room for it.
 * NULL: it isn't UTF-8.
 */
static char *copy_text(char *to, const uint8_t **from, const uint8_t *stop, const uint8_t *end)
{
	const uint8_t *p = *from;

	while (p < stop) {
		size_t run = copy_plain(to, p, stop), sequence = 1;

		p += run;
		to += run;
		if (p == stop)
			break;
		if (*p < 0x80)
			to = copy_byte(to, *p);
		else
			sequence = copy_sequence(&to, p, end);
		if (!sequence)
			return NULL;
		p += sequence;
	}
	*from = p;
	return to;
}

bool json_append_characters(struct buffer *b, struct span text)
{
	const uint8_t *p = (const uint8_t *)(text.len ? text.data : "");
	const uint8_t *end = p + text.len;
	size_t from = b->len;

	while (p < end) {
		const uint8_t *stop = end - p > STEP_TEXT ? p + STEP_TEXT : end;
		char *to = buffer_reserve(b, (size_t)(stop - p) * 6 + 2 * WORD);

		if (!to)
			break;
		to = copy_text(to, &p, stop, end);
		if (!to) {
			b->len = from;
			return false;
		}
		b->len = (size_t)(to - b->data);
	}
	return true;
}

bool json_append_text(struct buffer *b, struct span text)
{
	size_t from = b->len;

	buffer_append_char(b, '"');
	if (!json_append_characters(b, text)) {
		b->len = from;
		return false;
	}
	buffer_append_char(b, '"');
	return true;
}

void json_append_base64(struct buffer *b, struct span bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = buffer_reserve(b, bytes.len / 3 * 4 + 6);
	size_t at;

	if (!to)
		return;
	*to++ = '"';
	for (at = 0; at < bytes.len; at += 3) {
		const uint8_t *p = (const uint8_t *)bytes.data + at;
		size_t n = bytes.len - at;
		uint32_t word = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) |
				(n > 2 ? p[2] : 0);

		*to++ = digits[word >> 18];
		*to++ = digits[word >> 12 & 63];
		*to++ = n > 1 ? digits[word >> 6 & 63] : '=';
		*to++ = n > 2 ? digits[word & 63] : '=';
	}
	*to++ = '"';
	b->len = (size_t)(to - b->data);
}

static char *put_text(char *to, struct span text)
{
	const uint8_t *p = (const uint8_t *)text.data;

	*to++ = '"';
	if (text.len && copy_plain(to, p, p + text.len) < text.len)
		return NULL;
	to += text.len;
	*to = '"';
	return to + 1;
}

char *json_put_integer(char *to, int64_t integer)
{
	if (integer >= 0)
		return buffer_put_u64(to, (uint64_t)integer);
	*to = '-';
	return buffer_put_u64(to + 1, -(uint64_t)integer);
}

char *json_put_value(char *to, const struct value *value)
{
	switch (value->type) {
	case VALUE_NULL:
		return span_put(to, span_of("null", 4));
	case VALUE_INT:
		return json_put_integer(to, value->integer);
	case VALUE_BOOL:
		return span_put(to, span_text(value->boolean ? "true" : "false"));
	case VALUE_TEXT:
		return put_text(to, value->text);
	case VALUE_WORD:
		*to = '"';
		to = span_put(to + 1, value->text);
		*to = '"';
		return to + 1;
	case VALUE_JSON:
		return span_put(to, value->text);
	}
	return to;
}

void json_append_value(struct buffer *b, const struct value *value)
{
	size_t len = value_has_text(value) ? value->text.len : 0;
	char *to = buffer_reserve(b, len + JSON_VALUE_ROOM);

	if (!to)
		return;
	to = json_put_value(to, value);
	if (to)
		b->len = (size_t)(to - b->data);
	else
		json_append_string(b, value->text);
}

void json_append_key(struct buffer *b, const char *name, bool *first)
{
	struct span text = span_text(name);
	char *to = buffer_reserve(b, text.len + 4 + WORD);

	if (!to)
		return;
	if (!*first)
		*to++ = ',';
	*first = false;
	b->len = (size_t)(to - b->data);
	to = put_text(to, text);
	if (to)
		b->len = (size_t)(to - b->data);
	else
		json_append_string(b, text);
	buffer_append_char(b, ':');
}

struct value json_list_end(struct buffer *list)
{
	if (!list->len)
		buffer_append_char(list, '[');
	buffer_append_char(list, ']');
	return value_json_if(list);
}

void json_append_known(struct buffer *b, const char *name, struct span text, bool *first)
{
	json_append_key(b, name, first);
	if (text.len)
		json_append_string(b, text);
	else
		buffer_append_text(b, "null");
}
