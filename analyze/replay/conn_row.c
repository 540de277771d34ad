/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/conn_row.h"

#include <string.h>

static const struct column columns[CONN_COLUMNS] = {
	[CONN_COLUMN_ID] = {"conn", "BIGINT", "", "connection id"},
	[CONN_COLUMN_PID] = {"pid", "BIGINT", "", "process that used it last; null: unknown"},
	[CONN_COLUMN_COMM] = {"comm", "TEXT", "", "its name"},
	[CONN_COLUMN_PROTO] = {"proto", "TEXT", "",
			       "protocol that it began with, by inference; null: unknown"},
	[CONN_COLUMN_ROLE] = {"role", "TEXT", "",
			      "client, server or unknown: of the recorded process"},
	[CONN_COLUMN_LOCAL] = {"local", "TEXT", "", "its end of the connection"},
	[CONN_COLUMN_REMOTE] = {"remote", "TEXT", "", "the other end"},
	[CONN_COLUMN_TRANSPORT] = {"transport", "TEXT", "", "tcp, udp, unix, ..."},
	[CONN_COLUMN_START] = {"start", "BIGINT", COLUMN_MOMENT,
			       "opened, or first seen, since the epoch"},
	[CONN_COLUMN_END] = {"end", "BIGINT", COLUMN_MOMENT,
			     "closed, or last seen, since the epoch"},
	[CONN_COLUMN_CLOSED] = {"closed", "BOOLEAN", "", "whether its end was seen"},
	[CONN_COLUMN_STATE] = {"state", "TEXT", "",
			       "opening, established, closing, closed, failed, reset; or unknown"},
	[CONN_COLUMN_STATE_BY] =
		{"state_by", "TEXT", "",
		 "local or remote: which end began to close, or reset; null: unknown"},
	[CONN_COLUMN_ERROR] = {"error", "TEXT", "", "why it failed or was reset, as ECONNREFUSED"},
	[CONN_COLUMN_CONNECT] = {"connect_ns", "BIGINT", "ns", "time that the handshake took"},
	[CONN_COLUMN_RESET] = {"reset", "BIGINT", COLUMN_MOMENT,
			       "when it was reset, since the epoch"},
	[CONN_COLUMN_SENT] = {"sent_bytes", "BIGINT", "bytes", "moved by the process, kept or not"},
	[CONN_COLUMN_RECEIVED] = {"received_bytes", "BIGINT", "bytes",
				  "moved to the process, kept or not"},
	[CONN_COLUMN_LOST] =
		{"lost_bytes", "BIGINT", "bytes",
		 "of both that are not in the recording, other than by the snap length; those "
		 "that were moved before it begins are counted in"},
	[CONN_COLUMN_UNSEEN] = {"unseen_bytes", "BIGINT", "bytes",
				"of these, by calls that no hook saw"},
	[CONN_COLUMN_MIDSTREAM] = {"midstream", "BOOLEAN", "",
				   "existed before the recording began"},
	[CONN_COLUMN_TLS] = {"tls", "BOOLEAN", "",
			     "whether it speaks TLS; tls_reading tells whether that was read"},
	[CONN_COLUMN_TLS_VERSION] = {"tls_version", "TEXT", "", "of TLS, as TLS 1.3"},
	[CONN_COLUMN_SNI] = {"sni", "TEXT", "", "server name that the client asked for"},
	[CONN_COLUMN_ALPN] = {"alpn", "TEXT", "",
			      "protocol that TLS agreed on; of TLS 1.3 with keys"},
	[CONN_COLUMN_TLS_READING] =
		{"tls_reading", "TEXT", "",
		 "how what is inside was read: keys, in part (with keys), calls (of the library), "
		 "or no; null without TLS"},
	[CONN_COLUMN_TLS_UNREAD] = {"tls_unread", "TEXT", "",
				    "why it was not read, or not all of it"},
	[CONN_COLUMN_TLS_LIBRARY] = {"tls_library", "TEXT", "", "TLS library of the process"},
	[CONN_COLUMN_TLS_LIBRARY_VERSION] = {"tls_library_version", "TEXT", "", "its version"},
	[CONN_COLUMN_TLS_TIE] =
		{"tls_tie", "TEXT", "",
		 "how the library's calls were found to be of this connection; thread order is "
		 "inferred"},
	[CONN_COLUMN_RECORDS] = {"records", "BIGINT", "", "records that came out of it"},
	[CONN_COLUMN_SPOKEN] =
		{"spoken", "JSON", "",
		 "all that it spoke: proto, since, sent_bytes, received_bytes, records of each"},
	[CONN_COLUMN_CMDLINE] = {"cmdline", "TEXT", "",
				 "arguments of the process, parted by blanks"},
	[CONN_COLUMN_USER] = {"user", "TEXT", "", "that it runs as"},
	[CONN_COLUMN_CGROUP] = {"cgroup", "TEXT", "", "path of its control group"},
	[CONN_COLUMN_CONTAINER] = {"container", "TEXT", "", "id of its container"},
};

