/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/spill/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void scratch_init(struct scratch *s)
{
	*s = (struct scratch){.fd = -1};
}

/* For file systems without files that never had a name. */
static int open_and_unlink(const char *directory)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/socktape-XXXXXX", directory) < 0)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

static int open_in(const char *directory)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_and_unlink(directory);
	return fd;
}

/* /var/tmp is on a disk where /tmp may be memory. */
static bool make(struct scratch *s)
{
	const char *directories[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};

	for (size_t i = 0; i < 3 && s->fd < 0; i++)
		if (directories[i] && *directories[i])
			s->fd = open_in(directories[i]);
	return s->fd >= 0;
}

bool scratch_write(struct scratch *s, uint64_t offset, const void *data, size_t len)
{
	const char *at = data;

	if (s->fd < 0 && !make(s))
		return false;
	while (len) {
		ssize_t n = pwrite(s->fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	if (offset > s->len)
		s->len = offset;
	return true;
}

bool scratch_read(const struct scratch *s, uint64_t offset, void *data, size_t len)
{
	char *at = data;

	while (len) {
		ssize_t n = offset >= s->len ? 0 : pread(s->fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0) {
			memset(at, 0, len);
			return true;
		}
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

#define PATH_BEGIN "/proc/self/fd/"

void scratch_path(const struct scratch *s, char text[static SCRATCH_PATH_MAX])
{
	snprintf(text, SCRATCH_PATH_MAX, PATH_BEGIN "%d", s->fd);
}

bool scratch_is_path(const char *path)
{
	return strncmp(path, PATH_BEGIN, sizeof(PATH_BEGIN) - 1) == 0;
}

void scratch_close(struct scratch *s)
{
	if (s->fd >= 0)
		close(s->fd);
	scratch_init(s);
}
