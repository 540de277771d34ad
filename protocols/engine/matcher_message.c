/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/engine/matcher_private.h"
#include "protocols/engine/message_pool.h"

/* A message that was larger than this gives its memory back instead of to the pool. */
#define POOLED_TEXT_MAX (4u << 10)

void message_free(struct message *message, size_t len, struct budget *budget)
{
	budget_give(budget, message->charged + len + BUDGET_OVERHEAD);
	buffer_free(&message->text);
	free(message);
}

void matcher_free_message(struct matcher *p, struct message *m)
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
		matcher_free_message(p, message);
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
