/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/tls/state.h"

#define TEXTS 19

/* All that a state has of texts: the I-th of them. */
static struct buffer *text_of(struct tls_state *st, size_t i)
{
	struct tls_certificate *c = &st->certificate;
	struct buffer *const texts[TEXTS] = {
		&st->sides[0].message,
		&st->sides[1].message,
		&st->sni,
		&st->alpn,
		&st->alpn_offered,
		&st->ja3,
		&st->ja4,
		&st->ja3s,
		&st->session_id,
		&st->random,
		&st->alerts,
		&st->note,
		&st->early_bytes,
		&c->subject,
		&c->issuer,
		&c->names,
		&c->not_before,
		&c->not_after,
		&c->serial,
	};

	return texts[i];
}

void tls_recharge(struct tls_state *st)
{
	uint64_t memory = sizeof(*st);

	for (size_t i = 0; i < TEXTS; i++) {
		const struct buffer *text = text_of(st, i);

		memory += text->capacity ? text->capacity + BUDGET_OVERHEAD : 0;
	}
	budget_recharge(session_budget(st->session), memory, &st->charged);
}

void tls_free_texts(struct tls_state *st)
{
	for (size_t i = 0; i < TEXTS; i++)
		buffer_free(text_of(st, i));
}

/* With keys it is a matter of what the records were opened with; that stays in memory. */
bool tls_pack(const void *state, struct buffer *out)
{
	struct tls_state copy = *(const struct tls_state *)state;

	if (copy.decrypt || copy.early_bytes.len)
		return false;
	for (size_t i = 0; i < TEXTS; i++) {
		struct buffer *text = text_of(&copy, i);

		if (text->failed)
			return false;
		pack_span(out, buffer_span(text));
		*text = (struct buffer){0};
	}
	copy.session = NULL;
	copy.charged = 0;
	copy.early_frame = (struct frame){0};
	buffer_append(out, &copy, sizeof(copy));
	return !out->failed;
}

bool tls_unpack(void *state, struct unpack *in)
{
	struct tls_state *st = state;
	struct session *session = st->session;
	uint64_t charged = st->charged;
	struct span texts[TEXTS];

	for (size_t i = 0; i < TEXTS; i++)
		texts[i] = unpack_span(in);
	unpack_bytes(in, st, sizeof(*st));
	st->session = session;
	st->charged = charged;
	for (size_t i = 0; i < TEXTS; i++) {
		struct buffer *text = text_of(st, i);

		if (texts[i].len)
			buffer_append_span(text, texts[i]);
		in->failed |= text->failed;
	}
	tls_recharge(st);
	return !in->failed;
}
