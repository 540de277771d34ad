/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/hpack.h"

#include <stdlib.h>

#include "format/pack.h"
#include "protocols/cursor.h"
#include "protocols/http2/huffman.h"

/* What an entry costs beside its text (RFC 7541, section 4.1). */
#define ENTRY_OVERHEAD 32

/* Integers of more than 32 bits are nothing that a block may hold. */
#define INTEGER_MAX UINT32_MAX

struct hpack_entry {
	uint32_t name_len;
	uint32_t value_len;
	bool name_unknown;
	bool value_unknown;
	char text[]; /* name, value */
};

/* ---- the static table (RFC 7541, appendix A) ---- */

static const struct {
	const char *name;
	const char *value;
} fixed[] = {
	{":authority", ""},
	{":method", "GET"},
	{":method", "POST"},
	{":path", "/"},
	{":path", "/index.html"},
	{":scheme", "http"},
	{":scheme", "https"},
	{":status", "200"},
	{":status", "204"},
	{":status", "206"},
	{":status", "304"},
	{":status", "400"},
	{":status", "404"},
	{":status", "500"},
	{"accept-charset", ""},
	{"accept-encoding", "gzip, deflate"},
	{"accept-language", ""},
	{"accept-ranges", ""},
	{"accept", ""},
	{"access-control-allow-origin", ""},
	{"age", ""},
	{"allow", ""},
	{"authorization", ""},
	{"cache-control", ""},
	{"content-disposition", ""},
	{"content-encoding", ""},
	{"content-language", ""},
	{"content-length", ""},
	{"content-location", ""},
	{"content-range", ""},
	{"content-type", ""},
	{"cookie", ""},
	{"date", ""},
	{"etag", ""},
	{"expect", ""},
	{"expires", ""},
	{"from", ""},
	{"host", ""},
	{"if-match", ""},
	{"if-modified-since", ""},
	{"if-none-match", ""},
	{"if-range", ""},
	{"if-unmodified-since", ""},
	{"last-modified", ""},
	{"link", ""},
	{"location", ""},
	{"max-forwards", ""},
	{"proxy-authenticate", ""},
	{"proxy-authorization", ""},
	{"range", ""},
	{"referer", ""},
	{"refresh", ""},
	{"retry-after", ""},
	{"server", ""},
	{"set-cookie", ""},
	{"strict-transport-security", ""},
	{"transfer-encoding", ""},
	{"user-agent", ""},
	{"vary", ""},
	{"via", ""},
	{"www-authenticate", ""},
};

#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

/* ---- the dynamic table ---- */

static size_t entry_size(const struct hpack_entry *e)
{
	return (size_t)e->name_len + e->value_len + ENTRY_OVERHEAD;
}

static struct hpack_entry **slot(const struct hpack *h, size_t age)
{
	return &h->entries[(h->newest - age) & (h->capacity - 1)];
}

static void evict_to(struct hpack *h, size_t size)
{
	while (h->count && h->size > size) {
		struct hpack_entry **oldest = slot(h, h->count - 1);

		h->size -= entry_size(*oldest);
		h->count--;
		free(*oldest);
		*oldest = NULL;
	}
}

/* What the sender evicts is gone; what only we give up is there still, unknown. */
static void evict(struct hpack *h)
{
	evict_to(h, h->size_max);
	if (h->size > HPACK_TABLE_MAX) {
		evict_to(h, HPACK_TABLE_MAX);
		h->older = true;
	}
}

static bool grow_ring(struct hpack *h)
{
	size_t capacity = h->capacity ? h->capacity * 2 : 16;
	struct hpack_entry **entries;

	if (h->count < h->capacity)
		return true;
	entries = calloc(capacity, sizeof(struct hpack_entry *));
	if (!entries)
		return false;
	for (size_t age = 0; age < h->count; age++)
		entries[h->count - 1 - age] = *slot(h, age);
	free(h->entries);
	h->entries = entries;
	h->capacity = capacity;
	h->newest = h->count ? h->count - 1 : capacity - 1;
	return true;
}

/* An entry larger than the table empties it and isn't put in (RFC 7541, section 4.4). */
static bool insert(struct hpack *h, const struct hpack_field *field)
{
	struct hpack_entry *e;

	if (!grow_ring(h))
		return false;
	e = malloc(sizeof(*e) + field->name.len + field->value.len);
	if (!e)
		return false;
	*e = (struct hpack_entry){(uint32_t)field->name.len, (uint32_t)field->value.len,
				  field->name_unknown, field->value_unknown};
	if (field->name.len)
		memcpy(e->text, field->name.data, field->name.len);
	if (field->value.len)
		memcpy(e->text + e->name_len, field->value.data, field->value.len);
	h->newest = (h->newest + 1) & (h->capacity - 1);
	h->entries[h->newest] = e;
	h->count++;
	h->size += entry_size(e);
	evict(h);
	return true;
}

/* ---- reading ---- */

