/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mongodb/wire.h"

#include "protocols/value/crc32c.h"

const char *mongodb_opcode_name(uint32_t opcode)
{
	switch (opcode) {
	case MONGODB_REPLY:
		return "reply";
	case MONGODB_UPDATE:
		return "update";
	case MONGODB_INSERT:
		return "insert";
	case MONGODB_QUERY:
		return "query";
	case MONGODB_GET_MORE:
		return "get_more";
	case MONGODB_DELETE:
		return "delete";
	case MONGODB_KILL_CURSORS:
		return "kill_cursors";
	case MONGODB_COMMAND:
		return "command";
	case MONGODB_COMMAND_REPLY:
		return "command_reply";
	case MONGODB_COMPRESSED:
		return "compressed";
	case MONGODB_MSG:
		return "msg";
	default:
		return NULL;
	}
}

bool mongodb_header_read(struct cursor *c, struct mongodb_header *header)
{
	header->len = cursor_le32(c);
	header->request_id = cursor_le32(c);
	header->response_to = cursor_le32(c);
	header->opcode = cursor_le32(c);
	return !c->failed && header->len >= MONGODB_HEADER_LEN &&
	       header->len <= MONGODB_MESSAGE_MAX && mongodb_opcode_name(header->opcode);
}

/* ---- MSG ---- */

static void check(struct mongodb_body *body, struct span message)
{
	struct cursor c;

	if (message.len < 4)
		return;
	c = cursor_of(message.data + message.len - 4, 4);
	body->checksum_bad = cursor_le32(&c) != crc32c(span_of(message.data, message.len - 4));
}

/* The next document, or what there is of it; false: it isn't whole. */
static bool read_document(struct mongodb_body *body, struct cursor *c)
{
	struct span rest = cursor_rest(c);

	body->document = bson_next_document(c);
	if (body->document.len)
		return true;
	body->document = rest;
	return false;
}

static void read_sections(struct mongodb_body *body, struct cursor *c)
{
	body->good = true;
	while (cursor_left(c) && !c->failed) {
		const uint8_t *begin = c->pos;
		uint8_t kind = cursor_u8(c);

		if (kind == 0) {
			if (!read_document(body, c)) {
				body->good = false;
				return;
			}
		} else if (kind == 1) {
			uint32_t len = cursor_le32(c);

			if (len < 4) {
				body->good = false;
				return;
			}
			cursor_skip(c, len - 4);
			/* From the first to the last; that of kind 0 may stand between them. */
			if (!body->sequences.len)
				body->sequences = span_of(begin, 0);
			if (!c->failed)
				body->sequences.len = (size_t)((const char *)c->pos -
							       body->sequences.data);
		} else {
			body->good = false;
			return;
		}
	}
	body->good &= !c->failed;
}

static void read_msg(struct mongodb_body *body, struct cursor *c, struct span message)
{
	size_t left;

	body->flags = cursor_le32(c);
	left = cursor_left(c);
	if (body->flags & MONGODB_FLAG_CHECKSUM && left >= 4) {
		struct cursor sections = cursor_of(c->pos, left - 4);

		check(body, message);
		read_sections(body, &sections);
		return;
	}
	read_sections(body, c);
}

/* ---- older ones ---- */

static void read_reply(struct mongodb_body *body, struct cursor *c)
{
	body->reply_flags = cursor_le32(c);
	body->cursor_id = (int64_t)cursor_le64(c);
	body->has_cursor_id = true;
	cursor_skip(c, 8); /* where in the cursor, how many */
	body->documents = cursor_rest(c);
	body->good = !c->failed;
}

/* Bit 6 of a query's flags. */
#define QUERY_EXHAUST 0x40

