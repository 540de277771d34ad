/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/output/text.h"
#include "analyze/output/writer.h"
#include "protocols/value/base64.h"
#include "protocols/value/date.h"
#include "protocols/value/json.h"
#include "protocols/value/utf8.h"

/* A key as it stands in JSON, `,"name":`, is copied as a whole. */
#define KEY_LEN 32

struct key {
	char text[KEY_LEN];
	uint8_t len;	/* 0: it is longer than that */
	bool moment;	/* a time since the epoch: the same follows in RFC 3339 */
	uint32_t nulls; /* where its member stands among those of nulls */
};

/*
 * The keys of a set of columns; behind them, as many, those of what follows a moment. Null is what
 * most columns hold: the members of a row with nothing but nulls stand there, too, from which runs
 * of them are copied.
 */
struct key_set {
	struct key_set *next;
	const struct column *columns;
	size_t count;
	size_t room; /* for their members, without the texts of values */
	struct buffer nulls;
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
	buffer_free(&text);
}

static void append_null(struct buffer *nulls, const char *name)
{
	bool first = false;

	json_append_key(nulls, name, &first);
	buffer_append_text(nulls, "null");
}

/* "time" beside ts, "start_time" beside start. */
static void make_moment(struct key_set *set, size_t column, const char *name)
{
	char other[KEY_LEN];

	snprintf(other, sizeof(other), "%s_time", name);
	if (strcmp(name, "ts") == 0)
		snprintf(other, sizeof(other), "time");
	make_key(&set->keys[set->count + column], other);
	append_null(&set->nulls, other);
}

static bool is_moment(const struct column *column)
{
	return column->unit && strcmp(column->unit, COLUMN_MOMENT) == 0;
}

static void free_keys(struct key_set *set)
{
	buffer_free(&set->nulls);
	free(set);
}

static struct key_set *make_keys(struct output *o, const struct row_part *part)
{
	struct key_set *set = calloc(1, sizeof(*set) + (part->count * 2 + 1) * sizeof(struct key));

