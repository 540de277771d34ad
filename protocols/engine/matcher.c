/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/matcher.h"

#include <stdlib.h>

#include "protocols/engine/session.h"

/* A connection that never answers must not fill the memory: beyond this the oldest is given up. */
#define PENDING_MAX 65536
/* The same where requests are looked for by key, one by one. */
#define PENDING_BY_KEY_MAX 2048
/* Responses held back after a loss. */
#define HELD_MAX 1024
/* A message that was larger than this gives its memory back instead of to the pool. */
#define POOLED_TEXT_MAX (4u << 10)
/* Messages kept in the pool. */
#define POOL_MAX 64

struct list {
	struct message *first;
	struct message **end; /* where the next one's address goes */
	size_t count;
};

struct matcher {
	size_t message_len;
	struct session_budget *budget; /* may be NULL */
	matcher_emit_fn *emit;
	void *context;

	struct list requests; /* that wait, oldest first */
	struct list held;     /* responses after a loss */
	bool unsure;	      /* messages were lost: order says nothing until the next alignment */
	size_t sure;	      /* but the oldest so many requests are from before the loss */
	size_t given_up;      /* requests whose responses, the next by order, are still to come */
	bool by_key;	      /* order says nothing at all */
	bool answered;	      /* the last message was a response */
	bool overlapping;     /* requests come before the older ones are all answered */

	struct message *pool;
	size_t pooled;
};

static void list_init(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
	l->count = 0;
}

static void list_append(struct list *l, struct message *m)
{
	m->next = NULL;
	*l->end = m;
	l->end = &m->next;
	l->count++;
}

/* Takes out the message whose address stands at *AT. */
static struct message *list_remove(struct list *l, struct message **at)
{
	struct message *m = *at;

	*at = m->next;
	if (!m->next)
		l->end = at;
	l->count--;
	return m;
}

static struct message *list_pop(struct list *l)
{
	return l->first ? list_remove(l, &l->first) : NULL;
}

struct matcher *matcher_new(struct session *s, size_t message_len, matcher_emit_fn *emit,
			    void *context)
{
	struct matcher *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->message_len = message_len;
	p->budget = s ? session_budget(s) : NULL;
	p->emit = emit;
	p->context = context;
	list_init(&p->requests);
	list_init(&p->held);
	return p;
}

struct message *matcher_message(struct matcher *p, const struct frame *frame)
{
	struct message *m = p->pool;
	struct buffer text = {0};

	if (m) {
		p->pool = m->next;
		p->pooled--;
		text = m->text;
	} else {
		m = malloc(p->message_len);
		if (!m)
			return NULL;
	}
	memset(m, 0, p->message_len);
	buffer_clear(&text);
	m->text = text;
	m->position = frame->offset;
	m->ts_first = frame->ts_first;
	m->ts_last = frame->ts_last;
	m->partial = frame->lost;
	if (frame->peer) {
		m->has_peer = true;
		m->peer = *frame->peer;
	}
	return m;
}

void message_extend(struct message *m, const struct frame *frame)
{
	m->ts_last = frame->ts_last;
	m->partial |= frame->lost;
}

void matcher_discard(struct matcher *p, struct message *message)
{
	if (!message)
		return;
	if (p->pooled == POOL_MAX) {
		buffer_free(&message->text);
		free(message);
		return;
	}
	if (message->text.capacity > POOLED_TEXT_MAX)
		buffer_free(&message->text);
	message->next = p->pool;
	p->pool = message;
	p->pooled++;
}

static void charge(struct matcher *p, struct message *m)
{
	if (!p->budget)
		return;
	m->charged = p->message_len + m->text.len;
	p->budget->used += m->charged;
}

static void uncharge(struct matcher *p, struct message *m)
{
	if (!p->budget || !m)
		return;
	p->budget->used -= m->charged;
	m->charged = 0;
}

/* Takes out the request whose address stands at *AT. */
static struct message *take_request(struct matcher *p, struct message **at)
{
	struct message *m = list_remove(&p->requests, at);

	uncharge(p, m);
	return m;
}

static struct message *pop_request(struct matcher *p)
{
	if (p->sure)
		p->sure--;
	return p->requests.first ? take_request(p, &p->requests.first) : NULL;
}

static struct message *pop_held(struct matcher *p)
{
	struct message *m = list_pop(&p->held);

	uncharge(p, m);
	return m;
}

static void give(struct matcher *p, struct message *request, struct message *response, bool lost)
{
	p->emit(p->context, request, response, lost);
	matcher_discard(p, request);
	matcher_discard(p, response);
}

/* Requests of the queue that were sent before the newest of the held responses. */
static size_t requests_before_last_held(const struct matcher *p)
{
	const struct message *last = p->held.first;
	size_t count = 0;

	while (last->next)
		last = last->next;
	for (const struct message *r = p->requests.first; r; r = r->next, count++)
		if (r->ts_first > last->ts_first)
			break;
	return count;
}

