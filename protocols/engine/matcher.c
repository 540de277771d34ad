/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/matcher.h"

#include <stdlib.h>

#include "format/hash.h"
#include "format/pack.h"
#include "format/prefetch.h"
#include "protocols/engine/budget.h"
#include "protocols/engine/message_pool.h"
#include "protocols/engine/session.h"

/* Responses held back after a loss. */
#define HELD_MAX 1024
/* A message that was larger than this gives its memory back instead of to the pool. */
#define POOLED_TEXT_MAX (4u << 10)
/* What waits may take so much of the budget. */
#define WAITING_SHARE 2
/* Requests looked at, one by one, for a response that doesn't say who sent it. */
#define PEERS_SEARCHED 1024

#define BUCKETS_MIN 16

/* A response that came before its request waits so long for it: a call that sends may block. */
#define EARLY_NS (60 * 1000000000ll)

struct list {
	struct message *first;
	struct message *last;
	size_t count;
};

/* Requests with one hash, oldest first. */
struct bucket {
	struct message *first;
	struct message *last;
};

struct matcher {
	struct matcher_options options;
	struct session *session; /* may be NULL, as the next */
	struct budget *budget;

	struct list requests; /* that wait, oldest first */
	struct list held;     /* responses after a loss */
	struct list early;    /* responses that came before their requests */
	uint64_t waiting;     /* bytes of all */
	uint64_t numbered;    /* requests so far */
	bool unsure;	      /* messages were lost: order says nothing until the next alignment */
	uint64_t sure_before; /* but requests with smaller numbers are from before the loss */
	uint64_t lost_before; /* responses to requests with smaller numbers may be lost */
	size_t given_up;      /* requests whose responses, the next by order, are still to come */
	bool answered;	      /* the last message was a response */
	bool overlapping;     /* requests come before the older ones are all answered */

	struct bucket *buckets; /* by key only; a power of two, or none */
	size_t bucket_count;
	size_t peered; /* requests that say who sent them */

	struct message_stack *pool; /* where messages come from and go back to; may be NULL */
};

static void list_append(struct list *l, struct message *m)
{
	m->next = NULL;
	m->prev = l->last;
	if (l->last)
		l->last->next = m;
	else
		l->first = m;
	l->last = m;
	l->count++;
}

static void list_remove(struct list *l, struct message *m)
{
	/* What is first has nobody before it, which an analyzer can't know. */
	if (l->first == m)
		m->prev = NULL;
	if (m->prev)
		m->prev->next = m->next;
	else
		l->first = m->next;
	if (m->next)
		m->next->prev = m->prev;
	else
		l->last = m->prev;
	l->count--;
}

struct matcher *matcher_new(struct session *s, const struct matcher_options *options)
{
	struct matcher *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->options = *options;
	p->session = s;
	p->budget = s ? session_budget(s) : NULL;
	p->pool = message_pool_stack(s ? session_pool(s) : NULL, options->message_len);
	budget_add(p->budget, sizeof(*p));
	return p;
}

/* ---- messages and their memory ---- */

void message_free(struct message *message, size_t len, struct budget *budget)
{
	budget_give(budget, message->charged + len + BUDGET_OVERHEAD);
	buffer_free(&message->text);
	free(message);
}

static void free_message(struct matcher *p, struct message *m)
{
	message_free(m, p->options.message_len, p->budget);
}

struct message *matcher_message(struct matcher *p, const struct frame *frame)
{
	struct message *m = message_stack_take(p->pool);
	struct buffer text = {0};
	uint64_t charged = 0;

	if (m) {
		text = m->text;
		charged = m->charged;
	} else {
		m = malloc(p->options.message_len);
		if (!m)
			return NULL;
		budget_add(p->budget, p->options.message_len + BUDGET_OVERHEAD);
	}
	memset(m, 0, p->options.message_len);
	buffer_clear(&text);
	m->text = text;
	m->charged = charged;
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

bool matcher_reserve(struct matcher *p, struct message *m, size_t extra)
{
	size_t need = m->text.len + extra;

	if (need <= m->text.capacity)
		return !m->text.failed;
	if (!budget_take(p->budget, need - m->charged))
		return false;
	m->charged = need;
	buffer_reserve(&m->text, extra);
	budget_settle(p->budget, &m->text, &m->charged);
	return !m->text.failed;
}

bool matcher_append(struct matcher *p, struct message *m, struct span data, size_t limit)
{
	size_t room = limit > m->text.len ? limit - m->text.len : 0;
	struct span fitting = span_of(data.data, data.len < room ? data.len : room);

	if (!matcher_reserve(p, m, fitting.len))
		return false;
	buffer_append_span(&m->text, fitting);
	return fitting.len == data.len && !m->text.failed;
}

void matcher_discard(struct matcher *p, struct message *message)
{
	if (!message)
		return;
	if (message->text.capacity > POOLED_TEXT_MAX)
		buffer_free(&message->text);
	budget_settle(p->budget, &message->text, &message->charged);
	if (!message_stack_put(p->pool, message))
		free_message(p, message);
}

/* What one that waits takes, by and large: it may still grow. */
static uint64_t size_of(const struct matcher *p, const struct message *m)
{
	return p->options.message_len + m->charged;
}

static void wait(struct matcher *p, struct list *l, struct message *m)
{
	budget_settle(p->budget, &m->text, &m->charged);
	p->waiting += m->waits = size_of(p, m);
	list_append(l, m);
}

static void unwait(struct matcher *p, struct list *l, struct message *m)
{
	list_remove(l, m);
	p->waiting -= m->waits;
	m->waits = 0;
}

/* ---- requests by key ---- */

static uint64_t hash_of(const struct matcher *p, uint64_t key, const struct address *peer)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)p, key);

	if (!peer)
		return hash;
	hash = hash_bytes(hash, peer->ip, sizeof(peer->ip));
	return hash_u64(hash, (uint64_t)peer->port << 32 | (uint64_t)peer->family << 24);
}

