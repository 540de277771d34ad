/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <zlib.h>

#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/websocket/state.h"

/* What zlib documents for inflate with the largest window. */
#define INFLATE_MEMORY (44u << 10)

/* Sent without them, to be put back (RFC 7692, section 7.2.2). */
static const char tail[] = {0, 0, (char)0xff, (char)0xff};

static z_stream *context_of(struct websocket_state *st, struct websocket_side *side)
{
	z_stream *z = side->inflate;

	if (z || !budget_take(session_budget(st->session), INFLATE_MEMORY))
		return z;
	z = calloc(1, sizeof(*z));
	if (!z || inflateInit2(z, -MAX_WBITS) != Z_OK) {
		free(z);
		budget_give(session_budget(st->session), INFLATE_MEMORY);
		return NULL;
	}
	side->inflate = z;
	return z;
}

void websocket_inflate_free(struct websocket_state *st, struct websocket_side *side)
{
	if (!side->inflate)
		return;
	inflateEnd(side->inflate);
	free(side->inflate);
	side->inflate = NULL;
	budget_give(session_budget(st->session), INFLATE_MEMORY);
}

void websocket_inflate_lost(struct websocket_side *side)
{
	if (side->inflate)
		inflateReset(side->inflate);
	side->inflate_broken = true;
}

/* Where the next bytes go. Beyond what is kept they are thrown away, but the window needs them. */
static char *room(struct websocket_state *st, char *scratch, size_t scratch_len, size_t *len)
{
	size_t keep = session_keep(st->session);
	size_t left = st->plain.len < keep ? keep - st->plain.len : 0;
	char *to;

	*len = left < scratch_len ? left : scratch_len;
	to = *len ? buffer_reserve(&st->plain, *len) : NULL;
	if (to)
		return to;
	*len = scratch_len;
	return scratch;
}

/* All of IN; *TOTAL grows by what it holds. False: it is damaged, or goes on from what is not
 * there. */
static bool inflate_all(struct websocket_state *st, z_stream *z, struct span in, uint64_t *total)
{
	char scratch[16 << 10];
	int status = Z_OK;

	z->next_in = (Bytef *)in.data;
	z->avail_in = (uInt)in.len;
	do {
		size_t len;
		char *to = room(st, scratch, sizeof(scratch), &len);

		z->next_out = (Bytef *)to;
		z->avail_out = (uInt)len;
		status = inflate(z, Z_SYNC_FLUSH);
		*total += len - z->avail_out;
		if (to != scratch)
			st->plain.len += len - z->avail_out;
		/* A sender may end its stream, and begin a new one. */
		if (status == Z_STREAM_END && inflateReset(z) != Z_OK)
			return false;
	} while ((status == Z_OK || status == Z_STREAM_END) && (z->avail_in || !z->avail_out));
	return status == Z_OK || status == Z_BUF_ERROR || status == Z_STREAM_END;
}

bool websocket_inflate(struct websocket_state *st, struct websocket_side *side,
		       const struct websocket_message *m, uint64_t *len)
{
	z_stream *z = context_of(st, side);

	*len = 0;
	buffer_clear(&st->plain);
	if (!z)
		return false;
	if (!inflate_all(st, z, buffer_span(&m->payload), len) ||
	    (!m->lost && !m->cut && !inflate_all(st, z, span_of(tail, sizeof(tail)), len))) {
		websocket_inflate_lost(side);
		return false;
	}
	if (m->lost || m->cut)
		websocket_inflate_lost(side);
	return true;
}

/* Behind a message nothing waits but the window: what later ones refer to. */
bool websocket_inflate_pack(const struct websocket_side *side, struct buffer *out)
{
	uInt len = 0;

	pack_u64(out, side->inflate != NULL);
	if (!side->inflate)
		return !out->failed;
	if (inflateGetDictionary(side->inflate, NULL, &len) != Z_OK)
		return false;
	pack_u64(out, len);
	if (len && buffer_reserve(out, len)) {
		inflateGetDictionary(side->inflate, (Bytef *)out->data + out->len, &len);
		out->len += len;
	}
	return !out->failed;
}

bool websocket_inflate_unpack(struct websocket_state *st, struct websocket_side *side,
			      struct unpack *in)
{
	struct span window;
	z_stream *z;

	if (!unpack_u64(in))
		return !in->failed;
	window = unpack_span(in);
	z = context_of(st, side);
	return z && !in->failed &&
	       inflateSetDictionary(z, (const Bytef *)window.data, (uInt)window.len) == Z_OK;
}
