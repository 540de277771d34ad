/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_FILE_TEXT_H
#define SOCKTAPE_TESTS_UNIT_FILE_TEXT_H

#include <stdio.h>

#include "format/buffer.h"

/* All that is left of FILE, behind what TEXT has. Fails the test that has no memory for it. */
void file_read_all(FILE *file, struct buffer *text);

#endif
