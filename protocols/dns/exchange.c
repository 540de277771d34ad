/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/exchange.h"

#include <stdlib.h>

#include "format/hash.h"
#include "format/pack.h"
#include "protocols/dns/frame.h"
#include "protocols/dns/number.h"
#include "protocols/dns/record.h"
#include "protocols/dns/transfer.h"
#include "protocols/engine/budget.h"

#define PORT_MDNS  5353
#define PORT_LLMNR 5355

/* Queries that a response without a question may belong to. */
#define RECENT_MAX 8

/* Queries looked at, one by one, for a response that has no question, or another. */
#define SIMILAR_SEARCHED 4096

struct recent {
	uint64_t key;
	bool answered;
	bool used;
};

struct dns_state {
	struct session *session;
	struct matcher *matcher;
	struct dns_writer writer;
	struct buffer scratch;
	struct dns_transfer *transfers; /* that are under way: of different ids (RFC 5936, 4.1.1) */
	size_t transfer_count, transfer_capacity;
	bool synced[2];			  /* by side: a frame has been found */
	struct recent recent[RECENT_MAX]; /* a ring */
	size_t recent_next;
	uint64_t charged; /* of the session's budget, for all but what the matcher has */
};

static struct dns_message *message_of(struct message *m)
{
	return (struct dns_message *)m;
}

static bool is_datagram(const struct dns_state *s)
{
	return transport_is_datagram(session_transport(s->session));
}

static void emit(void *context, struct message *request, struct message *response, bool lost)
{
	struct dns_state *s = context;

	dns_record_write(&s->writer, s->session, message_of(request), message_of(response), lost);
}

static void recharge(struct dns_state *s)
{
	uint64_t memory = sizeof(*s) + s->transfer_capacity * sizeof(*s->transfers) +
			  s->writer.note.capacity + s->writer.rcode.capacity +
			  s->writer.edns.capacity + s->scratch.capacity;

	budget_recharge(session_budget(s->session), memory, &s->charged);
}

void *dns_exchange_open(struct session *session)
{
	struct dns_state *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->session = session;
	s->synced[SIDE_CLIENT] = s->synced[SIDE_SERVER] = !session_midstream(session);
	s->matcher = matcher_new(session, &(struct matcher_options){
						  .by_key = true,
						  .message_len = sizeof(struct dns_message),
						  .emit = emit,
						  .context = s,
					  });
	if (!s->matcher) {
		free(s);
		return NULL;
	}
	recharge(s);
	return s;
}

bool dns_exchange_synced(const void *state, enum side side)
{
	const struct dns_state *s = state;

	return s->synced[side];
}

void dns_exchange_close(void *state)
{
	struct dns_state *s = state;

	for (size_t i = 0; i < s->transfer_count; i++)
		matcher_discard(s->matcher, &s->transfers[i].response->base);
	free(s->transfers);
	matcher_free(s->matcher);
	budget_give(session_budget(s->session), s->charged);
	dns_writer_free(&s->writer);
	buffer_free(&s->scratch);
	free(s);
}

/* ---- keys ---- */

/*
 * What a response has in common with its query, from the most to the least significant bits: the
 * id, who asks, the opcode; the name; the type. Without a question the last two are zero.
 */
#define TYPE_BITS     UINT64_C(0xffff)
#define QUESTION_BITS ((UINT64_C(1) << 43) - 1)

/*
 * A name has the same hash whatever the case of its letters (RFC 4343, section 3), which is one bit
 * of each. A few other characters differ in that alone, but stand in no two names that are asked
 * for at once with the same id.
 */
static uint64_t name_hash(struct span name)
{
	uint64_t hash = name.len;

	for (size_t i = 0; i < name.len; i += sizeof(uint64_t)) {
		size_t left = name.len - i;
		uint64_t word = 0;

		memcpy(&word, name.data + i, left < sizeof(word) ? left : sizeof(word));
		hash = hash_u64(hash, word | UINT64_C(0x2020202020202020));
	}
	return hash;
}

