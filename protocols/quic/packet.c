/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/quic/packet.h"

#include "protocols/cursor.h"
#include "protocols/quic/google.h"

#define LONG_HEADER 0x80
#define FIXED_BIT   0x40

#define VERSION_1	0x00000001
#define VERSION_2	0x6b3343cf /* RFC 9369, section 3.1 */
#define VERSION_DRAFT	0xff000000
#define VERSION_2_DRAFT 0x709a50c4 /* what version 2 was before it was one */
#define VERSION_MVFST	0xfaceb000 /* Facebook's, of drafts 22 and later */

/* Drafts whose long headers are as those of version 1: 22 gave ids a whole byte of length. */
#define DRAFT_FIRST 22
#define DRAFT_LAST  34

static bool is_draft(uint32_t version)
{
	uint32_t number = version & 0xff;

	return (version & 0xffffff00) == VERSION_DRAFT && number >= DRAFT_FIRST &&
	       number <= DRAFT_LAST;
}

bool quic_version_is_reserved(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

bool quic_version_append(uint32_t version, struct buffer *out)
{
	if (version == VERSION_1 || version == VERSION_2)
		buffer_append_text(out, version == VERSION_1 ? "1" : "2");
	else if (is_draft(version))
		buffer_printf(out, "draft-%u", version & 0xff);
	else if (version == VERSION_2_DRAFT)
		buffer_append_text(out, "2-draft");
	else if ((version & ~0xfu) == VERSION_MVFST)
		buffer_printf(out, "mvfst-%x", version & 0xf);
	else if (quic_version_is_reserved(version))
		buffer_printf(out, "0x%08x", version);
	else
		return quic_google_version_append(version, out);
	return true;
}

/* RFC 9000, section 16. */
static uint64_t read_number(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	uint64_t number = first & 0x3f;

	for (unsigned left = (1u << (first >> 6)) - 1; left; left--)
		number = number << 8 | cursor_u8(c);
	return number;
}

/* Version 2 has other numbers for the same: RFC 9369, section 3.2. */
static enum quic_type type_of(uint8_t first, uint32_t version)
{
	unsigned bits = first >> 4 & 3;

	if (version == VERSION_2 || version == VERSION_2_DRAFT)
		bits = (bits + 3) & 3;
	return (enum quic_type)bits;
}

/* Whether token and payload of an Initial, or the payload of others, are there as said. */
static bool is_whole(struct cursor *c, enum quic_type type)
{
	uint64_t len;

	if (type == QUIC_INITIAL) {
		len = read_number(c);
		if (c->failed || len > cursor_left(c))
			return false;
		cursor_skip(c, (size_t)len);
	}
	/* Integrity tag of a Retry: section 17.2.5. */
	if (type == QUIC_RETRY)
		return cursor_left(c) >= 16;
	len = read_number(c);
	return !c->failed && len >= 16 && len <= cursor_left(c);
}

bool quic_packet_read(struct span datagram, struct quic_packet *packet)
{
	struct cursor c = cursor_of(datagram.data, datagram.len);
	uint8_t first = cursor_u8(&c);

	*packet = (struct quic_packet){.version = cursor_be32(&c)};
	packet->to = cursor_span(&c, cursor_u8(&c));
	packet->from = cursor_span(&c, cursor_u8(&c));
	if (c.failed || !(first & LONG_HEADER) || packet->to.len > QUIC_ID_MAX ||
	    packet->from.len > QUIC_ID_MAX)
		return false;
	if (!packet->version) {
		packet->type = QUIC_NEGOTIATION;
		packet->whole = cursor_left(&c) && cursor_left(&c) % 4 == 0;
		return packet->whole;
	}
	packet->type = type_of(first, packet->version);
	packet->whole = (first & FIXED_BIT) && is_whole(&c, packet->type);
	return true;
}
