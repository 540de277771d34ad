/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/block.h"

#include <endian.h>

#include "protocols/value/utf8.h"

/* Section numbers are those of draft-ietf-opsawg-pcapng-04. */
#define BLOCK_INTERFACE	 1u	     /* 4.2 */
#define BLOCK_NAMES	 4u	     /* 4.5 */
#define BLOCK_STATISTICS 5u	     /* 4.6 */
#define BLOCK_PACKET	 6u	     /* 4.3 */
#define BLOCK_SECRETS	 10u	     /* 4.8 */
#define BLOCK_SECTION	 0x0a0d0d0au /* 4.1 */

#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define SECRETS_TLS	  0x544c534bu
#define LINKTYPE_ETHERNET 1u
#define NAME_RECORD_IPV6  2u

#define OPTION_END	      0u
#define OPTION_COMMENT	      1u
#define OPTION_HARDWARE	      2u
#define OPTION_OS	      3u
#define OPTION_APPLICATION    4u
#define OPTION_IF_NAME	      2u
#define OPTION_IF_DESCRIPTION 3u
#define OPTION_IF_TSRESOL     9u
#define OPTION_EPB_FLAGS      2u
#define OPTION_ISB_RECEIVED   4u
#define OPTION_ISB_DROPPED    5u
#define EPB_INBOUND	      1u
#define EPB_OUTBOUND	      2u
#define TSRESOL_NANOSECONDS   9

/* An option may have 65,535 bytes; no tool shows that much. A multiple of 4. */
#define TEXT_MAX 4096

static void put16(struct buffer *out, uint32_t value)
{
	uint16_t little = htole16((uint16_t)value);

	buffer_append(out, &little, sizeof(little));
}

static void put32(struct buffer *out, uint32_t value)
{
	uint32_t little = htole32(value);

	buffer_append(out, &little, sizeof(little));
}

static void put64(struct buffer *out, uint64_t value)
{
	uint64_t little = htole64(value);

	buffer_append(out, &little, sizeof(little));
}

/* A time is two 32-bit halves, the upper one first, whatever the byte order. */
static void put_time(struct buffer *out, int64_t ts)
{
	uint64_t ns = ts > 0 ? (uint64_t)ts : 0;

	put32(out, (uint32_t)(ns >> 32));
	put32(out, (uint32_t)ns);
}

/* Every part of a block ends at a multiple of 4. */
static void pad(struct buffer *out)
{
	buffer_append(out, "\0\0\0", -out->len & 3);
}

/* Appends TEXT as UTF-8, at most TEXT_MAX bytes of it. */
static void put_text(struct buffer *out, struct span text)
{
	const uint8_t *at = (const uint8_t *)text.data;
	const uint8_t *end = at + text.len;
	size_t limit = out->len + TEXT_MAX;

	while (at < end) {
		size_t len = utf8_sequence(at, end);
		bool good = len > 1 || (len == 1 && *at >= ' ' && *at != 0x7f);
		struct span next = good ? span_of(at, len) : span_text("\xef\xbf\xbd");

		if (out->len + next.len > limit)
			break;
		buffer_append_span(out, next);
		at += len ? len : 1;
	}
}

static void fix16(struct buffer *out, size_t at, size_t value)
{
	uint16_t little = htole16((uint16_t)value);

	if (!out->failed)
		memcpy(out->data + at, &little, sizeof(little));
}

static void put_text_option(struct buffer *out, uint32_t code, struct span text)
{
	size_t len_at;

	if (!text.len)
		return;
	put16(out, code);
	len_at = out->len;
	put16(out, 0);
	put_text(out, text);
	fix16(out, len_at, out->len - len_at - 2);
	pad(out);
}

static void put_u64_option(struct buffer *out, uint32_t code, uint64_t value)
{
	put16(out, code);
	put16(out, 8);
	put64(out, value);
}

static void end_options(struct buffer *out)
{
	put16(out, OPTION_END);
	put16(out, 0);
}

/* Returns where it begins. */
static size_t begin_block(struct buffer *out, uint32_t type)
{
	size_t begin = out->len;

	put32(out, type);
	put32(out, 0);
	return begin;
}

