/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * So many bytes at a time start on their way to the disk. Left to the end, the sync of a whole
 * segment would stop the recorder for long enough to fill its ring buffer.
 */
#define START_BYTES (8u << 20)

static enum tape_error system_error(void)
{
	if (errno == EFBIG)
		return TAPE_ERROR_FILE_SIZE;
	return errno == ENOSPC || errno == EDQUOT ? TAPE_ERROR_DISK_FULL : TAPE_ERROR_IO;
}

static uint64_t file_size_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur;
}

enum tape_error output_open(struct output *out, int directory, uint64_t segment, int64_t realtime)
{
	*out = (struct output){.directory = directory, .limit = file_size_limit()};
	name_segment(segment, realtime, true, out->partial);
	name_segment(segment, realtime, false, out->complete);
	out->fd = openat(directory, out->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out->fd < 0)
		return system_error();
	/* It goes with the descriptor, however the recorder ends. */
	fcntl(out->fd, F_OFD_SETLK, &(struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET});
	return TAPE_OK;
}

void output_open_stream(struct output *out, int fd)
{
	*out = (struct output){
		.directory = -1, .fd = fd, .limit = UINT64_MAX, .no_reserve = true, .stream = true};
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static enum tape_error output_write(void *context, const void *data, size_t len)
{
	struct output *out = context;
	enum tape_error error;
	int saved;

	if (!write_all(out->fd, data, len)) {
		error = system_error();
		saved = errno;
		/* Should it fail, the reader finds its way around half a block as well. */
		if (!out->stream && ftruncate(out->fd, (off_t)out->len) == 0) {
			lseek(out->fd, (off_t)out->len, SEEK_SET);
			out->reserved = out->len;
		}
		errno = saved;
		return error;
	}
	out->len += len;
	if (!out->stream && out->len - out->started >= START_BYTES) {
		/* Only a hint: not every file system knows it. */
		sync_file_range(out->fd, (off_t)out->started, (off_t)(out->len - out->started),
				SYNC_FILE_RANGE_WRITE);
		out->started = out->len;
	}
	return TAPE_OK;
}

/* With the room that a file holds beyond its end, a full disk can still be told of in it. */
static enum tape_error output_reserve(void *context, uint64_t len)
{
	struct output *out = context;
	int result;

	if (len > out->limit || out->len > out->limit - len)
		return TAPE_ERROR_FILE_SIZE;
	if (out->no_reserve || out->reserved >= out->len + len)
		return TAPE_OK;
	do
		result = fallocate(out->fd, FALLOC_FL_KEEP_SIZE, (off_t)out->len, (off_t)len);
	while (result < 0 && errno == EINTR);
	if (result == 0) {
		out->reserved = out->len + len;
		return TAPE_OK;
	}
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return system_error();
	out->no_reserve = true;
	return TAPE_OK;
}

struct sink output_sink(struct output *out)
{
	return (struct sink){.write = output_write, .reserve = output_reserve, .context = out};
}

/* Gives back the room beyond the end. What can't be given back does no harm but to take place. */
static void reserve_release(struct output *out)
{
	if (out->reserved > out->len && ftruncate(out->fd, (off_t)out->len) == 0)
		out->reserved = out->len;
}

enum tape_error output_complete(struct output *out)
{
	if (out->stream) {
		output_close(out);
		return TAPE_OK;
	}
	reserve_release(out);
	if (fsync(out->fd) < 0 ||
	    renameat(out->directory, out->partial, out->directory, out->complete) < 0 ||
	    fsync(out->directory) < 0)
		return system_error();
	output_close(out);
	return TAPE_OK;
}

void output_close(struct output *out)
{
	if (out->fd >= 0 && !out->stream) {
		reserve_release(out);
		close(out->fd);
	}
	out->fd = -1;
}

void output_discard(struct output *out)
{
	int saved = errno; /* of what made it useless */

	output_close(out);
	if (!out->stream)
		unlinkat(out->directory, out->partial, 0);
	errno = saved;
}
