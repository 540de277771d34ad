/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protobuf/wire.h"

#define FIELD_NUMBER_MAX ((1u << 29) - 1)

bool protobuf_read_field(struct cursor *c, struct protobuf_field *field)
{
	uint64_t tag = cursor_varint(c), len;

	*field = (struct protobuf_field){.number = (uint32_t)(tag >> 3), .wire = tag & 7};
	if (c->failed || tag >> 3 > FIELD_NUMBER_MAX || !field->number)
		return false;
	switch (field->wire) {
	case PROTOBUF_VARINT:
		field->integer = cursor_varint(c);
		break;
	case PROTOBUF_I64:
		field->integer = cursor_le64(c);
		break;
	case PROTOBUF_I32:
		field->integer = cursor_le32(c);
		break;
	case PROTOBUF_LEN:
		len = cursor_varint(c);
		if (len > cursor_left(c))
			return false;
		field->bytes = cursor_span(c, (size_t)len);
		break;
	default:
		return false;
	}
	return !c->failed;
}

bool protobuf_is_message(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	struct protobuf_field field;

	while (cursor_left(&c))
		if (!protobuf_read_field(&c, &field))
			return false;
	return true;
}

struct protobuf_field protobuf_last_field(struct span message, uint32_t number)
{
	struct cursor c = cursor_of(message.data, message.len);
	struct protobuf_field field, found = {0};

	while (cursor_left(&c) && protobuf_read_field(&c, &field))
		if (field.number == number)
			found = field;
	return found;
}
