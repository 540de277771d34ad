/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/pgsql/wire.h"

/* The server refuses longer ones (MaxAllocSize). */
#define LEN_MAX (1u << 30)

/* What has a name in it: servers cut them, and clients may send longer ones. */
#define NAME_MAX_LEN 1024

struct rule {
	uint8_t type;
	uint32_t len_min;
	uint32_t len_max;
};

static const struct rule client_rules[] = {
	{'Q', 5, LEN_MAX},
	{'P', 8, LEN_MAX},
	{'B', 12, LEN_MAX},
	{'E', 9, NAME_MAX_LEN},
	{'D', 6, NAME_MAX_LEN},
	{'C', 6, NAME_MAX_LEN},
	{'S', 4, 4},
	{'H', 4, 4},
	{'X', 4, 4},
	{'F', 14, LEN_MAX},
	{'d', 4, LEN_MAX},
	{'c', 4, 4},
	{'f', 5, 1 << 16},
	{'p', 4, 1 << 16},
};

static const struct rule server_rules[] = {
	{'R', 8, 1 << 16}, {'S', 6, 1 << 16},  {'K', 12, 264},	  {'Z', 5, 5},
	{'T', 6, 1 << 24}, {'D', 6, LEN_MAX},  {'C', 5, 256},	  {'E', 5, 1 << 20},
	{'N', 5, 1 << 20}, {'A', 10, 1 << 16}, {'1', 4, 4},	  {'2', 4, 4},
	{'3', 4, 4},	   {'n', 4, 4},	       {'s', 4, 4},	  {'t', 6, 1 << 20},
	{'I', 4, 4},	   {'G', 7, 1 << 14},  {'H', 7, 1 << 14}, {'W', 7, 1 << 14},
	{'d', 4, LEN_MAX}, {'c', 4, 4},	       {'V', 8, LEN_MAX}, {'v', 12, 1 << 16},
};

bool pgsql_may_be(enum side side, uint8_t type, uint32_t len)
{
	const struct rule *rules = side == SIDE_CLIENT ? client_rules : server_rules;
	size_t count = side == SIDE_CLIENT ? sizeof(client_rules) / sizeof(*client_rules)
					   : sizeof(server_rules) / sizeof(*server_rules);

	for (size_t i = 0; i < count; i++)
		if (rules[i].type == type)
			return len >= rules[i].len_min && len <= rules[i].len_max;
	return false;
}

/* ---- payloads ---- */

static bool has_no_controls(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.data[i];

		if (c < ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\f')
			return false;
	}
	return true;
}

/* Strings that end with zeros, as many as COUNT; the last may be cut. */
static bool are_strings(struct cursor *c, int count, bool whole)
{
	while (count-- > 0) {
		struct span rest = cursor_rest(c);

		if (!rest.len)
			return !whole;
		if (!memchr(rest.data, 0, rest.len)) {
			cursor_skip(c, rest.len);
			return !whole && has_no_controls(rest);
		}
		if (!has_no_controls(cursor_until(c, 0)))
			return false;
	}
	return true;
}

/* Fields with a letter before each, then a zero (the same, "Error and Notice Message Fields"). */
static bool are_fields(struct cursor *c, bool whole)
{
	bool any = false;

	while (cursor_left(c)) {
		uint8_t field = cursor_u8(c);

		if (!field)
			return any && !cursor_left(c);
		if (!strchr("SVCMDHPpqWstcdnFLR", field) || !are_strings(c, 1, whole))
			return false;
		any = true;
	}
	return !whole;
}

static bool is_data_row(struct cursor *c, bool whole)
{
	unsigned columns = cursor_be16(c);

	while (columns-- > 0 && cursor_left(c) >= 4) {
		int32_t len = (int32_t)cursor_be32(c);

		if (len < -1)
			return false;
		if (len > 0 && (size_t)len > cursor_left(c))
			return !whole;
		cursor_skip(c, len > 0 ? (size_t)len : 0);
	}
	return whole ? !cursor_left(c) && columns == UINT32_MAX : true;
}

static bool is_row_description(struct cursor *c, bool whole)
{
	unsigned columns = cursor_be16(c);

	while (columns-- > 0 && cursor_left(c)) {
		if (!are_strings(c, 1, whole))
			return false;
		/* table, column, type, size, modifier, format */
		cursor_skip(c, 16);
		if (cursor_be16(c) > 1 && !c->failed)
			return false;
	}
	return whole ? !cursor_left(c) && !c->failed : true;
}

static bool is_of_client(uint8_t type, struct cursor *c, bool whole)
{
	switch (type) {
	case 'Q':
	case 'f':
		return are_strings(c, 1, whole) && !cursor_left(c);
	case 'P':
	case 'B':
		return are_strings(c, 2, whole);
	case 'E':
		return are_strings(c, 1, whole) && (!whole || cursor_left(c) == 4);
	case 'D':
	case 'C':
		return strchr("SP", cursor_u8(c)) && are_strings(c, 1, whole) && !cursor_left(c);
	default:
		return true;
	}
}

static bool is_of_server(uint8_t type, struct cursor *c, bool whole)
{
	switch (type) {
	case 'Z':
		return !cursor_left(c) || strchr("ITE", cursor_u8(c));
	case 'R':
		return cursor_left(c) < 4 || cursor_be32(c) <= 14;
	case 'S':
		return are_strings(c, 2, whole);
	case 'C':
		return are_strings(c, 1, whole) && !cursor_left(c);
	case 'E':
	case 'N':
		return are_fields(c, whole);
	case 'D':
		return is_data_row(c, whole);
	case 'T':
		return is_row_description(c, whole);
	default:
		return true;
	}
}

bool pgsql_looks_like(enum side side, uint8_t type, struct span payload, bool whole)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	return side == SIDE_CLIENT ? is_of_client(type, &c, whole) : is_of_server(type, &c, whole);
}

bool pgsql_is_startup(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_be32(&c), code = cursor_be32(&c);
	bool user = false;

	if (c.failed || code >> 16 != PGSQL_STARTUP_3 >> 16 || len > PGSQL_STARTUP_MAX ||
	    len > bytes.len)
		return false;
	c = cursor_of(bytes.data, len);
	cursor_skip(&c, PGSQL_STARTUP_MIN);
	for (;;) {
		struct span name = cursor_until(&c, 0), value;

		if (c.failed || !name.len)
			return !c.failed && user && !cursor_left(&c);
		value = cursor_until(&c, 0);
		user |= value.len && span_equal(name, span_text("user"));
	}
}
