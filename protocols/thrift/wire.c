/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/wire.h"

#define BINARY_VERSION	0x8001
#define COMPACT_ID	0x82
#define COMPACT_VERSION 1

const char *thrift_encoding_name(enum thrift_encoding encoding)
{
	return encoding == THRIFT_COMPACT ? "compact" : "binary";
}

/* Names are identifiers, but that some frameworks put other names before them. */
static bool is_name(struct span name)
{
	if (!name.len || name.len > THRIFT_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr("_:.-$/", c))))
			return false;
	}
	return true;
}

static bool is_kind(unsigned kind)
{
	return kind >= THRIFT_CALL && kind <= THRIFT_ONEWAY;
}

/* Whether what is there of a name, LEN long, may be one. */
static bool may_be_name(const struct cursor *c, uint32_t len)
{
	struct span rest = cursor_rest(c);

	if (!len || len > THRIFT_NAME_MAX)
		return false;
	if (rest.len > len)
		rest.len = len;
	return !rest.len || is_name(rest);
}

static enum frame_status finish(struct cursor *c, uint32_t name_len, struct thrift_head *head)
{
	if (!may_be_name(c, name_len))
		return FRAME_BAD;
	head->name = cursor_span(c, name_len);
	return FRAME_DONE;
}

static enum frame_status read_strict(struct cursor c, struct thrift_head *head)
{
	uint32_t version = cursor_be32(&c), len;
	unsigned kind = version & 0xff;

	if (c.failed)
		return FRAME_MORE;
	if (version >> 16 != BINARY_VERSION || (version & 0xff00) || !is_kind(kind))
		return FRAME_BAD;
	len = cursor_be32(&c);
	if (c.failed)
		return FRAME_MORE;
	if (finish(&c, len, head) != FRAME_DONE)
		return FRAME_BAD;
	head->encoding = THRIFT_BINARY;
	head->kind = (enum thrift_kind)kind;
	head->sequence_id = (int32_t)cursor_be32(&c);
	head->len = cursor_position(&c);
	return c.failed ? FRAME_MORE : FRAME_DONE;
}

static enum frame_status read_old(struct cursor c, struct thrift_head *head)
{
	uint32_t len = cursor_be32(&c);
	uint8_t kind;

	if (c.failed)
		return FRAME_MORE;
	if (finish(&c, len, head) != FRAME_DONE)
		return FRAME_BAD;
	kind = cursor_u8(&c);
	if (c.failed)
		return FRAME_MORE;
	if (!is_kind(kind))
		return FRAME_BAD;
	head->encoding = THRIFT_BINARY_OLD;
	head->kind = (enum thrift_kind)kind;
	head->sequence_id = (int32_t)cursor_be32(&c);
	head->len = cursor_position(&c);
	return c.failed ? FRAME_MORE : FRAME_DONE;
}

static enum frame_status read_compact(struct cursor c, struct thrift_head *head)
{
	uint64_t sequence_id, len;
	uint8_t version;

	cursor_skip(&c, 1);
	version = cursor_u8(&c);
	if (c.failed)
		return FRAME_MORE;
	if ((version & 0x1f) != COMPACT_VERSION || !is_kind(version >> 5))
		return FRAME_BAD;
	sequence_id = cursor_varint(&c);
	len = cursor_varint(&c);
	if (c.failed)
		return cursor_position(&c) < 2 + 2 * 10 ? FRAME_MORE : FRAME_BAD;
	if (sequence_id > UINT32_MAX || len > THRIFT_NAME_MAX ||
	    finish(&c, (uint32_t)len, head) != FRAME_DONE)
		return FRAME_BAD;
	head->encoding = THRIFT_COMPACT;
	head->kind = (enum thrift_kind)(version >> 5);
	head->sequence_id = (int32_t)(uint32_t)sequence_id;
	head->len = cursor_position(&c);
	return c.failed ? FRAME_MORE : FRAME_DONE;
}

enum frame_status thrift_head_read(struct span data, struct thrift_head *head)
{
	struct cursor c = cursor_of(data.data, data.len);

	*head = (struct thrift_head){0};
	if (!data.len)
		return FRAME_MORE;
	if ((uint8_t)data.data[0] == BINARY_VERSION >> 8)
		return read_strict(c, head);
	if ((uint8_t)data.data[0] == COMPACT_ID)
		return read_compact(c, head);
	return read_old(c, head);
}
