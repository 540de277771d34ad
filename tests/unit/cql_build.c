/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/cql_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <lz4.h>
#include <zlib.h>
#include <cmocka.h>

#include "protocols/cql/message.h"
#include "protocols/cql/value.h"

void cql_put8(struct buffer *b, unsigned value)
{
	buffer_append_char(b, (char)value);
}

void cql_put16(struct buffer *b, unsigned value)
{
	cql_put8(b, value >> 8);
	cql_put8(b, value);
}

void cql_put32(struct buffer *b, uint32_t value)
{
	cql_put16(b, value >> 16);
	cql_put16(b, value);
}

void cql_put64(struct buffer *b, uint64_t value)
{
	cql_put32(b, (uint32_t)(value >> 32));
	cql_put32(b, (uint32_t)value);
}

void cql_put_string(struct buffer *b, const char *text)
{
	cql_put16(b, (unsigned)strlen(text));
	buffer_append_text(b, text);
}

void cql_put_long_string(struct buffer *b, const char *text)
{
	cql_put32(b, (uint32_t)strlen(text));
	buffer_append_text(b, text);
}

void cql_put_bytes(struct buffer *b, struct span bytes)
{
	cql_put32(b, (uint32_t)bytes.len);
	buffer_append_span(b, bytes);
}

void cql_put_short_bytes(struct buffer *b, struct span bytes)
{
	cql_put16(b, (unsigned)bytes.len);
	buffer_append_span(b, bytes);
}

/* ---- segments ---- */

/* The test's own: one bit at a time, as Cassandra's description has it. */
static uint32_t checksum_of_head(const uint8_t *bytes, size_t len)
{
	uint32_t crc = 0x875060;

	for (size_t i = 0; i < len * 8; i++) {
		uint32_t bit = bytes[i / 8] >> (7 - i % 8) & 1;

		crc = crc << 1 ^ ((crc >> 23 ^ bit) & 1 ? 0x974f0b : 0);
		crc &= 0xffffff;
	}
	return crc;
}

static void put_little(struct buffer *b, uint64_t value, size_t len)
{
	for (; len; len--, value >>= 8)
		cql_put8(b, (unsigned)(value & 0xff));
}

static void append_payload(struct buffer *out, struct span payload)
{
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)"\xfa\x2d\x55\xca", 4);

	buffer_append_span(out, payload);
	put_little(out, crc32(crc, (const Bytef *)payload.data, (uInt)payload.len), 4);
}

void cql_append_segment(struct buffer *out, struct span payload, bool self_contained, bool lz4)
{
	size_t at = out->len;
	struct buffer block = {0};

	assert_true(payload.len <= CQL_SEGMENT_PAYLOAD_MAX);
	if (!lz4) {
		put_little(out, payload.len | (uint64_t)self_contained << 17, 3);
		put_little(out, checksum_of_head((const uint8_t *)out->data + at, 3), 3);
		append_payload(out, payload);
		return;
	}
	buffer_reserve(&block, (size_t)LZ4_compressBound((int)payload.len));
	block.len = (size_t)LZ4_compress_default(payload.data, block.data, (int)payload.len,
						 (int)block.capacity);
	put_little(out, block.len | (uint64_t)payload.len << 17 | (uint64_t)self_contained << 34,
		   5);
	put_little(out, checksum_of_head((const uint8_t *)out->data + at, 5), 3);
	append_payload(out, buffer_span(&block));
	buffer_free(&block);
}

/* ---- conversations ---- */

static bool is_request(enum cql_opcode opcode)
{
	struct cql_header h;
	uint8_t bytes[CQL_HEADER_LEN] = {CQL_V4, 0, 0, 0, (uint8_t)opcode};
	struct cursor c = cursor_of(bytes, sizeof(bytes));

	return cql_header_read(&c, &h);
}

void cql_add_bytes(struct cql_talk *t, bool request, struct span bytes)
{
	struct buffer *to = &t->bytes[t->count];

	assert_true(t->count < sizeof(t->messages) / sizeof(t->messages[0]));
	buffer_append_span(to, bytes);
	t->messages[t->count++] = (struct feed_message){
		.direction = request ? DIRECTION_SENT : DIRECTION_RECEIVED,
		.data = to->data,
		.len = to->len,
	};
}

void cql_add(struct cql_talk *t, enum cql_opcode opcode, int stream, unsigned flags)
{
	struct buffer envelope = {0}, segment = {0};
	bool request = is_request(opcode);

	cql_put8(&envelope, t->version | (request ? 0 : 0x80));
	cql_put8(&envelope, flags);
	cql_put16(&envelope, (unsigned)stream & 0xffff);
	cql_put8(&envelope, opcode);
	cql_put32(&envelope, (uint32_t)t->body.len);
	buffer_append_span(&envelope, buffer_span(&t->body));
	if (t->segmented)
		cql_append_segment(&segment, buffer_span(&envelope), true, t->lz4);
	cql_add_bytes(t, request, buffer_span(t->segmented ? &segment : &envelope));
	buffer_free(&envelope);
	buffer_free(&segment);
	buffer_clear(&t->body);
}

