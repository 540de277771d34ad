/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/hash.h"
#include "protocols/engine/knowledge.h"
#include "protocols/engine/session.h"
#include "protocols/nats/state.h"
#include "protocols/tls/tls.h"
#include "protocols/value/json_read.h"

/*
 * What answers what. NATS itself knows no answers but PONG, receipts and errors; a request is a
 * message with a subject to which an answer is to be published, so the two are told by subject.
 */

/* Deliveries that may still be answered; those that are older are given out as they are. */
#define WAITING_MAX (64u << 10)
/* Requests that are looked at for an error that names a subject, or a status that names an inbox.
 */
#define SEARCH_MAX 256

/* Kinds of keys. */
enum {
	KEY_REQUEST = 1, /* the client's: by the subject of the answer */
	KEY_DELIVERY,	 /* the server's: by the subject of the answer */
	KEY_PULL,	 /* by consumer */
	KEY_RECEIPT,	 /* by number */
	KEY_PING,	 /* by side */
	KEY_CONNECT,
};

static uint64_t key_of(uint64_t kind, struct span text)
{
	return hash_bytes(kind, text.data, text.len);
}

static uint64_t pull_key(const struct jetstream_subject *s)
{
	return hash_bytes(key_of(KEY_PULL, s->stream), s->consumer.data, s->consumer.len);
}

static struct nats_message *find(struct nats_state *st, uint64_t key)
{
	const struct message like = {.key = key};

	return (struct nats_message *)matcher_find(st->matcher, &like);
}

static void request(struct nats_state *st, struct nats_message *m, uint64_t key)
{
	m->base.key = key;
	matcher_request(st->matcher, &m->base);
}

static void respond(struct nats_state *st, struct nats_message *m, uint64_t key)
{
	m->base.key = key;
	matcher_response(st->matcher, &m->base);
}

static void stand_alone(struct nats_state *st, struct nats_message *m)
{
	matcher_push(st->matcher, &m->base);
}

/* ASKED, which waits, is answered by ANSWER, which may be NULL. */
static void settle(struct nats_state *st, struct nats_message *asked, struct nats_message *answer)
{
	matcher_withdraw(st->matcher, &asked->base);
	nats_emit(st, &asked->base, answer ? &answer->base : NULL, false);
	matcher_discard(st->matcher, &asked->base);
	matcher_discard(st->matcher, answer ? &answer->base : NULL);
}

/* What ASKED wanted has happened with M, which goes its own way. */
static void settle_by(struct nats_state *st, struct nats_message *asked, enum nats_end end,
		      const struct nats_message *m)
{
	asked->end = end;
	if (!asked->messages)
		asked->first = m->base.ts_first;
	asked->last = m->base.ts_last;
	settle(st, asked, NULL);
}

/* ---- pings ---- */

/* Another request behind M with its key. */
static bool is_last(const struct nats_message *m)
{
	const struct message *other = m->base.next_same;

	while (other && other->key != m->base.key)
		other = other->next_same;
	return !other;
}

/* Where messages of SIDE's peer were lost, only the last PING is answered for sure. */
static void take_pong(struct nats_state *st, struct nats_message *m, enum side asker)
{
	uint64_t key = hash_u64(KEY_PING, asker);
	struct nats_message *ping;

	while (st->lossy[m->side] && (ping = find(st, key)) != NULL && !is_last(ping)) {
		matcher_withdraw(st->matcher, &ping->base);
		nats_emit(st, &ping->base, NULL, true);
		matcher_discard(st->matcher, &ping->base);
	}
	st->lossy[m->side] = false;
	respond(st, m, key);
}

/* ---- receipts ---- */

/* A line of the client that gets a receipt where they are wanted; true: M waits for it. */
static bool await_receipt(struct nats_state *st, struct nats_message *m)
{
	st->quiet = false;
	if (!st->counted || !st->receipts)
		return false;
	st->lines++;
	if (st->lines <= st->told || !m) /* it was read while the call that asked still sent */
		return false;
	request(st, m, hash_u64(KEY_RECEIPT, st->lines));
	return true;
}

/* The line that the server's next word is about; NULL: none waits. */
static struct nats_message *next_receipt(struct nats_state *st)
{
	if (st->told < st->lines)
		return find(st, hash_u64(KEY_RECEIPT, ++st->told));
	if (st->counted && st->receipts)
		st->told++;
	else
		st->receipt_seen = true;
	return NULL;
}

