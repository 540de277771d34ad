/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/output/text.h"
#include "analyze/output/writer.h"
#include "protocols/value/date.h"
#include "protocols/value/json.h"

/*
 * A key as it stands in JSON, `,"name":`, is copied as a whole, with what is behind it: null, which
 * is what most columns hold.
 */
#define KEY_LEN 32

struct key {
	char text[KEY_LEN];
	uint8_t len;	  /* 0: it is longer than that */
	uint8_t null_len; /* with the null; 0: there is no room for that, or more follows */
	bool moment;	  /* a time since the epoch: the same follows in RFC 3339 */
};

/* The keys of a set of columns; behind them, as many, those of what follows a moment. */
struct key_set {
	struct key_set *next;
	const struct column *columns;
	size_t count;
	size_t room; /* for their members, without the texts of values */
	struct key keys[];
};

static void make_key(struct key *key, const char *name)
{
	struct buffer text = {0};
	bool first = false;

	json_append_key(&text, name, &first);
	if (!text.failed && text.len <= KEY_LEN) {
		memcpy(key->text, text.data, text.len);
		key->len = (uint8_t)text.len;
	}
	if (key->len && key->len <= KEY_LEN - 4) {
		memcpy(key->text + key->len, "null", 4);
		key->null_len = key->len + 4;
	}
	buffer_free(&text);
}

/* "time" beside ts, "start_time" beside start. */
static void make_moment(struct key *key, const char *name)
{
	char other[KEY_LEN];

	snprintf(other, sizeof(other), "%s_time", name);
	make_key(key, strcmp(name, "ts") == 0 ? "time" : other);
}

static bool is_moment(const struct column *column)
{
	return column->unit && strcmp(column->unit, COLUMN_MOMENT) == 0;
}

static struct key_set *make_keys(struct output *o, const struct row_part *part)
{
	struct key_set *set = calloc(1, sizeof(*set) + part->count * 2 * sizeof(struct key));

	if (!set)
		return NULL;
	set->columns = part->columns;
	set->count = part->count;
	for (size_t i = 0; i < part->count; i++) {
		make_key(&set->keys[i], part->columns[i].name);
		set->room += KEY_LEN + JSON_VALUE_ROOM;
		if (o->into || !is_moment(&part->columns[i]))
			continue;
		set->keys[i].moment = true;
		set->keys[i].null_len = 0;
		make_moment(&set->keys[part->count + i], part->columns[i].name);
		set->room += KEY_LEN + DATE_MOMENT_ROOM + 2;
	}
	set->next = o->keys;
	o->keys = set;
	return set;
}

/* The keys of PART, made once. There are as many as there are tables, and few are in use. */
static const struct key_set *keys_of(struct output *o, const struct row_part *part)
{
	for (struct key_set **at = &o->keys; *at; at = &(*at)->next)
		if ((*at)->columns == part->columns)
			return *at;
	return make_keys(o, part);
}

/* Room for the members of PART, unless something in them must be escaped. */
static size_t part_room(const struct key_set *set, const struct row_part *part)
{
	size_t room = set->room;

	for (size_t i = 0; i < part->count; i++)
		if (value_has_text(&part->values[i]))
			room += part->values[i].text.len;
	return room;
}

/* KEY: that of NAME, made before; NULL, or empty: it wasn't. */
static void append_key(struct buffer *b, const struct key *key, const char *name)
{
	bool first = false;

	if (key && key->len)
		buffer_append(b, key->text, key->len);
	else
		json_append_key(b, name, &first);
}

/*
 * A member. Text that isn't UTF-8 is null, and in base64 in a member of its own, whose name ends in
 * _base64.
 */
static void append_member(struct buffer *b, const struct key *key, const char *name,
			  const struct value *v)
{
	size_t from = b->len;
	char other[64];
	bool first = false;

	append_key(b, key, name);
	if (v->type != VALUE_TEXT) {
		json_append_value(b, v);
		return;
	}
	if (json_append_text(b, v->text) || b->failed)
		return;
	b->len = from;
	append_key(b, key, name);
	buffer_append_text(b, "null");
	snprintf(other, sizeof(other), "%s_base64", name);
	json_append_key(b, other, &first);
	json_append_base64(b, v->text);
}

static char *put_moment(struct output *o, char *to, const struct key *key, const struct value *v)
{
	memcpy(to, key->text, KEY_LEN);
	to += key->len;
	if (v->type != VALUE_INT)
		return span_put(to, span_of("null", 4));
	*to = '"';
	to = date_put_moment(to + 1, v->integer, &o->second);
	*to = '"';
	return to + 1;
}

/* A member at TO, which has room for it; NULL: something in it must be escaped. */
static char *put_member(struct output *o, char *to, const struct key_set *set,
			const struct key *key, const struct value *v)
{
	memcpy(to, key->text, KEY_LEN);
	to = key->len ? json_put_value(to + key->len, v) : NULL;
	return to && key->moment ? put_moment(o, to, key + set->count, v) : to;
}

static void append_part(struct output *o, const struct row_part *part)
{
	const struct key_set *set = keys_of(o, part);
	struct buffer *b = &o->out;
	size_t room = set ? part_room(set, part) : 0;
	char *to = set ? buffer_reserve(b, room) : NULL;

	for (size_t i = 0; i < part->count && to; i++) {
		const struct value *v = &part->values[i];
		const struct key *key = &set->keys[i];
		char *end;

		if (v->type == VALUE_NULL && key->null_len) {
			memcpy(to, key->text, KEY_LEN);
			to += key->null_len;
			continue;
		}
		end = put_member(o, to, set, key, v);
		if (end) {
			to = end;
			continue;
		}
		b->len = (size_t)(to - b->data);
		append_member(b, key, part->columns[i].name, v);
		to = buffer_reserve(b, room);
	}
	if (to)
		b->len = (size_t)(to - b->data);
	else
		o->dead = true;
}

void output_json_members(const struct row_part *part, struct buffer *members)
{
	for (size_t i = 0; i < part->count; i++)
		append_member(members, NULL, part->columns[i].name, &part->values[i]);
}

#define SECOND_NS 1000000000

char *output_put_time(struct output *o, char *to, int64_t ns)
{
	static const char ts[] = ",\"ts\":", time[] = ",\"time\":\"";
	const char *end;

	memcpy(to, ts, sizeof(ts) - 1);
	end = to = buffer_put_u64(to + sizeof(ts) - 1, (uint64_t)ns);
	if (o->into)
		return to;
	memcpy(to, time, sizeof(time) - 1);
	to += sizeof(time) - 1;
	/* Its last digits stand there already. */
	if (ns >= SECOND_NS)
		to = date_put_parts(to, ns / SECOND_NS, end - DATE_PART_LEN, &o->second);
	else
		to = date_put_moment(to, ns, &o->second);
	*to = '"';
	return to + 1;
}

void json_write_row(struct output *o, const struct row_part *parts, size_t count)
{
	size_t start = o->out.len;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].json.len)
			buffer_append_span(&o->out, parts[i].json);
		else if (parts[i].values)
			append_part(o, &parts[i]);
	}
	/* Every key brings a comma; the first one's place is the brace's. */
	if (o->out.len > start && !o->out.failed)
		o->out.data[start] = '{';
	else
		buffer_append_char(&o->out, '{');
	buffer_append_char(&o->out, '}');
	output_end_row(o);
}

void json_write_free(struct output *o)
{
	while (o->keys) {
		struct key_set *next = o->keys->next;

		free(o->keys);
		o->keys = next;
	}
}
