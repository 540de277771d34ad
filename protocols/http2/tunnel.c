/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/branch.h"
#include "protocols/http2/grpc.h"
#include "protocols/http2/grpc_state.h"
#include "protocols/websocket/websocket.h"

/*
 * A stream that CONNECT asked for carries another protocol in its DATA: WebSocket (RFC 8441), or
 * whatever goes through a proxy (RFC 9113, section 8.5), as a branch of the session.
 */

static bool is_connect(const struct http2_half *request)
{
	return request->begun && span_is(http2_piece_span(request, request->method), "CONNECT");
}

static bool is_websocket(const struct http2_half *request)
{
	return span_is(http2_piece_span(request, request->protocol), "websocket");
}

/* Bytes that came before it was known that they are a tunnel's, or may be. */
static void give_early(const struct http2_stream *s, const struct frame *frame)
{
	for (int side = 0; side < 2; side++) {
		const struct http2_half *half = &s->halves[side];
		uint64_t kept = half->body.len, position = half->position;

		branch_bytes(s->tunnel, (enum side)side, buffer_span(&half->body), position, frame);
		branch_hole(s->tunnel, (enum side)side, half->body_bytes - kept, false,
			    position + kept, frame);
	}
}

static void drop_bodies(struct http2_state *st, struct http2_stream *s)
{
	grpc_free(st, s);
	for (int side = 0; side < 2; side++) {
		http2_half_drop_body(st, &s->halves[side]);
		s->halves[side].body_open = !s->halves[side].lost;
	}
}

/* What it is known to carry has rows of its own, and isn't shown as bodies. */
static void look(struct http2_state *st, struct http2_stream *s)
{
	const struct protocol *carried = branch_protocol(s->tunnel);

	if (carried && !s->carried)
		drop_bodies(st, s);
	if (carried)
		s->carried = carried;
}

/* A tunnel that was just made, if it was. */
static void begin_with(struct http2_state *st, struct http2_stream *s, const struct frame *frame)
{
	if (!s->tunnel)
		return;
	give_early(s, frame);
	look(st, s);
}

/* What a stream carries; WebSocket's rows say what was asked for, as far as it is known. */
static struct session *new_branch(struct http2_state *st, const struct http2_stream *s,
				  struct branch_options *options)
{
	const struct http2_half *request = &s->halves[SIDE_CLIENT];
	const struct websocket_upgrade upgrade = {
		.authority = http2_piece_span(request, request->authority),
		.path = http2_piece_span(request, request->path),
		.stream_id = s->id,
	};
	struct session *branch;
	struct buffer bequest = {0};

	if (options->protocol || options->only) {
		websocket_pack_upgrade(&bequest, &upgrade);
		options->bequest = buffer_span(&bequest);
	}
	branch = branch_new(st->session, options);
	buffer_free(&bequest);
	return branch;
}

static void begin(struct http2_state *st, struct http2_stream *s, const struct frame *frame,
		  bool midstream)
{
	struct branch_options options = {.midstream = midstream};

	if (is_websocket(&s->halves[SIDE_CLIENT]))
		options.protocol = &protocol_websocket;
	http2_tunnel_end(s);
	s->tunnel = new_branch(st, s, &options);
	s->tunnelled = true;
	begin_with(st, s, frame);
}

/* Of others than these (connect-udp and so on) nothing is known that would look into them. */
static bool may_carry(const struct http2_half *request)
{
	return is_connect(request) && (!request->protocol.len || is_websocket(request));
}

void http2_tunnel_answered(struct http2_state *st, struct http2_stream *s,
			   const struct frame *frame)
{
	if (!s->tunnelled && may_carry(&s->halves[SIDE_CLIENT]) &&
	    s->halves[SIDE_SERVER].status / 100 == 2)
		begin(st, s, frame, false);
}

/* What it asked for was told before the recording began, or in a hole. */
static bool is_unknown(const struct http2_stream *s)
{
	return !s->halves[SIDE_CLIENT].method.len && (!s->grpc || s->grpc->inferred);
}

/* WebSocket shows by itself where its client speaks; what else it may be would be in bodies, too.
 */
static void try_websocket(struct http2_state *st, struct http2_stream *s, const struct frame *frame)
{
	struct branch_options options = {.only = &protocol_websocket, .midstream = true};

	s->tunnel = new_branch(st, s, &options);
	begin_with(st, s, frame);
}

void http2_tunnel_ask(struct http2_state *st, struct http2_stream *s, enum side side,
		      const struct frame *frame)
{
	const struct http2_half *response = &s->halves[SIDE_SERVER];

	if (s->tunnel || s->tunnelled)
		return;
	/* Its answer was lost: nobody sends this much to what was refused. */
	if (!response->begun && response->doubtful && may_carry(&s->halves[SIDE_CLIENT]))
		begin(st, s, frame, true);
	else if (side == SIDE_CLIENT && is_unknown(s))
		try_websocket(st, s, frame);
}

void http2_tunnel_data(struct http2_state *st, struct http2_stream *s, enum side side,
		       struct span data, uint64_t position, const struct frame *frame)
{
	branch_bytes(s->tunnel, side, data, position, frame);
	look(st, s);
}

void http2_tunnel_hole(struct http2_state *st, struct http2_stream *s, enum side side, uint64_t len,
		       uint64_t position, const struct frame *frame)
{
	branch_hole(s->tunnel, side, len, frame->cut && !frame->lost, position, frame);
	look(st, s);
}

void http2_tunnel_lost(struct http2_stream *s, enum side side)
{
	if (s->tunnel)
		branch_lost(s->tunnel, side);
}

void http2_tunnel_end(struct http2_stream *s)
{
	branch_end(s->tunnel);
	s->tunnel = NULL;
}
