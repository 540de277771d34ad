/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/file_text.h"

void file_read_all(FILE *file, struct buffer *text)
{
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buffer_append(text, part, n);
	assert_false(text->failed);
}
