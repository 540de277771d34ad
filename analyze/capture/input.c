/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FIRST_WINDOW (256u << 10)

struct capture_input {
	gzFile file; /* passes uncompressed files through; NULL for memory */
	uint64_t file_size;
	uint8_t *window; /* of a file; NULL for memory */
	size_t capacity;
	const uint8_t *data; /* the window, or the caller's memory */
	size_t start;	     /* first byte not consumed */
	size_t end;
	uint64_t base; /* offset of data[0] in the input */
	bool broken;
};

static gzFile open_file(const char *path, uint64_t *size)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : -1;
	gzFile file = fd >= 0 ? gzdopen(fd, "rb") : gzopen(path, "rb");
	struct stat st;

	*size = 0;
	if (!file && fd >= 0)
		close(fd);
	if (fd < 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		*size = (uint64_t)st.st_size;
	return file;
}

enum tape_error capture_input_open(const char *path, struct capture_input **result)
{
	struct capture_input *in = calloc(1, sizeof(*in));

	*result = NULL;
	if (!in)
		return TAPE_ERROR_MEMORY;
	errno = 0;
	in->file = open_file(path, &in->file_size);
	if (!in->file) {
		int error = errno ? errno : ENOMEM;

		free(in);
		errno = error;
		return TAPE_ERROR_IO;
	}
	gzbuffer(in->file, FIRST_WINDOW);
	in->window = malloc(FIRST_WINDOW);
	in->capacity = FIRST_WINDOW;
	in->data = in->window;
	if (!in->window) {
		capture_input_free(in);
		return TAPE_ERROR_MEMORY;
	}
	/* A directory opens but doesn't read: say so now, not "empty". */
	errno = 0;
	if (!capture_input_peek(in, 1) && in->broken && errno) {
		int error = errno;

		capture_input_free(in);
		errno = error;
		return TAPE_ERROR_IO;
	}
	*result = in;
	return TAPE_OK;
}

enum tape_error capture_input_memory(const void *data, size_t len, struct capture_input **result)
{
	struct capture_input *in = calloc(1, sizeof(*in));

	*result = in;
	if (!in)
		return TAPE_ERROR_MEMORY;
	in->data = data;
	in->end = len;
	in->file_size = len;
	return TAPE_OK;
}

/* Makes room for N bytes from `start` on; twice that, so that bytes aren't moved down too often. */
static bool make_room(struct capture_input *in, size_t n)
{
	size_t capacity = in->capacity;
	uint8_t *window;

	if (in->start + n <= in->capacity)
		return true;
	memmove(in->window, in->window + in->start, in->end - in->start);
	in->base += in->start;
	in->end -= in->start;
	in->start = 0;
	while (capacity < 2 * n)
		capacity *= 2;
	if (capacity == in->capacity)
		return true;
	window = realloc(in->window, capacity);
	if (!window)
		return false;
	in->window = window;
	in->data = window;
	in->capacity = capacity;
	return true;
}

static void fill(struct capture_input *in)
{
	int got = gzread(in->file, in->window + in->end, (unsigned int)(in->capacity - in->end));
	int status;

	if (got > 0) {
		in->end += (size_t)got;
		return;
	}
	gzerror(in->file, &status);
	/* Z_BUF_ERROR: the file ends inside of a compressed stream. */
	in->broken = got < 0 || status == Z_BUF_ERROR;
	gzclose_r(in->file);
	in->file = NULL;
}

const uint8_t *capture_input_peek(struct capture_input *in, size_t n)
{
	if (in->end - in->start >= n)
		return in->data + in->start;
	if (n > INPUT_WINDOW_MAX || !in->file || !make_room(in, n))
		return NULL;
	while (in->file && in->end - in->start < n)
		fill(in);
	return in->end - in->start >= n ? in->data + in->start : NULL;
}

void capture_input_skip(struct capture_input *in, size_t n)
{
	size_t there = in->end - in->start;

	in->start += n < there ? n : there;
}

uint64_t capture_input_offset(const struct capture_input *in)
{
	return in->base + in->start;
}

uint64_t capture_input_file_offset(const struct capture_input *in)
{
	z_off_t offset = in->file ? gzoffset(in->file) : (z_off_t)in->file_size;

	/* A pipe doesn't tell where it stands. */
	return offset > 0 ? (uint64_t)offset : in->base + in->end;
}

uint64_t capture_input_file_size(const struct capture_input *in)
{
	return in->file_size;
}

bool capture_input_broken(const struct capture_input *in)
{
	return in->broken;
}

void capture_input_free(struct capture_input *in)
{
	if (!in)
		return;
	if (in->file)
		gzclose_r(in->file);
	free(in->window);
	free(in);
}
