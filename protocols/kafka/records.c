/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/records.h"

#include <zlib.h>

#include "protocols/value/crc32c.h"

/* Offset and length stand before every batch and message, whatever the magic. */
#define LOG_OVERHEAD 12

/* Behind them: where the magic byte is (the same for all), and how long the heads are. */
#define MAGIC_AT    4
#define CRC_AT	    5 /* of magic 2; it is of what stands behind it */
#define BATCH_HEAD  49
#define MESSAGE_MIN 14 /* a magic 0 without key and value */

/* The bits of attributes. */
#define COMPRESSION_MASK 7
#define APPEND_TIME	 0x08
#define TRANSACTIONAL	 0x10
#define CONTROL		 0x20

static const enum codec codecs[] = {
	[KAFKA_COMPRESSION_GZIP] = CODEC_GZIP,
	[KAFKA_COMPRESSION_SNAPPY] = CODEC_SNAPPY_JAVA,
	[KAFKA_COMPRESSION_LZ4] = CODEC_LZ4_FRAME,
	[KAFKA_COMPRESSION_ZSTD] = CODEC_ZSTD,
};

static const char *const names[] = {
	[KAFKA_COMPRESSION_NONE] = "none",     [KAFKA_COMPRESSION_GZIP] = "gzip",
	[KAFKA_COMPRESSION_SNAPPY] = "snappy", [KAFKA_COMPRESSION_LZ4] = "lz4",
	[KAFKA_COMPRESSION_ZSTD] = "zstd",
};

#define COMPRESSIONS (sizeof(names) / sizeof(names[0]))

const char *kafka_compression_name(unsigned compression)
{
	return compression < COMPRESSIONS ? names[compression] : NULL;
}

/* IN decompressed; false: nothing of it can be had. */
static bool decompress(struct kafka_records *r, unsigned compression, struct span in,
		       struct cursor *out)
{
	enum codec_end end;

	*out = cursor_of(in.data, in.len);
	if (compression == KAFKA_COMPRESSION_NONE)
		return true;
	if (compression >= COMPRESSIONS) {
		r->damaged = true;
		return false;
	}
	buffer_clear(r->scratch);
	end = codec_decode(r->codecs, codecs[compression], in, r->scratch, r->scratch_max);
	r->capped |= end == CODEC_FULL;
	r->damaged |= (end == CODEC_CUT && !r->cut) || end == CODEC_DAMAGED;
	*out = cursor_of(r->scratch->data, r->scratch->len);
	return r->scratch->len > 0;
}

/* ---- magic 2 ---- */

/* Bytes with their length before them; -1: null. */
static struct span read_sized(struct cursor *c, bool *is_there)
{
	int64_t len = cursor_zigzag(c);

	*is_there = len >= 0;
	if (len < -1 || (len > 0 && (uint64_t)len > cursor_left(c)))
		c->failed = true;
	return c->failed || len <= 0 ? span_of(c->pos, 0) : cursor_span(c, (size_t)len);
}

/* Deltas are added without a check: whoever sends such numbers gets what comes of them. */
static int64_t add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

struct batch {
	struct kafka_record common; /* what its records share */
	int64_t base_offset;
	int64_t base_timestamp;
	int64_t max_timestamp;
	int32_t base_sequence;
	int32_t count;
};

/* RECORD: what it has in common with the others is there already. */
static bool read_record(const struct batch *b, struct cursor *c, struct kafka_record *record)
{
	int64_t len = cursor_zigzag(c), offset_delta, headers;
	struct cursor in;

	if (c->failed || len < 0 || (uint64_t)len > cursor_left(c))
		return false;
	in = cursor_part(c, (size_t)len);
	cursor_skip(&in, 1); /* attributes: none is defined */
	record->timestamp = add(b->base_timestamp, cursor_zigzag(&in));
	if (record->append_time)
		record->timestamp = b->max_timestamp;
	offset_delta = cursor_zigzag(&in);
	record->offset = add(b->base_offset, offset_delta);
	if (b->base_sequence >= 0)
		record->sequence = (int32_t)(add(b->base_sequence, offset_delta) & INT32_MAX);
	record->key = read_sized(&in, &record->has_key);
	record->value = read_sized(&in, &record->has_value);
	headers = cursor_zigzag(&in);
	record->headers = cursor_rest(&in);
	record->header_count = headers > 0 && headers <= UINT32_MAX ? (uint32_t)headers : 0;
	return !in.failed;
}

