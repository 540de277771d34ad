/* SPDX-License-Identifier: BSD-2-Clause */
/* The example in format/FORMAT.md, read as a segment: it stays true, or this fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/memory_tape.h"

#define DOCUMENT "format/FORMAT.md"

/* Appends the bytes of a line of xxd -g1; any other line has none. */
static void parse_dump_line(const char *line, struct buffer *bytes)
{
	unsigned int offset;
	unsigned int byte;
	int n;

	if (sscanf(line, "    %8x: %n", &offset, &n) != 1 || line[12] != ':')
		return;
	for (line += n; sscanf(line, "%2x%n", &byte, &n) == 1 && n == 2; line += 3) {
		buffer_append_char(bytes, (char)byte);
		if (line[2] != ' ' || line[3] == ' ')
			break;
	}
}

/* The last dump in the document. */
static bool read_dump(struct buffer *bytes)
{
	FILE *f = fopen(DOCUMENT, "r");
	char line[512];

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "    00000000: ", 14) == 0)
			buffer_clear(bytes);
		parse_dump_line(line, bytes);
	}
	fclose(f);
	return true;
}

static void count_problem(void *context, const struct problem *problem)
{
	(void)problem;
	++*(int *)context;
}

static void the_example_is_a_segment(void **state)
{
	int problems = 0;
	const struct reader_options options = {.problem = count_problem, .context = &problems};
	struct buffer bytes = {0};
	struct event event;
	struct span span;
	struct reader *r;

	(void)state;
	if (!read_dump(&bytes)) {
		print_message("not in the source tree: no " DOCUMENT "\n");
		skip();
	}
	span = buffer_span(&bytes);
	assert_int_equal(reader_new(memory_tape_source(&span), &options, &r), TAPE_OK);
	for (uint64_t i = 0; i < 2; i++) {
		assert_true(reader_next(r, &event));
		assert_int_equal(event.type, EVENT_DATA);
		assert_int_equal(event.ts, 1000002000 + 500 * i);
		assert_int_equal(event.data.conn, 7);
		assert_int_equal(event.data.offset, 6 * i);
		assert_int_equal(event.data.call, CALL_WRITE);
		assert_int_equal(event.data.pid, 77);
		assert_int_equal(event.data.fd, 5);
		assert_true(span_is(event.data.payload, "PING\r\n"));
	}
	assert_false(reader_next(r, &event));
	assert_true(reader_info(r)->complete);
	assert_int_equal(problems, 0);
	reader_free(r);
	buffer_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_example_is_a_segment)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
