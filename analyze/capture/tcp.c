/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/tcp.h"

#include <stdlib.h>

/* Positions further from the expected one are no sequence numbers of this connection: RFC 7323. */
#define WINDOW_MAX (INT64_C(1) << 30)

#define HALF_PIECES_MAX	  4096u
#define HALF_MEMORY_MAX	  (8u << 20)
#define ENGINE_MEMORY_MAX (128u << 20)

static const int64_t wait_ns[] = {
#define TCP_WAIT_NS(name, ns) [TCP_WAIT_##name] = ns,
	TCP_WAITS(TCP_WAIT_NS)
#undef TCP_WAIT_NS
};

/* ---- positions ---- */

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

/* Up to which position the bytes exist for certain: the FIN takes a number, but isn't a byte. */
static uint64_t without_fin(const struct tcp_half *h, uint64_t acked)
{
	return h->fin && acked > h->end ? h->end : acked;
}

/* Bytes are missing that the other end has: they won't be sent again. */
static bool has_proven_hole(const struct tcp_half *h)
{
	return h->started && without_fin(h, h->acked) > h->next &&
	       (!h->pending.first || h->pending.first->offset > h->next);
}

/* ---- waiting ---- */

static void wait_end(struct tcp_engine *tcp, struct tcp_connection *c)
{
	struct tcp_wait_list *list;

	if (c->wait == TCP_WAIT_NONE)
		return;
	list = &tcp->waits[c->wait];
	if (c->wait_older)
		c->wait_older->wait_newer = c->wait_newer;
	else
		list->oldest = c->wait_newer;
	if (c->wait_newer)
		c->wait_newer->wait_older = c->wait_older;
	else
		list->newest = c->wait_older;
	c->wait_older = NULL;
	c->wait_newer = NULL;
	c->wait = TCP_WAIT_NONE;
}

static void wait_begin(struct tcp_engine *tcp, struct tcp_connection *c, enum tcp_wait wait,
		       enum direction half, int64_t now)
{
	struct tcp_wait_list *list = &tcp->waits[wait];

	wait_end(tcp, c);
	c->wait = wait;
	c->wait_half = half;
	c->wait_next = c->half[half].next;
	c->wait_since = now;
	c->wait_older = list->newest;
	if (list->newest)
		list->newest->wait_newer = c;
	else
		list->oldest = c;
	list->newest = c;
}

/* What C has to wait for now, and in which half. */
static enum tcp_wait wait_needed(const struct tcp_connection *c, enum direction *half)
{
	*half = c->reset_by;
	if (c->reset)
		return TCP_WAIT_RESET;
	for (*half = DIRECTION_SENT; *half <= DIRECTION_RECEIVED; (*half)++) {
		if (has_proven_hole(&c->half[*half]))
			return TCP_WAIT_ACKED;
	}
	for (*half = DIRECTION_SENT; *half <= DIRECTION_RECEIVED; (*half)++) {
		if (c->half[*half].pending.first)
			return TCP_WAIT_UNACKED;
	}
	return TCP_WAIT_NONE;
}

/* Waits for the right thing; the time goes on where it is the same thing as before. */
static void wait_update(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	enum direction half;
	enum tcp_wait wait = wait_needed(c, &half);

	if (wait == TCP_WAIT_NONE || c->closed)
		wait_end(tcp, c);
	else if (wait != c->wait || half != c->wait_half ||
		 (wait != TCP_WAIT_RESET && c->wait_next != c->half[half].next))
		wait_begin(tcp, c, wait, half, now);
}

/* ---- giving out ---- */

static void deliver(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		    struct slice payload, int64_t ts)
{
	struct tcp_half *h = &c->half[direction];

	emit_data(tcp->emitter, ts, c->id, direction, h->next, payload, NULL);
	h->next += payload.len;
	h->next_seq += (uint32_t)payload.len;
	h->last_ts = ts;
}

static void deliver_first(struct tcp_engine *tcp, struct tcp_connection *c,
			  enum direction direction)
{
	struct tcp_half *h = &c->half[direction];
	size_t memory = h->pending.memory;
	struct piece *piece = pieces_take(&h->pending);