static struct bucket *bucket_of(const struct matcher *p, uint64_t hash)
{
	return &p->buckets[hash & (p->bucket_count - 1)];
}

static void bucket_append(struct matcher *p, struct message *m)
{
	struct bucket *b = bucket_of(p, m->hash);

	m->next_same = NULL;
	m->prev_same = b->last;
	if (b->last)
		b->last->next_same = m;
	else
		b->first = m;
	b->last = m;
}

static void bucket_remove(struct matcher *p, struct message *m)
{
	struct bucket *b = bucket_of(p, m->hash);

	if (m->prev_same)
		m->prev_same->next_same = m->next_same;
	else
		b->first = m->next_same;
	if (m->next_same)
		m->next_same->prev_same = m->prev_same;
	else
		b->last = m->prev_same;
}

/* As many buckets as requests. False when there is no memory for any. */
static bool resize(struct matcher *p, size_t count)
{
	struct bucket *buckets = calloc(count, sizeof(*buckets));

	if (!buckets)
		return p->buckets != NULL;
	budget_add(p->budget, count * sizeof(*buckets));
	budget_give(p->budget, p->bucket_count * sizeof(*buckets));
	free(p->buckets);
	p->buckets = buckets;
	p->bucket_count = count;
	for (struct message *m = p->requests.first; m; m = m->next)
		bucket_append(p, m);
	return true;
}

static bool index_request(struct matcher *p, struct message *m)
{
	if (p->requests.count >= p->bucket_count &&
	    !resize(p, p->bucket_count ? p->bucket_count * 2 : BUCKETS_MIN))
		return false;
	m->hash = hash_of(p, m->key, m->has_peer ? &m->peer : NULL);
	bucket_append(p, m);
	p->peered += m->has_peer;
	return true;
}

static bool same_peer(const struct message *a, const struct message *b)
{
	if (!a->has_peer || !b->has_peer)
		return a->has_peer == b->has_peer;
	return address_equal(&a->peer, &b->peer);
}

/* The oldest request with this key and exactly this peer, or none. */
static struct message *find_exact(const struct matcher *p, const struct message *like)
{
	uint64_t hash = hash_of(p, like->key, like->has_peer ? &like->peer : NULL);
	struct message *m = bucket_of(p, hash)->first;

	while (m && (m->key != like->key || !same_peer(m, like)))
		m = m->next_same;
	return m;
}

/* The oldest request with this key, whoever sent it. */
static struct message *find_any(const struct matcher *p, const struct message *like)
{
	struct message *m = p->requests.first;

	for (int i = 0; m && m->key != like->key; m = m->next)
		if (++i == PEERS_SEARCHED)
			return NULL;
	return m;
}

struct message *matcher_find(struct matcher *p, const struct message *message)
{
	struct message *exact, *other = NULL;

	if (!p->requests.count || !p->options.by_key)
		return NULL;
	if (!message->has_peer)
		return p->peered ? find_any(p, message) : find_exact(p, message);
	exact = find_exact(p, message);
	if (p->peered < p->requests.count) {
		const struct message anonymous = {.key = message->key};

		other = find_exact(p, &anonymous);
	}
	if (exact && other)
		return exact->number < other->number ? exact : other;
	return exact ? exact : other;
}

/* ---- who waits ---- */

static struct message *take_request(struct matcher *p, struct message *m)
{
	if (p->options.by_key) {
		bucket_remove(p, m);
		p->peered -= m->has_peer;
	}
	unwait(p, &p->requests, m);
	return m;
}

/* Whether the oldest request is from before the loss. */
static bool oldest_is_sure(const struct matcher *p)
{
	return p->requests.first && p->requests.first->number < p->sure_before;
}