static bool give_records(struct kafka_records *r, const struct batch *b, struct cursor *c)
{
	struct kafka_record record = b->common;

	for (int32_t i = 0; i < b->count; i++) {
		if (!cursor_left(c) || !read_record(b, c, &record)) {
			r->damaged |= !r->capped && !r->cut;
			return true;
		}
		if (!r->record(r->context, &record))
			return false;
	}
	return true;
}

static bool read_batch(struct kafka_records *r, int64_t base_offset, struct cursor *c)
{
	struct batch b = {.base_offset = base_offset};
	struct cursor records;
	uint16_t attributes;

	cursor_skip(c, MAGIC_AT + 1 + 4); /* leader epoch, magic, CRC */
	attributes = cursor_be16(c);
	cursor_skip(c, 4); /* last offset delta */
	b.base_timestamp = (int64_t)cursor_be64(c);
	b.max_timestamp = (int64_t)cursor_be64(c);
	b.common = (struct kafka_record){
		.magic = 2,
		.compression = attributes & COMPRESSION_MASK,
		.append_time = attributes & APPEND_TIME,
		.transactional = attributes & TRANSACTIONAL,
		.control = attributes & CONTROL,
		.sequence = -1,
	};
	b.common.producer_id = (int64_t)cursor_be64(c);
	b.common.producer_epoch = (int16_t)cursor_be16(c);
	b.base_sequence = (int32_t)cursor_be32(c);
	b.count = (int32_t)cursor_be32(c);
	if (c->failed || b.count < 0) {
		r->damaged |= !r->cut;
		return true;
	}
	if (!r->batches++)
		r->compression = b.common.compression;
	r->count += (uint32_t)b.count;
	if (!r->record || !b.count ||
	    !decompress(r, b.common.compression, cursor_rest(c), &records))
		return true;
	return give_records(r, &b, &records);
}

bool kafka_header_next(struct cursor *headers, struct span *key, struct span *value, bool *is_null)
{
	bool has_key, has_value;

	if (!cursor_left(headers))
		return false;
	*key = read_sized(headers, &has_key);
	*value = read_sized(headers, &has_value);
	*is_null = !has_value;
	return !headers->failed && has_key;
}

/* ---- magic 0 and 1 ---- */

static struct span read_message_part(struct cursor *c, bool *is_there)
{
	int32_t len = (int32_t)cursor_be32(c);

	*is_there = len >= 0;
	return len > 0 ? cursor_span(c, (size_t)len) : span_of(c->pos, 0);
}

static bool read_message(struct cursor *c, int64_t offset, struct kafka_record *record)
{
	uint8_t attributes;

	*record = (struct kafka_record){.offset = offset, .producer_id = -1, .sequence = -1};
	record->timestamp = KAFKA_TIME_UNKNOWN;
	cursor_skip(c, MAGIC_AT); /* CRC */
	record->magic = cursor_u8(c);
	attributes = cursor_u8(c);
	record->compression = attributes & COMPRESSION_MASK;
	record->append_time = attributes & APPEND_TIME;
	if (record->magic == 1)
		record->timestamp = (int64_t)cursor_be64(c);
	record->key = read_message_part(c, &record->has_key);
	record->value = read_message_part(c, &record->has_value);
	return !c->failed && record->magic < 2;
}

