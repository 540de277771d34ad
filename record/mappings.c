/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/mappings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool hex_take(char **at, char end, uint64_t *value)
{
	char *stop;

	*value = strtoull(*at, &stop, 16);
	if (stop == *at || *stop != end)
		return false;
	*at = stop + 1;
	return true;
}

/* "begin-end perms offset major:minor inode path"; false when it isn't an executable file. */
static bool line_read(char *line, struct mapping *mapping)
{
	uint64_t offset;
	uint64_t major;
	uint64_t minor;
	char *at = line;
	char *path;

	if (!hex_take(&at, '-', &mapping->begin) || !hex_take(&at, ' ', &mapping->end))
		return false;
	if (strlen(at) < 5 || at[2] != 'x')
		return false;
	at += 5;
	if (!hex_take(&at, ' ', &offset) || !hex_take(&at, ':', &major) ||
	    !hex_take(&at, ' ', &minor))
		return false;
	mapping->device = major << 20 | minor;
	mapping->inode = strtoull(at, &at, 10);
	path = at + strspn(at, " ");
	path[strcspn(path, "\n")] = '\0';
	mapping->path = path;
	return mapping->inode && *path == '/';
}

bool mappings_read(uint32_t pid, bool (*tell)(void *context, const struct mapping *mapping),
		   void *context)
{
	struct mapping mapping;
	char name[32];
	char *line = NULL;
	size_t size = 0;
	bool any = false;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%u/maps", pid);
	maps = fopen(name, "re");
	if (!maps)
		return false;
	while (getline(&line, &size, maps) > 0) {
		any = true;
		if (line_read(line, &mapping) && !tell(context, &mapping))
			break;
	}
	free(line);
	fclose(maps);
	return any;
}

/* Only of regular files: opening anything else could have an effect, or wait. */
static int file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* PATH, if it still leads to the file of the mapping. */
static int same_open(const char *path, const struct mapping *mapping)
{
	int fd = file_open(path);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_ino == mapping->inode)
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

int mapping_open(uint32_t pid, const struct mapping *mapping)
{
	char path[PATH_MAX + 32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->begin,
		 mapping->end);
	fd = file_open(path);
	if (fd >= 0)
		return fd;
	/* The link above takes a capability that isn't kept. */
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, mapping->path);
	fd = same_open(path, mapping);
	/* The process may be gone already, and was in the same mount namespace most likely. */
	return fd >= 0 ? fd : same_open(mapping->path, mapping);
}

void processes_each(void (*tell)(void *context, uint32_t pid), void *context)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		char *end;
		unsigned long pid = strtoul(entry->d_name, &end, 10);

		if (*end == '\0' && pid && pid != (unsigned long)getpid())
			tell(context, (uint32_t)pid);
	}
	if (proc)
		closedir(proc);
}
