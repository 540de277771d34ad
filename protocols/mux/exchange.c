/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mux/state.h"
#include "protocols/tls/tls.h"

/* Beyond --keep: contexts and what else stands before the payload. */
#define KEEP_MORE (64u << 10)
/* Messages of which some fragments came, on each side. */
#define OPEN_MAX 1024

static const char init_check[] = "tinit check";

static void append(struct mux_state *st, struct mux_message *m, struct span data)
{
	size_t keep = session_keep(st->session);
	size_t limit = keep > SIZE_MAX - KEEP_MORE ? keep : keep + KEEP_MORE;

	if (!m->cut)
		m->cut = !matcher_append(st->matcher, &m->base, data, limit);
}

/* ---- what answers what ---- */

static uint64_t key_of(enum side asker, uint32_t tag)
{
	return (uint64_t)asker << 32 | tag;
}

static struct mux_message *find(struct mux_state *st, uint64_t key)
{
	const struct message like = {.key = key};

	return (struct mux_message *)matcher_find(st->matcher, &like);
}

/* The exchange that Tdiscarded is about learns why. */
static void discard(struct mux_state *st, const struct mux_message *m)
{
	const struct mux_body body = mux_body_read(m->type, buffer_span(&m->base.text));
	struct mux_message *asked = find(st, key_of(m->side, body.discarded));

	if (!body.good || !asked || asked->discarded)
		return;
	asked->discarded = true;
	if (!matcher_reserve(st->matcher, &asked->base, body.payload.len))
		return;
	buffer_append_span(&asked->base.text, body.payload);
	asked->reason_len = (uint32_t)body.payload.len;
}

static void ask(struct mux_state *st, struct mux_message *m)
{
	uint64_t key = key_of(m->side, m->tag);
	struct mux_message *before;

	if (!m->tag || m->type == MUX_TDISCARDED || m->type == MUX_OLD_TDISCARDED ||
	    m->type == MUX_TLEASE) {
		matcher_push(st->matcher, &m->base);
		return;
	}
	/* A tag is used again when it was answered: that was lost. */
	while ((before = find(st, key)) != NULL) {
		matcher_withdraw(st->matcher, &before->base);
		mux_emit(st, &before->base, NULL, true);
		matcher_discard(st->matcher, &before->base);
	}
	m->base.key = key;
	matcher_request(st->matcher, &m->base);
}

/* ---- TLS ---- */

/* What a side said of TLS as it began: "off", "desired", "required"; empty: nothing. */
static struct span tls_of(const struct mux_message *m)
{
	const struct mux_body body = mux_body_read(m->type, buffer_span(&m->base.text));
	struct cursor c = cursor_of(body.headers.data, body.headers.len);
	struct span key, value;

	while (mux_next_header(&c, &key, &value))
		if (span_is(key, "tls"))
			return value;
	return (struct span){0};
}

static bool wants_tls(struct span said)
{
	return span_is(said, "desired") || span_is(said, "required");
}

/* TLS follows where both want it (OpportunisticTls.negotiate); one that requires it ends otherwise.
 */
static bool begins_tls(struct mux_state *st, const struct mux_message *m)
{
	const struct mux_message *asked = find(st, key_of(side_opposite(m->side), m->tag));
	struct span answer = tls_of(m);

	if (!asked || asked->type != MUX_TINIT || asked->cut)
		return span_is(answer, "required");
	return wants_tls(answer) && wants_tls(tls_of(asked));
}

/* All fragments are there, or what there will be of them. */
static void take(struct mux_state *st, struct mux_message *m)
{
	/* Whether the server knows Tinit is asked with an error, which it sends back. */
	bool probe = m->type == MUX_OLD_RERR && m->side == SIDE_CLIENT &&
		     span_is(buffer_span(&m->base.text), init_check);

	if (m->base.text.failed) {
		matcher_discard(st->matcher, &m->base);
		return;
	}
	m->asks = probe || mux_type_asks(m->type);
	if (m->type == MUX_TDISCARDED || m->type == MUX_OLD_TDISCARDED)
		discard(st, m);
	if (m->type == MUX_RINIT && begins_tls(st, m))
		session_wrap(st->session, &protocol_tls);
	if (m->asks) {
		ask(st, m);
	} else {
		m->base.key = key_of(side_opposite(m->side), m->tag);
		matcher_response(st->matcher, &m->base);
	}
	mux_recharge(st);
}

/* ---- fragments ---- */

