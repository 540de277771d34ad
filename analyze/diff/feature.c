/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/feature.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyze/diff/noise.h"
#include "format/hash.h"
#include "protocols/value/ascii.h"
#include "protocols/value/json_read.h"
#include "protocols/value/utf8.h"

/* Of one record, so that a hostile one takes bounded time. */
#define DEPTH_MAX    12
#define ELEMENTS_MAX 64
#define NOTES_MAX    2000

/* Whole numbers from here on are amounts or ids, not kinds. */
#define NUMBER_MAX 1000

struct walk {
	struct features *features;
	const struct row *row;
	int side;
	unsigned window;
	bool full;
	bool header;	/* members are names of headers */
	bool content;	/* a body */
	unsigned lists; /* in so many: what stands there is one of many, its values say nothing */
	unsigned notes;
	size_t grown;
	bool no_memory;
	struct buffer path;
	struct buffer text;
};

const char *feature_type_text(enum feature_type type)
{
	static const char *const texts[] = {
		[FEATURE_STRING] = "string",   [FEATURE_NUMBER] = "number",
		[FEATURE_BOOLEAN] = "boolean", [FEATURE_NULL] = "null",
		[FEATURE_OBJECT] = "object",   [FEATURE_ARRAY] = "array",
		[FEATURE_BYTES] = "bytes",
	};

	return texts[type];
}

/* ---- values ---- */

static void keep_text(char text[static FEATURE_TEXT], struct span value)
{
	span_put(text, utf8_fitting(value, FEATURE_TEXT - 1))[0] = '\0';
}

static void count_value(struct walk *w, struct feature *f, struct span value)
{
	uint64_t hash = hash_bytes(0, value.data, value.len);
	struct feature_value *v;
	unsigned i = 0;

	while (i < f->value_count && f->values[i].hash != hash)
		i++;
	if (i == f->value_count) {
		if (i == FEATURE_VALUES || w->full) {
			f->varies[w->side] = true;
			return;
		}
		v = realloc(f->values, (i + 1) * sizeof(*v));
		if (!v) {
			w->no_memory = true;
			return;
		}
		f->values = v;
		w->grown += sizeof(*v);
		v[i] = (struct feature_value){.hash = hash};
		keep_text(v[i].text, value);
		f->value_count++;
	}
	v = &f->values[i];
	v->in[w->side].in[w->window]++;
	if (!*v->first[w->side])
		row_id(w->row, v->first[w->side]);
}

/* ---- features ---- */

static struct feature *add(struct walk *w, uint64_t hash, struct span path, enum feature_type type)
{
	struct feature *f;

	if (w->features->by_path.count >= FEATURES_MAX || w->full) {
		w->features->left_out++;
		return NULL;
	}
	f = calloc(1, sizeof(*f));
	if (f)
		f->path = strndup(path.data, path.len);
	if (!f || !f->path || !map_put(&w->features->by_path, hash, f)) {
		free(f ? f->path : NULL);
		free(f);
		w->no_memory = true;
		return NULL;
	}
	f->type = type;
	f->header = w->header;
	w->grown += sizeof(*f) + path.len + 64;
	return f;
}

/* The feature at the path, counted once a record. */
static struct feature *note(struct walk *w, enum feature_type type)
{
	struct span path = buffer_span(&w->path);
	uint64_t hash = hash_u64(hash_bytes(0, path.data, path.len), type);
	struct feature *f = map_get(&w->features->by_path, hash);

	if (w->path.failed || memchr(path.data, '\0', path.len) || w->notes++ >= NOTES_MAX)
		return NULL;
	if (!f)
		f = add(w, hash, path, type);
	if (!f || f->seen == w->features->number)
		return NULL;
	f->seen = w->features->number;
	f->in[w->side].in[w->window]++;
	if (!*f->first[w->side])
		row_id(w->row, f->first[w->side]);
	return f;
}

static void note_value(struct walk *w, enum feature_type type, struct span value, bool noise)
{
	struct feature *f = note(w, type);

	if (!f || noise || w->lists)
		return;
	buffer_clear(&w->text);
	noise_append(value, &w->text);
	count_value(w, f, buffer_span(&w->text));
}

/* ---- JSON ---- */

static void walk(struct walk *w, struct span json, unsigned depth, bool noise);

static void append_name(struct walk *w, struct span name)
{
	buffer_append_char(&w->path, '.');
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (w->header && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		buffer_append_char(&w->path, c);
	}
}

