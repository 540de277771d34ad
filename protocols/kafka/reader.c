/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/kafka/reader.h"

/* Structures nest no deeper than this in any definition. */
#define DEPTH_MAX 16

#define UUID_LEN 16

/* What all of a message is read with. */
struct reading {
	struct cursor *in;
	const struct kafka_visitor *visitor;
	int version;
	bool flexible;
	unsigned depth;
	size_t elements; /* that arrays may still have: whatever they are, each takes a byte */
};

static void read_struct(struct reading *r, const struct kafka_struct *s);

/* ---- numbers and lengths ---- */

/* Nothing that is counted in them needs more than 32 bits (KIP-482). */
static uint32_t read_varint(struct cursor *c)
{
	uint64_t value = cursor_varint(c);

	if (value > UINT32_MAX)
		c->failed = true;
	return c->failed ? 0 : (uint32_t)value;
}

/*
 * The length of a string, bytes or an array. Compact ones are written one larger, so that zero is
 * null; the others have -1 for it. Other negative ones are refused.
 */
static uint32_t read_length(struct reading *r, const struct kafka_field *field, bool *is_null)
{
	bool compact = r->flexible && !(field->flags & KAFKA_PLAIN);
	int64_t len;

	if (compact)
		len = (int64_t)read_varint(r->in) - 1;
	else if (field->type == KAFKA_STRING && !(field->flags & KAFKA_ARRAY))
		len = (int16_t)cursor_be16(r->in);
	else
		len = (int32_t)cursor_be32(r->in);
	*is_null = len == -1;
	if (len < -1 ||
	    (*is_null && !kafka_in(field->nullable_first, field->nullable_last, r->version)))
		r->in->failed = true;
	return r->in->failed || *is_null ? 0 : (uint32_t)len;
}

/* The length of one string of an array of them. */
static uint32_t element_length(struct reading *r, const struct kafka_field *field)
{
	struct kafka_field one = *field;
	bool is_null;

	one.flags &= (uint8_t)~KAFKA_ARRAY;
	return read_length(r, &one, &is_null);
}

/* ---- values ---- */

static double read_double(struct cursor *c)
{
	uint64_t bits = cursor_be64(c);
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

static void read_bytes(struct reading *r, struct kafka_value *value)
{
	uint32_t len = value->field->flags & KAFKA_ARRAY
			       ? element_length(r, value->field)
			       : read_length(r, value->field, &value->is_null);

	/* Of records what is whole means something by itself. */
	value->cut = value->field->type == KAFKA_RECORDS && len > cursor_left(r->in);
	value->bytes = cursor_span(r->in, value->cut ? cursor_left(r->in) : len);
}

static void read_value(struct reading *r, const struct kafka_field *field)
{
	struct kafka_value value = {.field = field};

	switch ((enum kafka_type)field->type) {
	case KAFKA_BOOL:
		value.integer = cursor_u8(r->in) != 0;
		break;
	case KAFKA_INT8:
		value.integer = cursor_u8(r->in);
		value.integer -= value.integer > INT8_MAX ? 256 : 0;
		break;
	case KAFKA_INT16:
		value.integer = (int16_t)cursor_be16(r->in);
		break;
	case KAFKA_UINT16:
		value.integer = cursor_be16(r->in);
		break;
	case KAFKA_INT32:
		value.integer = (int32_t)cursor_be32(r->in);
		break;
	case KAFKA_UINT32:
		value.integer = cursor_be32(r->in);
		break;
	case KAFKA_INT64:
		value.integer = (int64_t)cursor_be64(r->in);
		break;
	case KAFKA_FLOAT64:
		value.real = read_double(r->in);
		break;
	case KAFKA_UUID:
		value.bytes = cursor_span(r->in, UUID_LEN);
		break;
	case KAFKA_STRING:
	case KAFKA_BYTES:
	case KAFKA_RECORDS:
		read_bytes(r, &value);
		break;
	case KAFKA_STRUCT:
		break;
	}
	if (!r->in->failed)
		r->visitor->value(r->visitor->context, &value);
	r->in->failed |= value.cut;
}

static void read_nested(struct reading *r, const struct kafka_field *field)
{
	if (++r->depth > DEPTH_MAX)
		r->in->failed = true;
	if (!r->in->failed) {
		r->visitor->enter(r->visitor->context, field);
		read_struct(r, &kafka_structs[field->child]);
		r->visitor->leave(r->visitor->context, field);
	}
	r->depth--;
}

static void tell_null(struct reading *r, const struct kafka_field *field)
{
	const struct kafka_value value = {.field = field, .is_null = true};

	r->visitor->value(r->visitor->context, &value);
}

static void read_array(struct reading *r, const struct kafka_field *field)
{
	bool is_null;
	uint32_t count = read_length(r, field, &is_null);

	if (count > cursor_left(r->in) || count > r->elements)
		r->in->failed = true;
	if (r->in->failed)
		return;
	r->elements -= count;
	if (is_null) {
		tell_null(r, field);
		return;
	}
	r->visitor->array(r->visitor->context, field, count);
	while (count-- > 0 && !r->in->failed) {
		if (field->type == KAFKA_STRUCT)
			read_nested(r, field);
		else
			read_value(r, field);
	}
	r->visitor->leave(r->visitor->context, field);
}

/* A structure that may be null has a byte before it that tells. */
static void read_single_struct(struct reading *r, const struct kafka_field *field)
{
	bool is_null = false;

	if (kafka_in(field->nullable_first, field->nullable_last, r->version))
		is_null = (int8_t)cursor_u8(r->in) < 0;
	if (r->in->failed)
		return;
	if (is_null)
		tell_null(r, field);
	else
		read_nested(r, field);
}

static void read_field(struct reading *r, const struct kafka_field *field)
{
	if (field->flags & KAFKA_ARRAY)
		read_array(r, field);
	else if (field->type == KAFKA_STRUCT)
		read_single_struct(r, field);
	else
		read_value(r, field);
}

/* ---- structures ---- */

static const struct kafka_field *tagged_field(const struct reading *r, const struct kafka_struct *s,
					      uint32_t tag)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct kafka_field *field = &kafka_fields[s->first + i];

		if (field->tag == tag &&
		    kafka_in(field->tagged_first, field->tagged_last, r->version) &&
		    kafka_in(field->first, field->last, r->version))
			return field;
	}
	return NULL;
}

