/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/names.h"

/* Calls FOUND for each segment, until it returns false. */
static void each_segment(const struct directory *directory,
			 bool (*found)(void *context, const char *name), void *context)
{
	int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t segment;
	bool partial;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(d)))
		if (name_parse(entry->d_name, &segment, &partial) && !found(context, entry->d_name))
			break;
	closedir(d);
}

static bool note_segment(void *context, const char *name)
{
	(void)name;
	*(bool *)context = true;
	return false;
}

enum tape_error directory_open(struct directory *d, const char *path)
{
	bool used = false;

	*d = (struct directory){.path = strdup(path), .fd = -1};
	if (!d->path)
		return TAPE_ERROR_MEMORY;
	d->made = mkdir(d->path, 0700) == 0;
	if (!d->made && errno != EEXIST)
		return errno == ENOSPC ? TAPE_ERROR_DISK_FULL : TAPE_ERROR_IO;
	d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		return TAPE_ERROR_IO;
	each_segment(d, note_segment, &used);
	if (!used)
		return TAPE_OK;
	errno = EEXIST;
	return TAPE_ERROR_IO;
}

static bool delete_segment(void *context, const char *name)
{
	const struct directory *d = context;

	unlinkat(d->fd, name, 0);
	return true;
}

void directory_remove(struct directory *d)
{
	int saved = errno;

	each_segment(d, delete_segment, d);
	if (d->made)
		rmdir(d->path);
	errno = saved;
}

void directory_close(struct directory *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->path);
	*d = (struct directory){.fd = -1};
}
