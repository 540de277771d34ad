/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/x86_read.h"

#include <string.h>

#define READ_INSTRUCTIONS 64

/* application_data: RFC 8446 section 5.1 */
#define DATA_TYPE 0x17

/* What may be in a register. */
enum value {
	VALUE_OTHER,
	VALUE_OBJECT, /* the four arguments */
	VALUE_BUFFER,
	VALUE_LEN,
	VALUE_COUNT,
	VALUE_ZERO,
	VALUE_PEEKS, /* 0 here; of others who come here, too, something else */
	VALUE_DATA_TYPE,
	VALUE_RESULT,
};

/* System V ABI, AMD64 supplement, 3.2.1: the others belong to who is called. */
static const uint8_t kept[] = {X86_BX, X86_BP, X86_R12, X86_R13, X86_R14, X86_R15};

void x86_values_begin(struct x86_values *values)
{
	*values = (struct x86_values){0};
	values->values[X86_DI] = VALUE_OBJECT;
	values->values[X86_SI] = VALUE_BUFFER;
	values->values[X86_DX] = VALUE_LEN;
	values->values[X86_CX] = VALUE_COUNT;
}

static uint8_t value_written(const struct x86_values *v, const struct x86_instruction *one)
{
	if (one->copies)
		return v->values[one->from];
	if (!one->loads_constant)
		return VALUE_OTHER;
	return one->constant == 0	    ? VALUE_ZERO
	       : one->constant == DATA_TYPE ? VALUE_DATA_TYPE
					    : VALUE_OTHER;
}

static void values_call(struct x86_values *v)
{
	struct x86_values after = {0};

	for (size_t i = 0; i < sizeof(kept); i++)
		after.values[kept[i]] = v->values[kept[i]];
	*v = after;
}

static void values_step(struct x86_values *v, const struct x86_instruction *one)
{
	uint8_t value = value_written(v, one);

	if (one->flow == X86_CALL || one->calls) {
		values_call(v);
		return;
	}
	if (one->pushes)
		v->pushed = v->values[one->from];
	for (size_t i = 0; i < X86_REGISTERS; i++)
		if (one->writes & X86_REGISTER(i))
			v->values[i] = value;
}

/*
 * The function that is jumped to is others', too: what is zero here may be else there. If it is one
 * register it is known which.
 */
static void values_share(struct x86_values *v)
{
	int zeroes = 0;

	for (size_t i = 0; i < X86_REGISTERS; i++)
		zeroes += v->values[i] == VALUE_ZERO;
	for (size_t i = 0; i < X86_REGISTERS; i++)
		if (v->values[i] == VALUE_ZERO)
			v->values[i] = zeroes == 1 ? VALUE_PEEKS : VALUE_OTHER;
}

/* ssl_read_bytes(object, type, *type, buffer, len, peeks, *count) */
static bool is_the_call(const struct x86_values *v, const struct x86_instruction *one)
{
	return one->calls && v->values[X86_DI] == VALUE_OBJECT &&
	       v->values[X86_SI] == VALUE_DATA_TYPE && v->values[X86_CX] == VALUE_BUFFER &&
	       v->values[X86_R8] == VALUE_LEN && v->pushed == VALUE_COUNT &&
	       (v->values[X86_R9] == VALUE_ZERO || v->values[X86_R9] == VALUE_PEEKS);
}

static uint8_t kept_find(const struct x86_values *v, uint8_t value)
{
	for (size_t i = 0; i < sizeof(kept); i++)
		if (v->values[kept[i]] == value)
			return kept[i];
	return X86_AX;
}

static bool registers_find(const struct x86_values *v, struct x86_read_places *places)
{
	places->object = kept_find(v, VALUE_OBJECT);
	places->buffer = kept_find(v, VALUE_BUFFER);
	places->count_at = kept_find(v, VALUE_COUNT);
	places->peeks = X86_AX;
	if (v->values[X86_R9] == VALUE_PEEKS) {
		places->peeks = kept_find(v, VALUE_PEEKS);
		if (places->peeks == X86_AX)
			return false;
	}
	return places->object != X86_AX && places->buffer != X86_AX && places->count_at != X86_AX;
}

