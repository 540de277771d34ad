/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/writer.h"

#include <stdlib.h>

#include "analyze/output/escape.h"
#include "analyze/output/terminal.h"
#include "analyze/output/text.h"

/* Buffered before it is written. */
#define FLUSH_LEN (256u << 10)

struct output *output_new(enum output_format format)
{
	struct output *o = calloc(1, sizeof(*o));
	struct terminal terminal = terminal_find();

	if (!o)
		return NULL;
	o->format = format;
	o->terminal = terminal.present;
	o->colour = terminal.colour;
	o->ascii = terminal.ascii;
	o->terminal_width = terminal.width;
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
	if (o->terminal && o->format == OUTPUT_JSON)
		escape_all(&o->out);
	if (o->out.failed)
		o->dead = true;
	if (o->into)
		buffer_append_span(o->into, buffer_span(&o->out));
	else if (!o->dead && !(o->format == OUTPUT_TEXT ? terminal_write_text(&o->out)
							: terminal_write(buffer_span(&o->out))))
		o->dead = true;
	buffer_clear(&o->out);
}

void output_end_row(struct output *o)
{
	buffer_append_char(&o->out, '\n');
	if (o->out.len >= FLUSH_LEN || o->terminal)
		flush(o);
}

void output_row(struct output *o, const struct row_part *parts, size_t count)
{
	if (o->dead)
		return;
	if (o->format == OUTPUT_CSV)
		csv_write_row(o, parts, count);
	else
		json_write_row(o, parts, count);
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

void output_flush(struct output *o)
{
	if (o->out.len)
		flush(o);
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
	json_write_free(o);
	buffer_free(&o->closed);
	buffer_free(&o->out);
	free(o);
	return good;
}