void cql_join(struct cql_talk *t)
{
	struct buffer *last, *before;

	assert_true(t->count > 1);
	t->count--;
	last = &t->bytes[t->count];
	before = &t->bytes[t->count - 1];
	buffer_append_span(before, buffer_span(last));
	buffer_free(last);
	t->messages[t->count - 1].data = before->data;
	t->messages[t->count - 1].len = before->len;
}

struct feed cql_feed(const struct cql_talk *t)
{
	return (struct feed){.messages = t->messages, .count = t->count, .role = ROLE_CLIENT};
}

void cql_free(struct cql_talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		buffer_free(&t->bytes[i]);
	buffer_free(&t->body);
	t->count = 0;
}

/* ---- messages ---- */

void cql_startup(struct cql_talk *t, int stream, const char *compression)
{
	cql_put16(&t->body, compression ? 2 : 1);
	cql_put_string(&t->body, "CQL_VERSION");
	cql_put_string(&t->body, "3.0.0");
	if (compression) {
		cql_put_string(&t->body, "COMPRESSION");
		cql_put_string(&t->body, compression);
	}
	cql_add(t, CQL_STARTUP, stream, 0);
}

void cql_ready(struct cql_talk *t, int stream)
{
	cql_add(t, CQL_READY, stream, 0);
	t->segmented = cql_has_segments(t->version);
}

#define LOCAL_QUORUM 6

static void put_flags(struct cql_talk *t, unsigned flags)
{
	if (cql_has_wide_flags(t->version))
		cql_put32(&t->body, flags);
	else
		cql_put8(&t->body, flags);
}

void cql_query(struct cql_talk *t, int stream, const char *statement)
{
	cql_put_long_string(&t->body, statement);
	cql_put16(&t->body, LOCAL_QUORUM);
	put_flags(t, 0);
	cql_add(t, CQL_QUERY, stream, 0);
}

void cql_void(struct cql_talk *t, int stream)
{
	cql_put32(&t->body, CQL_RESULT_VOID);
	cql_add(t, CQL_RESULT, stream, 0);
}

void cql_prepare(struct cql_talk *t, int stream, const char *statement)
{
	cql_put_long_string(&t->body, statement);
	if (cql_has_keyspace(t->version))
		cql_put32(&t->body, 0);
	cql_add(t, CQL_PREPARE, stream, 0);
}

static void put_column(struct cql_talk *t, const char *name, enum cql_type type)
{
	cql_put_string(&t->body, "shop");
	cql_put_string(&t->body, "orders");
	cql_put_string(&t->body, name);
	cql_put16(&t->body, type);
}

void cql_prepared(struct cql_talk *t, int stream, const char *id)
{
	cql_put32(&t->body, CQL_RESULT_PREPARED);
	cql_put_string(&t->body, id);
	if (cql_has_keyspace(t->version))
		cql_put_string(&t->body, "meta");
	cql_put32(&t->body, CQL_METADATA_GLOBAL);
	cql_put32(&t->body, 1);
	if (t->version >= CQL_V4) {
		cql_put32(&t->body, 1);
		cql_put16(&t->body, 0);
	}
	put_column(t, "n", CQL_TYPE_INT);
	cql_put32(&t->body, CQL_METADATA_GLOBAL);
	cql_put32(&t->body, 1);
	put_column(t, "v", CQL_TYPE_VARCHAR);
	cql_add(t, CQL_RESULT, stream, 0);
}

void cql_execute(struct cql_talk *t, int stream, const char *id, int32_t n)
{
	cql_put_string(&t->body, id);
	if (cql_has_keyspace(t->version))
		cql_put_string(&t->body, "meta");
	cql_put16(&t->body, LOCAL_QUORUM);
	put_flags(t, CQL_QUERY_VALUES | CQL_QUERY_SKIP_METADATA);
	cql_put16(&t->body, 1);
	cql_put32(&t->body, 4);
	cql_put32(&t->body, (uint32_t)n);
	cql_add(t, CQL_EXECUTE, stream, 0);
}

void cql_rows(struct cql_talk *t, int stream, bool metadata, const char *const *values)
{
	uint32_t count = 0;

	while (values[count])
		count++;
	cql_put32(&t->body, CQL_RESULT_ROWS);
	cql_put32(&t->body, metadata ? CQL_METADATA_GLOBAL : CQL_METADATA_NONE);
	cql_put32(&t->body, 1);
	if (metadata)
		put_column(t, "v", CQL_TYPE_VARCHAR);
	cql_put32(&t->body, count);
	for (uint32_t i = 0; i < count; i++)
		cql_put_long_string(&t->body, values[i]);
	cql_add(t, CQL_RESULT, stream, 0);
}