	if (!set)
		return NULL;
	set->columns = part->columns;
	set->count = part->count;
	for (size_t i = 0; i < part->count; i++) {
		make_key(&set->keys[i], part->columns[i].name);
		set->keys[i].nulls = (uint32_t)set->nulls.len;
		append_null(&set->nulls, part->columns[i].name);
		set->room += KEY_LEN + JSON_VALUE_ROOM;
		if (o->into || !is_moment(&part->columns[i]))
			continue;
		set->keys[i].moment = true;
		make_moment(set, i, part->columns[i].name);
		set->room += KEY_LEN + DATE_MOMENT_ROOM + 2;
	}
	set->keys[part->count].nulls = (uint32_t)set->nulls.len;
	/* Keys may be longer than KEY_LEN, and so much is copied at once. */
	set->room += set->nulls.len + KEY_LEN;
	buffer_append(&set->nulls, (const char[KEY_LEN]){0}, KEY_LEN);
	if (set->nulls.failed) {
		free_keys(set);
		return NULL;
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

/* A text that is longer goes out in pieces: in JSON it may be six times as long. */
#define PIECE_LEN (256u << 10)

static bool is_long(const struct output *o, const struct value *v)
{
	return !o->into && (v->type == VALUE_TEXT || v->type == VALUE_JSON) &&
	       v->text.len > PIECE_LEN;
}

/* Room for the members of PART, unless something in them must be escaped, or is long. */
static size_t part_room(const struct output *o, const struct key_set *set,
			const struct row_part *part)
{
	size_t room = set->room;

	for (size_t i = 0; i < part->count; i++)
		if (value_has_text(&part->values[i]) && !is_long(o, &part->values[i]))
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

#define SECOND_NS 1000000000

/* The moment NS, whose digits stand before END already: the last of them are its second's parts. */
static char *put_date(struct output *o, char *to, int64_t ns, const char *end)
{
	return ns >= SECOND_NS ? date_put_parts(to, ns / SECOND_NS, end - DATE_PART_LEN, &o->second)
			       : date_put_moment(to, ns, &o->second);
}

enum piece_form {
	PIECE_JSON,
	PIECE_TEXT,
	PIECE_BASE64
};

/* The begin of TEXT that goes out at once: whole characters, and base64 without padding. */
static struct span first_piece(struct span text, enum piece_form form)
{
	if (form == PIECE_BASE64)
		return span_of(text.data, text.len > PIECE_LEN ? PIECE_LEN / 3 * 3 : text.len);
	return utf8_fitting(text, PIECE_LEN);
}

/* Every key brings a comma; the first one's place is the brace's. */
static void open_row(struct output *o)
{
	if (!o->row_open && !o->out.failed)
		o->out.data[o->row] = '{';
	o->row_open = true;
}

static void write_pieces(struct output *o, struct span text, enum piece_form form)
{
	while (text.len && !o->dead) {
		struct span piece = first_piece(text, form);

		if (form == PIECE_JSON)
			buffer_append_span(&o->out, piece);
		else if (form == PIECE_TEXT)
			json_append_characters(&o->out, piece);
		else
			base64_append(&o->out, piece);
		text = span_of(text.data + piece.len, text.len - piece.len);
		open_row(o);
		output_flush(o);
	}
}

/* The same as append_member(), of a text that is long. */
static void write_member(struct output *o, const struct key *key, const char *name,
			 const struct value *v)
{
	struct buffer *b = &o->out;
	enum piece_form form = PIECE_JSON;
	char other[64];
	bool first = false;

	append_key(b, key, name);
	if (v->type == VALUE_TEXT)
		form = utf8_valid_len(v->text) == v->text.len ? PIECE_TEXT : PIECE_BASE64;
	if (form == PIECE_BASE64) {
		buffer_append_text(b, "null");
		snprintf(other, sizeof(other), "%s_base64", name);
		json_append_key(b, other, &first);
	}
	if (form != PIECE_JSON)
		buffer_append_char(b, '"');
	write_pieces(o, v->text, form);
	if (form != PIECE_JSON)
		buffer_append_char(b, '"');
}

static char *put_moment(struct output *o, char *to, const struct key *key, const struct value *v)
{
	const char *end = to;

	memcpy(to, key->text, KEY_LEN);
	to += key->len;
	if (v->type != VALUE_INT)
		return span_put(to, span_of("null", 4));
	*to = '"';
	to = put_date(o, to + 1, v->integer, end);
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

/* The members of columns from *COLUMN on that hold null; *COLUMN moves behind them. */
static char *put_nulls(char *to, const struct key_set *set, const struct value *values,
		       size_t *column)
{
	const char *from = set->nulls.data + set->keys[*column].nulls;
	const char *end;

	do
		++*column;
	while (*column < set->count && values[*column].type == VALUE_NULL);
	end = set->nulls.data + set->keys[*column].nulls;
	for (; from < end; from += KEY_LEN, to += KEY_LEN)
		memcpy(to, from, KEY_LEN);
	return to - (from - end);
}

static void append_part(struct output *o, const struct row_part *part)
{
	const struct key_set *set = keys_of(o, part);
	struct buffer *b = &o->out;
	size_t room = set ? part_room(o, set, part) : 0;
	char *to = set ? buffer_reserve(b, room) : NULL;

	for (size_t i = 0; i < part->count && to;) {
		const struct value *v = &part->values[i];
		const struct key *key = &set->keys[i];
		char *end;

		if (v->type == VALUE_NULL) {
			to = put_nulls(to, set, part->values, &i);
			continue;
		}
		if (is_long(o, v)) {
			b->len = (size_t)(to - b->data);
			write_member(o, key, part->columns[i++].name, v);
			to = buffer_reserve(b, room);
			continue;
		}
		end = put_member(o, to, set, key, v);
		i++;
		if (end) {
			to = end;
			continue;
		}
		b->len = (size_t)(to - b->data);
		append_member(b, key, part->columns[i - 1].name, v);
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
	to = put_date(o, to, ns, end);
	*to = '"';
	return to + 1;
}

void json_write_row(struct output *o, const struct row_part *parts, size_t count)
{
	o->row = o->out.len;
	o->row_open = false;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].json.len)
			buffer_append_span(&o->out, parts[i].json);
		else if (parts[i].values)
			append_part(o, &parts[i]);
	}
	if (o->row_open || o->out.len > o->row)
		open_row(o);
	else
		buffer_append_char(&o->out, '{');
	buffer_append_char(&o->out, '}');
	output_end_row(o);
}

void json_write_free(struct output *o)
{
	while (o->keys) {
		struct key_set *next = o->keys->next;

		free_keys(o->keys);
		o->keys = next;
	}
}
