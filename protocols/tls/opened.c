/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/budget.h"
#include "protocols/tls/names.h"
#include "protocols/tls/state.h"

bool tls_has_keys(const struct tls_state *st)
{
	return st->decrypt || keylog_count(session_keylog(st->session));
}

bool tls_can_open(struct tls_state *st)
{
	if (!st->decrypt && tls_has_keys(st))
		st->decrypt = tls_decrypt_new(st->session);
	return st->decrypt != NULL;
}

/* ---- 0-RTT data ---- */

static void drop_early(struct tls_state *st)
{
	buffer_free(&st->early_bytes);
	tls_recharge(st);
}

void tls_decide_early(struct tls_state *st, bool taken)
{
	if (st->early != TLS_EARLY_UNDECIDED)
		return;
	st->early = taken ? TLS_EARLY_TAKEN : TLS_EARLY_REFUSED;
	if (taken)
		session_unwrapped(st->session, SIDE_CLIENT, buffer_span(&st->early_bytes),
				  &st->early_frame);
	drop_early(st);
}

static void hold_early(struct tls_state *st, const struct frame *frame, struct span bytes)
{
	struct budget *budget = session_budget(st->session);

	if (!st->early_bytes.len) {
		st->early_frame = *frame;
		st->early_frame.data = NULL;
		st->early_frame.available = 0;
		st->early_frame.memo = NULL;
		st->early_frame.peer = NULL;
	}
	if (st->early_bytes.len + bytes.len <= TLS_EARLY_MAX &&
	    budget_allows(budget, &st->early_bytes, bytes.len)) {
		buffer_append_span(&st->early_bytes, bytes);
		tls_recharge(st);
		if (!st->early_bytes.failed)
			return;
	}
	tls_decide_early(st, true);
	session_unwrapped(st->session, SIDE_CLIENT, bytes, frame);
}

static void take_data(struct tls_state *st, const struct frame *frame,
		      const struct tls_content *content)
{
	if (content->early && st->early == TLS_EARLY_UNDECIDED) {
		hold_early(st, frame, content->opened.bytes);
		return;
	}
	if (content->early && st->early == TLS_EARLY_REFUSED)
		return;
	if (frame->side == SIDE_CLIENT)
		tls_decide_early(st, true);
	session_unwrapped(st->session, frame->side, content->opened.bytes, frame);
}

/* ---- records ---- */

void tls_open_record(struct tls_state *st, const struct frame *frame)
{
	struct tls_side *side = &st->sides[frame->side];
	struct tls_content content;

	side->last_ts = frame->ts_last;
	if (!tls_decrypt_open(st->decrypt, frame, &content))
		return;
	if (content.missing || !side->opened)
		buffer_clear(&side->message);
	side->opened = true;
	if (content.missing)
		session_unwrapped_hole(st->session, frame->side, content.missing, content.snapped,
				       frame);
	switch (content.opened.type) {
	case TLS_APPLICATION_DATA:
		take_data(st, frame, &content);
		break;
	case TLS_HANDSHAKE:
		tls_take_handshake(st, frame, content.opened.bytes, true);
		break;
	case TLS_ALERT:
		tls_take_alert(st, frame->side, content.opened.bytes, true);
		break;
	default:
		break;
	}
}

void tls_finish_opened(struct tls_state *st)
{
	if (!st->decrypt)
		return;
	tls_decide_early(st, true);
	for (int side = 0; side < 2; side++) {
		struct frame frame = {.side = (enum side)side,
				      .ts_first = st->sides[side].last_ts,
				      .ts_last = st->sides[side].last_ts};
		bool snapped;
		uint64_t missing = tls_decrypt_missing(st->decrypt, (enum side)side, &snapped);

		session_unwrapped_hole(st->session, (enum side)side, missing, snapped, &frame);
	}
}

/* ---- what is told ---- */

static enum reading_of_tls reading_of(const struct tls_state *st, const char **unread)
{
	*unread = NULL;
	if (session_is_told_plaintext(st->session))
		return TLS_READ_BY_CALLS;
	if (st->decrypt)
		return tls_decrypt_reading(st->decrypt, unread);
	if (st->sides[SIDE_CLIENT].records || st->sides[SIDE_SERVER].records)
		*unread = "no keys";
	return TLS_NOT_READ;
}

const char *tls_plaintext_text(const struct tls_state *st, const char **unread)
{
	return reading_of_tls_text(reading_of(st, unread));
}

void tls_tell(struct tls_state *st)
{
	const char *unread;
	struct encryption e = {
		.sni = buffer_span(&st->sni),
		.alpn = buffer_span(&st->alpn),
		.random = buffer_span(&st->random),
		.reading = reading_of(st, &unread),
	};

	e.unread = span_text(unread);
	if (st->has_server_hello) {
		e.version = span_text(tls_version_name(st->version));
		e.suite = span_text(tls_suite_name(st->suite));
	}
	session_encrypted(st->session, &e);
}
