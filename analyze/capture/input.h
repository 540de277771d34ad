/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_CAPTURE_INPUT_H
#define SOCKTAPE_ANALYZE_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/error.h"

/* The bytes of a capture file, decompressed on the way, with a window to look ahead. */
struct capture_input;

/* How far capture_input_peek() can look: the largest packet or block that is accepted, and its
 * headers. */
#define INPUT_WINDOW_MAX (17u << 20)

/* PATH may be "-" for standard input. TAPE_ERROR_IO sets errno. */
MUST_CHECK enum tape_error capture_input_open(const char *path, struct capture_input **in);

/* DATA must stay valid until capture_input_free(). */
MUST_CHECK enum tape_error capture_input_memory(const void *data, size_t len,
						struct capture_input **in);

/*
 * The next N bytes, contiguous and valid until the next call; NULL when the input ends before, when
 * N is beyond INPUT_WINDOW_MAX or when memory is out. They are not consumed.
 */
const uint8_t *capture_input_peek(struct capture_input *in, size_t n);

/* Consumes N bytes, which capture_input_peek() has shown. */
void capture_input_skip(struct capture_input *in, size_t n);

uint64_t capture_input_offset(const struct capture_input *in); /* of the next byte, uncompressed */
uint64_t capture_input_file_offset(const struct capture_input *in); /* read so far, as on disk */
uint64_t capture_input_file_size(const struct capture_input *in);   /* as on disk; 0 when unknown */

/* The compressed data are damaged or cut, or the file could not be read to its end. */
bool capture_input_broken(const struct capture_input *in);

void capture_input_free(struct capture_input *in); /* NULL is fine */

#endif
