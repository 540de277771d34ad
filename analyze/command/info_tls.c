/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/info_tls.h"

#include "analyze/output/text.h"
#include "protocols/value/json.h"

static void set(struct buffer *b, struct span text)
{
	buffer_append_span(b, text);
	buffer_append_char(b, '\0');
	if (b->len)
		b->len--;
}

static struct span name_of(const struct connection *c)
{
	return span_text(c->process ? c->process->name : "");
}

static bool is_same(const struct tls_row *row, const struct tls_row *other)
{
	return row->reading == other->reading &&
	       span_equal(buffer_span(&row->process), buffer_span(&other->process)) &&
	       span_equal(buffer_span(&row->library), buffer_span(&other->library)) &&
	       span_equal(buffer_span(&row->path), buffer_span(&other->path)) &&
	       span_equal(buffer_span(&row->unread), buffer_span(&other->unread));
}

static void free_row(struct tls_row *row)
{
	buffer_free(&row->process);
	buffer_free(&row->library);
	buffer_free(&row->path);
	buffer_free(&row->unread);
}

void tls_rows_add(struct tls_rows *rows, const struct connection *c)
{
	const struct connection_tls tls = connection_tls(c);
	struct tls_row row = {.reading = tls.encryption.reading, .connections = 1};

	if (!tls.is)
		return;
	set(&row.process, name_of(c));
	if (tls.library)
		library_append_name(tls.library, &row.library);
	set(&row.path, span_text(tls.library ? tls.library->path : ""));
	set(&row.unread, tls.encryption.unread);
	for (size_t i = 0; i < rows->count; i++) {
		if (!is_same(&rows->rows[i], &row))
			continue;
		rows->rows[i].connections++;
		free_row(&row);
		return;
	}
	if (rows->count < TLS_ROWS_MAX) {
		rows->rows[rows->count++] = row;
		return;
	}
	rows->others++;
	free_row(&row);
}

static const struct text_column columns[] = {
	{"TLS-OF", 16, false, 8, CUT_MIDDLE},	{"CONNS", 9, true, 0, CUT_END},
	{"LIBRARY", 28, false, 10, CUT_MIDDLE}, {"READ", 8, false, 0, CUT_END},
	{"WHY-NOT-ALL", 0, false, 0, CUT_END},
};

static void print_row(const struct tls_row *row, struct cells *cells)
{
	struct buffer *b = &cells->text;

	cells_clear(cells);
	buffer_append_span(b, row->process.len ? buffer_span(&row->process) : span_text("-"));
	cells_end(cells, PAINT_NONE);
	text_append_count(b, row->connections);
	cells_end(cells, PAINT_NONE);
	buffer_append_span(b, row->library.len ? buffer_span(&row->library) : span_text("-"));
	cells_end(cells, PAINT_NONE);
	buffer_append_text(b, reading_of_tls_text(row->reading));
	cells_end(cells, row->reading == TLS_NOT_READ ? PAINT_DIM : PAINT_CYAN);
	buffer_append_span(b, buffer_span(&row->unread));
	cells_end(cells, PAINT_DIM);
}

void tls_rows_print(const struct tls_rows *rows, struct output *o)
{
	struct cells cells = {0};

	for (size_t i = 0; i < rows->count; i++) {
		print_row(&rows->rows[i], &cells);
		output_cells(o, columns, &cells);
	}
	if (rows->others) {
		struct tls_row others = {.connections = rows->others};

		buffer_append_text(&others.process, "others");
		print_row(&others, &cells);
		output_cells(o, columns, &cells);
		free_row(&others);
	}
	cells_free(&cells);
}

void tls_rows_json(const struct tls_rows *rows, struct buffer *b)
{
	buffer_append_char(b, '[');
	for (size_t i = 0; i < rows->count; i++) {
		const struct tls_row *row = &rows->rows[i];
		bool first = true;

		buffer_append_text(b, i ? ",{" : "{");
		json_append_key(b, "process", &first);
		json_append_string(b, buffer_span(&row->process));
		json_append_key(b, "library", &first);
		json_append_string(b, buffer_span(&row->library));
		json_append_key(b, "path", &first);
		json_append_string(b, buffer_span(&row->path));
		json_append_key(b, "reading", &first);
		json_append_string(b, span_text(reading_of_tls_text(row->reading)));
		json_append_key(b, "unread", &first);
		json_append_string(b, buffer_span(&row->unread));
		json_append_key(b, "connections", &first);
		buffer_append_u64(b, row->connections);
		buffer_append_char(b, '}');
	}
	buffer_append_char(b, ']');
}

void tls_rows_free(struct tls_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free_row(&rows->rows[i]);
}
