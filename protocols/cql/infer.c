/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/cql/state.h"
#include "protocols/value/utf8.h"

/*
 * An envelope proves itself by a body that is read just to its end, a segment by its checksums. The
 * highest bit of an envelope's version says who sends it.
 */
enum {
	SCORE_SEGMENT = 98,	 /* both checksums of a segment are right */
	SCORE_ANSWERED = 96,	 /* a request, and the answer to its stream */
	SCORE_TELLS = 92,	 /* words that nothing else has in such places */
	SCORE_SEVERAL = 88,	 /* two whole ones in a row */
	SCORE_SEGMENT_HEAD = 84, /* at the front; the rest of it isn't in the sample */
	SCORE_ONE = 65,		 /* a whole one that says little */
	SCORE_FRONT = 20	 /* the beginning of one that says little */
};

/* Envelopes looked at, one behind the other. */
#define ENVELOPES_MAX 4

struct finding {
	int score;
	size_t at;
	bool segment;
	bool has_side; /* who sends it is known */
	enum side side;
	struct cql_header header; /* of the first envelope */
};

/* ---- envelopes ---- */

static bool is_words(struct span text)
{
	return text.len && utf8_is_text(text);
}

static bool request_tells(const struct cql_header *h, struct span body)
{
	struct cql_request r;

	cql_request_read(h, body, &r);
	if (h->opcode == CQL_STARTUP)
		return cql_map_find(r.list, r.list_count, "CQL_VERSION").len;
	return r.fit == CQL_WHOLE && is_words(r.statement);
}

static bool response_tells(const struct cql_header *h, struct span body)
{
	struct cql_response r;

	cql_response_read(h, body, &r);
	switch (h->opcode) {
	case CQL_RESULT:
		return is_words(r.metadata.keyspace) && is_words(r.metadata.table);
	case CQL_SUPPORTED:
		return memmem(body.data, body.len, "CQL_VERSION", 11);
	case CQL_ERROR:
		return r.error.len > 4 && is_words(r.error);
	case CQL_EVENT:
		return span_is(r.text, "SCHEMA_CHANGE") || span_is(r.text, "STATUS_CHANGE") ||
		       span_is(r.text, "TOPOLOGY_CHANGE");
	default:
		return false;
	}
}

static bool tells(const struct cql_header *h, struct span body)
{
	return h->response ? response_tells(h, body) : request_tells(h, body);
}

/* A compressed body must be one behind its compression, and all of it be there. */
static bool is_sound_compressed(const struct cql_header *h, struct span body)
{
	enum cql_compression compression = CQL_COMPRESSION_UNKNOWN;
	struct codec_contexts codecs = {0};
	struct cql_header plain = *h;
	struct buffer out = {0};
	bool sound, whole = false;

	sound = body.len == h->len &&
		cql_decompress(&codecs, &compression, NULL, body, &out, SAMPLE_MAX * 64, &whole) &&
		whole;
	plain.flags &= (uint8_t)~CQL_FLAG_COMPRESSED;
	plain.len = (uint32_t)out.len;
	sound = sound && cql_body_fit(&plain, buffer_span(&out)) == CQL_WHOLE;
	buffer_free(&out);
	codec_free(&codecs);
	return sound;
}

/* DataStax Enterprise's own versions are believed of what begins a connection only. */
static bool is_common(const struct cql_header *h)
{
	return h->version <= CQL_V6 || h->opcode == CQL_STARTUP || h->opcode == CQL_OPTIONS ||
	       h->opcode == CQL_SUPPORTED;
}

/* One that begins BYTES; *WHOLE: it ends in them, *TOLD: there is no doubt. */
static bool is_sound(struct span bytes, struct cql_header *h, bool *whole, bool *told)
{
	enum side side = bytes.data[0] & 0x80 ? SIDE_SERVER : SIDE_CLIENT;
	struct span body;

	if (!cql_is_envelope(bytes, side, 0, h) || !is_common(h))
		return false;
	body = span_of(bytes.data + CQL_HEADER_LEN, bytes.len - CQL_HEADER_LEN);
	*whole = body.len >= h->len;
	if (*whole)
		body.len = h->len;
	if (h->flags & CQL_FLAG_COMPRESSED)
		*told = is_sound_compressed(h, body);
	else
		*told = tells(h, body);
	return *told || !(h->flags & CQL_FLAG_COMPRESSED);
}

/* Envelopes from the front of BYTES on; what follows a whole one must be one. */
static struct finding look_for_envelopes(struct span bytes)
{
	struct finding found = {.has_side = true};
	unsigned count = 0, wholes = 0;
	bool told = false;

	while (bytes.len >= CQL_HEADER_LEN && count < ENVELOPES_MAX) {
		struct cql_header h;
		bool whole, here;

		if (!is_sound(bytes, &h, &whole, &here) ||
		    (count &&
		     (h.version != found.header.version || h.response != found.header.response)))
			return (struct finding){0};
		if (!count++)
			found.header = h;
		told |= here;
		if (!whole)
			break;
		wholes++;
		bytes = span_of(bytes.data + CQL_HEADER_LEN + h.len,
				bytes.len - CQL_HEADER_LEN - h.len);
	}
	found.side = found.header.response ? SIDE_SERVER : SIDE_CLIENT;
	if (told)
		found.score = SCORE_TELLS;
	else if (wholes)
		found.score = wholes > 1 ? SCORE_SEVERAL : SCORE_ONE;
	else if (count)
		found.score = SCORE_FRONT;
	return found;
}

