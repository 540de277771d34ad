/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* What can't be replaced by a rename: a terminal, /dev/null, a named pipe. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

enum tape_error target_open(struct target *t, const char *path)
{
	*t = (struct target){.path = path, .fd = -1};
	if (is_stdout(path)) {
		t->fd = STDOUT_FILENO;
		return TAPE_OK;
	}
	if (is_special(path)) {
		t->fd = open(path, O_WRONLY | O_CLOEXEC);
		return t->fd < 0 ? TAPE_ERROR_IO : TAPE_OK;
	}
	if (asprintf(&t->partial, "%s.partial", path) < 0) {
		t->partial = NULL;
		return TAPE_ERROR_MEMORY;
	}
	t->fd = open(t->partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->fd >= 0)
		return TAPE_OK;
	free(t->partial);
	return TAPE_ERROR_IO;
}

static enum tape_error write_all(void *context, const void *data, size_t len)
{
	const struct target *t = context;
	const char *at = data;

	while (len) {
		ssize_t n = write(t->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ENOSPC ? TAPE_ERROR_DISK_FULL : TAPE_ERROR_IO;
		at += n;
		len -= (size_t)n;
	}
	return TAPE_OK;
}

struct sink target_sink(struct target *t)
{
	return (struct sink){.write = write_all, .context = t};
}

enum tape_error target_complete(struct target *t)
{
	enum tape_error error = TAPE_OK;

	if (t->fd == STDOUT_FILENO)
		return TAPE_OK;
	if (t->partial && fsync(t->fd) != 0)
		error = TAPE_ERROR_IO;
	if (close(t->fd) != 0)
		error = TAPE_ERROR_IO;
	if (t->partial && !error && rename(t->partial, t->path) != 0)
		error = TAPE_ERROR_IO;
	free(t->partial);
	return error;
}

void target_abandon(struct target *t)
{
	if (t->fd != STDOUT_FILENO)
		close(t->fd);
	if (t->partial)
		unlink(t->partial);
	free(t->partial);
}