const struct table conns_table = {
	.name = "conns",
	.summary = "connections",
	.columns = columns,
	.column_count = CONN_COLUMNS,
};

static struct value known(const char *text)
{
	return value_known_text(span_text(text));
}

static struct value text_value(const char *text)
{
	return value_text(span_text(text));
}

/* Protocols of one connection that are shown. */
#define SPOKEN_MAX 32

static struct value spoken_value(struct buffer *b, const struct replay *replay,
				 const struct connection *c)
{
	struct spoken list[SPOKEN_MAX];
	size_t count = connection_spoken(c, list, SPOKEN_MAX);

	buffer_clear(b);
	for (size_t i = 0; i < count && i < SPOKEN_MAX; i++) {
		buffer_printf(b, "%c{\"proto\":\"%s\",\"since\":", i ? ',' : '[',
			      list[i].protocol->name);
		if (list[i].since == TIME_UNKNOWN)
			buffer_append_text(b, "null");
		else
			buffer_append_i64(b, replay_realtime(replay, list[i].since));
		buffer_append_text(b, ",\"sent_bytes\":");
		buffer_append_u64(b, list[i].bytes[DIRECTION_SENT]);
		buffer_append_text(b, ",\"received_bytes\":");
		buffer_append_u64(b, list[i].bytes[DIRECTION_RECEIVED]);
		buffer_append_text(b, ",\"records\":");
		buffer_append_u64(b, list[i].records);
		buffer_append_char(b, '}');
	}
	buffer_append_char(b, ']');
	return count ? value_json(buffer_span(b)) : (struct value){0};
}

static void fill_tls(struct value *v, const struct connection *c)
{
	const struct connection_tls tls = connection_tls(c);
	const struct encryption *e = &tls.encryption;

	v[CONN_COLUMN_TLS] = value_bool(tls.is);
	if (!tls.is)
		return;
	v[CONN_COLUMN_TLS_VERSION] = value_known_text(e->version);
	v[CONN_COLUMN_SNI] = value_known_text(e->sni);
	v[CONN_COLUMN_ALPN] = value_known_text(e->alpn);
	v[CONN_COLUMN_TLS_READING] = text_value(reading_of_tls_text(e->reading));
	v[CONN_COLUMN_TLS_UNREAD] = value_known_text(e->unread);
	if (tls.library && tls.library->kind != TLS_LIBRARY_UNKNOWN) {
		v[CONN_COLUMN_TLS_LIBRARY] = text_value(tls_library_text(tls.library->kind));
		v[CONN_COLUMN_TLS_LIBRARY_VERSION] = value_known_text(
			span_text(tls.library->version));
	}
	if (c->tie != TLS_TIE_UNKNOWN)
		v[CONN_COLUMN_TLS_TIE] = text_value(tls_tie_text(c->tie));
}

