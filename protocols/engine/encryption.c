/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/session_private.h"

const char *reading_of_tls_text(enum reading_of_tls reading)
{
	switch (reading) {
	case TLS_READ_BY_KEYS:
		return "keys";
	case TLS_READ_IN_PART:
		return "in part";
	case TLS_READ_BY_CALLS:
		return "calls";
	case TLS_NOT_READ:
		break;
	}
	return "no";
}

/* Names are short, whatever a hostile peer writes. */
#define TEXT_MAX 256

static size_t kept_len(struct span text)
{
	return text.len < TEXT_MAX ? text.len : TEXT_MAX;
}

/* The place of TEXT in what was copied; *AT moves behind it. */
static struct span place(struct span text, const char **at)
{
	struct span copy = span_of(*at, kept_len(text));

	*at += copy.len;
	return copy;
}

static struct told_encryption *told(struct session *stem)
{
	if (!stem->encryption) {
		stem->encryption = calloc(1, sizeof(*stem->encryption));
		if (stem->encryption)
			budget_add(stem->options.budget, sizeof(*stem->encryption));
	}
	return stem->encryption;
}

void session_encrypted(struct session *s, const struct encryption *e)
{
	const struct span texts[] = {e->version, e->suite, e->sni, e->alpn, e->random, e->unread};
	struct session *stem = s->stem;
	struct told_encryption *t = told(stem);
	struct buffer copies = {0};
	const char *at;

	if (!t || (stem != s && s->options.plaintext)) /* TLS inside TLS */
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		buffer_append(&copies, texts[i].data, kept_len(texts[i]));
	buffer_append_char(&copies, '\0'); /* so that there is an address */
	if (copies.failed) {
		buffer_free(&copies);
		return;
	}
	buffer_free(&t->texts);
	t->texts = copies;
	budget_settle(stem->options.budget, &t->texts, &t->charged);
	at = t->texts.data;
	t->encryption = (struct encryption){
		.version = place(e->version, &at),
		.suite = place(e->suite, &at),
		.sni = place(e->sni, &at),
		.alpn = place(e->alpn, &at),
		.random = place(e->random, &at),
		.reading = e->reading,
		.unread = place(e->unread, &at),
	};
}

bool session_is_told_plaintext(const struct session *s)
{
	const struct session *inside = s->inside;

	if (s->root->plaintext_elsewhere)
		return true;
	return inside && (session_was_told(inside, DIRECTION_SENT) ||
			  session_was_told(inside, DIRECTION_RECEIVED));
}

const struct encryption *session_encryption(const struct session *s)
{
	return s->stem->encryption ? &s->stem->encryption->encryption : NULL;
}

void session_set_alpn(struct session *s, struct span alpn)
{
	const struct encryption e = {.alpn = alpn, .reading = TLS_READ_BY_CALLS};

	session_encrypted(s, &e);
}

void session_leave_plaintext(struct session *s)
{
	s->root->plaintext_elsewhere = true;
}

struct span session_alpn(const struct session *s)
{
	bool inside = s->options.plaintext || s->outer;

	return inside && s->stem->encryption ? s->stem->encryption->encryption.alpn
					     : (struct span){0};
}

void session_free_encryption(struct session *s)
{
	if (!s->encryption)
		return;
	buffer_free(&s->encryption->texts);
	budget_settle(s->options.budget, &s->encryption->texts, &s->encryption->charged);
	budget_give(s->options.budget, sizeof(*s->encryption));
	free(s->encryption);
}