static void walk_object(struct walk *w, struct span json, unsigned depth)
{
	size_t len = w->path.len, at = 0;
	struct span name, value;

	while (w->notes < NOTES_MAX && json_next_member(json, &at, &name, &value)) {
		append_name(w, name);
		name = span_of(w->path.data + len + 1, w->path.len - len - 1);
		walk(w, value, depth + 1, w->header ? noise_is_header(name) : noise_is_name(name));
		w->path.len = len;
	}
}

static void walk_array(struct walk *w, struct span json, unsigned depth)
{
	size_t len = w->path.len, at = 0;
	struct span value;

	buffer_append_text(&w->path, "[]");
	w->lists++;
	for (unsigned i = 0; i < ELEMENTS_MAX && json_next_element(json, &at, &value); i++)
		walk(w, value, depth + 1, true);
	w->lists--;
	w->path.len = len;
}

static void walk_number(struct walk *w, struct span json, bool noise)
{
	int64_t number;
	bool kind = json_integer(json, &number) && number > -NUMBER_MAX && number < NUMBER_MAX;

	note_value(w, FEATURE_NUMBER, json, noise || !kind);
}

static void walk(struct walk *w, struct span json, unsigned depth, bool noise)
{
	if (!json.len || depth > DEPTH_MAX)
		return;
	switch (*json.data) {
	case '{':
		note(w, FEATURE_OBJECT);
		walk_object(w, json, depth);
		break;
	case '[':
		note(w, FEATURE_ARRAY);
		walk_array(w, json, depth);
		break;
	case '"':
		note_value(w, FEATURE_STRING,
			   span_of(json.data + 1, json.len > 2 ? json.len - 2 : 0), noise);
		break;
	case 't':
	case 'f':
		note_value(w, FEATURE_BOOLEAN, json, noise);
		break;
	case 'n':
		note(w, FEATURE_NULL);
		break;
	default:
		walk_number(w, json, noise);
	}
}

/* ---- columns ---- */

static bool is_header(const char *column)
{
	return strstr(column, "headers") || strstr(column, "metadata") ||
	       strstr(column, "trailers") || strcmp(column, "header") == 0;
}

/* Sizes and times are counted elsewhere; how a row is called is no part of what was said. */
static bool is_counted_elsewhere(const struct column *c)
{
	return *c->unit != '\0';
}

/* The object or array that TEXT is, or nothing. */
static struct span json_in(struct span text)
{
	while (text.len && ascii_is_space(*text.data))
		text = span_of(text.data + 1, text.len - 1);
	if (!text.len || (*text.data != '{' && *text.data != '[') || !json_is_whole(text))
		return span_of(NULL, 0);
	return text;
}

static void walk_column(struct walk *w, const struct column *column, const struct value *v)
{
	bool noise = noise_is_name(span_text(column->name));
	struct span json;
	char number[24];

	w->content = column_is_content(column);
	w->header = is_header(column->name);
	switch (v->type) {
	case VALUE_NULL:
		return;
	case VALUE_BOOL:
		note_value(w, FEATURE_BOOLEAN, span_text(v->boolean ? "true" : "false"), noise);
		return;
	case VALUE_INT:
		walk_number(w,
			    span_of(number, (size_t)snprintf(number, sizeof(number), "%lld",
							     (long long)v->integer)),
			    noise);
		return;
	case VALUE_JSON:
		walk(w, v->text, 0, noise || w->content);
		return;
	default:
		break;
	}
	if (!v->text.len)
		return;
	json = w->content ? json_in(v->text) : span_of(NULL, 0);
	if (json.len)
		walk(w, json, 0, true);
	else
		note_value(w, w->content ? FEATURE_BYTES : FEATURE_STRING, v->text,
			   noise || w->content);
}

bool features_add(struct features *f, const struct row *row, int side, unsigned window, bool full,
		  size_t *grown)
{
	struct walk w = {.features = f, .row = row, .side = side, .window = window, .full = full};

	f->count[side].in[window]++;
	f->number++;
	for (size_t i = 0; i < row->table->column_count; i++) {
		const struct column *column = &row->table->columns[i];

		if (is_counted_elsewhere(column))
			continue;
		buffer_clear(&w.path);
		buffer_append_text(&w.path, column->name);
		walk_column(&w, column, &row->values[i]);
	}
	buffer_free(&w.path);
	buffer_free(&w.text);
	*grown += w.grown;
	return !w.no_memory;
}

void features_free(struct features *f)
{
	struct feature *feature;
	size_t at = 0;

	while ((feature = map_next(&f->by_path, &at)) != NULL) {
		free(feature->path);
		free(feature->values);
		free(feature);
	}
	map_free(&f->by_path);
}