static uint64_t question_key(const struct dns_message *m)
{

	if (!m->asks)
		return 0;
	return (name_hash(dns_message_part(m, m->qname)) << 16 & QUESTION_BITS) | m->qtype;
}

static uint64_t exchange_key(const struct dns_message *m, enum side asking)
{
	return (uint64_t)m->header.id << 48 | (uint64_t)asking << 47 |
	       (uint64_t)dns_opcode(&m->header) << 43 | question_key(m);
}

static void remember(struct dns_state *s, uint64_t key)
{
	s->recent[s->recent_next] = (struct recent){.key = key, .used = true};
	s->recent_next = (s->recent_next + 1) % RECENT_MAX;
}

static bool keys_equal(uint64_t query, uint64_t response)
{
	return query == response;
}

/* Only the type differs, or one of them has no question (IQUERY, a FORMERR response). */
static bool keys_similar(uint64_t query, uint64_t response)
{
	uint64_t differing = query ^ response;

	if (!(differing & ~TYPE_BITS))
		return true;
	return !(differing & ~QUESTION_BITS) &&
	       (!(query & QUESTION_BITS) || !(response & QUESTION_BITS));
}

/* The newest of the recent queries that a response with this key may answer, or NULL. */
static struct recent *recall(struct dns_state *s, uint64_t key, bool (*match)(uint64_t, uint64_t))
{
	for (size_t i = 1; i <= RECENT_MAX; i++) {
		struct recent *r = &s->recent[(s->recent_next + RECENT_MAX - i) % RECENT_MAX];

		if (r->used && match(r->key, key))
			return r;
	}
	return NULL;
}

/* ---- where a message goes ---- */

static void emit_alone(struct dns_state *s, struct dns_message *request,
		       struct dns_message *response, bool lost)
{
	dns_record_write(&s->writer, s->session, request, response, lost);
	matcher_discard(s->matcher, request ? &request->base : &response->base);
}

/* TRANSFER, one of those under way or NULL, is done with. */
static void end_transfer(struct dns_state *s, struct dns_transfer *transfer)
{
	if (!transfer)
		return;
	matcher_response(s->matcher, &dns_transfer_end(transfer)->base);
	*transfer = s->transfers[--s->transfer_count];
}

/* Room for another one, or NULL without memory. */
static struct dns_transfer *add_transfer(struct dns_state *s)
{
	if (s->transfer_count == s->transfer_capacity) {
		size_t capacity = s->transfer_capacity ? 2 * s->transfer_capacity : 1;
		struct dns_transfer *more = realloc(s->transfers, capacity * sizeof(*more));

		if (!more)
			return NULL;
		s->transfers = more;
		s->transfer_capacity = capacity;
	}
	return &s->transfers[s->transfer_count++];
}

static void take_request(struct dns_state *s, struct dns_message *m, enum side side)
{
	struct message *waiting;

	m->base.key = exchange_key(m, side);
	waiting = matcher_find(s->matcher, &m->base);
	if (waiting) {
		message_of(waiting)->times++;
		matcher_discard(s->matcher, &m->base);
		return;
	}
	remember(s, m->base.key);
	matcher_request(s->matcher, &m->base);
}

/* The newest query that waits, from whom M may answer, and that M may answer; or NULL. */
static struct message *find_similar(struct dns_state *s, const struct dns_message *m)
{
	struct message *waiting = matcher_newest(s->matcher);

	for (int i = 0; waiting && i < SIMILAR_SEARCHED; waiting = waiting->prev, i++) {
		bool known = waiting->has_peer && m->base.has_peer;

		if (keys_similar(waiting->key, m->base.key) &&
		    (!known || address_equal(&waiting->peer, &m->base.peer)))
			return waiting;
	}
	return NULL;
}

/* Gives a response the key of the query that it answers, as far as that is known. */
static struct recent *find_query(struct dns_state *s, struct dns_message *m, enum side side)
{
	struct message *waiting;
	struct recent *recent;

