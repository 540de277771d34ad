/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/quic/google.h"

#include "protocols/cursor.h"

/* The first byte up to Q043. */
#define VERSION_FLAG  0x01
#define RESET_FLAG    0x02
#define ID_FLAG	      0x08
#define NUMBER_BITS   0x30
#define RESERVED_BITS 0xc0

#define LONG_HEADER 0x80 /* from Q044 on */

#define ID_LEN	 8
#define HASH_LEN 12 /* of the message, before the first frame */

/* The first version of each kind of header. */
#define FIRST	    24
#define FIRST_DRAFT 44
#define FIRST_IETF  50
#define LAST	    51

static bool is_digit(uint32_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* "Q043" is 43; 0: not one of Google's. */
static unsigned number_of(uint32_t version)
{
	uint32_t tens = version >> 8 & 0xff, ones = version & 0xff;
	bool crypto = version >> 16 == ('Q' << 8 | '0'), tls = version >> 16 == ('T' << 8 | '0');
	unsigned number = (tens - '0') * 10 + ones - '0';

	if ((!crypto && !tls) || !is_digit(tens) || !is_digit(ones))
		return 0;
	return number >= (tls ? FIRST_IETF : FIRST) && number <= LAST ? number : 0;
}

bool quic_google_crypto(uint32_t version)
{
	return number_of(version) && version >> 24 == 'Q';
}

bool quic_google_version_append(uint32_t version, struct buffer *out)
{
	if (!number_of(version))
		return false;
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_append_char(out, (char)(version >> shift));
	return true;
}

/* Of Q044 to Q049: lengths of both ids in one byte, and one of them is empty. */
static bool read_draft(struct cursor *c, enum side side, struct quic_packet *packet)
{
	uint8_t lens, client = (ID_LEN - 3) << 4, server = ID_LEN - 3;
	unsigned number;

	packet->version = cursor_be32(c);
	number = number_of(packet->version);
	if (number < FIRST_DRAFT || number >= FIRST_IETF)
		return false;
	lens = cursor_u8(c);
	packet->to = packet->from = cursor_span(c, ID_LEN);
	packet->whole = cursor_left(c) > 4 + HASH_LEN;
	return !c->failed && lens == (side == SIDE_CLIENT ? client : server);
}

static bool read_client(struct cursor *c, uint8_t flags, struct quic_packet *packet)
{
	static const uint8_t lens[] = {1, 2, 4, 6};
	unsigned number;

	packet->version = cursor_be32(c);
	number = number_of(packet->version);
	packet->whole = cursor_left(c) > lens[(flags & NUMBER_BITS) >> 4] + (size_t)HASH_LEN;
	return number && number < FIRST_DRAFT && !(flags & RESET_FLAG);
}

bool quic_google_is_bare(struct span datagram)
{
	return datagram.len > 1 + HASH_LEN &&
	       !(datagram.data[0] & (RESERVED_BITS | ID_FLAG | RESET_FLAG | VERSION_FLAG));
}

bool quic_google_read(struct span datagram, enum side side, struct quic_packet *packet)
{
	struct cursor c = cursor_of(datagram.data, datagram.len);
	uint8_t flags = cursor_u8(&c);

	*packet = (struct quic_packet){.type = QUIC_INITIAL};
	if (c.failed)
		return false;
	if (flags & LONG_HEADER) {
		packet->type = side == SIDE_CLIENT ? (enum quic_type)(flags >> 4 & 3)
						   : QUIC_HANDSHAKE;
		return read_draft(&c, side, packet);
	}
	packet->to = packet->from = cursor_span(&c, ID_LEN);
	if (c.failed || flags & RESERVED_BITS || !(flags & ID_FLAG))
		return false;
	if (side == SIDE_CLIENT)
		return flags & VERSION_FLAG && read_client(&c, flags, packet);
	packet->whole = cursor_left(&c) > 0;
	packet->type = flags & RESET_FLAG     ? QUIC_RESET
		       : flags & VERSION_FLAG ? QUIC_NEGOTIATION
					      : QUIC_HANDSHAKE;
	return true;
}
