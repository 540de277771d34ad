/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/output/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
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

/* So many names are tried. */
#define NAMES_MAX 16

/* The N-th name for PATH while it isn't complete; NULL: no memory. */
static char *partial_name(const char *path, int n)
{
	uint32_t number = 0;
	char *name;

	if (n == 0)
		return asprintf(&name, "%s.partial", path) < 0 ? NULL : name;
	if (getrandom(&number, sizeof(number), 0) < 0)
		number = (uint32_t)n;
	return asprintf(&name, "%s.%08x.partial", path, number) < 0 ? NULL : name;
}

/* A new file, whatever there is. */
static enum tape_error open_partial(struct target *t, mode_t mode)
{
	for (int n = 0; n < NAMES_MAX; n++) {
		t->partial = partial_name(t->path, n);
		if (!t->partial)
			return TAPE_ERROR_MEMORY;
		t->fd = open(t->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (t->fd >= 0)
			return TAPE_OK;
		free(t->partial);
		t->partial = NULL;
		if (errno != EEXIST)
			break;
	}
	return TAPE_ERROR_IO;
}

enum tape_error target_open(struct target *t, const char *path, mode_t mode)
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
	return open_partial(t, mode);
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

static void remove_partial(const struct target *t)
{
	int saved = errno; /* of what made it useless */

	unlink(t->partial);
	errno = saved;
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
	if (t->partial && error)
		remove_partial(t);
	free(t->partial);
	return error;
}

void target_abandon(struct target *t)
{
	if (t->fd != STDOUT_FILENO)
		close(t->fd);
	if (t->partial)
		remove_partial(t);
	free(t->partial);
}
