/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/proxy/proxy.h"

#include <stdio.h>
#include <stdlib.h>

#include "protocols/proxy/header.h"

#define PROXY_COLUMNS(X)                                                                           \
	X(VERSION, "version", "BIGINT", "", "of the PROXY protocol: 1 or 2")                       \
	X(COMMAND, "command", "TEXT", "", "proxy, or local: a connection of the proxy's own")      \
	X(FAMILY, "family", "TEXT", "", "tcp4, tcp6, udp4, udp6, unix, unix_datagram, unknown")    \
	X(CLIENT, "client", "TEXT", "", "the client's address, as the proxy saw it")               \
	X(SERVER, "server", "TEXT", "", "the address that the client connected to")                \
	X(TLVS, "tlvs", "JSON", "", "version 2: what else it tells, by name: authority, alpn, ...")

enum {
#define PROXY_COLUMN_ENUM(id, name, sql, unit, help) PROXY_COLUMN_##id,
	PROXY_COLUMNS(PROXY_COLUMN_ENUM)
#undef PROXY_COLUMN_ENUM
	PROXY_COLUMN_COUNT
};

struct proxy_state {
	struct session *session;
	struct buffer tlvs;
};

static const struct column columns[] = {
#define PROXY_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	PROXY_COLUMNS(PROXY_COLUMN_ROW)
#undef PROXY_COLUMN_ROW
};

static void describe(const struct value *values, struct buffer *out)
{
	buffer_append_text(out, "PROXY ");
	buffer_append_span(out, values[PROXY_COLUMN_COMMAND].text);
	if (values[PROXY_COLUMN_CLIENT].type == VALUE_NULL)
		return;
	buffer_append_char(out, ' ');
	buffer_append_span(out, values[PROXY_COLUMN_CLIENT].text);
	buffer_append_text(out, " -> ");
	buffer_append_span(out, values[PROXY_COLUMN_SERVER].text);
}

static const struct table proxy_table = {
	.name = "proxy",
	.summary = "headers of the PROXY protocol, before connections of other protocols",
	.columns = columns,
	.column_count = PROXY_COLUMN_COUNT,
	.describe = describe,
};

static void infer(const struct sample *sample, struct verdict *verdict)
{
	bool middle = sample->midstream && !transport_is_datagram(sample->transport);

	for (int d = 0; d < 2; d++) {
		struct proxy_header h;
		enum frame_status status = proxy_header_read(sample->bytes[d], &h);

		if (!sample->bytes[d].len || status == FRAME_BAD)
			continue;
		/* Nothing of it stands behind others; but what is seen first may be the first. */
		if (middle && (status != FRAME_DONE || sample->resampled))
			continue;
		/* The first bytes of version 2 could be the end of a line, those of 1 a word. */
		verdict->score = status == FRAME_DONE	     ? 100
				 : sample->bytes[d].len >= 6 ? INFER_PLAUSIBLE - 1
							     : 20;
		verdict->role = d == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason), "%s begins with %s",
			 direction_text((enum direction)d),
			 status == FRAME_DONE ? "a header of the PROXY protocol"
					      : "what may become a header of the PROXY protocol");
	}
}

static void *open_state(struct session *s)
{
	struct proxy_state *st = calloc(1, sizeof(*st));

	if (st)
		st->session = s;
	return st;
}

static void close_state(void *state)
{
	struct proxy_state *st = state;

	buffer_free(&st->tlvs);
	free(st);
}

static void emit(struct proxy_state *st, const struct proxy_header *h, const struct frame *frame)
{
	struct value values[PROXY_COLUMN_COUNT] = {0};
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
	struct record record = {
		.table = &proxy_table,
		.outcome = OUTCOME_OK,
		.request_first = frame->ts_first,
		.request_last = frame->ts_last,
		.response_first = TIME_UNKNOWN,
		.response_last = TIME_UNKNOWN,
		.side = SIDE_CLIENT,
		.position = frame->offset,
		.peer = frame->peer,
		.values = values,
	};

	values[PROXY_COLUMN_VERSION] = value_int(h->version);
	values[PROXY_COLUMN_COMMAND] = value_text(span_text(h->local ? "local" : "proxy"));
	values[PROXY_COLUMN_FAMILY] = value_text(span_text(h->family));
	if (h->known) {
		session_introduce(st->session, &h->client);
		address_text(&h->client, client);
		address_text(&h->server, server);
		values[PROXY_COLUMN_CLIENT] = value_text(span_text(client));
		values[PROXY_COLUMN_SERVER] = value_text(span_text(server));
	}
	buffer_clear(&st->tlvs);
	proxy_header_append_tlvs(h, &st->tlvs);
	if (st->tlvs.len)
		values[PROXY_COLUMN_TLVS] = value_json(buffer_span(&st->tlvs));
	session_emit(st->session, &record);
}

static enum frame_status frame(const void *state, enum side side, const struct cursor *in,
			       struct frame *frame)
{
	struct proxy_header h;
	enum frame_status status;

	(void)state;
	/* Whatever the server says is of the protocol behind the header. */
	if (side == SIDE_SERVER)
		return FRAME_HOLD;
	status = proxy_header_read(cursor_rest(in), &h);
	frame->len = h.len;
	return status;
}

static bool resync(void *state, enum side side, struct cursor *in)
{
	(void)state;
	(void)side;
	in->pos = in->end;
	return false;
}

/* Each datagram has a header of its own; answers have none. */
static void take_datagram(struct proxy_state *st, const struct frame *frame)
{
	struct span bytes = span_of(frame->data, frame->available);
	struct proxy_header h;

	if (frame->side == SIDE_CLIENT && proxy_header_read(bytes, &h) == FRAME_DONE) {
		emit(st, &h, frame);
		bytes = span_of(bytes.data + h.len, bytes.len - h.len);
	}
	session_unwrapped(st->session, frame->side, bytes, frame);
}

static void message(void *state, const struct frame *frame)
{
	struct proxy_state *st = state;
	struct proxy_header h;

	if (transport_is_datagram(session_transport(st->session))) {
		take_datagram(st, frame);
		return;
	}
	if (proxy_header_read(span_of(frame->data, frame->available), &h) == FRAME_DONE)
		emit(st, &h, frame);
	session_switch(st->session, NULL);
}

/* Nothing but the one header belongs here. */
static void lost(void *state, enum side side, uint64_t missing)
{
	struct proxy_state *st = state;

	(void)side;
	(void)missing;
	session_switch(st->session, NULL);
}

static void finish(void *state)
{
	(void)state;
}

/* From one frame to the next nothing is kept. */
static bool pack(const void *state, struct buffer *out)
{
	(void)state;
	(void)out;
	return true;
}

static bool unpack(void *state, struct unpack *in)
{
	(void)state;
	(void)in;
	return true;
}

static const struct table *const tables[] = {&proxy_table, NULL};
static const uint16_t ports[] = {0};

const struct protocol protocol_proxy = {
	.name = "proxy",
	.summary = "PROXY protocol, versions 1 and 2, in front of other protocols",
	.tables = tables,
	.ports = ports,
	.stream = true,
	.datagram = true,
	.infer = infer,
	.open = open_state,
	.close = close_state,
	.framing =
		{
			.frame = frame,
			.resync = resync,
			.message = message,
			.lost = lost,
		},
	.finish = finish,
	.pack = pack,
	.unpack = unpack,
};
