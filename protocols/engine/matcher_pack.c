/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/engine/matcher_private.h"

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
	matcher_free_message(p, m);
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
		if (p->options.by_key && !matcher_index(p, m)) {
			matcher_free_message(p, m);
			return false;
		}
		matcher_wait(p, &p->requests, m);
	}
	return !in->failed;
}