static void take_receipt(struct nats_state *st, struct nats_message *m)
{
	struct nats_message *asked = next_receipt(st);

	if (asked)
		settle_by(st, asked, NATS_END_RECEIPT, m);
	matcher_discard(st->matcher, &m->base);
}

/* PONG answers the client's last line: whatever came before was told of. */
static void count_again(struct nats_state *st)
{
	if (!st->quiet || find(st, hash_u64(KEY_PING, SIDE_CLIENT)))
		return;
	nats_doubt_receipts(st, SIDE_SERVER);
	st->receipts |= st->receipt_seen;
	st->counted = true;
	st->lines = st->told = 0;
}

void nats_doubt_receipts(struct nats_state *st, enum side side)
{
	st->counted = false;
	st->quiet = false;
	if (side == SIDE_CLIENT)
		return;
	while (st->told < st->lines) {
		struct nats_message *m = find(st, hash_u64(KEY_RECEIPT, ++st->told));

		if (!m)
			continue;
		matcher_withdraw(st->matcher, &m->base);
		nats_emit(st, &m->base, NULL, true);
		matcher_discard(st->matcher, &m->base);
	}
}

/* ---- the client ---- */

static void set_text(struct buffer *to, struct span json, const char *name)
{
	struct span value;

	buffer_clear(to);
	if (json_find(json, name, &value))
		json_string_append(to, value);
}

static void take_connect(struct nats_state *st, struct nats_message *m,
			 const struct nats_line *line)
{
	struct span verbose;

	set_text(&st->application, line->text, "name");
	set_text(&st->user, line->text, "user");
	/* What isn't said is true. */
	st->receipts = !json_find(line->text, "verbose", &verbose) || !span_is(verbose, "false");
	st->counted = st->from_start = true;
	st->lines = st->told = 0;
	st->connecting = true;
	request(st, m, KEY_CONNECT);
}

/* As one message can't be in two rows: M once more. */
static struct nats_message *copy_of(struct nats_state *st, const struct nats_message *m)
{
	const struct frame frame = {
		.side = m->side,
		.offset = m->base.position,
		.ts_first = m->base.ts_first,
		.ts_last = m->base.ts_last,
		.lost = m->base.partial,
	};
	struct nats_message *copy = (struct nats_message *)matcher_message(st->matcher, &frame);

	if (!copy)
		return NULL;
	copy->verb = m->verb;
	copy->side = m->side;
	copy->cut = m->cut;
	if (matcher_reserve(st->matcher, &copy->base, m->base.text.len))
		buffer_append_span(&copy->base.text, buffer_span(&m->base.text));
	return copy;
}

/* Still working on it: more will be said. */
static bool is_progress(const struct nats_message *m, const struct jetstream_subject *s)
{
	struct nats_view view;
	const char *ack;

	if (s->use != JETSTREAM_ACK || !nats_view_of(m, &view))
		return false;
	ack = jetstream_ack(view.payload);
	return ack && strcmp(ack, "progress") == 0;
}

static void remember_pull(struct nats_state *st, const struct nats_line *line, uint64_t key)
{
	const struct fact fact = {
		.kind = NATS_FACT_PULL,
		.scope = FACT_CONNECTION,
		.key = line->reply,
		.value = span_of(&key, sizeof(key)),
	};

	session_learn(st->session, &fact);
}

/* M wants an answer. */
static void ask(struct nats_state *st, struct nats_message *m, const struct nats_line *line,
		const struct jetstream_subject *s)
{
	struct nats_view view;

	m->elsewhere = st->from_start && !nats_is_inbox(st, line->reply);
	if (m->elsewhere) {
		stand_alone(st, m);
		return;
	}
	if (s->use != JETSTREAM_PULL) {
		request(st, m, key_of(KEY_REQUEST, line->reply));
		return;
	}
	m->pull = true;
	m->batch = nats_view_of(m, &view) ? jetstream_batch(view.payload) : 1;
	remember_pull(st, line, pull_key(s));
	request(st, m, pull_key(s));
}

