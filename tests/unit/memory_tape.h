/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_MEMORY_TAPE_H
#define SOCKTAPE_TESTS_MEMORY_TAPE_H

/* A segment in memory: a sink for a writer, and a source for a reader. */

#include "format/buffer.h"
#include "format/reader.h"
#include "format/writer.h"

static inline enum tape_error memory_tape_write(void *context, const void *data, size_t len)
{
	struct buffer *b = context;

	buffer_append(b, data, len);
	return b->failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

static inline int64_t memory_tape_read(void *context, uint64_t offset, void *data, size_t len)
{
	const struct span *bytes = context;

	if (offset >= bytes->len)
		return 0;
	if (len > bytes->len - offset)
		len = (size_t)(bytes->len - offset);
	memcpy(data, bytes->data + offset, len);
	return (int64_t)len;
}

static inline struct sink memory_tape_sink(struct buffer *b)
{
	return (struct sink){.write = memory_tape_write, .context = b};
}

/* BYTES must live as long as the reader. */
static inline struct source memory_tape_source(struct span *bytes)
{
	return (struct source){.read = memory_tape_read, .size = bytes->len, .context = bytes};
}

#endif
