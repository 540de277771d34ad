/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_UNIT_VARIED_CASE_H
#define SOCKTAPE_TESTS_UNIT_VARIED_CASE_H

#include "format/buffer.h"

/* The name of a kind of variations by its number, from 0 on; NULL after the last. */
const char *varied_case_kind(size_t number);

/* The last of them: what inference says of the beginnings of the case's opening. */
#define VARIED_CASE_SCORES "scores"

/*
 * Varies the case in FOLDER, and appends to DIGESTS a blank and eight hexadecimal digits for each
 * kind: what was answered to its variations. False when the case can't be read.
 */
bool varied_case_digests(const char *folder, struct buffer *digests);

/* Prints what was answered to the variations of one kind (NULL: of all), each below a headline. */
bool varied_case_print(const char *folder, const char *kind);

#endif
