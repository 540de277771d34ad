/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/block.h"

#include <endian.h>
#include <stdlib.h>

#include "format/buffer.h"
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

/* Handed to the sink from here on. */
#define FLUSH_LEN (256u << 10)

struct pcapng {
	struct sink sink;
	struct buffer out;
	size_t block; /* where the block that is being written begins in `out` */
	enum tape_error error;
	uint32_t interfaces;
	uint64_t packets;
	uint64_t flushed;
};

struct pcapng *pcapng_new(struct sink sink)
{
	struct pcapng *p = calloc(1, sizeof(*p));

	if (p)
		p->sink = sink;
	return p;
}

static void put16(struct pcapng *p, uint32_t value)
{
	uint16_t little = htole16((uint16_t)value);

	buffer_append(&p->out, &little, sizeof(little));
}

static void put32(struct pcapng *p, uint32_t value)
{
	uint32_t little = htole32(value);

	buffer_append(&p->out, &little, sizeof(little));
}

static void put64(struct pcapng *p, uint64_t value)
{
	uint64_t little = htole64(value);

	buffer_append(&p->out, &little, sizeof(little));
}

/* A time is two 32-bit halves, the upper one first, whatever the byte order. */
static void put_time(struct pcapng *p, int64_t ts)
{
	uint64_t ns = ts > 0 ? (uint64_t)ts : 0;

	put32(p, (uint32_t)(ns >> 32));
	put32(p, (uint32_t)ns);
}

/* Every part of a block ends at a multiple of 4. */
static void pad(struct pcapng *p)
{
	buffer_append(&p->out, "\0\0\0", -(p->out.len - p->block) & 3);
}

/* Appends TEXT as UTF-8, at most TEXT_MAX bytes of it. */
static void put_text(struct pcapng *p, struct span text)
{
	const uint8_t *at = (const uint8_t *)text.data;
	const uint8_t *end = at + text.len;
	size_t limit = p->out.len + TEXT_MAX;

	while (at < end) {
		size_t len = utf8_sequence(at, end);
		bool good = len > 1 || (len == 1 && *at >= ' ' && *at != 0x7f);
		struct span next = good ? span_of(at, len) : span_text("\xef\xbf\xbd");

		if (p->out.len + next.len > limit)
			break;
		buffer_append_span(&p->out, next);
		at += len ? len : 1;
	}
}

static void fix16(struct pcapng *p, size_t at, size_t value)
{
	uint16_t little = htole16((uint16_t)value);

	if (!p->out.failed)
		memcpy(p->out.data + at, &little, sizeof(little));
}

static void put_text_option(struct pcapng *p, uint32_t code, struct span text)
{
	size_t len_at;

	if (!text.len)
		return;
	put16(p, code);
	len_at = p->out.len;
	put16(p, 0);
	put_text(p, text);
	fix16(p, len_at, p->out.len - len_at - 2);
	pad(p);
}

static void put_u64_option(struct pcapng *p, uint32_t code, uint64_t value)
{
	put16(p, code);
	put16(p, 8);
	put64(p, value);
}

static void end_options(struct pcapng *p)
{
	put16(p, OPTION_END);
	put16(p, 0);
}

static void begin_block(struct pcapng *p, uint32_t type)
{
	p->block = p->out.len;
	put32(p, type);
	put32(p, 0);
}

static void drain(struct pcapng *p)
{
	if (!p->error && p->out.failed)
		p->error = TAPE_ERROR_MEMORY;
	if (!p->error)
		p->error = p->sink.write(p->sink.context, p->out.data, p->out.len);
	p->flushed += p->out.len;
	buffer_clear(&p->out);
}

/* The length stands at both ends of a block: section 3.1. */
static void end_block(struct pcapng *p)
{
	uint32_t len = (uint32_t)(p->out.len - p->block) + 4;
	uint32_t little = htole32(len);

	put32(p, len);
	if (!p->out.failed)
		memcpy(p->out.data + p->block + 4, &little, sizeof(little));
	if (p->out.failed || p->out.len >= FLUSH_LEN)
		drain(p);
}

