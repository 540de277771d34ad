/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "analyze/output/escape.h"
#include "analyze/output/text.h"
#include "protocols/value/json.h"

/* Buffered before it is written. */
#define FLUSH_LEN (256u << 10)

/* Different sets of columns whose JSON keys are kept ready: the common ones and the protocols'. */
#define KEYS_MAX 32

/* The keys of a set of columns as they stand in JSON: `"name":`, one after the other. */
struct keys {
	const struct column *columns;
	struct buffer text;
	struct buffer ends; /* uint16_t each: where the key of column i ends in text */
};

struct output {
	enum output_format format;
	struct buffer *into; /* NULL: standard output */
	struct buffer out;
	struct keys keys[KEYS_MAX];
	size_t key_count;
	bool header_done;
	bool terminal;
	bool colour;
	int terminal_width; /* 0: no limit */
	bool dead;
};

struct output *output_new(enum output_format format)
{
	struct output *o = calloc(1, sizeof(*o));
	struct winsize size = {0};
	const char *no_colour = getenv("NO_COLOR");

	if (!o)
		return NULL;
	o->format = format;
	o->terminal = isatty(STDOUT_FILENO);
	o->colour = o->terminal && !(no_colour && *no_colour);
	if (o->terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		o->terminal_width = size.ws_col;
	return o;
}

struct output *output_new_into(enum output_format format, struct buffer *text)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->format = format;
	o->into = text;
	return o;
}

/* A terminal may not see what a program that reads JSON may. */
static void escape_all(struct buffer *json)
{
	struct buffer safe = {0};

	escape_append_json(&safe, buffer_span(json));
	buffer_free(json);
	*json = safe;
}

static void flush(struct output *o)
{
	size_t done = 0;

	if (o->terminal && o->format == OUTPUT_JSON)
		escape_all(&o->out);
	if (o->out.failed)
		o->dead = true;
	if (o->into) {
		buffer_append_span(o->into, buffer_span(&o->out));
		done = o->out.len;
	}
	while (!o->dead && done < o->out.len) {
		ssize_t n = write(STDOUT_FILENO, o->out.data + done, o->out.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			o->dead = true;
	}
	buffer_clear(&o->out);
}

static void end_row(struct output *o)
{
	buffer_append_char(&o->out, '\n');
	if (o->out.len >= FLUSH_LEN || o->terminal)
		flush(o);
}

/* ---- JSON ---- */

static const struct keys *keys_for(struct output *o, const struct row_part *part)
{
	struct keys *k;

	for (size_t i = 0; i < o->key_count; i++)
		if (o->keys[i].columns == part->columns)
			return &o->keys[i];
	if (o->key_count == KEYS_MAX)
		return NULL;
	k = &o->keys[o->key_count++];
	k->columns = part->columns;
	for (size_t i = 0; i < part->count; i++) {
		bool first = false;
		uint16_t end;

		json_append_key(&k->text, part->columns[i].name, &first);
		end = (uint16_t)k->text.len;
		buffer_append(&k->ends, &end, sizeof(end));
	}
	return k->text.failed || k->ends.failed ? NULL : k;
}

static void json_part(struct output *o, const struct row_part *part)
{
	const struct keys *k = keys_for(o, part);
	const uint16_t *ends;
	size_t from = 0;

	if (!k) {
		o->dead = true;
		return;
	}
	ends = (const uint16_t *)k->ends.data;
	for (size_t i = 0; i < part->count; i++) {
		buffer_append(&o->out, k->text.data + from, ends[i] - from);
		json_append_value(&o->out, &part->values[i]);
		from = ends[i];
	}
}

void output_json_members(const struct row_part *part, struct buffer *members)
{
	for (size_t i = 0; i < part->count; i++) {
		bool first = false;

		json_append_key(members, part->columns[i].name, &first);
		json_append_value(members, &part->values[i]);
	}
}

static void json_row(struct output *o, const struct row_part *parts, size_t count)
{
	size_t start = o->out.len;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].json.len)
			buffer_append_span(&o->out, parts[i].json);
		else if (parts[i].values)
			json_part(o, &parts[i]);
	}
	/* Every key brings a comma; the first one's place is the brace's. */
	if (o->out.len > start && !o->out.failed)
		o->out.data[start] = '{';
	else
		buffer_append_char(&o->out, '{');
	buffer_append_char(&o->out, '}');
	end_row(o);
}

/* ---- CSV (RFC 4180) ---- */

/* What a spreadsheet takes for the beginning of a formula, in ASCII and in its full-width forms. */
static bool begins_formula(struct span text)
{
	static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};

	if (text.len && memchr("=+-@\t\r\n", text.data[0], 7))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (text.len >= 3 && memcmp(text.data, wide[i], 3) == 0)
			return true;
	return false;
}

