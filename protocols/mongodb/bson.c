/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mongodb/bson.h"

#include <endian.h>
#include <math.h>

#include "protocols/value/base64.h"
#include "protocols/value/date.h"
#include "protocols/value/hex.h"
#include "protocols/value/json.h"
#include "protocols/value/real.h"

/* Servers refuse documents that nest deeper (BSON depth limit: 180 to 200). */
#define DEPTH_MAX 200

#define DOCUMENT_MIN 5

/* Older drivers put a command into {"$query": ...}. */
#define HIDDEN_DEPTH_MAX 1

/* ---- walking ---- */

struct cursor bson_begin(struct span document)
{
	struct cursor c = cursor_of(document.data, document.len);
	uint32_t len = cursor_le32(&c);

	if (c.failed || len < DOCUMENT_MIN) {
		c.failed = true;
		return c;
	}
	/* Without the zero at its end; of one that is cut, what there is. */
	return cursor_of(c.pos, len <= document.len ? len - DOCUMENT_MIN : cursor_left(&c));
}

struct span bson_next_document(struct cursor *c)
{
	struct cursor peek = *c;
	uint32_t len = cursor_le32(&peek);

	if (peek.failed || len < DOCUMENT_MIN || len > cursor_left(c))
		return (struct span){0};
	return cursor_span(c, len);
}

/* A length, so many bytes; of strings the length counts their zero. */
static void skip_sized(struct cursor *c)
{
	cursor_skip(c, cursor_le32(c));
}

/* Of values that are always as long, and not empty; 0: of others. */
static size_t fixed_len(uint8_t type)
{
	static const uint8_t lens[] = {
		[BSON_DOUBLE] = 8, [BSON_OBJECT_ID] = 12, [BSON_BOOL] = 1,  [BSON_DATE] = 8,
		[BSON_INT32] = 4,  [BSON_TIMESTAMP] = 8,  [BSON_INT64] = 8, [BSON_DECIMAL128] = 16,
	};

	return type < sizeof(lens) ? lens[type] : 0;
}

static void skip_value(struct cursor *c, uint8_t type)
{
	size_t fixed = fixed_len(type);

	if (fixed) {
		cursor_skip(c, fixed);
		return;
	}
	switch (type) {
	case BSON_STRING:
	case BSON_CODE:
	case BSON_SYMBOL:
		skip_sized(c);
		break;
	case BSON_DOCUMENT:
	case BSON_ARRAY:
	case BSON_CODE_WITH_SCOPE:
		if (!bson_next_document(c).len)
			c->failed = true;
		break;
	case BSON_BINARY: {
		uint32_t len = cursor_le32(c);

		cursor_skip(c, 1);
		cursor_skip(c, len);
		break;
	}
	case BSON_REGEX:
		cursor_until(c, 0);
		cursor_until(c, 0);
		break;
	case BSON_DB_POINTER:
		skip_sized(c);
		cursor_skip(c, 12);
		break;
	case BSON_UNDEFINED:
	case BSON_NULL:
	case BSON_MAX_KEY:
	case BSON_MIN_KEY:
		break;
	default:
		c->failed = true;
		break;
	}
}

/*
 * Bytes of WORD, the lowest first, before the first zero; 8: there is none. Borrows may hit bytes
 * above it, so that it has to be the lowest.
 */
static inline size_t before_zero(uint64_t word)
{
	uint64_t zeroes = (word - 0x0101010101010101) & ~word & 0x8080808080808080;

	return zeroes ? (size_t)__builtin_ctzll(zeroes) / 8 : sizeof(word);
}

/* Up to a zero. Names are too short to be worth a call that searches many bytes at once. */
static struct span take_name(struct cursor *c)
{
	const uint8_t *begin = c->pos;
	size_t len = sizeof(uint64_t);
	uint64_t word;

	if (cursor_left(c) > sizeof(word)) {
		memcpy(&word, begin, sizeof(word));
		len = before_zero(le64toh(word));
	}
	if (len == sizeof(word))
		return cursor_until(c, 0);
	c->pos = begin + len + 1;
	return span_of(begin, len);
}

bool bson_next(struct cursor *c, struct bson_element *element)
{
	const uint8_t *begin;

	if (c->failed || !cursor_left(c))
		return false;
	element->type = cursor_u8(c);
	element->name = take_name(c);
	begin = c->pos;
	skip_value(c, element->type);
	if (c->failed)
		return false;
	element->value = span_of(begin, (size_t)(c->pos - begin));
	return true;
}

bool bson_find(struct span document, const char *name, struct bson_element *element)
{
	const struct span wanted = span_text(name);
	struct cursor c = bson_begin(document);

	while (bson_next(&c, element))
		if (span_equal(element->name, wanted))
			return true;
	return false;
}

