/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/tcp_private.h"

/* Positions further from the expected one are no sequence numbers of this connection: RFC 7323. */
#define WINDOW_MAX (INT64_C(1) << 30)

/* How far the first bytes that were captured may stand behind a SYN that comes later. */
#define DISORDER_MAX (64u << 10)

static void start_half(struct tcp_half *h, uint32_t seq)
{
	h->started = true;
	h->next_seq = seq;
}

/* The position of SEQ in a half that has started; negative before its first byte. */
static int64_t position(const struct tcp_half *h, uint32_t seq)
{
	return (int64_t)h->next + (int32_t)(seq - h->next_seq);
}

static bool in_window(const struct tcp_half *h, int64_t pos)
{
	return pos - (int64_t)h->next <= WINDOW_MAX && (int64_t)h->next - pos <= WINDOW_MAX;
}

/* The capture has packets of one end alone. */
static bool is_alone(const struct tcp_half *h, const struct tcp_half *other)
{
	return !other->packets && h->packets > TCP_WAIT_PACKETS;
}

/* C is closed, but P brings bytes that it never had. */
static bool has_new_bytes(const struct tcp_half *h, const struct packet *p)
{
	return p->rest.len > 0 &&
	       (!h->started || position(h, p->tcp.seq) + (int64_t)p->rest.len > (int64_t)h->next);
}

/* The first packets were captured in disorder: SEQ is that of the SYN which began H. */
static bool is_just_before(const struct tcp_half *h, uint32_t seq)
{
	uint32_t begin = h->started ? h->next_seq - (uint32_t)h->next : h->first_ack;

	return (h->started || h->has_first_ack) && begin - (seq + 1) <= DISORDER_MAX;
}

bool tcp_is_new_connection(const struct tcp_connection *c, enum direction direction,
			   const struct packet *p)
{
	const struct tcp_half *h = &c->half[direction];
	const struct tcp_half *other = &c->half[!direction];

	if (!(p->tcp.flags & TCP_SYN))
		return c->closed && has_new_bytes(h, p);
	if (h->isn_known && h->isn == p->tcp.seq)
		return false;
	if (!h->isn_known && is_just_before(h, p->tcp.seq))
		return false;
	if (c->closed || c->reset)
		return true;
	if (h->isn_known) {
		/* A SYN cookie may change between two answers to the same SYN. */
		return !(p->tcp.flags & TCP_ACK) || h->next > 0 || h->pending.first ||
		       !other->isn_known || p->tcp.ack != other->isn + 1;
	}
	return h->started || (other->started && !other->isn_known);
}

/* Nothing of H was given out yet, so that its beginning may still be corrected. */
static bool is_fresh(const struct tcp_half *h)
{
	return h->next == 0 && !h->isn_known && !h->pending.first;
}

/*
 * An acknowledgement of P is the first to tell where H begins: for certain in a handshake, else
 * when the capture has nothing of that end.
 */
static void start_by_ack(struct tcp_half *h, const struct tcp_half *sender, const struct packet *p)
{
	bool handshake = sender->isn_known && !sender->next;

	if (p->tcp.flags & TCP_SYN && is_fresh(h)) {
		start_half(h, p->tcp.ack);
		h->acked = 0;
	}
	if (h->started)
		return;
	if (!h->has_first_ack || (int32_t)(p->tcp.ack - h->first_ack) < 0)
		h->first_ack = p->tcp.ack;
	h->has_first_ack = true;
	if (handshake || is_alone(sender, h))
		start_half(h, h->first_ack);
}

/* The sender of P has received up to its acknowledgement; returns that as a position of H. */
static uint64_t take_ack(struct tcp_half *h, const struct tcp_half *sender, const struct packet *p)
{
	int64_t pos;

	if (!(p->tcp.flags & TCP_ACK))
		return 0;
	start_by_ack(h, sender, p);
	if (!h->started || p->tcp.flags & TCP_RST)
		return 0;
	pos = position(h, p->tcp.ack);
	if (pos < 0 || !in_window(h, pos))
		return 0;
	if ((uint64_t)pos > h->acked)
		h->acked = (uint64_t)pos;
	return (uint64_t)pos;
}

static void take_syn(struct tcp_half *h, uint32_t seq)
{
	if (!h->started || h->next == 0)
		start_half(h, seq + 1);
	h->isn = seq;
	h->isn_known = true;
}

/* Bytes before the next one to give out: seen already, or older than the capture. */
static void count_old(struct tcp_engine *tcp, int64_t pos, uint64_t old)
{
	struct capture_totals *totals = tcp->emitter->totals;
	uint64_t early = pos < 0 ? (uint64_t)-pos : 0;

	if (early > old)
		early = old;
	totals->early_bytes += early;
	totals->duplicate_bytes += old - early;
}

