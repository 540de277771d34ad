/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/knowledge.h"
#include "protocols/nats/state.h"

static struct fact fact_of(enum nats_fact kind, struct span key)
{
	return (struct fact){.kind = kind, .scope = FACT_CONNECTION, .key = key};
}

static bool recall(struct nats_state *st, enum nats_fact kind, struct span key, struct fact *fact)
{
	*fact = fact_of(kind, key);
	return session_recall(st->session, fact) != RECALL_NONE;
}

void nats_subscribe(struct nats_state *st, const struct nats_line *line)
{
	struct nats_subscription s = {.subject_len = (uint32_t)line->subject.len};
	struct fact fact = fact_of(NATS_FACT_SUBSCRIPTION, line->sid);
	struct buffer *value = &st->scratch;

	buffer_clear(value);
	buffer_append(value, &s, sizeof(s));
	buffer_append_span(value, line->subject);
	buffer_append_span(value, line->queue);
	fact.value = buffer_span(value);
	session_learn(st->session, &fact);
	fact = fact_of(NATS_FACT_INBOX, line->subject);
	session_learn(st->session, &fact);
}

/* The subscription's structure, and what stands behind it. */
static bool read(struct nats_state *st, struct span sid, struct nats_subscription *s,
		 struct span *texts)
{
	struct fact fact;

	if (!recall(st, NATS_FACT_SUBSCRIPTION, sid, &fact) || fact.value.len < sizeof(*s))
		return false;
	memcpy(s, fact.value.data, sizeof(*s));
	*texts = span_of(fact.value.data + sizeof(*s), fact.value.len - sizeof(*s));
	return s->subject_len <= texts->len;
}

static void forget(struct nats_state *st, struct span sid, struct span subject)
{
	struct fact fact = fact_of(NATS_FACT_INBOX, subject);

	session_forget(st->session, &fact);
	fact = fact_of(NATS_FACT_SUBSCRIPTION, sid);
	session_forget(st->session, &fact);
}

static void limit(struct nats_state *st, struct span sid, struct nats_subscription s,
		  struct span texts)
{
	struct fact fact = fact_of(NATS_FACT_SUBSCRIPTION, sid);
	struct buffer *value = &st->scratch;

	buffer_clear(value);
	buffer_append(value, &s, sizeof(s));
	buffer_append_span(value, texts);
	fact.value = buffer_span(value);
	session_learn(st->session, &fact);
}

void nats_unsubscribe(struct nats_state *st, const struct nats_line *line)
{
	struct nats_subscription s;
	struct span texts;

	if (!read(st, line->sid, &s, &texts))
		return;
	if (!line->has_max || !line->max) {
		forget(st, line->sid, span_of(texts.data, s.subject_len));
		return;
	}
	s.limited = true;
	s.left = line->max;
	limit(st, line->sid, s, texts);
}

void nats_delivered(struct nats_state *st, struct span sid)
{
	struct nats_subscription s;
	struct span texts;

	if (!read(st, sid, &s, &texts) || !s.limited)
		return;
	if (s.left <= 1) {
		forget(st, sid, span_of(texts.data, s.subject_len));
		return;
	}
	s.left--;
	limit(st, sid, s, texts);
}

bool nats_subscription(struct nats_state *st, struct span sid, struct span *subject,
		       struct span *queue)
{
	struct nats_subscription s;
	struct span texts;

	if (!read(st, sid, &s, &texts))
		return false;
	*subject = span_of(texts.data, s.subject_len);
	*queue = span_of(texts.data + s.subject_len, texts.len - s.subject_len);
	return true;
}

/* Whether the subject is subscribed to as it is, or with its last token as a wildcard. */
bool nats_is_inbox(struct nats_state *st, struct span reply)
{
	struct buffer *pattern = &st->scratch;
	const char *dot = reply.len ? memrchr(reply.data, '.', reply.len) : NULL;
	struct fact fact;

	if (recall(st, NATS_FACT_INBOX, reply, &fact))
		return true;
	for (const char *wildcard = "*>"; dot && *wildcard; wildcard++) {
		buffer_clear(pattern);
		buffer_append(pattern, reply.data, (size_t)(dot - reply.data) + 1);
		buffer_append_char(pattern, *wildcard);
		if (recall(st, NATS_FACT_INBOX, buffer_span(pattern), &fact))
			return true;
	}
	return false;
}
