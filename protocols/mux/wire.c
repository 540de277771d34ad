/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mux/wire.h"

const char *mux_type_name(int8_t type)
{
	switch (type) {
	case MUX_TREQ:
	case MUX_RREQ:
		return "req";
	case MUX_TDISPATCH:
	case MUX_RDISPATCH:
		return "dispatch";
	case MUX_TDRAIN:
	case MUX_RDRAIN:
		return "drain";
	case MUX_TPING:
	case MUX_RPING:
		return "ping";
	case MUX_TDISCARDED:
	case MUX_OLD_TDISCARDED:
	case MUX_RDISCARDED:
		return "discarded";
	case MUX_TLEASE:
		return "lease";
	case MUX_TINIT:
	case MUX_RINIT:
		return "init";
	case MUX_RERR:
	case MUX_OLD_RERR:
		return "err";
	default:
		return NULL;
	}
}

bool mux_type_asks(int8_t type)
{
	return (type > 0 && type != MUX_OLD_RERR) || type == MUX_OLD_TDISCARDED;
}

bool mux_header_read(struct cursor *c, struct mux_header *header)
{
	uint32_t size = cursor_be32(c), tag;

	header->type = (int8_t)cursor_u8(c);
	tag = cursor_be24(c);
	if (c->failed || size < 4 || size > MUX_FRAME_MAX || !mux_type_name(header->type))
		return false;
	header->len = size + 4;
	header->goes_on = tag & MUX_FRAGMENT;
	header->tag = tag & MUX_TAG_MAX;
	return true;
}

bool mux_next_pair(struct cursor *c, struct span *key, struct span *value)
{
	if (!cursor_left(c))
		return false;
	*key = cursor_span(c, cursor_be16(c));
	*value = cursor_span(c, cursor_be16(c));
	return !c->failed;
}

bool mux_next_header(struct cursor *c, struct span *key, struct span *value)
{
	if (!cursor_left(c))
		return false;
	*key = cursor_span(c, cursor_be32(c));
	*value = cursor_span(c, cursor_be32(c));
	return !c->failed;
}

static struct span take_pairs(struct cursor *c, unsigned *count)
{
	const uint8_t *from;
	struct span key, value;

	*count = cursor_be16(c);
	from = c->pos;
	for (unsigned i = 0; i < *count; i++)
		if (!mux_next_pair(c, &key, &value)) {
			c->failed = true;
			break;
		}
	return span_of(from, (size_t)(c->pos - from));
}

/* Keys of one byte, values with a length of one. */
static struct span take_keyed(struct cursor *c, unsigned *count)
{
	const uint8_t *from;

	*count = cursor_u8(c);
	from = c->pos;
	for (unsigned i = 0; i < *count && !c->failed; i++) {
		cursor_skip(c, 1);
		cursor_skip(c, cursor_u8(c));
	}
	return span_of(from, (size_t)(c->pos - from));
}

static void read_init(struct mux_body *body, struct cursor *c)
{
	struct span key, value;
	struct cursor headers;

	body->version = cursor_be16(c);
	body->headers = cursor_rest(c);
	headers = *c;
	while (mux_next_header(&headers, &key, &value))
		;
	c->failed |= headers.failed;
}

static void read_answer(struct mux_body *body, struct cursor *c)
{
	uint8_t status = cursor_u8(c);

	body->has_status = !c->failed;
	body->status = (enum mux_status)status;
	c->failed |= status > MUX_NACK;
}

struct mux_body mux_body_read(int8_t type, struct span bytes)
{
	struct mux_body body = {0};
	struct cursor c = cursor_of(bytes.data, bytes.len);

	switch (type) {
	case MUX_TREQ:
		body.keyed = true;
		body.contexts = take_keyed(&c, &body.context_count);
		break;
	case MUX_RREQ:
		read_answer(&body, &c);
		break;
	case MUX_TDISPATCH:
		body.contexts = take_pairs(&c, &body.context_count);
		body.destination = cursor_span(&c, cursor_be16(&c));
		body.dtab = take_pairs(&c, &body.dtab_count);
		break;
	case MUX_RDISPATCH:
		read_answer(&body, &c);
		body.contexts = take_pairs(&c, &body.context_count);
		break;
	case MUX_TDISCARDED:
	case MUX_OLD_TDISCARDED:
		body.discarded = cursor_be24(&c) & MUX_TAG_MAX;
		break;
	case MUX_TLEASE:
		cursor_skip(&c, 1); /* the unit: milliseconds, there is no other */
		body.lease_ms = cursor_be64(&c);
		break;
	case MUX_TINIT:
	case MUX_RINIT:
		read_init(&body, &c);
		break;
	default:
		break;
	}
	body.good = !c.failed;
	if (type != MUX_TINIT && type != MUX_RINIT)
		body.payload = cursor_rest(&c);
	return body;
}
