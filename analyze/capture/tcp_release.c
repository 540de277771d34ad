/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/tcp_private.h"

#include <stdlib.h>

#include "format/age_list.h"

#define HALF_PIECES_MAX 4096u
#define HALF_MEMORY_MAX (8u << 20)

static const int64_t wait_ns[] = {
#define TCP_WAIT_NS(name, ns) [TCP_WAIT_##name] = ns,
	TCP_WAITS(TCP_WAIT_NS)
#undef TCP_WAIT_NS
};

/* Bytes are missing that the other end has: they won't be sent again. */
static bool has_proven_hole(const struct tcp_half *h)
{
	return h->started && tcp_without_fin(h, h->acked) > h->next &&
	       (!h->pending.first || h->pending.first->offset > h->next);
}

/* ---- waiting ---- */

static void wait_end(struct tcp_engine *tcp, struct tcp_connection *c)
{
	if (c->wait == TCP_WAIT_NONE)
		return;
	age_list_remove(&tcp->waits[c->wait], c);
	c->wait = TCP_WAIT_NONE;
}

/* Waiting began when the packet came that shows the hole. */
static void wait_began_before(struct tcp_connection *c, const struct piece *piece)
{
	if (!piece || piece->origin.packet >= c->wait_since_packet)
		return;
	c->wait_since = piece->origin.ts;
	c->wait_since_packet = piece->origin.packet;
}

static void wait_begin(struct tcp_engine *tcp, struct tcp_connection *c, enum tcp_wait wait,
		       enum direction half, int64_t now)
{
	wait_end(tcp, c);
	c->wait = wait;
	c->wait_half = half;
	c->wait_next = c->half[half].next;
	c->wait_since = now;
	c->wait_since_packet = tcp->packets;
	if (wait != TCP_WAIT_RESET) {
		wait_began_before(c, c->half[half].pending.first);
		wait_began_before(c, c->half[!half].pending.first);
	}
	age_list_add(&tcp->waits[wait], c);
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

void tcp_deliver(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
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
	tcp_deliver(tcp, c, direction, (struct slice){piece->data, piece->captured, piece->len},
		    piece->origin.ts);
	free(piece);
}

void tcp_skip_to(struct tcp_engine *tcp, struct tcp_connection *c, enum direction direction,
		 uint64_t target, int64_t now)
{
	struct tcp_half *h = &c->half[direction];
	uint64_t bytes = target - h->next;

	emit_loss(tcp->emitter, now, c->id, direction, bytes, h->last_ts ? h->last_ts : now);
	h->next = target;
	h->next_seq += (uint32_t)bytes;
	h->last_ts = now;
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
			       tcp_cause_is_out(other, h->pending.first->origin.proven)) {
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
	if (c->reset && c->state != CONN_FAILED)
		emit_state(tcp->emitter, ts, c->id, CONN_RESET, tcp_end_of(c->reset_by), 0);
	emit_close(tcp->emitter, ts, c->id, c->half[DIRECTION_SENT].next,
		   c->half[DIRECTION_RECEIVED].next);
}

/* How far to give up: to the next byte there is, or to what the other half waits for. */
static uint64_t hole_end(const struct tcp_half *h, const struct tcp_half *other)
{
	const struct piece *waiting = other->pending.first;
	uint64_t end = tcp_without_fin(h, h->acked);
	uint64_t cause;

	if (h->pending.first && h->pending.first->offset < end)
		end = h->pending.first->offset;
	if (!waiting || waiting->offset > other->next)
		return end;
	cause = tcp_without_fin(h, waiting->origin.proven);
	return cause > h->next && cause < end ? cause : end;
}

/* Gives up on a hole that the other end's acknowledgements prove. False when there is none. */
static bool resolve_proven(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	for (int d = DIRECTION_SENT; d <= DIRECTION_RECEIVED; d++) {
		struct tcp_half *h = &c->half[d];

		if (!has_proven_hole(h))
			continue;
		if (!h->pending.first && !h->fin && h->acked - h->next == 1) {
			/* One number and nothing behind it: most likely a FIN that got lost. */
			h->fin = true;
			h->end = h->next;
		} else {
			tcp_skip_to(tcp, c, (enum direction)d, hole_end(h, &c->half[!d]), now);
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
	if (!sent || (received && received->origin.ts < sent->origin.ts)) {
		direction = DIRECTION_RECEIVED;
		sent = received;
	}
	if (sent->offset > c->half[direction].next)
		tcp_skip_to(tcp, c, direction, sent->offset, now);
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

static bool is_over(const struct tcp_engine *tcp, const struct tcp_connection *c, int64_t now)
{
	return now - c->wait_since > wait_ns[c->wait] &&
	       tcp->packets - c->wait_since_packet > TCP_WAIT_PACKETS;
}

static void give_up(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	switch (c->wait) {
	case TCP_WAIT_ACKED:
		resolve_proven(tcp, c, now);
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

/* One hole after the other, as long as the time is over for the next one as well. */
static void give_up_all(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	do {
		give_up(tcp, c, now);
	} while (c->wait != TCP_WAIT_NONE && is_over(tcp, c, now));
}

void tcp_expire(struct tcp_engine *tcp, int64_t now)
{
	tcp->packets++;
	for (int wait = 0; wait < TCP_WAIT_COUNT; wait++) {
		const struct tcp_wait_list *list = &tcp->waits[wait];

		while (list->oldest && is_over(tcp, list->oldest, now))
			give_up_all(tcp, list->oldest, now);
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
		while (tcp->pending_memory > tcp->pending_memory_max && tcp->waits[wait].oldest)
			give_up(tcp, tcp->waits[wait].oldest, now);
	}
}

void tcp_release(struct tcp_engine *tcp, struct tcp_connection *c, int64_t now)
{
	drain(tcp, c);
	close_when_over(tcp, c, now);
	wait_update(tcp, c, now);
	bound_memory(tcp, c, now);
}
