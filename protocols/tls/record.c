/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/tls/names.h"
#include "protocols/tls/state.h"
#include "protocols/value/note.h"
#include "protocols/value/size.h"

static struct value text_value(const struct buffer *text)
{
	return text->len && !text->failed ? value_text(buffer_span(text)) : (struct value){0};
}

/* The name, or the number. TEXT is the number's memory. */
static struct value named(const char *name, uint16_t number, struct buffer *text)
{
	if (name)
		return value_text(span_text(name));
	buffer_printf(text, "0x%04x", number);
	return value_text(buffer_span(text));
}

struct numbers {
	struct buffer offered, version, suite, group;
};

static void fill_hello(struct tls_state *st, struct numbers *n, struct value *values)
{
	if (st->has_client_hello) {
		values[TLS_COLUMN_OFFERED] = named(tls_version_name(st->offered), st->offered,
						   &n->offered);
		values[TLS_COLUMN_SNI] = text_value(&st->sni);
		values[TLS_COLUMN_ALPN_OFFERED] = value_json_if(&st->alpn_offered);
		values[TLS_COLUMN_JA3] = text_value(&st->ja3);
		values[TLS_COLUMN_JA4] = text_value(&st->ja4);
	}
	if (!st->has_server_hello)
		return;
	values[TLS_COLUMN_VERSION] = named(tls_version_name(st->version), st->version, &n->version);
	/* In SSL 2.0 the client says it later, in numbers of its own. */
	if (!st->ssl2)
		values[TLS_COLUMN_SUITE] = named(tls_suite_name(st->suite), st->suite, &n->suite);
	if (st->group)
		values[TLS_COLUMN_GROUP] = named(tls_group_name(st->group), st->group, &n->group);
	values[TLS_COLUMN_ALPN] = text_value(&st->alpn);
	values[TLS_COLUMN_JA3S] = text_value(&st->ja3s);
	values[TLS_COLUMN_RESUMED] = value_bool(st->resumed);
}

static void fill_certificate(struct tls_state *st, struct value *values)
{
	const struct tls_certificate *c = &st->certificate;

	if (!st->certificates)
		return;
	values[TLS_COLUMN_CERT_COUNT] = value_int(st->certificates);
	if (!c->not_after.len) {
		note_append(&st->note, "the server's certificate can't be read");
		return;
	}
	values[TLS_COLUMN_CERT_SUBJECT] = text_value(&c->subject);
	values[TLS_COLUMN_CERT_ISSUER] = text_value(&c->issuer);
	values[TLS_COLUMN_CERT_NAMES] = value_json_if(&c->names);
	values[TLS_COLUMN_CERT_NOT_BEFORE] = text_value(&c->not_before);
	values[TLS_COLUMN_CERT_NOT_AFTER] = text_value(&c->not_after);
	values[TLS_COLUMN_CERT_SERIAL] = text_value(&c->serial);
}

static enum outcome outcome_of(const struct tls_state *st)
{
	bool lost = st->sides[SIDE_CLIENT].lost || st->sides[SIDE_SERVER].lost;

	if (st->failed || st->answered_in_clear)
		return OUTCOME_ERROR;
	if (!st->has_server_hello && st->has_client_hello && !lost)
		return OUTCOME_UNANSWERED;
	if (!st->has_client_hello || !st->has_server_hello || (lost && !st->done))
		return OUTCOME_PARTIAL;
	/* Where the kernel makes the records, the last ones of the handshake are in none. */
	return st->done || session_is_told_plaintext(st->session) ? OUTCOME_OK : OUTCOME_PARTIAL;
}