static void take_publish(struct nats_state *st, struct nats_message *m,
			 const struct nats_line *line)
{
	struct jetstream_subject s = jetstream_subject_read(line->subject);
	struct nats_message *asked = find(st, key_of(KEY_DELIVERY, line->subject));
	bool wants = line->reply.len > 0;

	if (asked && !is_progress(m, &s)) {
		await_receipt(st, NULL);
		settle(st, asked, wants ? copy_of(st, m) : m);
		if (wants)
			ask(st, m, line, &s);
	} else if (wants) {
		await_receipt(st, NULL);
		ask(st, m, line, &s);
	} else if (!await_receipt(st, m)) {
		stand_alone(st, m);
	}
}

/* The subscription's subject and queue, behind the frame; LINE points into it again. */
static void attach_subscription(struct nats_state *st, struct nats_message *m,
				struct nats_line *line)
{
	struct span subject, queue;
	struct nats_view view;

	if (!nats_subscription(st, line->sid, &subject, &queue) ||
	    !matcher_reserve(st->matcher, &m->base, subject.len + queue.len))
		return;
	buffer_append_span(&m->base.text, subject);
	buffer_append_span(&m->base.text, queue);
	m->subscription_len = (uint32_t)subject.len;
	m->queue_len = (uint32_t)queue.len;
	if (nats_view_of(m, &view))
		*line = view.line;
}

static void take_from_client(struct nats_state *st, struct nats_message *m, struct nats_line *line)
{
	st->client_spoke = true;
	switch (line->verb) {
	case NATS_CONNECT:
		take_connect(st, m, line);
		if (st->receipts)
			st->lines++;
		return;
	case NATS_PUB:
	case NATS_HPUB:
		take_publish(st, m, line);
		return;
	case NATS_PING:
		request(st, m, hash_u64(KEY_PING, SIDE_CLIENT));
		st->quiet = true;
		return;
	case NATS_PONG:
		take_pong(st, m, SIDE_SERVER);
		return;
	case NATS_SUB:
		nats_subscribe(st, line);
		break;
	case NATS_UNSUB:
		attach_subscription(st, m, line);
		nats_unsubscribe(st, line);
		break;
	default:
		break;
	}
	if (!await_receipt(st, m))
		stand_alone(st, m);
}

/* ---- the server ---- */

/* TLS follows INFO where the server wants it; where it only offers it, the client decides. */
static void take_info(struct nats_state *st, struct nats_message *m, const struct nats_line *line)
{
	bool first = !st->client_spoke && !session_midstream(st->session) &&
		     !session_is_plaintext(st->session);
	struct span value;
	bool required = json_find(line->text, "tls_required", &value) && span_is(value, "true");
	bool offered = json_find(line->text, "tls_available", &value) && span_is(value, "true");

	stand_alone(st, m);
	if (first && required)
		session_wrap(st->session, &protocol_tls);
	else if (first && offered)
		session_switch(st->session, NULL);
}

/* A delivery that a pull asked for. */
static void count_delivery(struct nats_state *st, const struct nats_message *m,
			   const struct nats_line *line, const struct jetstream_subject *s)
{
	struct nats_message *pull = find(st, pull_key(s));

	if (!pull)
		return;
	if (!pull->messages)
		pull->first = m->base.ts_first;
	pull->last = m->base.ts_last;
	pull->messages++;
	pull->bytes += line->total - line->header_len;
	if (pull->messages >= pull->batch)
		settle_by(st, pull, NATS_END_BATCH, m);
}

static void await_answer(struct nats_state *st, struct nats_message *m,
			 const struct nats_line *line)
{
	struct nats_message *oldest;

	m->queued = true;
	st->waiting++;
	request(st, m, key_of(KEY_DELIVERY, line->reply));
	while (st->waiting > WAITING_MAX) {
		oldest = (struct nats_message *)matcher_oldest(st->matcher);
		if (!oldest || !oldest->queued)
			return;
		settle(st, oldest, NULL);
	}
}

/* The pull that waits at the inbox; NULL: none. */
static struct nats_message *pull_at(struct nats_state *st, struct span inbox)
{
	struct fact fact = {.kind = NATS_FACT_PULL, .scope = FACT_CONNECTION, .key = inbox};
	struct nats_message *m;
	struct nats_view view;
	uint64_t key;

	if (session_recall(st->session, &fact) == RECALL_NONE || fact.value.len != sizeof(key))
		return NULL;
	memcpy(&key, fact.value.data, sizeof(key));
	m = find(st, key);
	for (int i = 0; m && i < SEARCH_MAX; i++) {
		if (m->pull && nats_view_of(m, &view) && span_equal(view.line.reply, inbox))
			return m;
		m = (struct nats_message *)m->base.next_same;
	}
	return NULL;
}