	tcp->pending_memory -= memory - h->pending.memory;
	deliver(tcp, c, direction, (struct slice){piece->data, piece->captured, piece->len},
		piece->ts);
	free(piece);
}

/* The bytes up to TARGET are missing in the capture. */
static void skip_to(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		    uint64_t target, int64_t now)
{
	struct tcp_half *h = &c->half[direction];
	uint64_t bytes = target - h->next;

	emit_loss(tcp->emitter, now, c->id, direction, bytes, h->last_ts ? h->last_ts : now);
	h->next = target;
	h->next_seq += (uint32_t)bytes;
	h->last_ts = now;
}

/* Whether all that the sender had received when it had acknowledged PROVEN was given out. */
static bool cause_is_out(const struct tcp_half *other, uint64_t proven)
{
	return !other->started || without_fin(other, proven) <= other->next;
}

static void drain(struct tcp_engine *tcp, struct tcp_connection *c)
{
	bool moved;

	do {
		moved = false;
		for (int d = DIRECTION_SENT; d <= DIRECTION_RECEIVED; d++) {
			struct tcp_half *h = &c->half[d];
			const struct tcp_half *other = &c->half[!d];

			while (h->pending.first && h->pending.first->offset <= h->next &&
			       cause_is_out(other, h->pending.first->proven)) {
				deliver_first(tcp, c, (enum direction)d);
				moved = true;
			}
		}
	} while (moved);
}

static void close_connection(struct tcp_engine *tcp, struct tcp_connection *c, int64_t ts)
{
	if (c->closed)
		return;
	c->closed = true;
	emit_close(tcp->emitter, ts, c->id, c->half[DIRECTION_SENT].next,
		   c->half[DIRECTION_RECEIVED].next);
}

/* Gives up on a hole that the other end's acknowledgements prove. False when there is none. */
static bool resolve_proven(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	for (int d = DIRECTION_SENT; d <= DIRECTION_RECEIVED; d++) {
		struct tcp_half *h = &c->half[d];
		const struct piece *piece = h->pending.first;
		uint64_t target = without_fin(h, h->acked);

		if (!has_proven_hole(h))
			continue;
		if (!piece && !h->fin && target - h->next == 1) {
			/* One number and nothing behind it: most likely a FIN that got lost. */
			h->fin = true;
			h->end = h->next;
		} else {
			if (piece && piece->offset < target)
				target = piece->offset;
			skip_to(tcp, c, (enum direction)d, target, now);
		}
		drain(tcp, c);
		return true;
	}
	return false;
}

/* Gives up on the hole before the pending piece that came first. False when there is none. */
static bool resolve_pending(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	const struct piece *sent = c->half[DIRECTION_SENT].pending.first;
	const struct piece *received = c->half[DIRECTION_RECEIVED].pending.first;
	enum direction direction = DIRECTION_SENT;

	if (!sent && !received)
		return false;
	if (!sent || (received && received->ts < sent->ts)) {
		direction = DIRECTION_RECEIVED;
		sent = received;
	}
	if (sent->offset > c->half[direction].next)
		skip_to(tcp, c, direction, sent->offset, now);
	deliver_first(tcp, c, direction);
	drain(tcp, c);
	return true;
}

static bool resolve(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	return resolve_proven(tcp, c, now) || resolve_pending(tcp, c, now);
}

static void close_when_over(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	const struct tcp_half *a = &c->half[DIRECTION_SENT];
	const struct tcp_half *b = &c->half[DIRECTION_RECEIVED];

	if (a->fin && a->next >= a->end && b->fin && b->next >= b->end)
		close_connection(tcp, c, now);
}

void tcp_finish(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now, bool ended)
{
	while (resolve(tcp, c, now))
		;
	wait_end(tcp, c);
	close_when_over(tcp, c, now);
	if (c->reset || ended)
		close_connection(tcp, c, c->reset ? c->reset_ts : now);
}