static struct message *pop_request(struct matcher *p)
{
	return p->requests.first ? take_request(p, p->requests.first) : NULL;
}

static struct message *pop(struct matcher *p, struct list *l)
{
	struct message *m = l->first;

	if (m)
		unwait(p, l, m);
	return m;
}

static void give(struct matcher *p, struct message *request, struct message *response, bool lost)
{
	p->options.emit(p->options.context, request, response, lost);
	matcher_discard(p, request);
	matcher_discard(p, response);
}

/* Requests of the queue that were sent before the newest of the held responses. */
static size_t requests_before_last_held(const struct matcher *p)
{
	const struct message *last = p->held.last;
	size_t count = 0;

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
	p->sure_before = 0;
	if (!responses)
		return;
	requests = requests_before_last_held(p);
	for (; requests > responses; requests--)
		give(p, pop_request(p), NULL, true);
	for (; responses > requests; responses--)
		give(p, NULL, pop(p, &p->held), true);
	for (; responses; responses--) {
		struct message *request = pop_request(p);

		give(p, request, pop(p, &p->held), false);
	}
}

static bool too_much_waits(const struct matcher *p)
{
	const struct budget *b = p->budget;

	return b && (b->used > b->limit || p->waiting > b->limit / WAITING_SHARE);
}

/* ---- responses that came before their requests ---- */

static void give_up_early(struct matcher *p)
{
	give(p, NULL, pop(p, &p->early), true);
}

/* Whether the request may still come that a response answers, which none that waits does. */
static bool may_be_early(const struct matcher *p)
{
	if (!p->session || p->unsure || !session_is_by_calls(p->session))
		return false;
	return p->numbered || !session_midstream(p->session);
}

static void take_unasked(struct matcher *p, struct message *response)
{
	int64_t now = response->ts_first;

	if (!may_be_early(p)) {
		give(p, NULL, response, true);
		return;
	}
	wait(p, &p->early, response);
	while (p->early.first && (too_much_waits(p) || now - p->early.first->ts_first > EARLY_NS))
		give_up_early(p);
}

static struct message *find_early(const struct matcher *p, const struct message *request)
{
	struct message *m = p->early.first;

	while (m && p->options.by_key && m->key != request->key)
		m = m->next;
	return m;
}

/* Gives REQUEST, the newest, the response that came before it. */
static void answer_early(struct matcher *p, struct message *request)
{
	struct message *response;

	while (p->early.first && p->early.first->ts_first < request->ts_first)
		give_up_early(p);
	response = request->open ? NULL : find_early(p, request);
	if (!response || (!p->options.by_key && p->requests.first != request))
		return;
	unwait(p, &p->early, response);
	give(p, take_request(p, request), response, false);
}

void matcher_complete(struct matcher *p, struct message *request)
{
	request->open = false;
	if (p->early.count)
		answer_early(p, request);
}

/* ---- requests and responses ---- */

void matcher_request(struct matcher *p, struct message *request)
{
	if (p->held.count && !p->overlapping)
		align(p);
	if (p->answered && p->requests.count && !p->unsure)
		p->overlapping = true;
	p->answered = false;
	request->number = p->numbered++;
	if (p->options.by_key && !index_request(p, request)) {
		give(p, request, NULL, true);
		return;
	}
	wait(p, &p->requests, request);
	while (p->requests.first != request && too_much_waits(p)) {
		p->given_up += !p->options.by_key;
		give(p, pop_request(p), NULL, true);
	}
	if (p->early.first && p->requests.last)
		answer_early(p, p->requests.last);
}

static void answer_by_key(struct matcher *p, struct message *response)
{
	struct message *request = matcher_find(p, response);

	if (request)
		give(p, take_request(p, request), response, false);
	else
		take_unasked(p, response);
}

void matcher_response(struct matcher *p, struct message *response)
{
	if (p->options.by_key) {
		answer_by_key(p, response);
		return;
	}
	p->answered = true;
	if (p->given_up) {
		p->given_up--;
		give(p, NULL, response, true);
		return;
	}
	if (p->unsure && !oldest_is_sure(p)) {
		wait(p, &p->held, response);
		if (p->held.count > HELD_MAX ||
		    (p->overlapping && p->held.count >= p->requests.count))
			align(p);
		return;
	}
	if (p->requests.count && !p->early.count)
		give(p, pop_request(p), response, false);
	else
		take_unasked(p, response);
}

struct message *matcher_answering(struct matcher *p, const struct message *part)
{
	if (p->options.by_key)
		return matcher_find(p, part);
	return matcher_is_sure(p) && !p->given_up ? p->requests.first : NULL;
}

struct message *matcher_withdraw(struct matcher *p, struct message *request)
{
	return take_request(p, request);
}

void matcher_push(struct matcher *p, struct message *message)
{
	give(p, NULL, message, false);
}