void tls_emit(struct tls_state *st)
{
	struct value values[TLS_COLUMN_COUNT] = {0};
	struct numbers numbers = {0};
	const char *unread;
	enum side begin = st->first[SIDE_CLIENT] != TIME_UNKNOWN ? SIDE_CLIENT : SIDE_SERVER;
	struct record record = {
		.table = &tls_table,
		.outcome = outcome_of(st),
		.request_first = st->first[SIDE_CLIENT],
		.request_last = st->first[SIDE_CLIENT],
		.response_first = st->first[SIDE_SERVER],
		.response_last = st->finished != TIME_UNKNOWN &&
						 st->first[SIDE_SERVER] != TIME_UNKNOWN
					 ? st->finished
					 : st->last[SIDE_SERVER],
		.side = begin,
		.position = st->position[begin],
		.values = values,
	};

	buffer_clear(&st->note);
	fill_hello(st, &numbers, values);
	fill_certificate(st, values);
	values[TLS_COLUMN_EARLY_DATA] = value_bool(st->early_data);
	values[TLS_COLUMN_RETRIED] = value_bool(st->retried);
	values[TLS_COLUMN_ECH] = value_bool(st->ech);
	values[TLS_COLUMN_CLIENT_CERT] = value_bool(st->client_certificate);
	if (st->finished != TIME_UNKNOWN && st->first[SIDE_CLIENT] != TIME_UNKNOWN)
		values[TLS_COLUMN_HANDSHAKE_NS] = value_int(st->finished - st->first[SIDE_CLIENT]);
	if (st->alerts.len) {
		buffer_append_char(&st->alerts, ']');
		values[TLS_COLUMN_ALERTS] = value_json_if(&st->alerts);
	}
	values[TLS_COLUMN_PLAINTEXT] = value_text(span_text(tls_plaintext_text(st, &unread)));
	if (unread)
		values[TLS_COLUMN_UNREAD] = value_text(span_text(unread));
	values[TLS_COLUMN_REQ_BYTES] = value_int((int64_t)st->sides[SIDE_CLIENT].bytes);
	values[TLS_COLUMN_RESP_BYTES] = value_int((int64_t)st->sides[SIDE_SERVER].bytes);
	if (!st->has_client_hello && !st->has_server_hello)
		note_append(&st->note,
			    "the handshake was before the recording began, or in what was lost");
	else if (st->answered_in_clear)
		note_append(&st->note, "the server answers, but not in TLS");
	else if (record.outcome == OUTCOME_PARTIAL)
		note_append(&st->note, "the handshake is not whole");
	if (st->done && (st->sides[SIDE_CLIENT].missing || st->sides[SIDE_SERVER].missing))
		note_append(&st->note, "what was lost is not counted");
	record.note = buffer_span(&st->note);
	session_emit(st->session, &record);
	buffer_free(&numbers.offered);
	buffer_free(&numbers.version);
	buffer_free(&numbers.suite);
	buffer_free(&numbers.group);
}

/* ---- the table ---- */

static const struct column columns[] = {
#define TLS_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	TLS_COLUMNS(TLS_COLUMN_ROW)
#undef TLS_COLUMN_ROW
};

static void append_text(struct buffer *out, const struct value *value)
{
	if (value->type != VALUE_TEXT)
		return;
	if (out->len)
		buffer_append_char(out, ' ');
	buffer_append_span(out, value->text);
}

/* "TLS 1.3 example.org h2 TLS_AES_128_GCM_SHA256 resumed 1.2KB/20.0KB". */
static void describe(const struct value *values, struct buffer *out)
{

	if (values[TLS_COLUMN_VERSION].type == VALUE_TEXT)
		buffer_append_span(out, values[TLS_COLUMN_VERSION].text);
	else
		buffer_append_text(out, "TLS");
	append_text(out, &values[TLS_COLUMN_SNI]);
	append_text(out, &values[TLS_COLUMN_ALPN]);
	append_text(out, &values[TLS_COLUMN_SUITE]);
	if (values[TLS_COLUMN_RESUMED].type == VALUE_BOOL && values[TLS_COLUMN_RESUMED].boolean)
		buffer_append_text(out, " resumed");
	if (values[TLS_COLUMN_ALERTS].type == VALUE_JSON) {
		buffer_append_char(out, ' ');
		buffer_append_span(out, values[TLS_COLUMN_ALERTS].text);
	}
	buffer_append_char(out, ' ');
	size_append(out, values[TLS_COLUMN_REQ_BYTES].integer);
	buffer_append_char(out, '/');
	size_append(out, values[TLS_COLUMN_RESP_BYTES].integer);
}

const struct table tls_table = {
	.name = "tls",
	.summary = "TLS connections: handshakes, and how much went through",
	.columns = columns,
	.column_count = TLS_COLUMN_COUNT,
	.describe = describe,
};