/* Each with its number and length before it, so that those nobody knows are stepped over. */
static void read_tagged(struct reading *r, const struct kafka_struct *s)
{
	uint32_t count = read_varint(r->in);

	while (count-- > 0 && !r->in->failed) {
		uint32_t tag = read_varint(r->in);
		uint32_t len = read_varint(r->in);
		struct cursor part = cursor_part(r->in, len);
		const struct kafka_field *field = tagged_field(r, s, tag);
		struct cursor *whole = r->in;

		if (r->in->failed)
			return;
		if (!field) {
			r->visitor->unknown_tag(r->visitor->context, tag, cursor_rest(&part));
			continue;
		}
		r->in = &part;
		read_field(r, field);
		r->in = whole;
		r->in->failed |= part.failed;
	}
}

static void read_struct(struct reading *r, const struct kafka_struct *s)
{
	for (unsigned i = 0; i < s->count && !r->in->failed; i++) {
		const struct kafka_field *field = &kafka_fields[s->first + i];

		if (kafka_in(field->first, field->last, r->version) &&
		    !kafka_in(field->tagged_first, field->tagged_last, r->version))
			read_field(r, field);
	}
	if (r->flexible && !r->in->failed)
		read_tagged(r, s);
}

bool kafka_read(const struct kafka_schema *schema, int version, struct cursor *in,
		const struct kafka_visitor *visitor)
{
	struct reading r = {
		.in = in,
		.visitor = visitor,
		.version = version,
		.flexible = version >= schema->flexible,
		.elements = cursor_left(in),
	};

	read_struct(&r, &kafka_structs[schema->root]);
	return !in->failed;
}

void kafka_uuid_text(struct span uuid, char text[23])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";
	const uint8_t *in = (const uint8_t *)uuid.data;
	uint32_t window = 0;
	unsigned have = 0;

	for (size_t i = 0; i < UUID_LEN && i < uuid.len; i++) {
		window = window << 8 | in[i];
		have += 8;
		while (have >= 6) {
			have -= 6;
			*text++ = digits[window >> have & 63];
		}
	}
	if (have)
		*text++ = digits[window << (6 - have) & 63];
	*text = 0;
}
