/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_ENGINE_MATCHER_PRIVATE_H
#define SOCKTAPE_PROTOCOLS_ENGINE_MATCHER_PRIVATE_H

#include "protocols/engine/budget.h"
#include "protocols/engine/matcher.h"

/* What the files of the matcher share. */

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

static inline void list_append(struct list *l, struct message *m)
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

static inline void list_remove(struct list *l, struct message *m)
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

/* What one that waits takes, by and large: it may still grow. */
static inline uint64_t size_of(const struct matcher *p, const struct message *m)
{
	return p->options.message_len + m->charged;
}

/* M waits in L, and takes memory; and it doesn't any more. */
static inline void matcher_wait(struct matcher *p, struct list *l, struct message *m)
{
	budget_settle(p->budget, &m->text, &m->charged);
	p->waiting += m->waits = size_of(p, m);
	list_append(l, m);
}

static inline void matcher_unwait(struct matcher *p, struct list *l, struct message *m)
{
	list_remove(l, m);
	p->waiting -= m->waits;
	m->waits = 0;
}

/* ---- matcher_message.c ---- */

void matcher_free_message(struct matcher *p, struct message *m);

/* ---- matcher_key.c: requests by key ---- */

/* False: no memory. */
bool matcher_index(struct matcher *p, struct message *request);
void matcher_unindex(struct matcher *p, struct message *request);

#endif
