/* SPDX-License-Identifier: BSD-2-Clause */
#include <zlib.h>

#include "protocols/cql/wire.h"

/* The header's checksum: as in Cassandra's internode messages, over its bytes from the lowest. */
#define CRC24_INIT     0x875060
#define CRC24_POLYNOME 0x1974f0b

static uint32_t crc24(uint64_t bytes, unsigned len)
{
	uint32_t crc = CRC24_INIT;

	for (; len; len--, bytes >>= 8) {
		crc ^= (uint32_t)(bytes & 0xff) << 16;
		for (int bit = 0; bit < 8; bit++) {
			crc <<= 1;
			if (crc & 1u << 24)
				crc ^= CRC24_POLYNOME;
		}
	}
	return crc;
}

/* 17 bits of length, one that tells whether it is self-contained, six of padding. */
static bool read_plain(struct span bytes, struct cql_segment *s)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t head = cursor_le24(&c), crc = cursor_le24(&c);

	if (c.failed || head >> 18 || crc != crc24(head, 3))
		return false;
	s->compressed = false;
	s->form = CQL_SEGMENT_PLAIN;
	s->header_len = CQL_SEGMENT_HEADER_LEN;
	s->len = s->plain_len = head & CQL_SEGMENT_PAYLOAD_MAX;
	s->self_contained = head >> 17;
	return true;
}

/* 17 bits of length and 17 of that behind compression, 0 where it was not; then as above. */
static bool read_compressed(struct span bytes, struct cql_segment *s)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint64_t head = cursor_le32(&c);
	uint32_t crc;

	head |= (uint64_t)cursor_u8(&c) << 32;
	crc = cursor_le24(&c);
	if (c.failed || head >> 35 || crc != crc24(head, 5))
		return false;
	s->form = CQL_SEGMENT_LZ4;
	s->header_len = CQL_SEGMENT_HEADER_LEN_LZ4;
	s->len = head & CQL_SEGMENT_PAYLOAD_MAX;
	s->plain_len = head >> 17 & CQL_SEGMENT_PAYLOAD_MAX;
	s->compressed = s->plain_len;
	if (!s->compressed)
		s->plain_len = s->len;
	s->self_contained = head >> 34;
	return true;
}

bool cql_segment_read(struct span bytes, enum cql_segment_form form, struct cql_segment *segment)
{
	return (form != CQL_SEGMENT_LZ4 && read_plain(bytes, segment)) ||
	       (form != CQL_SEGMENT_PLAIN && read_compressed(bytes, segment));
}

bool cql_segment_checks(struct span payload, const uint8_t *trailer)
{
	/* The payload's checksum goes over these first. */
	static const Bytef before[] = {0xfa, 0x2d, 0x55, 0xca};
	uLong crc = crc32_z(0, before, sizeof(before));
	struct cursor c = cursor_of(trailer, CQL_SEGMENT_TRAILER_LEN);

	crc = crc32_z(crc, (const Bytef *)payload.data, payload.len);
	return cursor_le32(&c) == (uint32_t)crc;
}