static void fill_process(struct value *v, const struct process *p)
{
	if (!p)
		return;
	v[CONN_COLUMN_CMDLINE] = known(p->cmdline);
	v[CONN_COLUMN_USER] = known(p->user);
	v[CONN_COLUMN_CGROUP] = known(p->cgroup);
	v[CONN_COLUMN_CONTAINER] = known(p->container);
}

void conn_fill(struct value v[static CONN_COLUMNS], struct buffer *spoken,
	       const struct replay *replay, const struct connection *c)
{
	const struct session *s = connection_session(c);

	memset(v, 0, CONN_COLUMNS * sizeof(*v));
	v[CONN_COLUMN_ID] = value_int((int64_t)c->id);
	v[CONN_COLUMN_PID] = value_known_int(c->pid);
	v[CONN_COLUMN_COMM] = known(c->process ? c->process->name : "");
	v[CONN_COLUMN_PROTO] = known(connection_protocol_name(c));
	v[CONN_COLUMN_ROLE] = text_value(role_text(connection_role(c)));
	v[CONN_COLUMN_LOCAL] = known(c->local_text);
	v[CONN_COLUMN_REMOTE] = known(c->remote_text);
	v[CONN_COLUMN_TRANSPORT] = text_value(transport_text(c->transport));
	v[CONN_COLUMN_START] = value_int(replay_realtime(replay, c->start_ts));
	v[CONN_COLUMN_END] = value_int(replay_realtime(replay, c->end_ts));
	v[CONN_COLUMN_CLOSED] = value_bool(c->closed);
	v[CONN_COLUMN_STATE] = text_value(conn_state_text(c->state));
	v[CONN_COLUMN_STATE_BY] = known(c->state_by == END_UNKNOWN ? ""
								   : conn_end_text(c->state_by));
	v[CONN_COLUMN_ERROR] = known(conn_error_text(c->error));
	if (connection_connect_ns(c) >= 0)
		v[CONN_COLUMN_CONNECT] = value_int(connection_connect_ns(c));
	if (c->reset_ts)
		v[CONN_COLUMN_RESET] = value_int(replay_realtime(replay, c->reset_ts));
	v[CONN_COLUMN_SENT] = value_int((int64_t)c->moved[DIRECTION_SENT]);
	v[CONN_COLUMN_RECEIVED] = value_int((int64_t)c->moved[DIRECTION_RECEIVED]);
	v[CONN_COLUMN_LOST] = value_int((int64_t)c->lost_bytes);
	v[CONN_COLUMN_UNSEEN] = value_int((int64_t)(c->unseen_bytes[0] + c->unseen_bytes[1]));
	v[CONN_COLUMN_MIDSTREAM] = value_bool(c->origin == ORIGIN_MIDSTREAM);
	fill_tls(v, c);
	fill_process(v, c->process);
	v[CONN_COLUMN_RECORDS] = value_int(s ? (int64_t)session_counts(s).records : 0);
	v[CONN_COLUMN_SPOKEN] = spoken_value(spoken, replay, c);
}

struct span conn_error_words(struct span name)
{
	static const struct {
		uint16_t error;
		const char *words;
	} known_by[] = {
		{CONN_ERROR_NETDOWN, "network down"},
		{CONN_ERROR_NETUNREACH, "network unreachable"},
		{CONN_ERROR_CONNABORTED, "aborted"},
		{CONN_ERROR_CONNRESET, "reset"},
		{CONN_ERROR_TIMEDOUT, "timed out"},
		{CONN_ERROR_CONNREFUSED, "refused"},
		{CONN_ERROR_HOSTDOWN, "host down"},
		{CONN_ERROR_HOSTUNREACH, "host unreachable"},
	};

	for (size_t i = 0; i < sizeof(known_by) / sizeof(*known_by); i++)
		if (span_is(name, conn_error_text(known_by[i].error)))
			return span_text(known_by[i].words);
	return name;
}
