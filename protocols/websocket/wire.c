/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/websocket/wire.h"

#define FIN	    0x80
#define RSV1	    0x40
#define RSV_OTHERS  0x30
#define OPCODE_MASK 0x0f
#define MASKED	    0x80
#define LEN_MASK    0x7f
#define CONTROL	    0x08
#define CONTROL_MAX 125 /* a control frame is no longer, and whole (RFC 6455, section 5.5) */
#define LEN_16	    126
#define LEN_64	    127

static bool may_begin(uint8_t first)
{
	uint8_t opcode = first & OPCODE_MASK;

	return !(first & RSV_OTHERS) && opcode <= WEBSOCKET_PONG &&
	       (opcode <= WEBSOCKET_BINARY || opcode >= WEBSOCKET_CLOSE);
}

static bool is_odd(uint8_t first, uint8_t second, enum side side)
{
	uint8_t opcode = first & OPCODE_MASK;

	if (opcode & CONTROL &&
	    (!(first & FIN) || first & RSV1 || (second & LEN_MASK) > CONTROL_MAX))
		return true;
	if (first & RSV1 && opcode == WEBSOCKET_CONTINUATION)
		return true;
	/* Clients mask, servers don't (RFC 6455, section 5.1). */
	return ((second & MASKED) != 0) != (side == SIDE_CLIENT);
}

enum websocket_answer websocket_head_read(struct span bytes, enum side side,
					  struct websocket_head *head)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint8_t first = cursor_u8(&c), second = cursor_u8(&c);
	const uint8_t *mask;

	if (c.failed)
		return WEBSOCKET_MORE;
	if (!may_begin(first))
		return WEBSOCKET_IS_NOT;
	*head = (struct websocket_head){
		.fin = first & FIN,
		.compressed = first & RSV1,
		.masked = second & MASKED,
		.odd = is_odd(first, second, side),
		.opcode = first & OPCODE_MASK,
		.len = second & LEN_MASK,
	};
	/* The shortest form is the only one that is allowed. */
	if (head->len == LEN_16) {
		head->len = cursor_be16(&c);
		head->odd |= head->len < LEN_16;
	} else if (head->len == LEN_64) {
		head->len = cursor_be64(&c);
		head->odd |= head->len <= UINT16_MAX;
		if (head->len > INT64_MAX)
			return WEBSOCKET_IS_NOT;
	}
	mask = head->masked ? cursor_take(&c, 4) : NULL;
	if (c.failed)
		return WEBSOCKET_MORE;
	if (mask)
		memcpy(head->mask, mask, 4);
	head->head_len = (unsigned)cursor_position(&c);
	return WEBSOCKET_IS;
}
