/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/matcher.h"

#include <stdlib.h>

#include "format/prefetch.h"
#include "protocols/engine/budget.h"
#include "protocols/engine/matcher_private.h"
#include "protocols/engine/message_pool.h"
#include "protocols/engine/session.h"

/* Responses held back after a loss. */
#define HELD_MAX 1024

/* What waits may take so much of the budget. */
#define WAITING_SHARE 2

/* A response that came before its request waits so long for it: a call that sends may block. */
#define EARLY_NS (60 * 1000000000ll)

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

static struct message *take_request(struct matcher *p, struct message *m)
{
	if (p->options.by_key) {
		matcher_unindex(p, m);
		p->peered -= m->has_peer;
	}
	matcher_unwait(p, &p->requests, m);
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
		matcher_unwait(p, l, m);
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
	matcher_wait(p, &p->early, response);
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
	matcher_unwait(p, &p->early, response);
	give(p, take_request(p, request), response, false);
}

void matcher_complete(struct matcher *p, struct message *request)
{
	request->open = false;
	if (p->early.count)
		answer_early(p, request);
}

void matcher_request(struct matcher *p, struct message *request)
{
	if (p->held.count && !p->overlapping)
		align(p);
	if (p->answered && p->requests.count && !p->unsure)
		p->overlapping = true;
	p->answered = false;
	request->number = p->numbered++;
	if (p->options.by_key && !matcher_index(p, request)) {
		give(p, request, NULL, true);
		return;
	}
	matcher_wait(p, &p->requests, request);
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
		matcher_wait(p, &p->held, response);
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

		matcher_free_message(p, m);
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