	m->base.key = exchange_key(m, side_opposite(side));
	recent = recall(s, m->base.key, keys_equal);
	if (recent || matcher_find(s->matcher, &m->base))
		return recent;
	waiting = find_similar(s, m);
	if (waiting) {
		m->base.key = waiting->key;
		return recall(s, waiting->key, keys_equal);
	}
	recent = recall(s, m->base.key, keys_similar);
	if (!recent || recent->answered)
		return NULL;
	m->base.key = recent->key;
	return recent;
}

/* The transfer under way that has the id of M, which is more of it or the id's next use; or NULL.
 */
static struct dns_transfer *transfer_of(const struct dns_state *s, const struct dns_message *m)
{
	for (size_t i = 0; i < s->transfer_count; i++)
		if (s->transfers[i].response->header.id == m->header.id)
			return &s->transfers[i];
	return NULL;
}

static void continue_transfer(struct dns_state *s, struct dns_transfer *transfer,
			      struct dns_message *m, const struct frame *frame)
{
	dns_transfer_add(transfer, m, span_of(frame->data, frame->available));
	message_extend(&transfer->response->base, frame);
	matcher_discard(s->matcher, &m->base);
	if (dns_transfer_complete(transfer) || transfer->response->rcode != 0)
		end_transfer(s, transfer);
}

/* False without memory. */
static bool start_transfer(struct dns_state *s, const struct dns_message *question,
			   struct dns_message *m, const struct frame *frame)
{
	struct dns_transfer *transfer = add_transfer(s);

	if (!transfer)
		return false;
	dns_transfer_start(transfer, question, m, span_of(frame->data, frame->available));
	if (dns_transfer_complete(transfer))
		end_transfer(s, transfer);
	return true;
}

static void take_response(struct dns_state *s, struct dns_message *m, const struct frame *frame)
{
	struct recent *recent = find_query(s, m, frame->side);
	struct message *request = matcher_find(s->matcher, &m->base);
	const struct dns_message *question;

	if (!request && recent && recent->answered) {
		dns_message_note(m, DNS_NOTE_ANOTHER);
		emit_alone(s, NULL, m, false);
		return;
	}
	if (recent)
		recent->answered = true;
	question = request ? message_of(request) : m;
	if (!is_datagram(s) && m->rcode == 0 && dns_transfer_asked(question) &&
	    start_transfer(s, question, m, frame))
		return;
	matcher_response(s->matcher, &m->base);
}

/* Whoever answers a group answers under an address of its own. */
static void forget_group(struct dns_message *m)
{
	if (!m->base.has_peer || !address_is_group(&m->base.peer))
		return;
	m->group = m->base.peer;
	m->to_group = true;
	m->base.has_peer = false;
}

/* A DSO message with the id 0 expects no response: RFC 8490, section 5.4. */
static bool is_unidirectional(const struct dns_message *m)
{
	return m->header.id == 0 && dns_opcode(&m->header) == DNS_OPCODE_DSO;
}

static void dispatch(struct dns_state *s, struct dns_message *m, const struct frame *frame)
{
	bool headless = m->bytes < DNS_HEADER_LEN || frame->available < DNS_HEADER_LEN;
	bool response = headless ? frame->side == SIDE_SERVER : m->header.flags & DNS_QR;
	struct dns_transfer *transfer = transfer_of(s, m);

	if (headless || m->multicast || is_unidirectional(m)) {
		emit_alone(s, response ? NULL : m, response ? m : NULL, false);
	} else if (response) {
		if (transfer)
			continue_transfer(s, transfer, m, frame);
		else
			take_response(s, m, frame);
	} else {
		end_transfer(s, transfer);
		take_request(s, m, frame->side);
	}
}

/* ---- the protocol's functions ---- */

static uint16_t remote_port(const struct dns_state *s, const struct frame *frame)
{
	return frame->peer ? frame->peer->port : session_remote_port(s->session);
}

static bool uses_port(const struct dns_state *s, const struct frame *frame, uint16_t port)
{
	return remote_port(s, frame) == port || session_local_port(s->session) == port;
}

/*
 * Between ports of multicast DNS the id means nothing (RFC 6762, section 18.1); a resolver that
 * isn't a full one asks from another, with an id (section 6.7).
 */