void pcapng_section(struct pcapng *p, const struct pcapng_section *section)
{
	begin_block(p, BLOCK_SECTION);
	put32(p, BYTE_ORDER_MAGIC);
	put16(p, 1); /* version 1.0 */
	put16(p, 0);
	put64(p, UINT64_MAX); /* length not given */
	put_text_option(p, OPTION_COMMENT, section->comment);
	put_text_option(p, OPTION_HARDWARE, section->hardware);
	put_text_option(p, OPTION_OS, section->os);
	put_text_option(p, OPTION_APPLICATION, section->application);
	end_options(p);
	end_block(p);
}

uint32_t pcapng_interface(struct pcapng *p, struct span name, struct span description)
{
	static const uint8_t resolution[4] = {TSRESOL_NANOSECONDS};

	begin_block(p, BLOCK_INTERFACE);
	put16(p, LINKTYPE_ETHERNET);
	put16(p, 0);
	put32(p, 0); /* no snap length */
	put_text_option(p, OPTION_IF_NAME, name);
	put_text_option(p, OPTION_IF_DESCRIPTION, description);
	put16(p, OPTION_IF_TSRESOL);
	put16(p, 1);
	buffer_append(&p->out, resolution, sizeof(resolution));
	end_options(p);
	end_block(p);
	return p->interfaces++;
}

void pcapng_packet(struct pcapng *p, const struct pcapng_packet *packet)
{
	begin_block(p, BLOCK_PACKET);
	put32(p, packet->interface);
	put_time(p, packet->ts);
	put32(p, (uint32_t)(packet->headers.len + packet->payload.len));
	put32(p, (uint32_t)packet->original_len);
	buffer_append_span(&p->out, packet->headers);
	buffer_append_span(&p->out, packet->payload);
	pad(p);
	put16(p, OPTION_EPB_FLAGS);
	put16(p, 4);
	put32(p, packet->direction == DIRECTION_SENT ? EPB_OUTBOUND : EPB_INBOUND);
	put_text_option(p, OPTION_COMMENT, packet->comment);
	end_options(p);
	end_block(p);
	p->packets++;
}

void pcapng_name(struct pcapng *p, const uint8_t ip[static 16], struct span name)
{
	size_t len_at;

	begin_block(p, BLOCK_NAMES);
	put16(p, NAME_RECORD_IPV6);
	len_at = p->out.len;
	put16(p, 0);
	buffer_append(&p->out, ip, 16);
	put_text(p, name);
	buffer_append_char(&p->out, '\0');
	fix16(p, len_at, p->out.len - len_at - 2);
	pad(p);
	put32(p, 0); /* end of the records */
	end_options(p);
	end_block(p);
}

void pcapng_secrets(struct pcapng *p, struct span lines)
{
	begin_block(p, BLOCK_SECRETS);
	put32(p, SECRETS_TLS);
	put32(p, (uint32_t)lines.len);
	buffer_append_span(&p->out, lines);
	pad(p);
	end_options(p);
	end_block(p);
}

void pcapng_statistics(struct pcapng *p, uint32_t interface, int64_t ts, uint64_t packets,
		       uint64_t dropped)
{
	begin_block(p, BLOCK_STATISTICS);
	put32(p, interface);
	put_time(p, ts);
	put_u64_option(p, OPTION_ISB_RECEIVED, packets);
	put_u64_option(p, OPTION_ISB_DROPPED, dropped);
	end_options(p);
	end_block(p);
}

enum tape_error pcapng_flush(struct pcapng *p)
{
	drain(p);
	return p->error;
}

enum tape_error pcapng_error(const struct pcapng *p)
{
	return p->error;
}

uint64_t pcapng_packets(const struct pcapng *p)
{
	return p->packets;
}

uint64_t pcapng_bytes(const struct pcapng *p)
{
	return p->flushed + p->out.len;
}

void pcapng_free(struct pcapng *p)
{
	if (!p)
		return;
	buffer_free(&p->out);
	free(p);
}
