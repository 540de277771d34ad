/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"
#include "protocols/engine/budget.h"

/*
 * Values take more bytes on the wire than as JSON, but not more than so many times as many; the
 * rest of a long message can't be shown.
 */
#define WIRE_PER_JSON 8

/* Compressed ones are kept up to this: Snappy can't be taken off in pieces. */
#define COMPRESSED_MAX (128u << 20)

size_t cql_wanted(const struct cql_state *st)
{
	size_t keep = session_keep(st->session);

	if (keep >= CQL_BODY_MAX / WIRE_PER_JSON)
		return CQL_BODY_MAX;
	keep *= WIRE_PER_JSON;
	return keep > FRAME_KEEP_MIN ? keep : FRAME_KEEP_MIN;
}

size_t cql_wanted_compressed(const struct cql_state *st)
{
	size_t wanted = cql_wanted(st);

	return wanted > COMPRESSED_MAX ? wanted : COMPRESSED_MAX;
}

/* [int] length, then a block. */
static bool decompress_lz4(struct budget *budget, struct span body, struct buffer *out,
			   size_t limit, bool *whole)
{
	struct cursor c = cursor_of(body.data, body.len);
	uint32_t len = cursor_be32(&c);
	size_t most = len < limit ? len : limit;
	enum codec_end end;

	if (c.failed || len > CQL_BODY_MAX || !budget_allows(budget, out, most))
		return false;
	end = codec_decode_lz4_block(cursor_rest(&c), out, most);
	*whole = end == CODEC_DONE && len <= limit;
	return end != CODEC_DAMAGED;
}

/* A block, which begins with its length. */
static bool decompress_snappy(struct codec_contexts *codecs, struct budget *budget,
			      struct span body, struct buffer *out, bool *whole)
{
	struct cursor c = cursor_of(body.data, body.len);
	uint64_t len = cursor_varint(&c);

	if (c.failed || len > CQL_BODY_MAX || !budget_allows(budget, out, (size_t)len))
		return false;
	*whole = codec_decode(codecs, CODEC_SNAPPY, body, out, (size_t)len) == CODEC_DONE;
	return *whole;
}

bool cql_decompress(struct codec_contexts *codecs, enum cql_compression *compression,
		    struct budget *budget, struct span body, struct buffer *out, size_t limit,
		    bool *whole)
{
	buffer_clear(out);
	if (*compression != CQL_COMPRESSION_SNAPPY &&
	    decompress_lz4(budget, body, out, limit, whole)) {
		*compression = CQL_COMPRESSION_LZ4;
		return true;
	}
	buffer_clear(out);
	if (*compression == CQL_COMPRESSION_LZ4 ||
	    !decompress_snappy(codecs, budget, body, out, whole))
		return false;
	*compression = CQL_COMPRESSION_SNAPPY;
	return true;
}

struct span cql_body(struct cql_state *st, enum side side, const struct cql_message *m, bool *whole)
{
	struct span body = buffer_span(&m->base.text);

	*whole = !m->cut;
	if (body.len < CQL_HEADER_LEN)
		return (struct span){0};
	body = span_of(body.data + CQL_HEADER_LEN, body.len - CQL_HEADER_LEN);
	/* Java's driver says so in segments, too, where it means nothing (section 2.4.1.2). */
	if (!(m->header.flags & CQL_FLAG_COMPRESSED) || m->segmented)
		return body;
	if (!cql_decompress(&st->codecs, &st->compression, session_budget(st->session), body,
			    &st->plain[side], cql_wanted(st), whole))
		*whole = false;
	*whole &= !m->cut;
	return buffer_span(&st->plain[side]);
}