static void take_payload(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
			 int64_t pos, struct slice payload, int64_t ts, uint64_t proven)
{
	struct tcp_half *h = &c->half[direction];
	struct tcp_half *other = &c->half[!direction];
	const struct piece_origin origin = {ts, tcp->packets, proven};
	size_t memory = h->pending.memory;
	uint64_t added;

	if (pos < (int64_t)h->next) {
		uint64_t old = (uint64_t)((int64_t)h->next - pos);

		count_old(tcp, pos, old < payload.len ? old : payload.len);
		slice_skip(&payload, old);
		pos = (int64_t)h->next;
	}
	if (payload.len == 0)
		return;
	if (h->fin && (uint64_t)pos + payload.len > h->end)
		h->fin = false; /* it wasn't the end */
	if (c->reset && c->reset_by == direction)
		c->reset = false; /* who goes on sending sent no RST: it was forged */
	/* Nobody saw the other end speak: nothing to wait for. */
	if (is_alone(h, other) && !tcp_cause_is_out(other, proven))
		tcp_skip_to(tcp, c, !direction, tcp_without_fin(other, proven), ts);
	if ((uint64_t)pos == h->next && !h->pending.first && tcp_cause_is_out(other, proven)) {
		tcp_deliver(tcp, c, direction, payload, ts);
		return;
	}
	if (!pieces_add(&h->pending, (uint64_t)pos, payload, &origin, &added))
		tcp->emitter->error = TAPE_ERROR_MEMORY;
	tcp->pending_memory += h->pending.memory - memory;
	tcp->emitter->totals->duplicate_bytes += payload.len - added;
}

/* A keep-alive sends the byte before the next one once more (RFC 9293, section 3.8.4). */
static bool is_keep_alive(const struct tcp_half *h, const struct packet *p)
{
	return !h->started && p->rest.len == 1 && h->has_first_ack &&
	       h->first_ack == p->tcp.seq + 1;
}

static void take_fin(struct tcp_half *h, int64_t end)
{
	if (h->started && end >= (int64_t)h->next && !h->fin) {
		h->fin = true;
		h->end = (uint64_t)end;
	}
}

static void tell_state(struct tcp_engine *tcp, struct tcp_connection *c, int64_t ts,
		       enum conn_state state, enum conn_end by, uint16_t error)
{
	c->state = state;
	emit_state(tcp->emitter, ts, c->id, state, by, error);
}

/*
 * How the connection stands (RFC 9293, section 3.3.2), by the packet that DIRECTION sent. Who asked
 * for it is the local end of a capture. A reset of what was open is told with the end.
 */
static void take_state(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		       const struct packet *p)
{
	bool answered = c->half[DIRECTION_RECEIVED].isn_known;
	uint8_t flags = p->tcp.flags;

	/* Sent again: it still opens. */
	if (c->state == CONN_OPENING && !answered && direction == DIRECTION_SENT &&
	    flags & TCP_SYN && c->half[direction].packets > 1)
		tell_state(tcp, c, p->ts, CONN_OPENING, END_UNKNOWN, 0);
	if (c->state == CONN_OPENING && flags & TCP_RST && !answered)
		tell_state(tcp, c, p->ts, CONN_FAILED, tcp_end_of(direction),
			   direction == DIRECTION_RECEIVED ? CONN_ERROR_CONNREFUSED : 0);
	else if (c->state == CONN_OPENING && answered && direction == DIRECTION_SENT &&
		 (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK)
		tell_state(tcp, c, p->ts, CONN_ESTABLISHED, END_UNKNOWN, 0);
	if (c->half[direction].fin && c->state != CONN_CLOSING && c->state != CONN_FAILED)
		tell_state(tcp, c, p->ts, CONN_CLOSING, tcp_end_of(direction), 0);
}

void tcp_packet(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		const struct packet *p)
{
	struct tcp_half *h = &c->half[direction];
	uint64_t proven = take_ack(&c->half[!direction], h, p);
	bool fin = p->tcp.flags & TCP_FIN;
	struct slice payload = p->rest;
	uint32_t seq = p->tcp.seq;
	int64_t pos;

	h->packets++;
	if (c->closed)
		return;
	if (p->tcp.flags & TCP_RST)
		payload.len = payload.captured = 0; /* words about the reason, if any */
	if (p->tcp.flags & TCP_SYN)
		take_syn(h, seq++);
	if (!h->started && (payload.len > 0 || fin) && !is_keep_alive(h, p))
		start_half(h, seq);
	pos = h->started ? position(h, seq) : 0;
	if (h->started && !in_window(h, pos)) {
		tcp->emitter->totals->skipped[CAPTURE_SKIP_WINDOW]++;
		return;
	}
	if (h->started)
		take_payload(tcp, c, direction, pos, payload, p->ts, proven);
	if (fin)
		take_fin(h, pos + (int64_t)payload.len);
	if (p->tcp.flags & TCP_RST && !c->reset) {
		c->reset = true;
		c->reset_by = direction;
		c->reset_ts = p->ts;
	}
	take_state(tcp, c, direction, p);
	tcp_release(tcp, c, p->ts);
}