/* RFC 7541, section 5.1. */
static uint32_t integer(struct cursor *c, uint8_t first, unsigned prefix)
{
	uint32_t mask = (1u << prefix) - 1;
	uint64_t value = first & mask;
	unsigned shift = 0;
	uint8_t byte;

	if (value < mask)
		return (uint32_t)value;
	do {
		byte = cursor_u8(c);
		/* Zeros may follow for ever; nobody needs more than these. */
		if (shift > 28) {
			c->failed = true;
			return 0;
		}
		value += (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !c->failed);
	if (value > INTEGER_MAX)
		c->failed = true;
	return c->failed ? 0 : (uint32_t)value;
}

#define STRING_HUFFMAN 0x80

/* RFC 7541, section 5.2. What is decoded goes to TEXT, which has room for all of a block. */
static struct span string(struct cursor *c, struct buffer *text)
{
	uint8_t first = cursor_u8(c);
	struct span raw = cursor_span(c, integer(c, first, 7));
	size_t at = text->len;

	if (c->failed || !(first & STRING_HUFFMAN))
		return raw;
	if (!huffman_decode(raw, text)) {
		c->failed = true;
		return (struct span){0};
	}
	return span_of(text->data + at, text->len - at);
}

/* The entry with this index (RFC 7541, section 2.3.3); false: there can't be one. */
static bool look_up(const struct hpack *h, uint32_t index, struct hpack_field *field)
{
	size_t age;

	*field = (struct hpack_field){0};
	if (index == 0)
		return false;
	if (index <= FIXED) {
		field->name = span_text(fixed[index - 1].name);
		field->value = span_text(fixed[index - 1].value);
		return true;
	}
	age = index - FIXED - 1;
	if (age < h->count) {
		const struct hpack_entry *e = *slot(h, age);

		field->name = span_of(e->text, e->name_len);
		field->value = span_of(e->text + e->name_len, e->value_len);
		field->name_unknown = e->name_unknown;
		field->value_unknown = e->value_unknown;
		return true;
	}
	field->name_unknown = field->value_unknown = true;
	return h->older && age < h->size_max / ENTRY_OVERHEAD;
}

static bool literal(struct hpack *h, struct cursor *c, uint32_t index, struct hpack_field *field)
{
	*field = (struct hpack_field){0};
	if (index && !look_up(h, index, field))
		return false;
	if (!index)
		field->name = string(c, &h->text);
	field->value = string(c, &h->text);
	field->value_unknown = false;
	return !c->failed;
}

/* The patterns of a representation's first byte (RFC 7541, section 6). */
#define INDEXED	    0x80
#define INCREMENTAL 0x40
#define SIZE_UPDATE 0x20

static bool resize(struct hpack *h, uint32_t size)
{
	h->size_max = size;
	evict(h);
	/* Nothing can be left of what we didn't see. */
	if (size < ENTRY_OVERHEAD)
		h->older = false;
	return true;
}

/* One representation. */
static bool step(struct hpack *h, struct cursor *c, hpack_field_fn *give, void *context)
{
	uint8_t first = cursor_u8(c);
	struct hpack_field field;
	uint32_t number;

	if ((first & (INDEXED | INCREMENTAL | SIZE_UPDATE)) == SIZE_UPDATE) {
		number = integer(c, first, 5);
		return !c->failed && resize(h, number);
	}
	if (first & INDEXED) {
		number = integer(c, first, 7);
		if (c->failed || !look_up(h, number, &field))
			return false;
	} else {
		number = integer(c, first, first & INCREMENTAL ? 6 : 4);
		if (c->failed || !literal(h, c, number, &field))
			return false;
	}
	give(context, &field);
	return !(first & INCREMENTAL) || (first & INDEXED) || insert(h, &field);
}

bool hpack_decode(struct hpack *h, struct span block, hpack_field_fn *field, void *context)
{
	struct cursor c = cursor_of(block.data, block.len);

	/* Room for all that can come of the block, so that what is decoded doesn't move. */
	buffer_clear(&h->text);
	if (!buffer_reserve(&h->text, block.len * 8 / 5 + 64))
		return false;
	while (cursor_left(&c)) {
		if (!step(h, &c, field, context)) {
			hpack_lost(h);
			return false;
		}
	}
	return true;
}

void hpack_lost(struct hpack *h)
{
	evict_to(h, 0);
	h->older = true;
}

void hpack_pack(const struct hpack *h, struct buffer *out)
{
	pack_u64(out, h->size_max);
	pack_u64(out, h->older);
	pack_u64(out, h->count);
	for (size_t age = h->count; age-- > 0;) {
		const struct hpack_entry *e = *slot(h, age);

		pack_u64(out, (uint64_t)e->name_unknown << 1 | e->value_unknown);
		pack_span(out, span_of(e->text, e->name_len));
		pack_span(out, span_of(e->text + e->name_len, e->value_len));
	}
}

bool hpack_unpack(struct hpack *h, struct unpack *in)
{
	uint64_t count;

	h->size_max = (size_t)unpack_u64(in);
	h->older = unpack_u64(in);
	count = unpack_u64(in);
	for (uint64_t i = 0; i < count && !in->failed; i++) {
		uint64_t unknown = unpack_u64(in);
		struct hpack_field field = {
			.name_unknown = unknown & 2,
			.value_unknown = unknown & 1,
		};

		field.name = unpack_span(in);
		field.value = unpack_span(in);
		if (!insert(h, &field))
			return false;
	}
	return !in->failed;
}

size_t hpack_memory(const struct hpack *h)
{
	return h->capacity * sizeof(struct hpack_entry *) + h->size +
	       h->count * sizeof(struct hpack_entry) + h->text.capacity;
}

void hpack_free(struct hpack *h)
{
	evict_to(h, 0);
	free(h->entries);
	buffer_free(&h->text);
	*h = (struct hpack){0};
}