struct message *matcher_oldest(struct matcher *p)
{
	return p->requests.first;
}

struct message *matcher_newest(struct matcher *p)
{
	return p->requests.last;
}

size_t matcher_pending(const struct matcher *p)
{
	return p->requests.count;
}

void matcher_lost(struct matcher *p, enum side side)
{
	while (p->early.first)
		give_up_early(p);
	p->given_up = 0; /* how many of their responses are lost, nobody knows */
	if (side == SIDE_SERVER)
		p->lost_before = p->numbered;
	if (side == SIDE_CLIENT && !p->unsure)
		p->sure_before = p->numbered;
	else if (side == SIDE_SERVER)
		p->sure_before = 0;
	if (side == SIDE_CLIENT || p->requests.count)
		p->unsure = true;
}

bool matcher_may_be_lost(const struct matcher *p, const struct message *request)
{
	return request->number < p->lost_before;
}

bool matcher_is_sure(const struct matcher *p)
{
	return !p->unsure || oldest_is_sure(p);
}

/* ---- putting it aside ---- */

/* What of a matcher is nothing but numbers. */
struct packed {
	uint64_t numbered;
	uint64_t sure_before;
	uint64_t lost_before;
	uint64_t given_up;
	uint64_t requests;
	bool unsure;
	bool answered;
	bool overlapping;
};

void matcher_pack_message(const struct matcher *p, const struct message *m, struct buffer *out)
{
	buffer_append(out, m, p->options.message_len);
	pack_span(out, buffer_span(&m->text));
}

bool matcher_pack(const struct matcher *p, struct buffer *out)
{
	const struct packed packed = {
		.numbered = p->numbered,
		.sure_before = p->sure_before,
		.lost_before = p->lost_before,
		.given_up = p->given_up,
		.requests = p->requests.count,
		.unsure = p->unsure,
		.answered = p->answered,
		.overlapping = p->overlapping,
	};

	if (p->held.count || p->early.count)
		return false;
	buffer_append(out, &packed, sizeof(packed));
	for (const struct message *m = p->requests.first; m; m = m->next)
		matcher_pack_message(p, m, out);
	return true;
}

struct message *matcher_unpack_message(struct matcher *p, struct unpack *in)
{
	struct message *m = malloc(p->options.message_len);
	struct span text;

	if (!m)
		return NULL;
	unpack_bytes(in, m, p->options.message_len);
	text = unpack_span(in);
	m->text = (struct buffer){0};
	m->charged = m->waits = 0;
	m->next = m->prev = m->next_same = m->prev_same = NULL;
	buffer_append_span(&m->text, text);
	budget_add(p->budget, p->options.message_len + BUDGET_OVERHEAD);
	budget_settle(p->budget, &m->text, &m->charged);
	if (!in->failed && !m->text.failed)
		return m;
	free_message(p, m);
	return NULL;
}

bool matcher_unpack(struct matcher *p, struct unpack *in)
{
	struct packed packed;

	unpack_bytes(in, &packed, sizeof(packed));
	p->numbered = packed.numbered;
	p->sure_before = packed.sure_before;
	p->lost_before = packed.lost_before;
	p->given_up = packed.given_up;
	p->unsure = packed.unsure;
	p->answered = packed.answered;
	p->overlapping = packed.overlapping;
	for (uint64_t i = 0; i < packed.requests && !in->failed; i++) {
		struct message *m = matcher_unpack_message(p, in);

		if (!m)
			return false;
		if (p->options.by_key && !index_request(p, m)) {
			free_message(p, m);
			return false;
		}
		wait(p, &p->requests, m);
	}
	return !in->failed;
}

struct message *matcher_numbered(struct matcher *p, uint64_t number)
{
	struct message *m = p->requests.last;

	while (m && m->number != number)
		m = m->prev;
	return m;
}

void matcher_finish(struct matcher *p)
{
	bool lost = p->unsure;

	while (p->early.first)
		give_up_early(p);
	align(p);
	while (p->requests.count) {
		struct message *request = pop_request(p);

		/* A key shows which responses are missing; by order it could be any. */
		if (p->options.by_key)
			lost = matcher_may_be_lost(p, request);
		give(p, request, NULL, lost);
	}
}

static void free_list(struct matcher *p, struct message *m)
{
	while (m) {
		struct message *next = m->next;

		free_message(p, m);
		m = next;
	}
}

void matcher_fetch(const struct matcher *p)
{
	prefetch(p, sizeof(*p));
}

void matcher_free(struct matcher *p)
{
	if (!p)
		return;
	free_list(p, p->requests.first);
	free_list(p, p->held.first);
	free_list(p, p->early.first);
	budget_give(p->budget, p->bucket_count * sizeof(*p->buckets) + sizeof(*p));
	free(p->buckets);
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
