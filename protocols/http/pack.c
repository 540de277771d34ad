/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/http/state.h"

/* A state that is put aside while memory is short, and taken up again. */

/* ---- what it takes ---- */

void http_recharge(struct http_state *st)
{
	uint64_t memory = sizeof(*st) + st->interim.capacity + st->note.capacity +
			  http_fields_memory(&st->trailers);

	for (int i = 0; i < 2; i++)
		memory += st->sides[i].head.capacity + http_heads_memory(st->sides[i].last) +
			  http_decoder_memory(&st->decoders[i]);
	st->grown = false;
	budget_recharge(session_budget(st->session), memory, &st->charged);
}

/* ---- sides ---- */

#define NO_NUMBER UINT64_MAX

/* A request that waits in the matcher, by its number. */
static void pack_waiting(const struct http_message *m, struct buffer *out)
{
	pack_u64(out, m ? m->base.number : NO_NUMBER);
}

static struct http_message *unpack_waiting(struct http_state *st, struct unpack *in)
{
	uint64_t number = unpack_u64(in);

	if (number == NO_NUMBER)
		return NULL;
	return (struct http_message *)matcher_numbered(st->matcher, number);
}

/* A response that the matcher hasn't got yet. */
static void pack_own(const struct http_state *st, const struct http_message *m, struct buffer *out)
{
	pack_u64(out, m != NULL);
	if (m)
		matcher_pack_message(st->matcher, &m->base, out);
}

static bool unpack_own(struct http_state *st, struct http_message **m, struct unpack *in)
{
	*m = NULL;
	if (!unpack_u64(in))
		return true;
	*m = (struct http_message *)matcher_unpack_message(st->matcher, in);
	return *m != NULL;
}

/* The lines of the head before are only there so that the same ones need not be read again. */
static void pack_side(const struct http_side *side, struct buffer *out)
{
	struct http_side copy = *side;

	copy.last = NULL;
	copy.head = (struct buffer){0};
	copy.incoming = NULL;
	buffer_append(out, &copy, sizeof(copy));
	pack_span(out, buffer_span(&side->head));
}

static void unpack_side(struct http_side *side, struct unpack *in)
{
	struct span head;

	unpack_bytes(in, side, sizeof(*side));
	head = unpack_span(in);
	if (head.len)
		buffer_append_span(&side->head, head);
}

/* ---- the state ---- */

bool http_pack(const void *state, struct buffer *out)
{
	const struct http_state *st = state;

	if (!matcher_pack(st->matcher, out))
		return false;
	for (int i = 0; i < 2; i++)
		pack_side(&st->sides[i], out);
	pack_waiting(st->sides[SIDE_CLIENT].incoming, out);
	pack_own(st, st->sides[SIDE_SERVER].incoming, out);
	pack_own(st, st->held, out);
	pack_own(st, st->closing, out);
	pack_waiting(st->connect, out);
	pack_u64(out, st->head_requests);
	pack_span(out, buffer_span(&st->interim));
	return true;
}

bool http_unpack(void *state, struct unpack *in)
{
	struct http_state *st = state;
	struct span interim;

	if (!matcher_unpack(st->matcher, in))
		return false;
	for (int i = 0; i < 2; i++)
		unpack_side(&st->sides[i], in);
	st->sides[SIDE_CLIENT].incoming = unpack_waiting(st, in);
	if (!unpack_own(st, &st->sides[SIDE_SERVER].incoming, in) ||
	    !unpack_own(st, &st->held, in) || !unpack_own(st, &st->closing, in))
		return false;
	st->connect = unpack_waiting(st, in);
	st->head_requests = unpack_u64(in);
	interim = unpack_span(in);
	if (interim.len)
		buffer_append_span(&st->interim, interim);
	http_recharge(st);
	return !in->failed && !st->interim.failed && !st->sides[0].head.failed &&
	       !st->sides[1].head.failed;
}