/* Goes on to the call; false: the way ends, or *JUMPED out of CODE to *POS. */
static bool call_reach(const uint8_t *code, size_t len, struct x86_values *v, int64_t *pos,
		       bool *jumped)
{
	struct x86_instruction one;

	*jumped = false;
	for (int i = 0; i < READ_INSTRUCTIONS; i++, *pos += (int64_t)one.len) {
		if (*pos < 0 || *pos >= (int64_t)len ||
		    !x86_read(code + *pos, len - (size_t)*pos, &one))
			return false;
		if (is_the_call(v, &one))
			return true;
		if (one.flow == X86_JUMP) {
			*pos += one.target;
			*jumped = true;
			return false;
		}
		if (one.flow == X86_END)
			return false;
		values_step(v, &one);
	}
	return false;
}

/*
 * From the call on, to the first instruction behind it that is emulated and has the result still,
 * which is a place. *BRANCH: where that may lead, if it is a branch; else 0.
 */
static bool place_add(const uint8_t *code, size_t len, struct x86_values *v, int64_t pos,
		      struct x86_read_places *places, int64_t *branch)
{
	struct x86_instruction one;
	bool called = false;

	*branch = 0;
	for (int i = 0; i < READ_INSTRUCTIONS; i++, pos += (int64_t)one.len) {
		if (pos >= (int64_t)len || !x86_read(code + pos, len - (size_t)pos, &one))
			return false;
		if (called && (v->values[X86_AX] != VALUE_RESULT || one.flow == X86_END))
			return false;
		if (called && one.emulated) {
			places->at[places->count++] = pos;
			if (one.flow == X86_BRANCH)
				*branch = pos + one.target;
			return true;
		}
		values_step(v, &one);
		if (!called)
			v->values[X86_AX] = VALUE_RESULT;
		called = true;
	}
	return false;
}

/* Where the call is made again its place is asked for the same registers. */
static void second_add(const uint8_t *code, size_t len, struct x86_values *v, int64_t pos,
		       struct x86_read_places *places)
{
	struct x86_read_places again = {0};
	int64_t branch;
	bool jumped;

	if (!call_reach(code, len, v, &pos, &jumped) || !registers_find(v, &again) ||
	    again.object != places->object || again.buffer != places->buffer ||
	    again.count_at != places->count_at || again.peeks != places->peeks)
		return;
	place_add(code, len, v, pos, places, &branch);
}

bool x86_read_places(const uint8_t *code, size_t len, struct x86_values *values, int64_t *target,
		     struct x86_read_places *places)
{
	int64_t branch;
	int64_t pos = 0;
	bool jumped;

	*places = (struct x86_read_places){0};
	if (!call_reach(code, len, values, &pos, &jumped)) {
		*target = pos;
		values_share(values);
		return jumped;
	}
	if (!registers_find(values, places) || !place_add(code, len, values, pos, places, &branch))
		return false;
	if (branch)
		second_add(code, len, values, branch, places);
	return true;
}

bool x86_returns_address(const uint8_t *code, size_t len, int64_t *address, bool *absolute)
{
	struct x86_instruction one;
	size_t pos = 0;
	int32_t distance;

	if (!x86_read(code, len, &one))
		return false;
	/* endbr64 */
	if (!one.writes && one.flow == X86_PLAIN && one.len == 4)
		pos = 4;
	if (!x86_read(code + pos, len - pos, &one) || one.writes != X86_REGISTER(X86_AX))
		return false;
	*absolute = one.loads_constant;
	*address = one.constant;
	/* lea of what is so far behind: 8d 05 */
	if (!*absolute) {
		if (one.len != 7 || code[pos + 1] != 0x8d || code[pos + 2] != 0x05)
			return false;
		memcpy(&distance, code + pos + 3, sizeof(distance));
		*address = (int64_t)(pos + one.len) + distance;
	}
	pos += one.len;
	return x86_read(code + pos, len - pos, &one) && one.flow == X86_END;
}
