/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/thrift/walk.h"

/* Elements of one container; what follows each takes a byte at least. */
#define COUNT_MAX (1u << 30)

uint8_t thrift_type_of(enum thrift_encoding encoding, uint8_t type)
{
	static const uint8_t compact[] = {
		THRIFT_STOP, THRIFT_TRUE, THRIFT_FALSE,	 THRIFT_BYTE,	THRIFT_I16,
		THRIFT_I32,  THRIFT_I64,  THRIFT_DOUBLE, THRIFT_STRING, THRIFT_LIST,
		THRIFT_SET,  THRIFT_MAP,  THRIFT_STRUCT, THRIFT_UUID,
	};

	if (encoding == THRIFT_COMPACT)
		return type < sizeof(compact) ? compact[type] : THRIFT_NO_TYPE;
	switch (type) {
	case THRIFT_STOP:
	case THRIFT_BOOL:
	case THRIFT_BYTE:
	case THRIFT_DOUBLE:
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
	case THRIFT_STRING:
	case THRIFT_STRUCT:
	case THRIFT_MAP:
	case THRIFT_SET:
	case THRIFT_LIST:
	case THRIFT_UUID:
		return type;
	default:
		return THRIFT_NO_TYPE;
	}
}

/* Of elements, where true and false are values of one type. */
static uint8_t element_type(enum thrift_encoding encoding, uint8_t type)
{
	uint8_t of = thrift_type_of(encoding, type);

	if (of == THRIFT_TRUE || of == THRIFT_FALSE)
		return THRIFT_BOOL;
	return of == THRIFT_STOP ? THRIFT_NO_TYPE : of;
}

size_t thrift_fixed_size(enum thrift_encoding encoding, uint8_t type)
{
	bool compact = encoding == THRIFT_COMPACT;

	switch (type) {
	case THRIFT_BOOL:
	case THRIFT_BYTE:
		return 1;
	case THRIFT_I16:
		return compact ? 0 : 2;
	case THRIFT_I32:
		return compact ? 0 : 4;
	case THRIFT_I64:
		return compact ? 0 : 8;
	case THRIFT_DOUBLE:
		return 8;
	case THRIFT_UUID:
		return 16;
	default:
		return 0;
	}
}

bool thrift_list_begin(struct cursor *c, enum thrift_encoding encoding, struct thrift_list *list)
{
	uint8_t head = cursor_u8(c);
	uint64_t count;

	if (encoding == THRIFT_COMPACT) {
		count = head >> 4 == 15 ? cursor_varint(c) : head >> 4;
		head &= 15;
	} else {
		count = cursor_be32(c);
	}
	list->types[0] = list->types[1] = element_type(encoding, head);
	list->count = (uint32_t)count;
	/* An empty one may say any type. */
	return count <= COUNT_MAX && (!count || list->types[0] != THRIFT_NO_TYPE);
}

bool thrift_map_begin(struct cursor *c, enum thrift_encoding encoding, struct thrift_list *map)
{
	uint8_t key = 0, value = 0;
	uint64_t count;

	if (encoding == THRIFT_COMPACT) {
		count = cursor_varint(c);
		if (count) {
			value = cursor_u8(c);
			key = value >> 4;
			value &= 15;
		}
	} else {
		key = cursor_u8(c);
		value = cursor_u8(c);
		count = cursor_be32(c);
	}
	map->types[0] = element_type(encoding, key);
	map->types[1] = element_type(encoding, value);
	map->count = (uint32_t)count;
	return count <= COUNT_MAX &&
	       (!count || (map->types[0] != THRIFT_NO_TYPE && map->types[1] != THRIFT_NO_TYPE));
}

uint8_t thrift_field_begin(struct cursor *c, enum thrift_encoding encoding, int16_t *id)
{
	uint8_t head = cursor_u8(c), type;

	if (encoding != THRIFT_COMPACT) {
		type = thrift_type_of(encoding, head);
		if (type != THRIFT_STOP)
			*id = (int16_t)cursor_be16(c);
		return type;
	}
	type = thrift_type_of(encoding, head & 15);
	if (type == THRIFT_STOP)
		return head ? THRIFT_NO_TYPE : THRIFT_STOP;
	if (head >> 4)
		*id = (int16_t)(*id + (head >> 4));
	else
		*id = (int16_t)cursor_zigzag(c);
	return type;
}

uint64_t thrift_string_len(struct cursor *c, enum thrift_encoding encoding)
{
	return encoding == THRIFT_COMPACT ? cursor_varint(c) : cursor_be32(c);
}

/* ---- the walk ---- */

void thrift_walk_begin(struct thrift_walk *walk, enum thrift_encoding encoding)
{
	walk->encoding = (uint8_t)encoding;
	walk->depth = 1;
	walk->levels[0] = (struct thrift_level){.kind = THRIFT_STRUCT};
}

