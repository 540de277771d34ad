/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/output/writer.h"
#include "protocols/value/json.h"

/*
 * A key as it stands in JSON, `,"name":`, is copied as a whole, with what is behind it: null, which
 * is what most columns hold.
 */
#define KEY_LEN 32

struct key {
	char text[KEY_LEN];
	uint8_t len;	  /* 0: it is longer than that */
	uint8_t null_len; /* with the null; 0: there is no room for that */
};

/* The keys of a set of columns. */
struct key_set {
	struct key_set *next;
	const struct column *columns;
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

static struct key_set *make_keys(struct output *o, const struct row_part *part)
{
	struct key_set *set = calloc(1, sizeof(*set) + part->count * sizeof(struct key));

	if (!set)
		return NULL;
	set->columns = part->columns;
	for (size_t i = 0; i < part->count; i++)
		make_key(&set->keys[i], part->columns[i].name);
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
static size_t part_room(const struct row_part *part)
{
	size_t room = part->count * (KEY_LEN + JSON_VALUE_ROOM);

	for (size_t i = 0; i < part->count; i++)
		if (value_has_text(&part->values[i]))
			room += part->values[i].text.len;
	return room;
}

/* At TO a key that is long, with its value; returns the end, and ROOM. */
static char *put_long(struct buffer *b, char *to, const char *name, const struct value *v,
		      size_t room)
{
	bool first = false;

	b->len = (size_t)(to - b->data);
	json_append_key(b, name, &first);
	json_append_value(b, v);
	return buffer_reserve(b, room);
}

/* At TO a text in which something must be escaped; returns the end, and ROOM. */
static char *put_escaped(struct buffer *b, char *to, struct span text, size_t room)
{
	b->len = (size_t)(to - b->data);
	json_append_string(b, text);
	return buffer_reserve(b, room);
}

static void append_part(struct output *o, const struct row_part *part)
{
	const struct key_set *set = keys_of(o, part);
	size_t room = part_room(part);
	char *to = set ? buffer_reserve(&o->out, room) : NULL;

	for (size_t i = 0; i < part->count && to; i++) {
		const struct value *v = &part->values[i];
		const struct key *key = &set->keys[i];
		char *end;

		if (!key->len) {
			to = put_long(&o->out, to, part->columns[i].name, v, room);
			continue;
		}
		memcpy(to, key->text, KEY_LEN);
		if (v->type == VALUE_NULL && key->null_len) {
			to += key->null_len;
			continue;
		}
		to += key->len;
		end = json_put_value(to, v);
		to = end ? end : put_escaped(&o->out, to, v->text, room);
	}
	if (to)
		o->out.len = (size_t)(to - o->out.data);
	else
		o->dead = true;
}

void output_json_members(const struct row_part *part, struct buffer *members)
{
	for (size_t i = 0; i < part->count; i++) {
		bool first = false;

		json_append_key(members, part->columns[i].name, &first);
		json_append_value(members, &part->values[i]);
	}
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