static void read_query(struct mongodb_body *body, struct cursor *c)
{
	if (cursor_le32(c) & QUERY_EXHAUST)
		body->flags |= MONGODB_FLAG_EXHAUST;
	body->namespace_ = cursor_until(c, 0);
	cursor_skip(c, 8); /* to skip, to return */
	body->good = read_document(body, c) && !c->failed;
	body->documents = body->good ? cursor_rest(c) : (struct span){0};
}

static void read_get_more(struct mongodb_body *body, struct cursor *c)
{
	cursor_skip(c, 4);
	body->namespace_ = cursor_until(c, 0);
	cursor_skip(c, 4);
	body->cursor_id = (int64_t)cursor_le64(c);
	body->has_cursor_id = true;
	body->good = !c->failed;
}

static void read_change(struct mongodb_body *body, struct cursor *c, bool flags_behind)
{
	cursor_skip(c, 4);
	body->namespace_ = cursor_until(c, 0);
	if (flags_behind)
		cursor_skip(c, 4);
	body->documents = cursor_rest(c);
	body->good = !c->failed;
}

static void read_kill_cursors(struct mongodb_body *body, struct cursor *c)
{
	cursor_skip(c, 8);
	body->cursor_id = (int64_t)cursor_le64(c);
	body->has_cursor_id = !c->failed;
	body->good = !c->failed;
}

/* Of 3.2 only: database, command, metadata, arguments, input documents. */
static void read_command(struct mongodb_body *body, struct cursor *c)
{
	body->namespace_ = cursor_until(c, 0);
	cursor_until(c, 0);
	body->documents = cursor_rest(c);
	bson_next_document(c);
	body->document = bson_next_document(c);
	body->good = !c->failed;
}

struct mongodb_body mongodb_body_read(uint32_t opcode, struct span payload, struct span message)
{
	struct mongodb_body body = {.opcode = opcode};
	struct cursor c = cursor_of(payload.data, payload.len);

	switch (opcode) {
	case MONGODB_MSG:
		read_msg(&body, &c, message);
		break;
	case MONGODB_REPLY:
		read_reply(&body, &c);
		break;
	case MONGODB_QUERY:
		read_query(&body, &c);
		break;
	case MONGODB_GET_MORE:
		read_get_more(&body, &c);
		break;
	case MONGODB_INSERT:
		read_change(&body, &c, false);
		break;
	case MONGODB_UPDATE:
	case MONGODB_DELETE:
		read_change(&body, &c, true);
		break;
	case MONGODB_KILL_CURSORS:
		read_kill_cursors(&body, &c);
		break;
	case MONGODB_COMMAND:
		read_command(&body, &c);
		break;
	case MONGODB_COMMAND_REPLY:
		body.documents = payload;
		body.good = true;
		break;
	default:
		break;
	}
	return body;
}

/* ---- compression ---- */

const char *mongodb_compressor_name(uint8_t compressor)
{
	static const char *const names[] = {"noop", "snappy", "zlib", "zstd"};

	return compressor < sizeof(names) / sizeof(names[0]) ? names[compressor] : NULL;
}

bool mongodb_compressed_read(struct span payload, struct mongodb_compressed *compressed)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	compressed->opcode = cursor_le32(&c);
	compressed->len = cursor_le32(&c);
	compressed->compressor = cursor_u8(&c);
	compressed->data = cursor_rest(&c);
	return !c.failed && mongodb_opcode_name(compressed->opcode) &&
	       compressed->opcode != MONGODB_COMPRESSED;
}

bool mongodb_decompress(struct codec_contexts *codecs, const struct mongodb_compressed *compressed,
			struct buffer *out, size_t limit)
{
	static const enum codec kinds[] = {CODEC_COUNT, CODEC_SNAPPY, CODEC_GZIP, CODEC_ZSTD};

	if (!mongodb_compressor_name(compressed->compressor))
		return false;
	if (compressed->compressor == 0) {
		buffer_append_span(out, compressed->data);
		return true;
	}
	return codec_decode(codecs, kinds[compressed->compressor], compressed->data, out, limit) ==
	       CODEC_DONE;
}