/* False: it is too deep. Structures in structures only count, so they may be as deep as they want.
 */
static bool push(struct thrift_walk *walk, uint8_t kind, const struct thrift_list *list)
{
	struct thrift_level *level = walk->depth ? &walk->levels[walk->depth - 1] : NULL;

	if (kind == THRIFT_STRUCT && level && level->kind == THRIFT_STRUCT &&
	    level->left < UINT32_MAX) {
		level->left++;
		return true;
	}
	if (walk->depth == THRIFT_DEPTH_MAX)
		return false;
	level = &walk->levels[walk->depth++];
	*level = (struct thrift_level){.kind = kind};
	if (list) {
		level->types[0] = list->types[0];
		level->types[1] = list->types[1];
		level->left = kind == THRIFT_MAP ? 2 * list->count : list->count;
	}
	return true;
}

/* Behind C, or behind what isn't there yet: *POS. False: no such value. */
static bool pass_value(struct thrift_walk *walk, struct cursor *c, uint8_t type, size_t *beyond)
{
	enum thrift_encoding encoding = walk->encoding;
	size_t fixed = thrift_fixed_size(encoding, type);
	struct thrift_list list;
	uint64_t len;

	if (fixed) {
		*beyond = fixed;
		return true;
	}
	switch (type) {
	case THRIFT_TRUE:
	case THRIFT_FALSE:
		return true;
	case THRIFT_I16:
	case THRIFT_I32:
	case THRIFT_I64:
		cursor_varint(c);
		return true;
	case THRIFT_STRING:
		len = thrift_string_len(c, encoding);
		*beyond = (size_t)len;
		return len <= THRIFT_FRAME_MAX;
	case THRIFT_STRUCT:
		return push(walk, THRIFT_STRUCT, NULL);
	case THRIFT_LIST:
	case THRIFT_SET:
		return thrift_list_begin(c, encoding, &list) && push(walk, THRIFT_LIST, &list);
	case THRIFT_MAP:
		return thrift_map_begin(c, encoding, &list) && push(walk, THRIFT_MAP, &list);
	default:
		return false;
	}
}

/* Elements that are all of one size. */
static bool pass_all(struct thrift_walk *walk, size_t *beyond)
{
	struct thrift_level *level = &walk->levels[walk->depth - 1];
	size_t a = thrift_fixed_size(walk->encoding, level->types[0]);
	size_t b = thrift_fixed_size(walk->encoding, level->types[1]);

	if (!a || !b)
		return false;
	*beyond = (level->left / 2) * (a + b) + (level->left & 1) * a;
	level->left = 0;
	return true;
}

/* One field or element, or the end of what encloses it. */
static bool step(struct thrift_walk *walk, struct cursor *c, size_t *beyond)
{
	struct thrift_level *level = &walk->levels[walk->depth - 1];
	uint8_t type;
	int16_t id = 0;

	if (level->kind == THRIFT_STRUCT) {
		type = thrift_field_begin(c, walk->encoding, &id);
		if (type == THRIFT_STOP && level->left)
			level->left--;
		else if (type == THRIFT_STOP)
			walk->depth--;
		if (type == THRIFT_STOP)
			return true;
		return pass_value(walk, c, type, beyond);
	}
	if (!level->left) {
		walk->depth--;
		return true;
	}
	if (pass_all(walk, beyond))
		return true;
	type = level->types[level->turn];
	level->left--;
	level->turn = level->kind == THRIFT_MAP ? !level->turn : 0;
	/* Behind the last one it ends, too: what that holds takes its place. */
	if (!level->left)
		walk->depth--;
	return pass_value(walk, c, type, beyond);
}

enum frame_status thrift_walk(struct thrift_walk *walk, struct span data, size_t stop, size_t *pos)
{
	while (walk->depth && *pos < stop) {
		struct thrift_level before, *level = &walk->levels[walk->depth - 1];
		uint8_t depth = walk->depth;
		size_t beyond = 0;
		struct cursor c;
		bool good;

		if (*pos > data.len)
			return FRAME_MORE;
		c = cursor_of(data.data, data.len);
		cursor_skip(&c, *pos);
		before = *level;
		good = step(walk, &c, &beyond);
		if (c.failed) {
			/* A varint of too many bytes fails, too. */
			if (data.len - *pos > 32)
				return FRAME_BAD;
			walk->depth = depth;
			*level = before;
			return FRAME_MORE;
		}
		if (!good)
			return FRAME_BAD;
		*pos = cursor_position(&c) + beyond;
	}
	return FRAME_DONE;
}

size_t thrift_struct_len(enum thrift_encoding encoding, struct span data)
{
	struct thrift_walk walk;
	size_t pos = 0;

	thrift_walk_begin(&walk, encoding);
	return thrift_walk(&walk, data, SIZE_MAX, &pos) == FRAME_DONE && pos <= data.len ? pos : 0;
}