static void csv_field(struct output *o, struct span text)
{
	void (*append)(struct buffer * b, struct span s) = o->terminal ? escape_append
								       : text_append_utf8;
	struct buffer *b = &o->out;
	bool formula = begins_formula(text);
	bool quoted = formula;

	for (size_t i = 0; i < text.len && !quoted; i++)
		quoted = memchr(",\"\r\n", text.data[i], 4) != NULL;
	if (!quoted) {
		append(b, text);
		return;
	}
	/* A quote in front makes it plain text to a spreadsheet. */
	buffer_append_text(b, formula ? "\"'" : "\"");
	for (size_t from = 0; from < text.len;) {
		const char *quote = memchr(text.data + from, '"', text.len - from);
		size_t to = quote ? (size_t)(quote - text.data) + 1 : text.len;

		append(b, span_of(text.data + from, to - from));
		if (quote)
			buffer_append_char(b, '"');
		from = to;
	}
	buffer_append_char(b, '"');
}

static void csv_value(struct output *o, const struct value *v)
{
	if (v->type == VALUE_WORD)
		buffer_append_span(&o->out, v->text);
	else if (v->type == VALUE_TEXT || v->type == VALUE_JSON)
		csv_field(o, v->text);
	else if (v->type != VALUE_NULL)
		json_append_value(&o->out, v);
}

void output_header(struct output *o, const struct row_part *parts, size_t count)
{
	bool first = true;

	if (o->format != OUTPUT_CSV || o->header_done)
		return;
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < parts[i].count; c++, first = false) {
			if (!first)
				buffer_append_char(&o->out, ',');
			if (parts[i].prefix)
				buffer_printf(&o->out, "%s.", parts[i].prefix);
			buffer_append_text(&o->out, parts[i].columns[c].name);
		}
	}
	buffer_append_char(&o->out, '\n');
	o->header_done = true;
}

static void csv_row(struct output *o, const struct row_part *parts, size_t count)
{
	bool first = true;

	output_header(o, parts, count);
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < parts[i].count; c++, first = false) {
			if (!first)
				buffer_append_char(&o->out, ',');
			if (parts[i].values)
				csv_value(o, &parts[i].values[c]);
		}
	}
	end_row(o);
}

void output_row(struct output *o, const struct row_part *parts, size_t count)
{
	if (o->dead)
		return;
	if (o->format == OUTPUT_CSV)
		csv_row(o, parts, count);
	else
		json_row(o, parts, count);
}

/* ---- text ---- */

static const char *const paints[] = {
	[PAINT_NONE] = "",	   [PAINT_DIM] = "\033[2m",    [PAINT_BOLD] = "\033[1m",
	[PAINT_RED] = "\033[31m",  [PAINT_GREEN] = "\033[32m", [PAINT_YELLOW] = "\033[33m",
	[PAINT_CYAN] = "\033[36m",
};

void cells_clear(struct cells *cells)
{
	buffer_clear(&cells->text);
	cells->count = 0;
}

void cells_end(struct cells *cells, enum paint paint)
{
	if (cells->count == CELLS_MAX)
		return;
	cells->ends[cells->count] = cells->text.len;
	cells->paints[cells->count++] = paint;
}

void cells_free(struct cells *cells)
{
	buffer_free(&cells->text);
}

static void text_row(struct output *o, const struct text_column *columns, const struct cells *cells)
{
	size_t from = 0;
	int used = 0;

	for (size_t i = 0; i < cells->count; from = cells->ends[i], i++) {
		struct text_layout layout = {.width = columns[i].width, .right = columns[i].right};
		const char *paint = o->colour ? paints[cells->paints[i]] : "";
		struct span text = span_of(cells->text.data + from, cells->ends[i] - from);

		if (i + 1 == cells->count) {
			layout.width = 0;
			layout.limit = o->terminal_width > used + 1 ? o->terminal_width - used : 0;
		}
		buffer_append_text(&o->out, paint);
		used += text_append_cell(&o->out, text, &layout);
		if (*paint)
			buffer_append_text(&o->out, "\033[0m");
		if (i + 1 < cells->count) {
			buffer_append_text(&o->out, "  ");
			used += 2;
		}
	}
	end_row(o);
}

static void print_header(struct output *o, const struct text_column *columns, size_t count)
{
	struct cells titles = {0};

	for (size_t i = 0; i < count; i++) {
		buffer_append_text(&titles.text, columns[i].title);
		cells_end(&titles, PAINT_DIM);
	}
	text_row(o, columns, &titles);
	cells_free(&titles);
	o->header_done = true;
}

void output_cells(struct output *o, const struct text_column *columns, const struct cells *cells)
{
	if (o->dead)
		return;
	if (cells->text.failed) {
		o->dead = true;
		return;
	}
	if (!o->header_done)
		print_header(o, columns, cells->count);
	text_row(o, columns, cells);
}

bool output_json(struct span json)
{
	struct output *o = output_new(OUTPUT_JSON);

	if (!o)
		return false;
	buffer_append_span(&o->out, json);
	return output_free(o);
}

bool output_alive(const struct output *o)
{
	return !o->dead;
}

bool output_colour(const struct output *o)
{
	return o->colour;
}

bool output_free(struct output *o)
{
	bool good;

	flush(o);
	good = !o->dead;
	for (size_t i = 0; i < o->key_count; i++) {
		buffer_free(&o->keys[i].text);
		buffer_free(&o->keys[i].ends);
	}
	buffer_free(&o->out);
	free(o);
	return good;
}
