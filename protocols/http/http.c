/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http/http.h"

#include <stdlib.h>

#include "format/prefetch.h"
#include "protocols/engine/budget.h"
#include "protocols/engine/session.h"
#include "protocols/http/state.h"

static void http_close(void *state)
{
	struct http_state *st = state;

	if (!st)
		return;
	for (int i = 0; i < 2; i++) {
		buffer_free(&st->sides[i].head);
		http_heads_release(st->sides[i].last);
		http_decoder_free(&st->decoders[i]);
	}
	if (st->matcher) {
		matcher_discard(st->matcher, (struct message *)st->sides[SIDE_SERVER].incoming);
		matcher_discard(st->matcher, (struct message *)st->held);
		matcher_discard(st->matcher, (struct message *)st->closing);
	}
	buffer_free(&st->interim);
	buffer_free(&st->note);
	http_fields_free(&st->trailers);
	matcher_free(st->matcher);
	budget_give(session_budget(st->session), st->charged);
	free(st);
}

static void http_fetch(const void *state, bool behind)
{
	const struct http_state *st = state;

	if (behind)
		matcher_fetch(st->matcher);
	else
		prefetch(st, offsetof(struct http_state, trailers));
}

static void *http_open(struct session *s)
{
	struct http_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->heads = http_heads_of(session_pool(s));
	st->matcher = matcher_new(s, &(struct matcher_options){
					     .message_len = sizeof(struct http_message),
					     .emit = http_emit,
					     .context = st,
				     });
	if (!st->matcher) {
		http_close(st);
		return NULL;
	}
	http_recharge(st);
	return st;
}

static const struct column columns[] = {
#define HTTP_COLUMN_ROW(id, name, sql, unit, help) {name, sql, unit, help},
	HTTP_COLUMNS(HTTP_COLUMN_ROW)
#undef HTTP_COLUMN_ROW
};

static const uint16_t ports[] = {80, 8080, 8000, 8008, 3128, 8888, 0};
static const char *const alpn[] = {"http/1.1", "http/1.0", "http/0.9", NULL};

const struct table http_table = {
	.name = "http",
	.summary = "HTTP/1.x requests with their responses",
	.columns = columns,
	.column_count = HTTP_COLUMN_COUNT,
	.describe = http_describe,
};

static const struct table *const tables[] = {&http_table, NULL};

const struct protocol protocol_http = {
	.name = "http",
	.summary = "HTTP/0.9, 1.0 and 1.1",
	.tables = tables,
	.ports = ports,
	.alpn = alpn,
	.stream = true,
	.infer = http_infer,
	.open = http_open,
	.close = http_close,
	.framing =
		{
			.frame = http_frame,
			.memo_size = sizeof(struct http_memo),
			.torn = http_torn,
			.resync = http_resync,
			.message = http_message,
			.part = http_part,
			.lost = http_lost,
		},
	.finish = http_finish,
	.pack = http_pack,
	.unpack = http_unpack,
	.fetch = http_fetch,
};
