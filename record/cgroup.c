/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/cgroup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The id picks a slot and a newer one takes its place, so memory is bounded. */
#define SLOTS 1024

struct slot {
	uint64_t id;
	char *path;
};

struct cgroup_table {
	int mount_fd; /* -1: no cgroup v2 here */
	char mount[PATH_MAX];
	struct slot slots[SLOTS];
};

/* Finds the mount: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside version 1. */
static void mount_find(struct cgroup_table *table)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent entry;
	char text[2 * PATH_MAX];

	if (!mounts)
		return;
	while (table->mount_fd < 0 && getmntent_r(mounts, &entry, text, sizeof(text))) {
		if (strcmp(entry.mnt_type, "cgroup2") != 0 ||
		    strlen(entry.mnt_dir) >= sizeof(table->mount))
			continue;
		table->mount_fd = open(entry.mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		strcpy(table->mount, entry.mnt_dir);
	}
	endmntent(mounts);
}

struct cgroup_table *cgroup_table_new(void)
{
	struct cgroup_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->mount_fd = -1;
	mount_find(table);
	return table;
}

/*
 * The id of a cgroup is the file handle of its directory (FILEID_KERNFS, 0xfe in the kernel's
 * include/linux/exportfs.h), so no walk through the tree is needed.
 */
static int open_by_id(int mount_fd, uint64_t id)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} h = {{.handle_bytes = sizeof(id), .handle_type = 0xfe}, id};

	static_assert(sizeof(h) == sizeof(h.handle) + sizeof(h.id), "the id is the handle");
	return open_by_handle_at(mount_fd, &h.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static char *path_by_id(const struct cgroup_table *table, uint64_t id)
{
	int fd = open_by_id(table->mount_fd, id);
	size_t prefix = strlen(table->mount);
	char link[32];
	char path[PATH_MAX];
	ssize_t len;

	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (len < (ssize_t)prefix || memcmp(path, table->mount, prefix) != 0)
		return NULL;
	path[len] = '\0';
	return strdup(path[prefix] ? path + prefix : "/");
}

struct span cgroup_table_path(struct cgroup_table *table, uint64_t id)
{
	struct slot *slot = &table->slots[id % SLOTS];

	if (id == 0 || table->mount_fd < 0)
		return (struct span){0};
	if (slot->id != id || !slot->path) {
		free(slot->path);
		slot->id = id;
		slot->path = path_by_id(table, id);
	}
	return span_text(slot->path);
}

int cgroup_table_open(const struct cgroup_table *table, const char *path)
{
	char below[PATH_MAX + 2];
	struct statfs fs;
	int fd = -1;

	if (table->mount_fd >= 0 &&
	    (size_t)snprintf(below, sizeof(below), "./%s", path) < sizeof(below))
		fd = openat(table->mount_fd, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && (fstatfs(fd, &fs) != 0 || fs.f_type != CGROUP2_SUPER_MAGIC)) {
		close(fd);
		errno = ENOTDIR;
		return -1;
	}
	return fd;
}

void cgroup_table_free(struct cgroup_table *table)
{
	if (!table)
		return;
	if (table->mount_fd >= 0)
		close(table->mount_fd);
	for (size_t i = 0; i < SLOTS; i++)
		free(table->slots[i].path);
	free(table);
}