void bson_pick(struct span document, const struct span *names, size_t count,
	       struct bson_element *found)
{
	struct cursor c = bson_begin(document);
	struct bson_element e;
	size_t left = count;

	memset(found, 0, count * sizeof(*found));
	while (left && bson_next(&c, &e))
		for (size_t i = 0; i < count; i++)
			if (!found[i].type && span_equal(e.name, names[i])) {
				found[i] = e;
				left--;
				break;
			}
}

static struct span string_of(struct span value)
{
	/* Length, bytes, zero. */
	return value.len >= 5 ? span_of(value.data + 4, value.len - 5) : (struct span){0};
}

struct span bson_string(const struct bson_element *element)
{
	return element->type == BSON_STRING ? string_of(element->value) : (struct span){0};
}

struct span bson_document(const struct bson_element *element)
{
	return element->type == BSON_DOCUMENT || element->type == BSON_ARRAY ? element->value
									     : (struct span){0};
}

static double real_of(struct span value)
{
	struct cursor c = cursor_of(value.data, value.len);
	uint64_t bits = cursor_le64(&c);
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

bool bson_integer(const struct bson_element *element, int64_t *value)
{
	struct cursor c = cursor_of(element->value.data, element->value.len);
	double real;

	switch (element->type) {
	case BSON_INT32:
		*value = (int32_t)cursor_le32(&c);
		return true;
	case BSON_INT64:
		*value = (int64_t)cursor_le64(&c);
		return true;
	case BSON_BOOL:
		*value = cursor_u8(&c) != 0;
		return true;
	case BSON_DOUBLE:
		real = real_of(element->value);
		*value = real >= -9e15 && real <= 9e15 ? (int64_t)real : 0;
		return true;
	default:
		return false;
	}
}

/* ---- extended JSON ---- */

static void append_document(struct bson_writer *w, struct span document, bool array,
			    unsigned depth);

static bool is_full(struct bson_writer *w)
{
	w->cut |= w->out->len >= w->limit;
	return w->cut;
}

static struct span fitting(struct bson_writer *w, struct span bytes)
{
	size_t room = w->limit > w->out->len ? w->limit - w->out->len : 0;

	if (bytes.len <= room)
		return bytes;
	w->cut = true;
	return span_of(bytes.data, room);
}

static void append_string(struct bson_writer *w, struct span text)
{
	json_append_string(w->out, fitting(w, text));
}

static void append_real(struct buffer *out, double real)
{
	if (isnan(real))
		buffer_append_text(out, "{\"$numberDouble\":\"NaN\"}");
	else if (isinf(real))
		buffer_printf(out, "{\"$numberDouble\":\"%sInfinity\"}", real < 0 ? "-" : "");
	else
		real_append(out, real);
	/* So that it isn't taken for an integer. */
	if (real == trunc(real) && fabs(real) < 1e15)
		buffer_append_text(out, ".0");
}

/* Years before 1970 and beyond 9999 are written as their numbers of milliseconds. */
#define DATE_MAX_MS 253402300799999

#define DAY_MS 86400000

static void append_date(struct buffer *out, int64_t ms)
{
	char clock[DATE_CLOCK_ROOM], *end;

	if (ms < 0 || ms > DATE_MAX_MS) {
		buffer_printf(out, "{\"$date\":{\"$numberLong\":\"%lld\"}}", (long long)ms);
		return;
	}
	buffer_append_text(out, "{\"$date\":\"");
	date_append(out, ms / DAY_MS);
	buffer_append_char(out, 'T');
	end = date_put_clock(clock, (uint64_t)(ms % DAY_MS) * 1000000, 3);
	/* Whole seconds have no digits behind them. */
	buffer_append(out, clock, (size_t)(end - clock) - (ms % 1000 ? 0 : 4));
	buffer_append_text(out, "Z\"}");
}

static void append_object_id(struct buffer *out, struct span id)
{
	buffer_append_text(out, "{\"$oid\":\"");
	hex_append(out, id);
	buffer_append_text(out, "\"}");
}

#define BINARY_OLD 2

static void append_binary(struct bson_writer *w, struct cursor *c)
{
	uint32_t len = cursor_le32(c);
	uint8_t subtype = cursor_u8(c);

	/* An old one's length stands once more inside it. */
	if (subtype == BINARY_OLD && len >= 4) {
		cursor_skip(c, 4);
		len -= 4;
	}
	buffer_append_text(w->out, "{\"$binary\":{\"base64\":\"");
	base64_append(w->out, fitting(w, cursor_span(c, len)));
	buffer_printf(w->out, "\",\"subType\":\"%02x\"}}", subtype);
}

static void append_regex(struct bson_writer *w, struct cursor *c)
{
	buffer_append_text(w->out, "{\"$regularExpression\":{\"pattern\":");
	append_string(w, cursor_until(c, 0));
	buffer_append_text(w->out, ",\"options\":");
	append_string(w, cursor_until(c, 0));
	buffer_append_text(w->out, "}}");
}

static void append_pointer(struct bson_writer *w, struct cursor *c)
{
	uint32_t len = cursor_le32(c);
	struct span name = cursor_span(c, len);

	buffer_append_text(w->out, "{\"$dbPointer\":{\"$ref\":");
	append_string(w, span_of(name.data, name.len ? name.len - 1 : 0));
	buffer_append_text(w->out, ",\"$id\":");
	append_object_id(w->out, cursor_rest(c));
	buffer_append_text(w->out, "}}");
}

static void append_code(struct bson_writer *w, struct cursor *c, unsigned depth)
{
	uint32_t len;
	struct span code;

	cursor_skip(c, 4);
	len = cursor_le32(c);
	code = cursor_span(c, len);
	buffer_append_text(w->out, "{\"$code\":");
	append_string(w, span_of(code.data, code.len ? code.len - 1 : 0));
	buffer_append_text(w->out, ",\"$scope\":");
	append_document(w, cursor_rest(c), false, depth);
	buffer_append_char(w->out, '}');
}

static void append_decimal(struct buffer *out, struct cursor *c)
{
	uint64_t low = cursor_le64(c), high = cursor_le64(c);

	buffer_append_text(out, "{\"$numberDecimal\":\"");
	bson_decimal(low, high, out);
	buffer_append_text(out, "\"}");
}

static void append_timestamp(struct buffer *out, struct cursor *c)
{
	uint32_t increment = cursor_le32(c), seconds = cursor_le32(c);

	buffer_printf(out, "{\"$timestamp\":{\"t\":%u,\"i\":%u}}", seconds, increment);
}

static void append_value(struct bson_writer *w, const struct bson_element *e, unsigned depth)
{
	struct cursor c = cursor_of(e->value.data, e->value.len);

	switch (e->type) {
	case BSON_DOUBLE:
		append_real(w->out, real_of(e->value));
		break;
	case BSON_STRING:
		append_string(w, string_of(e->value));
		break;
	case BSON_DOCUMENT:
	case BSON_ARRAY:
		append_document(w, e->value, e->type == BSON_ARRAY, depth + 1);
		break;
	case BSON_BINARY:
		append_binary(w, &c);
		break;
	case BSON_UNDEFINED:
		buffer_append_text(w->out, "{\"$undefined\":true}");
		break;
	case BSON_OBJECT_ID:
		append_object_id(w->out, e->value);
		break;
	case BSON_BOOL:
		buffer_append_text(w->out, cursor_u8(&c) ? "true" : "false");
		break;
	case BSON_DATE:
		append_date(w->out, (int64_t)cursor_le64(&c));
		break;
	case BSON_NULL:
		buffer_append_text(w->out, "null");
		break;
	case BSON_REGEX:
		append_regex(w, &c);
		break;
	case BSON_DB_POINTER:
		append_pointer(w, &c);
		break;
	case BSON_CODE:
	case BSON_SYMBOL:
		buffer_append_text(w->out, e->type == BSON_CODE ? "{\"$code\":" : "{\"$symbol\":");
		append_string(w, string_of(e->value));
		buffer_append_char(w->out, '}');
		break;
	case BSON_CODE_WITH_SCOPE:
		append_code(w, &c, depth + 1);
		break;
	case BSON_INT32:
		buffer_append_i64(w->out, (int32_t)cursor_le32(&c));
		break;
	case BSON_TIMESTAMP:
		append_timestamp(w->out, &c);
		break;
	case BSON_INT64:
		buffer_append_i64(w->out, (int64_t)cursor_le64(&c));
		break;
	case BSON_DECIMAL128:
		append_decimal(w->out, &c);
		break;
	default:
		buffer_append_text(w->out,
				   e->type == BSON_MIN_KEY ? "{\"$minKey\":1}" : "{\"$maxKey\":1}");
		break;
	}
}

static void append_name(struct buffer *out, struct span name)
{
	const struct value text = value_text(name);
	char *to = buffer_reserve(out, name.len + JSON_VALUE_ROOM);

	to = to ? json_put_value(to, &text) : NULL;
	if (to) {
		*to++ = ':';
		out->len = (size_t)(to - out->data);
		return;
	}
	json_append_string(out, name);
	buffer_append_char(out, ':');
}

/* Of strings that are put where there is room for them in any case. */
#define SIMPLE_MAX 64

/* What most are: numbers, and short strings. False: it is something else. */
static bool simple_value(const struct bson_element *e, struct value *simple)
{
	struct cursor c = cursor_of(e->value.data, e->value.len);

	switch (e->type) {
	case BSON_INT32:
		*simple = value_int((int32_t)cursor_le32(&c));
		return true;
	case BSON_INT64:
		*simple = value_int((int64_t)cursor_le64(&c));
		return true;
	case BSON_STRING:
		*simple = value_text(string_of(e->value));
		return simple->text.len <= SIMPLE_MAX;
	default:
		return false;
	}
}

/* The same as append_value() does, with fewer calls. False: it is something else. */
static bool append_simple(struct bson_writer *w, const struct bson_element *e)
{
	struct value simple;
	char *to;

	if (!simple_value(e, &simple) || w->out->len + SIMPLE_MAX > w->limit)
		return false;
	to = buffer_reserve(w->out, SIMPLE_MAX + JSON_VALUE_ROOM);
	to = to ? json_put_value(to, &simple) : NULL;
	if (to)
		w->out->len = (size_t)(to - w->out->data);
	return to != NULL;
}

static bool is_hidden(const struct bson_writer *w, struct span name, unsigned depth)
{
	return depth <= HIDDEN_DEPTH_MAX && w->hidden && span_is(name, w->hidden);
}

static void append_document(struct bson_writer *w, struct span document, bool array, unsigned depth)
{
	struct cursor c = bson_begin(document);
	struct bson_element e;
	bool first = true;

	buffer_append_char(w->out, array ? '[' : '{');
	w->damaged |= depth > DEPTH_MAX;
	while (depth <= DEPTH_MAX && !is_full(w) && bson_next(&c, &e)) {
		if (!first)
			buffer_append_char(w->out, ',');
		first = false;
		if (!array)
			append_name(w->out, e.name);
		if (is_hidden(w, e.name, depth))
			buffer_append_text(w->out, "\"(not shown)\"");
		else if (!append_simple(w, &e))
			append_value(w, &e, depth);
	}
	w->damaged |= c.failed;
	buffer_append_char(w->out, array ? ']' : '}');
}

void bson_json(struct bson_writer *w, struct span document)
{
	append_document(w, document, false, 0);
}

/* ---- soundness ---- */

static bool is_sound(struct span document, unsigned depth);

static bool is_sound_code(struct span value, unsigned depth)
{
	struct cursor c = cursor_of(value.data, value.len);

	cursor_skip(&c, 4);
	skip_sized(&c);
	return is_sound(cursor_rest(&c), depth);
}

static bool is_sound(struct span document, unsigned depth)
{
	struct cursor c = bson_begin(document);
	struct bson_element e;
	bool sound = depth <= DEPTH_MAX;

	while (sound && bson_next(&c, &e)) {
		if (e.type == BSON_DOCUMENT || e.type == BSON_ARRAY)
			sound = is_sound(e.value, depth + 1);
		else if (e.type == BSON_CODE_WITH_SCOPE)
			sound = is_sound_code(e.value, depth + 1);
	}
	return sound && !c.failed;
}

void bson_check(struct bson_writer *w, struct span document)
{
	w->damaged |= !is_sound(document, 0);
	buffer_append_text(w->out, "{}");
}

/* ---- shapes ---- */

static void shape_document(struct bson_writer *w, struct span document, bool array, unsigned depth);

/* What drivers put into every command says nothing of what it asks. */
static bool is_of_driver(struct span name)
{
	static const char *const names[] = {"lsid", "$db", "$clusterTime", "txnNumber",
					    "$readPreference"};

	/* Hardly any other name begins as they do. */
	if (!name.len || !strchr("l$t", *name.data))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static void shape_value(struct bson_writer *w, const struct bson_element *e, unsigned depth)
{
	if (e->type == BSON_DOCUMENT || e->type == BSON_ARRAY)
		shape_document(w, e->value, e->type == BSON_ARRAY, depth + 1);
	else
		buffer_append_text(w->out, "\"?\"");
}

/* Of elements that follow each other and have one shape, one stands for all. */
static void shape_document(struct bson_writer *w, struct span document, bool array, unsigned depth)
{
	struct cursor c = bson_begin(document);
	size_t last_at = 0, last_len = 0;
	struct bson_element e;
	bool first = true;

	buffer_append_char(w->out, array ? '[' : '{');
	while (depth <= DEPTH_MAX && !is_full(w) && bson_next(&c, &e)) {
		size_t before = w->out->len, at;

		if (!depth && is_of_driver(e.name))
			continue;
		if (!first)
			buffer_append_char(w->out, ',');
		if (!array)
			append_name(w->out, e.name);
		at = w->out->len;
		shape_value(w, &e, depth);
		if (array && !first && !w->out->failed && w->out->len - at == last_len &&
		    !memcmp(w->out->data + at, w->out->data + last_at, last_len)) {
			w->out->len = before;
			continue;
		}
		first = false;
		last_at = at;
		last_len = w->out->len - at;
	}
	buffer_append_char(w->out, array ? ']' : '}');
}

void bson_shape(struct bson_writer *w, struct span document)
{
	shape_document(w, document, false, 0);
}
