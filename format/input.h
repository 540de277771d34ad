/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_FORMAT_INPUT_H
#define SOCKTAPE_FORMAT_INPUT_H

/* A source with short reads joined and a window kept, for the reader. Internal to format/. */

#include "format/buffer.h"
#include "format/error.h"
#include "format/reader.h"

#define INPUT_WINDOW (64u << 10)

struct input {
	struct source source;
	uint64_t end; /* source.size, or less where the source ended earlier */
	struct buffer window;
	uint64_t window_offset;
	enum tape_error error;
};

void input_open(struct input *in, struct source source);

/* Of a source that may grow: looks how large it is now. False when that is the end of it. */
bool input_grow(struct input *in);

/* Reads LEN bytes, fewer only at the end or after an error. */
size_t input_read(struct input *in, uint64_t offset, void *data, size_t len);

/*
 * A look at the bytes from OFFSET: at least MIN, fewer only at the end or after an error. Reads
 * AHEAD (MIN to INPUT_WINDOW) when the window doesn't hold them. Valid until the next peek.
 */
struct span input_peek(struct input *in, uint64_t offset, size_t min, size_t ahead);

/* Continues CRC over LEN bytes from OFFSET; false at the end or after an error. */
bool input_crc(struct input *in, uint64_t offset, uint64_t len, uint32_t *crc);

void input_close(struct input *in);

#endif