/* ---- segments ---- */

/* A block of LZ4 begins with how many bytes follow as they are; more than 14 in further bytes. */
static void skip_block_head(struct cursor *c)
{
	if (cursor_u8(c) >> 4 == 15)
		while (cursor_u8(c) == 0xff && !c->failed)
			;
}

/* Who sends a segment is told by the envelope that begins in it, if one does. */
static void find_side(struct finding *found, struct span payload, bool compressed)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint8_t version;

	if (compressed)
		skip_block_head(&c);
	version = cursor_u8(&c);
	found->has_side = !c.failed && cql_has_segments(version & 0x7f);
	found->side = version & 0x80 ? SIDE_SERVER : SIDE_CLIENT;
}

static struct finding look_for_segment(struct span bytes)
{
	struct finding found = {.segment = true};
	struct cql_segment s;
	struct span rest;

	if (!cql_segment_read(bytes, CQL_SEGMENT_ANY, &s) || s.len < CQL_SEGMENT_TRAILER_LEN)
		return found;
	rest = span_of(bytes.data + s.header_len, bytes.len - s.header_len);
	find_side(&found, span_of(rest.data, rest.len < s.len ? rest.len : s.len), s.compressed);
	if (rest.len < s.len + CQL_SEGMENT_TRAILER_LEN)
		found.score = found.has_side ? SCORE_SEGMENT_HEAD : 0;
	else if (cql_segment_checks(span_of(rest.data, s.len), (const uint8_t *)rest.data + s.len))
		found.score = SCORE_SEGMENT;
	return found;
}

/* ---- one direction ---- */

static struct finding look(struct span bytes)
{
	struct finding envelope = {0}, segment;

	if (bytes.len < CQL_HEADER_LEN)
		return envelope;
	segment = look_for_segment(bytes);
	if (segment.score)
		return segment;
	return look_for_envelopes(bytes);
}

/* From anywhere on: only what proves itself. */
static struct finding search(struct span bytes)
{
	for (size_t at = 1; at + CQL_HEADER_LEN <= bytes.len; at++) {
		struct finding found = look(span_of(bytes.data + at, bytes.len - at));

		if (found.score >= INFER_CERTAIN && found.score != SCORE_SEGMENT_HEAD) {
			found.at = at;
			return found;
		}
	}
	return (struct finding){0};
}

/* ---- both ---- */

/* Whether ANSWER can be what the server says to REQUEST. */
static bool can_answer(unsigned request, unsigned answer)
{
	switch (answer) {
	case CQL_ERROR:
		return true;
	case CQL_READY:
		return request == CQL_STARTUP || request == CQL_REGISTER;
	case CQL_AUTHENTICATE:
		return request == CQL_STARTUP;
	case CQL_SUPPORTED:
		return request == CQL_OPTIONS;
	case CQL_RESULT:
		return request == CQL_QUERY || request == CQL_PREPARE || request == CQL_EXECUTE ||
		       request == CQL_BATCH;
	case CQL_AUTH_CHALLENGE:
	case CQL_AUTH_SUCCESS:
		return request == CQL_AUTH_RESPONSE;
	default:
		return false;
	}
}

static bool answers(const struct finding *a, const struct finding *b)
{
	if (!a->score || !b->score || a->segment || b->segment || a->side == b->side ||
	    a->header.stream != b->header.stream)
		return false;
	if (a->side == SIDE_SERVER)
		return answers(b, a);
	return can_answer(a->header.opcode, b->header.opcode);
}

static void tell(struct verdict *verdict, const struct finding *found, int direction, int score)
{
	bool client = found->side == SIDE_CLIENT;

	verdict->score = score;
	if (found->has_side)
		verdict->role = client == (direction == DIRECTION_SENT) ? ROLE_CLIENT : ROLE_SERVER;
	if (found->segment)
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "a segment of version 5 at byte %zu whose header's checksum is right%s",
			 found->at, score == SCORE_SEGMENT ? ", and its payload's" : "");
	else
		snprintf(verdict->reason, sizeof(verdict->reason), "%s of version %u at byte %zu%s",
			 cql_opcode_name(found->header.opcode), found->header.version, found->at,
			 score == SCORE_ANSWERED  ? ", and its stream's answer"
			 : score == SCORE_SEVERAL ? ", and others behind it"
			 : score == SCORE_ONE	  ? ", whole"
						  : ", as it should be");
}

void cql_infer(const struct sample *sample, struct verdict *verdict)
{
	struct finding found[2];
	int best, score;

	for (int d = 0; d < 2; d++) {
		found[d] = look(sample->bytes[d]);
		if (!found[d].score && sample->midstream)
			found[d] = search(sample->bytes[d]);
	}
	best = found[1].score > found[0].score;
	score = found[best].score;
	/* Both the same end: one of them isn't what it seems. */
	if (found[0].score && found[1].score && found[0].has_side && found[1].has_side &&
	    found[0].side == found[1].side)
		return;
	if (answers(&found[0], &found[1]))
		score = score > SCORE_ANSWERED ? score : SCORE_ANSWERED;
	/* What says little is not believed in the middle, nor where the other end says something
	 * else. */
	else if (score <= SCORE_ONE &&
		 (sample->midstream || sample->bytes[!best].len >= CQL_HEADER_LEN))
		score = 0;
	if (score)
		tell(verdict, &found[best], best, score);
}