/* The message of SIDE with this type and tag of which more is to come; taken out of the list. */
static struct mux_message *take_open(struct mux_state *st, enum side side, int8_t type,
				     uint32_t tag)
{
	for (struct mux_message **at = &st->open[side]; *at; at = &(*at)->next_open) {
		struct mux_message *m = *at;

		if (m->tag != tag || m->type != type)
			continue;
		*at = m->next_open;
		m->next_open = NULL;
		st->open_count[side]--;
		return m;
	}
	return NULL;
}

static void break_off_open(struct mux_state *st, enum side side)
{
	while (st->open[side]) {
		struct mux_message *m = st->open[side];

		st->open[side] = m->next_open;
		m->next_open = NULL;
		m->cut = m->base.partial = true;
		take(st, m);
	}
	st->open_count[side] = 0;
}

/* M, which came first, and FRAGMENT, which is used up. */
static struct mux_message *join(struct mux_state *st, struct mux_message *m,
				struct mux_message *fragment)
{
	if (!m) {
		fragment->fragments = 1;
		return fragment;
	}
	append(st, m, buffer_span(&fragment->base.text));
	m->fragments++;
	m->len += fragment->len;
	m->cut |= fragment->cut;
	m->base.partial |= fragment->base.partial;
	m->base.ts_last = fragment->base.ts_last;
	matcher_discard(st->matcher, &fragment->base);
	return m;
}

/* A frame is whole. */
static void take_frame(struct mux_state *st, struct mux_message *fragment, bool goes_on)
{
	enum side side = fragment->side;
	struct mux_message *m = take_open(st, side, fragment->type, fragment->tag);

	m = join(st, m, fragment);
	if (!goes_on) {
		take(st, m);
		return;
	}
	m->next_open = st->open[side];
	st->open[side] = m;
	if (++st->open_count[side] > OPEN_MAX)
		break_off_open(st, side);
}

/* ---- frames ---- */

static struct mux_message *begin(struct mux_state *st, const struct frame *frame)
{
	struct mux_message *m = (struct mux_message *)matcher_message(st->matcher, frame);

	if (m) {
		m->side = frame->side;
		m->len = frame->len;
	}
	return m;
}

/* Takes the header off the text; false: it isn't there. */
static bool take_header(struct mux_message *m, bool *goes_on)
{
	struct cursor c = cursor_of(m->base.text.data, m->base.text.len);
	struct mux_header header;

	if (!mux_header_read(&c, &header))
		return false;
	m->type = header.type;
	m->tag = header.tag;
	*goes_on = header.goes_on;
	buffer_consume(&m->base.text, MUX_HEADER_LEN);
	return true;
}

void mux_part(void *state, const struct frame *frame)
{
	struct mux_state *st = state;
	struct mux_message **m = &st->incoming[frame->side];

	if (!*m)
		*m = begin(st, frame);
	if (!*m)
		return;
	if (frame->data)
		append(st, *m, span_of(frame->data, frame->available));
	else
		(*m)->cut = (*m)->base.partial = true;
}

void mux_message(void *state, const struct frame *frame)
{
	struct mux_state *st = state;
	struct mux_message *m = st->incoming[frame->side];
	bool goes_on;

	st->incoming[frame->side] = NULL;
	if (m) {
		message_extend(&m->base, frame);
	} else {
		m = begin(st, frame);
		if (!m)
			return;
		append(st, m, span_of(frame->data, frame->available));
		m->cut |= frame->cut || frame->lost;
	}
	if (take_header(m, &goes_on))
		take_frame(st, m, goes_on);
	else
		matcher_discard(st->matcher, &m->base);
}

static void break_off(struct mux_state *st, enum side side)
{
	struct mux_message *m = st->incoming[side];
	bool goes_on;

	st->incoming[side] = NULL;
	if (m) {
		m->cut = m->base.partial = true;
		if (take_header(m, &goes_on))
			take_frame(st, m, false);
		else
			matcher_discard(st->matcher, &m->base);
	}
	break_off_open(st, side);
}

void mux_lost(void *state, enum side side, uint64_t missing)
{
	struct mux_state *st = state;

	(void)missing;
	break_off(st, side);
	matcher_lost(st->matcher, side);
}

void mux_finish(void *state)
{
	struct mux_state *st = state;

	break_off(st, SIDE_CLIENT);
	break_off(st, SIDE_SERVER);
	matcher_finish(st->matcher);
}