static bool is_heartbeat(const struct nats_message *m)
{
	struct nats_status status;
	struct nats_view view;

	return nats_view_of(m, &view) && nats_status_read(view.headers, &status) &&
	       status.code == 100;
}

static bool is_ordinary_inbox(struct span subject)
{
	static const char prefix[] = "_INBOX.";

	return subject.len > sizeof(prefix) &&
	       memcmp(subject.data, prefix, sizeof(prefix) - 1) == 0;
}

static void take_delivery(struct nats_state *st, struct nats_message *m, struct nats_line *line)
{
	uint64_t key = key_of(KEY_REQUEST, line->subject);
	struct jetstream_subject s;
	struct nats_message *pull;

	attach_subscription(st, m, line);
	nats_delivered(st, line->sid);
	s = jetstream_subject_read(line->reply);
	if (s.use == JETSTREAM_ACK)
		count_delivery(st, m, line, &s);
	if (line->reply.len && !find(st, key)) {
		await_answer(st, m, line);
		return;
	}
	if (is_heartbeat(m)) {
		stand_alone(st, m);
		return;
	}
	pull = line->header_len ? pull_at(st, line->subject) : NULL;
	if (pull) {
		pull->end = NATS_END_BATCH;
		settle(st, pull, m);
	} else if (find(st, key) || is_ordinary_inbox(line->subject)) {
		respond(st, m, key);
	} else {
		stand_alone(st, m);
	}
}

/* The subject in: Permissions Violation for Publish to "a.b" */
static struct span named_subject(struct span text)
{
	const char *from = text.len ? memchr(text.data, '"', text.len) : NULL, *to;

	if (!from)
		return (struct span){0};
	from++;
	to = memchr(from, '"', text.len - (size_t)(from - text.data));
	return span_of(from, to ? (size_t)(to - from) : 0);
}

/* The request that is refused because of its subject. */
static struct nats_message *refused(struct nats_state *st, struct span subject)
{
	struct message *m = subject.len ? matcher_oldest(st->matcher) : NULL;
	struct nats_view view;

	for (int i = 0; m && i < SEARCH_MAX; i++, m = m->next) {
		const struct nats_message *asked = (const struct nats_message *)m;

		if (asked->side == SIDE_CLIENT && nats_view_of(asked, &view) &&
		    span_equal(view.line.subject, subject))
			return (struct nats_message *)m;
	}
	return NULL;
}

static void take_error(struct nats_state *st, struct nats_message *m, const struct nats_line *line)
{
	struct span subject = named_subject(line->text);
	struct nats_message *asked = NULL;

	/* Only what names a subject is about a line; other errors come by themselves. */
	if (subject.len && st->receipts)
		asked = next_receipt(st);
	if (!asked)
		asked = refused(st, subject);
	if (asked)
		settle(st, asked, m);
	else
		stand_alone(st, m);
}

/* What the server says after CONNECT shows that it was taken, or that it wasn't. */
static bool end_connecting(struct nats_state *st, struct nats_message *m)
{
	struct nats_message *asked = find(st, KEY_CONNECT);

	st->connecting = false;
	if (!asked)
		return false;
	if (m->verb != NATS_ERR) {
		settle_by(st, asked, NATS_END_RECEIPT, m);
		return false;
	}
	settle(st, asked, m);
	return true;
}

static void take_from_server(struct nats_state *st, struct nats_message *m, struct nats_line *line)
{
	if (line->verb == NATS_INFO) {
		take_info(st, m, line);
		return;
	}
	if (line->verb == NATS_PING) {
		request(st, m, hash_u64(KEY_PING, SIDE_SERVER));
		return;
	}
	if (st->connecting && end_connecting(st, m))
		return;
	switch (line->verb) {
	case NATS_OK:
		take_receipt(st, m);
		return;
	case NATS_ERR:
		take_error(st, m, line);
		return;
	case NATS_PONG:
		take_pong(st, m, SIDE_CLIENT);
		count_again(st);
		return;
	default:
		take_delivery(st, m, line);
	}
}

void nats_take(struct nats_state *st, struct nats_message *m, struct nats_line *line)
{
	if (m->side == SIDE_CLIENT)
		take_from_client(st, m, line);
	else
		take_from_server(st, m, line);
}