static void expire(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	switch (c->wait) {
	case TCP_WAIT_ACKED:
		while (resolve_proven(tcp, c, now))
			;
		break;
	case TCP_WAIT_UNACKED:
		resolve_pending(tcp, c, now);
		break;
	case TCP_WAIT_RESET:
	case TCP_WAIT_NONE:
		tcp_finish(tcp, c, now, false);
		break;
	}
	close_when_over(tcp, c, now);
	wait_update(tcp, c, now);
}

void tcp_expire(struct tcp_engine *tcp, int64_t now)
{
	for (int wait = 0; wait < TCP_WAIT_COUNT; wait++) {
		const struct tcp_wait_list *list = &tcp->waits[wait];

		while (list->oldest && now - list->oldest->wait_since > wait_ns[wait])
			expire(tcp, list->oldest, now);
	}
}

/* Keeps the memory of all connections within its bounds, the longest waiting first. */
static void bound_memory(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	for (int d = DIRECTION_SENT; d <= DIRECTION_RECEIVED; d++) {
		const struct pieces *pending = &c->half[d].pending;

		while (pending->count > HALF_PIECES_MAX || pending->memory > HALF_MEMORY_MAX)
			resolve(tcp, c, now);
	}
	for (int wait = TCP_WAIT_COUNT - 1; wait >= 0; wait--) {
		while (tcp->pending_memory > ENGINE_MEMORY_MAX && tcp->waits[wait].oldest)
			expire(tcp, tcp->waits[wait].oldest, now);
	}
}

/* ---- taking in ---- */

/* C is closed, but P brings bytes that it never had. */
static bool has_new_bytes(const struct tcp_half *h, const struct packet *p)
{
	return p->rest.len > 0 &&
	       (!h->started || position(h, p->tcp.seq) + (int64_t)p->rest.len > (int64_t)h->next);
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
	if (c->closed || c->reset)
		return true;
	if (h->isn_known) {
		/* A SYN cookie may change between two answers to the same SYN. */
		return !(p->tcp.flags & TCP_ACK) || h->next > 0 || h->pending.first ||
		       !other->isn_known || p->tcp.ack != other->isn + 1;
	}
	/* Joined midway, or its first packets were captured in disorder. */
	if (h->started)
		return h->next_seq - (uint32_t)h->next != p->tcp.seq + 1;
	return other->started && !other->isn_known;
}

/* The sender of P has received up to its acknowledgement; returns that as a position of H. */
static uint64_t take_ack(struct tcp_half *h, const struct tcp_half *sender, const struct packet *p)
{
	int64_t pos;

	if (!(p->tcp.flags & TCP_ACK) || p->tcp.flags & TCP_RST)
		return 0;
	if (!h->started) {
		/* The rest of a handshake tells where it begins; else two different ones, when
		 * the capture has nothing of the other end. */
		bool handshake = p->tcp.flags & TCP_SYN || (sender->isn_known && !sender->next);

		if (!h->has_first_ack) {
			h->has_first_ack = true;
			h->first_ack = p->tcp.ack;
		}
		if (handshake || (!h->seen && h->first_ack != p->tcp.ack))
			start_half(h, h->first_ack);
	}
	if (!h->started)
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
	if (!other->seen && !cause_is_out(other, proven))
		skip_to(tcp, c, !direction, without_fin(other, proven), ts);
	if ((uint64_t)pos == h->next && !h->pending.first && cause_is_out(other, proven)) {
		deliver(tcp, c, direction, payload, ts);
		return;
	}
	if (!pieces_add(&h->pending, (uint64_t)pos, payload, ts, proven, &added))
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

void tcp_packet(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		const struct packet *p)
{
	struct tcp_half *h = &c->half[direction];
	uint64_t proven = take_ack(&c->half[!direction], h, p);
	bool fin = p->tcp.flags & TCP_FIN;
	struct slice payload = p->rest;
	uint32_t seq = p->tcp.seq;
	int64_t pos;

	h->seen = true;
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
	drain(tcp, c);
	close_when_over(tcp, c, p->ts);
	wait_update(tcp, c, p->ts);
	bound_memory(tcp, c, p->ts);
}