/* The length stands at both ends of a block: section 3.1. */
static void end_block(struct buffer *out, size_t begin)
{
	uint32_t len = (uint32_t)(out->len - begin) + 4;
	uint32_t little = htole32(len);

	put32(out, len);
	if (!out->failed)
		memcpy(out->data + begin + 4, &little, sizeof(little));
}

void pcapng_section(struct buffer *out, const struct pcapng_section *section)
{
	size_t begin = begin_block(out, BLOCK_SECTION);

	put32(out, BYTE_ORDER_MAGIC);
	put16(out, 1); /* version 1.0 */
	put16(out, 0);
	put64(out, UINT64_MAX); /* length not given */
	put_text_option(out, OPTION_COMMENT, section->comment);
	put_text_option(out, OPTION_HARDWARE, section->hardware);
	put_text_option(out, OPTION_OS, section->os);
	put_text_option(out, OPTION_APPLICATION, section->application);
	end_options(out);
	end_block(out, begin);
}

void pcapng_interface(struct buffer *out, struct span name, struct span description)
{
	static const uint8_t resolution[4] = {TSRESOL_NANOSECONDS};
	size_t begin = begin_block(out, BLOCK_INTERFACE);

	put16(out, LINKTYPE_ETHERNET);
	put16(out, 0);
	put32(out, 0); /* no snap length */
	put_text_option(out, OPTION_IF_NAME, name);
	put_text_option(out, OPTION_IF_DESCRIPTION, description);
	put16(out, OPTION_IF_TSRESOL);
	put16(out, 1);
	buffer_append(out, resolution, sizeof(resolution));
	end_options(out);
	end_block(out, begin);
}

void pcapng_packet(struct buffer *out, const struct pcapng_packet *packet)
{
	size_t begin = begin_block(out, BLOCK_PACKET);

	put32(out, packet->interface);
	put_time(out, packet->ts);
	put32(out, (uint32_t)(packet->headers.len + packet->payload.len));
	put32(out, (uint32_t)packet->original_len);
	buffer_append_span(out, packet->headers);
	buffer_append_span(out, packet->payload);
	pad(out);
	put16(out, OPTION_EPB_FLAGS);
	put16(out, 4);
	put32(out, packet->direction == DIRECTION_SENT ? EPB_OUTBOUND : EPB_INBOUND);
	put_text_option(out, OPTION_COMMENT, packet->comment);
	end_options(out);
	end_block(out, begin);
}

size_t pcapng_packet_len(const struct pcapng_packet *packet)
{
	size_t data = (packet->headers.len + packet->payload.len + 3) & ~(size_t)3;
	/* Fixed fields, flags, the comment's head and padding, the end of the options, the length.
	 */
	size_t rest = 28 + 8 + 4 + 3 + 4 + 4;

	return data + rest + (packet->comment.len < TEXT_MAX ? packet->comment.len : TEXT_MAX);
}

void pcapng_name(struct buffer *out, const uint8_t ip[static 16], struct span name)
{
	size_t begin = begin_block(out, BLOCK_NAMES), len_at;

	put16(out, NAME_RECORD_IPV6);
	len_at = out->len;
	put16(out, 0);
	buffer_append(out, ip, 16);
	put_text(out, name);
	buffer_append_char(out, '\0');
	fix16(out, len_at, out->len - len_at - 2);
	pad(out);
	put32(out, 0); /* end of the records */
	end_options(out);
	end_block(out, begin);
}

void pcapng_secrets(struct buffer *out, struct span lines)
{
	size_t begin = begin_block(out, BLOCK_SECRETS);

	put32(out, SECRETS_TLS);
	put32(out, (uint32_t)lines.len);
	buffer_append_span(out, lines);
	pad(out);
	end_options(out);
	end_block(out, begin);
}

void pcapng_statistics(struct buffer *out, uint32_t interface, int64_t ts, uint64_t packets,
		       uint64_t dropped)
{
	size_t begin = begin_block(out, BLOCK_STATISTICS);

	put32(out, interface);
	put_time(out, ts);
	put_u64_option(out, OPTION_ISB_RECEIVED, packets);
	put_u64_option(out, OPTION_ISB_DROPPED, dropped);
	end_options(out);
	end_block(out, begin);
}
