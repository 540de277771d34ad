/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a statement of one of the dialects, or as names of which each stands in a line: the
 * first byte chooses.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze/shape/names.h"
#include "analyze/shape/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Beyond the longest shape: its hash, and what was begun when it was reached. */
#define SHAPE_SLACK 128

/* The same again gives the same, and no more than there may be. */
static void try_statement(enum dialect dialect, struct span statement)
{
	struct buffer shape = {0}, again = {0};

	statement_shape(&shape, dialect, statement);
	statement_shape(&again, dialect, statement);
	if (shape.len > STATEMENT_SHAPE_MAX + SHAPE_SLACK ||
	    !span_equal(buffer_span(&shape), buffer_span(&again)))
		abort();
	buffer_free(&shape);
	buffer_free(&again);
}

static void append_form(const struct names *n, struct span name, struct buffer *out)
{
	buffer_clear(out);
	names_append(n, name, out);
}

/* What is given while a name is learnt is what it has then; a form has itself. */
static void try_name(struct names *n, struct span name)
{
	struct buffer taken = {0}, form = {0}, again = {0};

	if (names_take(n, name, &taken)) {
		append_form(n, name, &form);
		append_form(n, buffer_span(&form), &again);
		if (!span_equal(buffer_span(&taken), buffer_span(&form)) ||
		    !span_equal(buffer_span(&form), buffer_span(&again)))
			abort();
	}
	buffer_free(&taken);
	buffer_free(&form);
	buffer_free(&again);
}

static void try_names(struct span text)
{
	struct names *n = names_new(":/", NULL);

	while (n && text.len) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end ? (size_t)(end - text.data) : text.len;

		if (len)
			try_name(n, span_of(text.data, len));
		len += end != NULL;
		text = span_of(text.data + len, text.len - len);
	}
	if (n)
		names_settle(n);
	names_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dialect dialects[] = {DIALECT_PGSQL, DIALECT_MYSQL, DIALECT_CQL};
	unsigned which;

	if (!size)
		return 0;
	which = data[0] % 4u;
	if (which < 3)
		try_statement(dialects[which], span_of(data + 1, size - 1));
	else
		try_names(span_of(data + 1, size - 1));
	return 0;
}
