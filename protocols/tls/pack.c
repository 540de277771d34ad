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

bool tls_pack(const void *state, struct buffer *out)
{
	struct tls_state copy = *(const struct tls_state *)state;
	const struct tls_decrypt *decrypt = copy.decrypt;

	for (size_t i = 0; i < TEXTS; i++) {
		struct buffer *text = text_of(&copy, i);

		if (text->failed)
			return false;
		pack_span(out, buffer_span(text));
		*text = (struct buffer){0};
	}
	copy.session = NULL;
	copy.charged = 0;
	copy.decrypt = NULL;
	buffer_append(out, &copy, sizeof(copy));
	pack_u64(out, decrypt != NULL);
	return (!decrypt || tls_decrypt_pack(decrypt, out)) && !out->failed;
}

static bool unpack_decrypt(struct tls_state *st, struct unpack *in)
{
	if (!unpack_u64(in))
		return true;
	st->decrypt = tls_decrypt_unpack(st->session, in);
	return st->decrypt != NULL;
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
	return unpack_decrypt(st, in) && !in->failed;
}
