/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/input.h"

#include <zlib.h>

void input_open(struct input *in, struct source source)
{
	*in = (struct input){.source = source, .end = source.size};
}

bool input_grow(struct input *in)
{
	uint64_t size = in->end;

	/* The last time it said so, there may have been more, and still not all of a frame. */
	if (!in->source.grow)
		return false;
	if (!in->source.grow(in->source.context, &size)) {
		in->source.grow = NULL;
		if (size <= in->end)
			return false;
	}
	if (size > in->end)
		in->end = size;
	return true;
}

size_t input_read(struct input *in, uint64_t offset, void *data, size_t len)
{
	size_t done = 0;

	if (offset >= in->end)
		return 0;
	if (len > in->end - offset)
		len = (size_t)(in->end - offset);
	while (done < len && !in->error) {
		int64_t n = in->source.read(in->source.context, offset + done, (char *)data + done,
					    len - done);

		if (n < 0 || (uint64_t)n > len - done) {
			in->error = TAPE_ERROR_IO;
		} else if (n == 0) {
			in->end = offset + done; /* it is shorter than it was */
			break;
		} else {
			done += (size_t)n;
		}
	}
	return in->error ? 0 : done;
}

struct span input_peek(struct input *in, uint64_t offset, size_t min, size_t ahead)
{
	uint64_t window_end = in->window_offset + in->window.len;
	char *to;

	if (offset >= in->end)
		return span_of(NULL, 0);
	if (min > in->end - offset)
		min = (size_t)(in->end - offset);
	if (offset < in->window_offset || offset > window_end || window_end - offset < min) {
		buffer_clear(&in->window);
		to = buffer_reserve(&in->window, ahead);
		if (!to) {
			in->error = TAPE_ERROR_MEMORY;
			return span_of(NULL, 0);
		}
		in->window_offset = offset;
		in->window.len = input_read(in, offset, to, ahead);
	}
	return span_of(in->window.data + (offset - in->window_offset),
		       in->window.len - (size_t)(offset - in->window_offset));
}

bool input_crc(struct input *in, uint64_t offset, uint64_t len, uint32_t *crc)
{
	while (len) {
		struct span s = input_peek(in, offset, 1, INPUT_WINDOW);

		if (!s.len)
			return false;
		if (s.len > len)
			s.len = (size_t)len;
		*crc = (uint32_t)crc32_z(*crc, (const Bytef *)s.data, s.len);
		offset += s.len;
		len -= s.len;
	}
	return true;
}

void input_close(struct input *in)
{
	buffer_free(&in->window);
}