/* The offset of a set's last whole message. */
static int64_t last_offset(struct cursor c)
{
	int64_t last = 0;

	while (cursor_left(&c) >= LOG_OVERHEAD) {
		int64_t offset = (int64_t)cursor_be64(&c);
		uint32_t len = cursor_be32(&c);

		if (len > cursor_left(&c))
			break;
		cursor_skip(&c, len);
		last = offset;
	}
	return last;
}

/*
 * The messages inside a compressed one, which has the offset of the last of them: in magic 1 they
 * count from their own beginning (KIP-31).
 */
static bool give_inner(struct kafka_records *r, const struct kafka_record *wrapper,
		       struct cursor *c)
{
	int64_t shift = 0;

	if (wrapper->magic == 1)
		shift = (int64_t)((uint64_t)wrapper->offset - (uint64_t)last_offset(*c));
	while (cursor_left(c) >= LOG_OVERHEAD) {
		int64_t offset = (int64_t)cursor_be64(c);
		struct cursor in = cursor_part(c, cursor_be32(c));
		struct kafka_record record;

		if (c->failed || !read_message(&in, add(offset, shift), &record))
			break;
		if (wrapper->append_time)
			record.timestamp = wrapper->timestamp;
		record.append_time = wrapper->append_time;
		record.compression = wrapper->compression;
		if (r->record && !r->record(r->context, &record))
			return false;
		r->count++;
	}
	r->damaged |= (c->failed || cursor_left(c)) && !r->capped && !r->cut;
	return true;
}

static bool take_message(struct kafka_records *r, int64_t offset, struct cursor *c)
{
	struct kafka_record record;
	struct cursor inner;

	if (!read_message(c, offset, &record)) {
		r->damaged |= !r->cut;
		return true;
	}
	if (!r->batches++)
		r->compression = record.compression;
	if (record.compression == KAFKA_COMPRESSION_NONE) {
		r->count++;
		return !r->record || r->record(r->context, &record);
	}
	if (!decompress(r, record.compression, record.value, &inner))
		return true;
	return give_inner(r, &record, &inner);
}

/* ---- all of them ---- */

/*
 * CRC-32C of what is behind it, or, before magic 2, CRC-32 from the magic on. BATCH is whole; what
 * is none has no CRC, and is told of as damaged.
 */
static bool crc_fits(struct cursor batch, int magic)
{
	uint32_t crc;
	struct span rest;

	if (magic < 0 || magic > 2 || cursor_left(&batch) < MESSAGE_MIN)
		return true;
	if (magic == 2)
		cursor_skip(&batch, CRC_AT);
	crc = cursor_be32(&batch);
	rest = cursor_rest(&batch);
	return crc == (magic == 2 ? crc32c(rest)
				  : (uint32_t)crc32_z(0, (const Bytef *)rest.data, rest.len));
}

void kafka_records_read(struct kafka_records *r, struct span set)
{
	struct cursor c = cursor_of(set.data, set.len);
	bool more = true;

	while (more && cursor_left(&c)) {
		int64_t offset = (int64_t)cursor_be64(&c);
		uint32_t len = cursor_be32(&c);
		struct cursor batch;
		int magic;

		r->cut |= c.failed || len > cursor_left(&c);
		if (c.failed || (r->cut && !r->incomplete))
			return;
		batch = cursor_part(&c, len < cursor_left(&c) ? len : cursor_left(&c));
		magic = cursor_left(&batch) > MAGIC_AT ? batch.pos[MAGIC_AT] : -1;
		if (!r->record && !r->cut)
			r->crc_wrong |= !crc_fits(batch, magic);
		if (magic == 2 && len >= BATCH_HEAD)
			more = read_batch(r, offset, &batch);
		else if ((magic == 0 || magic == 1) && len >= MESSAGE_MIN)
			more = take_message(r, offset, &batch);
		else
			r->damaged |= !r->cut;
	}
}
