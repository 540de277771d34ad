/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/file_text.h"
#include "tests/unit/held.h"

/* One test. */
struct holding {
	const struct held_section *section;
	const char *program;
	const char *text; /* of the file; NULL: the section's goes to its end */
	const char *path;
};

static void append_to_file(const struct holding *h, const struct buffer *out)
{
	FILE *file = fopen(h->path, "a");

	assert_non_null(file);
	assert_true(fprintf(file, "== %s\n%s", h->section->name, out->data) > 0);
	assert_int_equal(fclose(file), 0);
}

static void compare(const struct holding *h, const struct buffer *out)
{
	const char *at, *end;
	char mark[64];

	snprintf(mark, sizeof(mark), "== %s\n", h->section->name);
	at = strstr(h->text, mark);
	assert_non_null(at);
	at += strlen(mark);
	end = strstr(at, "\n== ");
	for (size_t line = 1, i = 0; out->data[i]; i++) {
		line += out->data[i] == '\n';
		if (at[i] != out->data[i])
			fail_msg("line %zu of %s: %.*s (if that is right: SOCKTAPE_UPDATE=1 "
				 "build/tests/unit/%s_test)",
				 line, h->section->name, (int)strcspn(out->data + i, "\n"),
				 out->data + i, h->program);
	}
	assert_int_equal(out->len - 1, end ? (size_t)(end + 1 - at) : strlen(at));
}

static void test_section(void **state)
{
	const struct holding *h = *state;
	struct buffer out = {0};

	h->section->hold(&out);
	buffer_append_char(&out, '\0');
	assert_false(out.failed);
	if (h->text)
		compare(h, &out);
	else
		append_to_file(h, &out);
	buffer_free(&out);
}

/* All of a file, with a zero behind it. */
static bool read_text(const char *path, struct buffer *text)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	file_read_all(file, text);
	fclose(file);
	buffer_append_char(text, '\0');
	return !text->failed;
}

int held_run(const char *name, const struct held_section *sections, size_t count)
{
	struct CMUnitTest tests[HELD_MAX];
	struct holding holdings[HELD_MAX];
	struct buffer text = {0};
	char path[PATH_MAX];
	int failed;

	snprintf(path, sizeof(path), "tests/unit/%s.txt", name);
	if (count > HELD_MAX)
		return 1;
	if (getenv("SOCKTAPE_UPDATE")) {
		remove(path);
	} else if (!read_text(path, &text)) {
		fprintf(stderr, "%s can't be read\n", path);
		return 1;
	}
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < count; i++) {
		holdings[i] = (struct holding){&sections[i], name, text.data, path};
		tests[i] = (struct CMUnitTest){.name = sections[i].name,
					       .test_func = test_section,
					       .initial_state = &holdings[i]};
	}
	failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	buffer_free(&text);
	return failed;
}
