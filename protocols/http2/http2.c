/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/http2/http2.h"

#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/http2/grpc.h"
#include "protocols/http2/state.h"

static void http2_close(void *state)
{
	struct http2_state *st = state;

	if (!st)
		return;
	http2_streams_free(st);
	for (int side = 0; side < 2; side++) {
		hpack_free(&st->sides[side].hpack);
		budget_give(session_budget(st->session), st->sides[side].hpack_charged);
		buffer_free(&st->sides[side].block.bytes);
		budget_settle(session_budget(st->session), &st->sides[side].block.bytes,
			      &st->sides[side].block.charged);
		http_decoder_free(&st->decoders[side]);
	}
	http2_fields_free(&st->fields);
	buffer_free(&st->note);
	free(st);
}

static void *http2_open(struct session *s)
{
	struct http2_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	st->session = s;
	st->windows_known = !session_midstream(s);
	for (int side = 0; side < 2; side++) {
		struct http2_side *one = &st->sides[side];

		one->window = one->stream_window = HTTP2_INITIAL_WINDOW;
		one->hpack.size_max = HPACK_TABLE_SIZE;
		if (!session_midstream(s))
			continue;
		one->hpack.size_max = HPACK_TABLE_MAX;
		one->hpack.older = true;
	}
	http2_take_bequest(st);
	return st;
}

/* Wireshark looks for it where HTTP/1 is. */
static const uint16_t ports[] = {80, 50051, 0};
static const char *const alpn[] = {"h2", "h2c", "grpc-exp", NULL};

static const struct table *const tables[] = {&http2_table, &grpc_table, NULL};

const struct protocol protocol_http2 = {
	.name = "http2",
	.summary = "HTTP/2 requests with their responses, and gRPC calls",
	.tables = tables,
	.ports = ports,
	.alpn = alpn,
	.stream = true,
	.infer = http2_infer,
	.open = http2_open,
	.close = http2_close,
	.framing =
		{
			.frame = http2_frame,
			.resync = http2_resync,
			.message = http2_message,
			.part = http2_part,
			.lost = http2_lost,
		},
	.finish = http2_finish,
	.pack = http2_pack,
	.unpack = http2_unpack,
};
