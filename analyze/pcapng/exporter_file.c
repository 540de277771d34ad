/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>

#include "analyze/pcapng/exporter_private.h"

#define ETHERNET_LEN	 14
#define ETHERNET_IPV4	 0x08
#define IPV4_LEN	 20
#define IPV6_LEN	 40
#define PROTOCOL_TCP	 6
#define CLIENT_MAC_INDEX 11 /* in an Ethernet header of ours, of the byte that is 1 or 2 */

/* What the headers of a packet say that packet_headers() wrote. */
struct heading {
	bool tcp;
	bool from_client;
	unsigned flags;
	uint32_t seq;
	uint32_t ack;
	struct address from;
	struct address to;
};

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static struct heading heading_of(struct span headers)
{
	const uint8_t *at = (const uint8_t *)headers.data, *ip = at + ETHERNET_LEN;
	bool v4 = at[12] == ETHERNET_IPV4;
	const uint8_t *transport = ip + (v4 ? IPV4_LEN : IPV6_LEN);
	enum address_family family = v4 ? ADDRESS_INET4 : ADDRESS_INET6;
	struct heading h = {
		.tcp = (v4 ? ip[9] : ip[6]) == PROTOCOL_TCP,
		.from_client = at[CLIENT_MAC_INDEX] == 1,
		.from = {.family = family, .port = get16(transport)},
		.to = {.family = family, .port = get16(transport + 2)},
	};

	memcpy(h.from.ip, v4 ? ip + 12 : ip + 8, v4 ? 4 : 16);
	memcpy(h.to.ip, v4 ? ip + 16 : ip + 24, v4 ? 4 : 16);
	if (!h.tcp)
		return h;
	h.seq = get32(transport + 4);
	h.ack = get32(transport + 8);
	h.flags = transport[13];
	return h;
}

/* ---- a connection goes on in another file ---- */

struct resumption {
	struct exporter *e;
	const struct queue_item *item;
	const struct address *client;
	const struct address *server;
	enum direction from_client;
	uint32_t seq[2];	/* of the next byte, by side: 0 is the client's */
	struct buffer *comment; /* for the first packet */
};

static void give(struct resumption *r, bool client, unsigned flags, struct span payload,
		 bool made_up)
{
	uint8_t headers[PACKET_HEADERS_MAX];
	const struct packet packet = {
		.from = client ? r->client : r->server,
		.to = client ? r->server : r->client,
		.tcp = true,
		.from_client = client,
		.flags = flags,
		.made_up = made_up && flags & TCP_SYN,
		.seq = r->seq[!client],
		.ack = r->seq[client],
		.payload = payload,
		.len = payload.len,
	};
	struct pcapng_packet out = r->item->packet;

	if (out.direction != (client ? r->from_client : direction_opposite(r->from_client)))
		out.interface = r->item->back;
	out.headers = span_of(headers, packet_headers(&packet, headers));
	out.payload = payload;
	out.original_len = out.headers.len + payload.len;
	out.direction = client ? r->from_client : direction_opposite(r->from_client);
	out.comment = buffer_span(r->comment);
	dump_packet(r->e->out, &out);
	buffer_clear(r->comment);
	r->seq[!client] += (uint32_t)payload.len + !!(flags & TCP_SYN);
}

static void give_opening_part(void *context, bool client, struct span bytes)
{
	give(context, client, TCP_ACK | TCP_PSH, bytes, true);
}

/* A handshake just before the segment of ITEM, as of a connection that is joined midway. */
static void resume(struct exporter *e, const struct queue_item *item, const struct heading *h,
		   struct buffer *comment)
{
	struct opening opening = exporter_opening(e, item->end->conn, item->layer, true);
	struct opening_len len = opening_len(&opening);
	struct resumption r = {
		.e = e,
		.item = item,
		.client = h->from_client ? &h->from : &h->to,
		.server = h->from_client ? &h->to : &h->from,
		.from_client = h->from_client ? item->packet.direction
					      : direction_opposite(item->packet.direction),
		.seq = {h->from_client ? h->seq : h->ack, h->from_client ? h->ack : h->seq},
		.comment = comment,
	};
	const struct span none = {0};

	r.seq[0] -= len.client + 1;
	if (h->flags & TCP_SYN) {
		/* The server's half of one that was seen: its client's is in the file before. */
		r.seq[0] += len.client;
		give(&r, true, TCP_SYN, none, false);
		return;
	}
	r.seq[1] -= len.server + 1;
	give(&r, true, TCP_SYN, none, true);
	give(&r, false, TCP_SYN | TCP_ACK, none, true);
	give(&r, true, TCP_ACK, none, true);
	opening_give(&opening, give_opening_part, &r);
}

static void describe_again(struct exporter *e, const struct queue_item *item,
			   const struct heading *h, struct buffer *out)
{
	const struct facts_end *end = item->end;
	struct place place = {
		.client = h->from_client ? h->from : h->to,
		.server = h->from_client ? h->to : h->from,
		.local_is_client = end->conn->role != ROLE_SERVER,
	};

	exporter_describe(e, end, item->layer, &place, out);
	buffer_append_text(out, "; goes on from a file before");
	if (end->conn->whole && exporter_opening(e, end->conn, item->layer, true).http2)
		buffer_append_text(out, "; the preface of HTTP/2 is made up");
	if (item->layer == LAYER_WIRE && end->conn->has_keys)
		buffer_append_text(out, ", with what Wireshark needs to decrypt it");
}

/* The first packet of its connection in this file: what was said in a file before is again. */
static void begin_in_file(struct exporter *e, const struct queue_item *item,
			  struct pcapng_packet *packet, struct buffer *comment)
{
	struct facts_end *end = item->end;
	struct heading h = heading_of(packet->headers);
	bool begins = !end->file[item->layer];

	end->file[item->layer] = dump_file(e->out);
	exporter_name_path(e, end->conn);
	if (begins || (h.tcp && h.flags & TCP_SYN && !(h.flags & TCP_ACK)))
		return;
	describe_again(e, item, &h, comment);
	if (h.tcp) {
		resume(e, item, &h, comment);
	} else {
		if (packet->comment.len)
			buffer_append_text(comment, "; ");
		buffer_append_span(comment, packet->comment);
		packet->comment = buffer_span(comment);
	}
}

/* What has no payload follows the packet before it: a handshake stays in one file, mostly. */
static bool may_begin_file(const struct pcapng_packet *packet)
{
	struct heading h;

	if (packet->payload.len)
		return true;
	h = heading_of(packet->headers);
	return !h.tcp || (h.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

void exporter_write(void *context, const struct queue_item *item)
{
	struct exporter *e = context;
	struct pcapng_packet packet = item->packet;
	struct buffer comment = {0};

	if (e->split) {
		if (may_begin_file(&packet) && dump_is_full(e->out, &packet)) {
			dump_next_file(e->out);
			map_free(&e->names);
		}
		if (item->end && item->end->file[item->layer] != dump_file(e->out))
			begin_in_file(e, item, &packet, &comment);
	}
	dump_packet(e->out, &packet);
	buffer_free(&comment);
}
