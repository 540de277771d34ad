/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/replay_private.h"

enum role connection_role(const struct connection *c)
{
	const struct session *s = connection_session(c);
	enum role role = s ? session_role(s) : ROLE_UNKNOWN;

	return role != ROLE_UNKNOWN ? role : c->role;
}

int64_t connection_connect_ns(const struct connection *c)
{
	return c->established_ts > c->start_ts ? c->established_ts - c->start_ts : -1;
}

const struct session *connection_session(const struct connection *c)
{
	const struct session *plaintext = c->sessions[LAYER_TLS];

	return plaintext ? plaintext : c->sessions[LAYER_WIRE];
}

struct selection_subject connection_subject(const struct connection *c)
{
	const struct tracked *t = (const struct tracked *)c;
	struct selection_subject subject = {
		.conn = c->id,
		.pid = c->pid,
		.name = c->process ? c->process->name : NULL,
		.container = c->process ? c->process->container : NULL,
		.addresses = {&c->local, &c->remote},
		.role = connection_role(c),
		.outcome = -1,
		.from = replay_realtime(t->replay, c->start_ts),
		.to = replay_realtime(t->replay, c->end_ts),
	};
	struct spoken spoken[SELECTION_PROTOCOLS];
	size_t count = connection_spoken(c, spoken, SELECTION_PROTOCOLS);

	if (c->sessions[LAYER_WIRE])
		subject.addresses[3] = session_client(c->sessions[LAYER_WIRE]);
	for (size_t i = 0; i < count && i < SELECTION_PROTOCOLS; i++)
		subject.protocols[i] = spoken[i].protocol;
	return subject;
}

/* Where nothing was read: the library's hook tells more than that there are no keys. */
static struct span why_unread(const struct connection *c, const struct connection_tls *tls)
{
	const struct library *library = tls->library;

	if (!library || library->hook == TLS_HOOK_UNKNOWN)
		return tls->encryption.unread;
	if (library->hook == TLS_HOOK_KEYS && c->origin == ORIGIN_MIDSTREAM)
		return span_text(
			library->kind == TLS_LIBRARY_GO
				? "it is older than the recording: Go keeps secrets of "
				  "TLS 1.3 alone, and none were told as it was written to"
				: "it is older than the recording, and its library told no "
				  "secrets since");
	if (library->hook == TLS_HOOK_PLAINTEXT || library->hook == TLS_HOOK_KEYS)
		return span_text("its library was read, but nothing could be tied to it");
	return span_text(tls_hook_text(library->hook));
}

struct connection_tls connection_tls(const struct connection *c)
{
	const struct tracked *t = (const struct tracked *)c;
	const struct session *wire = c->sessions[LAYER_WIRE];
	const struct encryption *e = wire ? session_encryption(wire) : NULL;
	struct connection_tls tls = {
		.is = e || c->sessions[LAYER_TLS] || c->tie != TLS_TIE_UNKNOWN,
	};

	if (!tls.is)
		return tls;
	if (e)
		tls.encryption = *e;
	tls.library = libraries_get(&t->replay->libraries, c->pid, c->library);
	if (c->sessions[LAYER_TLS] || (wire && session_is_told_plaintext(wire))) {
		tls.encryption.reading = TLS_READ_BY_CALLS;
		tls.encryption.unread = span_text(
			c->plain_missing ? "some calls of the library were not seen" : NULL);
	} else if (tls.encryption.reading == TLS_NOT_READ && tls.encryption.unread.len &&
		   !transport_is_datagram(c->transport)) {
		tls.encryption.unread = why_unread(c, &tls);
	}
	return tls;
}

size_t connection_spoken(const struct connection *c, struct spoken *list, size_t max)
{
	static const enum layer order[] = {LAYER_TLS, LAYER_WIRE};
	size_t count = 0;

	for (size_t layer = 0; layer < 2; layer++) {
		const struct session *s = c->sessions[order[layer]];
		const struct spoken *spoken;
		size_t n = s ? session_spoken(s, &spoken) : 0;

		for (size_t i = 0; i < n; i++, count++)
			if (count < max)
				list[count] = spoken[i];
	}
	return count;
}

const char *connection_protocol_name(const struct connection *c)
{
	const struct session *s = connection_session(c);
	const struct spoken *spoken;

	return s && session_spoken(s, &spoken) ? spoken[0].protocol->name : "";
}