/* Matches the held responses with the requests from the last one backwards. */
static void align(struct matcher *p)
{
	size_t requests, responses = p->held.count;

	p->unsure = false;
	p->sure = 0;
	if (!responses)
		return;
	requests = requests_before_last_held(p);
	for (; requests > responses; requests--)
		give(p, pop_request(p), NULL, true);
	for (; responses > requests; responses--)
		give(p, NULL, pop_held(p), true);
	for (; responses; responses--) {
		struct message *request = pop_request(p);

		give(p, request, pop_held(p), false);
	}
}

static bool too_much_waits(const struct matcher *p)
{
	return p->requests.count > (p->by_key ? PENDING_BY_KEY_MAX : PENDING_MAX) ||
	       (p->budget && p->budget->used > p->budget->limit && p->requests.count > 1);
}

void matcher_request(struct matcher *p, struct message *request)
{
	if (p->held.count && !p->overlapping)
		align(p);
	if (p->answered && p->requests.count && !p->unsure)
		p->overlapping = true;
	p->answered = false;
	charge(p, request);
	list_append(&p->requests, request);
	while (too_much_waits(p)) {
		p->given_up += !p->by_key;
		give(p, pop_request(p), NULL, !p->by_key);
	}
}

void matcher_response(struct matcher *p, struct message *response)
{
	struct message *request;

	p->answered = true;
	if (p->given_up) {
		p->given_up--;
		give(p, NULL, response, true);
		return;
	}
	if (p->unsure && !p->sure) {
		charge(p, response);
		list_append(&p->held, response);
		if (p->held.count > HELD_MAX ||
		    (p->overlapping && p->held.count >= p->requests.count))
			align(p);
		return;
	}
	request = pop_request(p);
	give(p, request, response, !request);
}

static bool answers(const struct message *request, const struct message *response)
{
	if (request->key != response->key)
		return false;
	return !request->has_peer || !response->has_peer ||
	       address_equal(&request->peer, &response->peer);
}

/* Where the address of the oldest request stands that RESPONSE answers; NULL: nowhere. */
static struct message **find(struct matcher *p, const struct message *response)
{
	p->by_key = true;
	for (struct message **at = &p->requests.first; *at; at = &(*at)->next)
		if (answers(*at, response))
			return at;
	return NULL;
}

void matcher_response_by_key(struct matcher *p, struct message *response)
{
	struct message **at = find(p, response);

	if (at)
		give(p, take_request(p, at), response, false);
	else
		give(p, NULL, response, true);
}

struct message *matcher_find(struct matcher *p, const struct message *message)
{
	struct message **at = find(p, message);

	return at ? *at : NULL;
}

void matcher_push(struct matcher *p, struct message *message)
{
	give(p, NULL, message, false);
}

struct message *matcher_oldest(struct matcher *p)
{
	return p->requests.first;
}

size_t matcher_pending(const struct matcher *p)
{
	return p->requests.count;
}

void matcher_lost(struct matcher *p, enum side side)
{
	p->given_up = 0; /* how many of their responses are lost, nobody knows */
	if (side == SIDE_CLIENT && !p->unsure)
		p->sure = p->requests.count;
	else if (side == SIDE_SERVER)
		p->sure = 0;
	if (side == SIDE_CLIENT || p->requests.count)
		p->unsure = true;
}

bool matcher_is_sure(const struct matcher *p)
{
	return !p->unsure || p->sure;
}

void matcher_finish(struct matcher *p)
{
	bool lost = p->unsure;

	align(p);
	while (p->requests.count)
		give(p, pop_request(p), NULL, lost);
}

static void list_free(struct matcher *p, struct list *l)
{
	while (l->first) {
		struct message *m = list_pop(l);

		uncharge(p, m);
		buffer_free(&m->text);
		free(m);
	}
}

void matcher_free(struct matcher *p)
{
	if (!p)
		return;
	list_free(p, &p->requests);
	list_free(p, &p->held);
	while (p->pool) {
		struct message *next = p->pool->next;

		buffer_free(&p->pool->text);
		free(p->pool);
		p->pool = next;
	}
	free(p);
}

static enum outcome exchange_outcome(const struct message *request, const struct message *response,
				     bool lost, bool error)
{
	if (lost || (request && request->partial) || (response && response->partial))
		return OUTCOME_PARTIAL;
	if (!response)
		return OUTCOME_UNANSWERED;
	return error ? OUTCOME_ERROR : OUTCOME_OK;
}

void matcher_record(const struct message *request, const struct message *response, bool lost,
		    bool error, struct record *record)
{
	const struct message *either = request ? request : response;

	record->outcome = exchange_outcome(request, response, lost, error);
	record->request_first = request ? request->ts_first : TIME_UNKNOWN;
	record->request_last = request ? request->ts_last : TIME_UNKNOWN;
	record->response_first = response ? response->ts_first : TIME_UNKNOWN;
	record->response_last = response ? response->ts_last : TIME_UNKNOWN;
	record->side = request ? SIDE_CLIENT : SIDE_SERVER;
	record->position = either ? either->position : 0;
	record->peer = either && either->has_peer ? &either->peer : NULL;
}