static bool is_multicast_dns(const struct dns_state *s, const struct frame *frame, struct span data)
{
	bool no_id = data.len >= 2 && data.data[0] == 0 && data.data[1] == 0;

	return is_datagram(s) && remote_port(s, frame) == PORT_MDNS &&
	       (no_id || session_local_port(s->session) == PORT_MDNS);
}

static struct dns_reading reading_of(struct dns_state *s, const struct frame *frame,
				     struct span data)
{
	return (struct dns_reading){
		.complete = frame->available == frame->len,
		.multicast = is_multicast_dns(s, frame, data),
		.llmnr = uses_port(s, frame, PORT_LLMNR),
		.scratch = &s->scratch,
	};
}

/* The message without its length, which a stream has before it. */
static struct frame body_of(const struct frame *frame, bool datagram)
{
	size_t prefix = datagram ? 0 : DNS_TCP_PREFIX;
	size_t there = frame->available < prefix ? frame->available : prefix;
	struct frame body = *frame;

	body.len -= prefix;
	body.available -= there;
	if (there > 0)
		body.data += there;
	return body;
}

void dns_exchange_message(void *state, const struct frame *frame)
{
	struct dns_state *s = state;
	struct frame body = body_of(frame, is_datagram(s));
	struct span data = span_of(body.data, body.available);
	struct dns_reading reading = reading_of(s, &body, data);
	struct dns_message *m = message_of(matcher_message(s->matcher, frame));

	s->synced[frame->side] = true;
	if (!m)
		return;
	m->bytes = body.len;
	dns_message_read(m, data, &reading);
	forget_group(m);
	dispatch(s, m, &body);
	recharge(s);
}

void dns_exchange_lost(void *state, enum side side, uint64_t missing)
{
	struct dns_state *s = state;

	(void)missing;
	matcher_lost(s->matcher, side);
}

void dns_exchange_finish(void *state)
{
	struct dns_state *s = state;

	while (s->transfer_count > 0)
		end_transfer(s, &s->transfers[0]);
	matcher_finish(s->matcher);
}

/* ---- putting it aside ---- */

/* What of the state is nothing but numbers. */
struct packed {
	bool synced[2];
	struct recent recent[RECENT_MAX];
	size_t recent_next;
	size_t transfer_count; /* they follow, each with its response */
};

bool dns_exchange_pack(const void *state, struct buffer *out)
{
	const struct dns_state *s = state;
	struct packed packed = {
		.synced = {s->synced[0], s->synced[1]},
		.recent_next = s->recent_next,
		.transfer_count = s->transfer_count,
	};

	if (!matcher_pack(s->matcher, out))
		return false;
	memcpy(packed.recent, s->recent, sizeof(packed.recent));
	buffer_append(out, &packed, sizeof(packed));
	for (size_t i = 0; i < s->transfer_count; i++) {
		buffer_append(out, &s->transfers[i], sizeof(s->transfers[i]));
		matcher_pack_message(s->matcher, &s->transfers[i].response->base, out);
	}
	return true;
}

static bool unpack_transfer(struct dns_state *s, struct unpack *in)
{
	struct dns_transfer *transfer = add_transfer(s);

	if (!transfer)
		return false;
	unpack_bytes(in, transfer, sizeof(*transfer));
	transfer->response = message_of(matcher_unpack_message(s->matcher, in));
	if (!transfer->response)
		s->transfer_count--;
	return transfer->response;
}

bool dns_exchange_unpack(void *state, struct unpack *in)
{
	struct dns_state *s = state;
	struct packed packed;

	if (!matcher_unpack(s->matcher, in))
		return false;
	unpack_bytes(in, &packed, sizeof(packed));
	memcpy(s->synced, packed.synced, sizeof(s->synced));
	memcpy(s->recent, packed.recent, sizeof(s->recent));
	s->recent_next = packed.recent_next;
	for (size_t i = 0; i < packed.transfer_count; i++)
		if (!unpack_transfer(s, in))
			return false;
	return !in->failed;
}
