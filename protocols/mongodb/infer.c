/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/mongodb/state.h"

enum {
	SCORE_WHOLE = 95, /* a message that is whole and as it should be */
	SCORE_FRONT = 85, /* a header and the beginning of a document */
	SCORE_MIDDLE = 84 /* a whole one, not at the front */
};

/* A document begins: a length that fits, the type of an element, a name. */
static bool begins_document(struct span bytes, uint32_t most)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le32(&c);
	uint8_t type = cursor_u8(&c);

	if (c.failed || len < 5 || len > most)
		return false;
	return len == 5 ? type == 0
			: (type >= BSON_DOUBLE && type <= BSON_DECIMAL128) ||
				  type == BSON_MIN_KEY || type == BSON_MAX_KEY;
}

/* CursorNotFound, QueryFailure, ShardConfigStale, AwaitCapable. */
#define REPLY_FLAGS 15

/*
 * Opcode 1 and a length are found in any numbers: a reply has documents, as many as it says, and
 * nothing behind them.
 */
static bool is_reply(struct span payload, uint32_t most, bool whole)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t flags = cursor_le32(&c);
	uint32_t from, count;

	cursor_skip(&c, 8); /* cursor id */
	from = cursor_le32(&c);
	count = cursor_le32(&c);
	if (c.failed || flags > REPLY_FLAGS || from > INT32_MAX || !count || count > most / 5)
		return false;
	if (!whole)
		return begins_document(cursor_rest(&c), most);
	while (count-- > 0)
		if (!bson_next_document(&c).len)
			return false;
	return !cursor_left(&c);
}

/* "database.collection", as far as it is there. */
static bool begins_namespace(struct span bytes)
{
	size_t i = 0;

	while (i < bytes.len && (uint8_t)bytes.data[i] > ' ' && bytes.data[i] != 0x7f)
		i++;
	return i && (i == bytes.len || !bytes.data[i]);
}

/* A document, or several with their length and a name, which servers send first. */
static bool begins_section(struct span bytes, uint32_t most)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint8_t kind = cursor_u8(&c);
	struct span name;
	uint32_t len;

	if (kind != 1)
		return !kind && begins_document(cursor_rest(&c), most);
	len = cursor_le32(&c);
	name = cursor_until(&c, 0);
	if (c.failed || !name.len || len < 4 + name.len + 1 || len > most)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] == 0x7f)
			return false;
	return begins_document(cursor_rest(&c), len);
}

/* The bits that a server must refuse unless it knows them (MongoDB's manual, "OP_MSG"). */
#define FLAGS_REQUIRED 0xffffu

/* What can be seen of a message that isn't all there. */
static bool fits(const struct mongodb_header *h, struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t first = cursor_le32(&c);
	struct span rest = cursor_rest(&c);

	if (c.failed || !rest.len)
		return false;
	switch (h->opcode) {
	case MONGODB_MSG:
		return !(first & FLAGS_REQUIRED &
			 ~(MONGODB_FLAG_CHECKSUM | MONGODB_FLAG_MORE_TO_COME)) &&
		       begins_section(rest, h->len);
	case MONGODB_REPLY:
		return is_reply(payload, h->len, false);
	case MONGODB_QUERY:
	case MONGODB_INSERT:
	case MONGODB_UPDATE:
	case MONGODB_DELETE:
	case MONGODB_GET_MORE:
		return begins_namespace(rest);
	case MONGODB_COMMAND:
		return begins_namespace(payload);
	default:
		return false;
	}
}

static bool is_request(uint32_t opcode)
{
	return opcode >= MONGODB_UPDATE && opcode <= MONGODB_COMMAND;
}

static bool is_good(const struct mongodb_header *h, struct span payload)
{
	return mongodb_body_read(h->opcode, payload, (struct span){0}).good &&
	       (h->opcode != MONGODB_REPLY || is_reply(payload, h->len, true));
}

/* Compressed data is taken for what its head says. */
static bool is_compressed(const struct mongodb_header *h, struct span payload)
{
	struct mongodb_compressed compressed;

	return mongodb_compressed_read(payload, &compressed) &&
	       mongodb_compressor_name(compressed.compressor) &&
	       compressed.len <= MONGODB_MESSAGE_MAX && compressed.len >= 5 &&
	       h->len > MONGODB_HEADER_LEN + MONGODB_COMPRESSED_HEADER_LEN;
}

struct mongodb_finding mongodb_look(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct mongodb_finding found = {0};
	struct mongodb_header h;
	struct span payload;

	if (!mongodb_header_read(&c, &h))
		return found;
	payload = cursor_rest(&c);
	found.len = h.len;
	found.opcode = h.opcode;
	if (payload.len > h.len - MONGODB_HEADER_LEN)
		payload.len = h.len - MONGODB_HEADER_LEN;
	if (h.opcode == MONGODB_COMPRESSED)
		found.proof = is_compressed(&h, payload) ? MONGODB_PROOF_FRONT : MONGODB_PROOF_NONE;
	else if (payload.len == h.len - MONGODB_HEADER_LEN)
		found.proof = is_good(&h, payload) ? MONGODB_PROOF_WHOLE : MONGODB_PROOF_NONE;
	else
		found.proof = fits(&h, payload) ? MONGODB_PROOF_FRONT : MONGODB_PROOF_NONE;
	found.request = is_request(h.opcode) || (h.opcode != MONGODB_REPLY && !h.response_to);
	return found;
}

/* Whole ones are strict where a document must end just where it says. */
static bool is_strict(const struct mongodb_finding *found)
{
	return found->proof == MONGODB_PROOF_WHOLE &&
	       (found->opcode == MONGODB_MSG || found->opcode == MONGODB_REPLY ||
		found->opcode == MONGODB_QUERY);
}

static struct mongodb_finding look_in_middle(struct span bytes, size_t *at)
{
	for (*at = 1; *at + MONGODB_HEADER_LEN < bytes.len; ++*at) {
		struct mongodb_finding found;

		/* The highest byte of opcodes and lengths: most places are passed at once. */
		if (bytes.data[*at + 15] || bytes.data[*at + 3])
			continue;
		found = mongodb_look(span_of(bytes.data + *at, bytes.len - *at));
		if (is_strict(&found))
			return found;
	}
	return (struct mongodb_finding){0};
}

void mongodb_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int d = 0; d < 2; d++) {
		struct mongodb_finding found = mongodb_look(sample->bytes[d]);
		int score = found.proof == MONGODB_PROOF_WHOLE	 ? SCORE_WHOLE
			    : found.proof == MONGODB_PROOF_FRONT ? SCORE_FRONT
								 : 0;
		size_t at = 0;

		if (!score && sample->midstream && sample->bytes[d].len) {
			found = look_in_middle(sample->bytes[d], &at);
			score = found.proof ? SCORE_MIDDLE : 0;
		}
		if (score <= verdict->score)
			continue;
		verdict->score = score;
		verdict->role = (d == DIRECTION_SENT) == found.request ? ROLE_CLIENT : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "a message with opcode %u (%s) at byte %zu, %s", found.opcode,
			 mongodb_opcode_name(found.opcode), at,
			 found.proof == MONGODB_PROOF_WHOLE ? "as it should be" : "not whole yet");
	}
}
