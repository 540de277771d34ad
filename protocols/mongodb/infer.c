/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "protocols/mongodb/state.h"

enum {
	SCORE_WHOLE = 95, /* a message that is whole and as it should be */
	SCORE_FRONT = 85  /* a header and the beginning of a document */
};

/* CursorNotFound, QueryFailure, ShardConfigStale, AwaitCapable. */
#define REPLY_FLAGS 15

struct finding {
	int score;
	bool request, response;
	uint32_t opcode;
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

static bool is_request(uint32_t opcode)
{
	return opcode >= MONGODB_UPDATE && opcode <= MONGODB_COMMAND;
}

static struct finding look(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct finding found = {0};
	struct mongodb_compressed compressed;
	struct mongodb_header h;
	struct mongodb_body body;
	struct span payload;

	if (!mongodb_header_read(&c, &h))
		return found;
	payload = cursor_rest(&c);
	if (payload.len > h.len - MONGODB_HEADER_LEN)
		payload.len = h.len - MONGODB_HEADER_LEN;
	found.opcode = h.opcode;
	if (h.opcode == MONGODB_COMPRESSED) {
		if (!mongodb_compressed_read(payload, &compressed) ||
		    !mongodb_compressor_name(compressed.compressor) ||
		    compressed.len > MONGODB_MESSAGE_MAX)
			return found;
		found.score = SCORE_FRONT;
	} else if (payload.len == h.len - MONGODB_HEADER_LEN) {
		body = mongodb_body_read(h.opcode, payload, (struct span){0});
		if (body.good && (h.opcode != MONGODB_REPLY || is_reply(payload, h.len, true)))
			found.score = SCORE_WHOLE;
	} else if (h.opcode == MONGODB_MSG && payload.len > 9) {
		/* flags, then a section of kind 0 */
		found.score = payload.data[4] == 0 && begins_document(span_of(payload.data + 5,
									      payload.len - 5),
								      h.len)
				      ? SCORE_FRONT
				      : 0;
	} else if (h.opcode == MONGODB_REPLY && is_reply(payload, h.len, false)) {
		found.score = SCORE_FRONT;
	}
	found.request = is_request(h.opcode) || (h.opcode != MONGODB_REPLY && !h.response_to);
	found.response = !found.request;
	return found;
}

void mongodb_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int d = 0; d < 2; d++) {
		struct finding found = look(sample->bytes[d]);

		if (found.score <= verdict->score)
			continue;
		verdict->score = found.score;
		verdict->role = (d == DIRECTION_SENT) == found.request ? ROLE_CLIENT : ROLE_SERVER;
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "a message with opcode %u (%s), %s", found.opcode,
			 mongodb_opcode_name(found.opcode),
			 found.score == SCORE_WHOLE ? "as it should be" : "not whole yet");
	}
}
