/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a segment: the reader ends, and what it gives keeps the promises of event.h. Once as
 * they are, once with the checksums made right, and once as the events of a valid block.
 */
#include <endian.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "format/frame.h"
#include "tests/unit/memory_tape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_data(const struct event_data *data)
{
	volatile uint32_t sum;

	if (!data->conn || data->len < data->payload.len || data->direction > DIRECTION_RECEIVED ||
	    data->layer > LAYER_TLS || data->offset > INT64_MAX - data->len)
		abort();
	/* A sanitizer sees where the payload points. */
	sum = (uint32_t)crc32_z(0, (const Bytef *)data->payload.data, data->payload.len);
	(void)sum;
}

static bool tells_more(void *context, const struct block_info *info)
{
	(void)context;
	return !info->data_alone;
}

/* All of it, or what is told from its last checkpoint on. */
static void read_some(const void *data, size_t size, bool all)
{
	const struct reader_options options = {.wanted = all ? NULL : tells_more};
	struct span bytes = span_of(data, size);
	struct reader *r;
	struct event event;

	if (reader_new(memory_tape_source(&bytes), &options, &r))
		return;
	if (!all)
		reader_begin_at(r, INT64_MAX);
	while (reader_next(r, &event)) {
		if (event.ts < 0 || event.ts > EVENT_TIME_MAX)
			abort();
		if (event.type == EVENT_DATA)
			check_data(&event.data);
	}
	reader_free(r);
}

static void read_all(const void *data, size_t size)
{
	read_some(data, size, true);
	read_some(data, size, false);
}

static void set_u32(char *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof(value));
}

static void make_checksums_right(char *data, size_t size)
{
	struct tape_block_header header;

	for (size_t at = 0; at + sizeof(header) <= size; at++) {
		struct tape_frame frame;
		uint64_t len;

		memcpy(&header, data + at, sizeof(header));
		memcpy(&frame, &header, sizeof(frame));
		len = frame_len(&frame);
		if (!frame_is(&frame, NULL) || len < sizeof(header) || len > size - at)
			continue;
		if (frame_is(&frame, TAPE_MAGIC_BLOCK) &&
		    le32toh(header.compressed_len) <= size - at - len)
			set_u32(data + at + offsetof(struct tape_block_header, compressed_crc),
				(uint32_t)crc32_z(0, (Bytef *)data + at + len,
						  le32toh(header.compressed_len)));
		set_u32(data + at + offsetof(struct tape_frame, crc),
			frame_crc_begin(data + at, (size_t)len));
		at += (size_t)len - 1;
	}
}

static void read_as_events(const uint8_t *data, size_t size)
{
	size_t bound = ZSTD_compressBound(size);
	struct tape_block_header *header = calloc(1, sizeof(*header) + bound);
	char *body = (char *)(header + 1);
	size_t len;

	if (!header)
		return;
	len = ZSTD_compress(body, bound, data, size, 1);
	header->compressed_len = htole32((uint32_t)len);
	header->raw_len = htole32((uint32_t)size);
	header->compressed_crc = htole32((uint32_t)crc32_z(0, (Bytef *)body, len));
	frame_seal(header, sizeof(*header), TAPE_MAGIC_BLOCK);
	read_all(header, sizeof(*header) + len);
	free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);

	read_all(data, size);
	read_as_events(data, size);
	if (copy) {
		memcpy(copy, data, size);
		make_checksums_right(copy, size);
		read_all(copy, size);
	}
	free(copy);
	return 0;
}
