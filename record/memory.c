/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/memory.h"

#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A version 1 cgroup without a limit has the largest number of whole pages (of 64 KiB at most). */
#define NO_LIMIT_MIN (UINT64_C(1) << 62)

/* The names that one version of cgroups has for what we read. */
static const struct names {
	const char *limit;
	const char *usage;
	const char *cache[2]; /* in memory.stat */
} versions[] = {
	{"memory.max", "memory.current", {"inactive_file", "active_file"}},
	{"memory.limit_in_bytes",
	 "memory.usage_in_bytes",
	 {"total_inactive_file", "total_active_file"}},
};

static FILE *open_in(const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return NULL;
	return fopen(path, "re");
}

/* The number in a file; false when there is none, as in "max". */
static bool read_number(const char *directory, const char *name, uint64_t *value)
{
	FILE *file = open_in(directory, name);
	unsigned long long number;
	bool good;

	if (!file)
		return false;
	good = fscanf(file, "%llu", &number) == 1;
	fclose(file);
	if (good)
		*value = number;
	return good;
}

static uint64_t read_cache(const char *directory, const struct names *names)
{
	FILE *file = open_in(directory, "memory.stat");
	unsigned long long value;
	uint64_t sum = 0;
	char name[64];

	if (!file)
		return 0;
	while (fscanf(file, "%63s %llu", name, &value) == 2)
		if (strcmp(name, names->cache[0]) == 0 || strcmp(name, names->cache[1]) == 0)
			sum += value;
	fclose(file);
	return sum;
}

static uint64_t left_in(const char *directory)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		uint64_t limit;
		uint64_t usage;
		uint64_t cache;

		if (!read_number(directory, versions[i].limit, &limit) || limit >= NO_LIMIT_MIN ||
		    !read_number(directory, versions[i].usage, &usage))
			continue;
		cache = read_cache(directory, &versions[i]);
		usage -= cache < usage ? cache : usage;
		return usage < limit ? limit - usage : 0;
	}
	return MEMORY_UNLIMITED;
}

uint64_t memory_left_of(const char *mount, const char *path)
{
	uint64_t least = MEMORY_UNLIMITED;
	char directory[PATH_MAX];
	size_t mount_len = strlen(mount);

	if (snprintf(directory, sizeof(directory), "%s%s", mount, path) >= (int)sizeof(directory))
		return least;
	/* In a container the mount may begin further down than the path does. */
	if (access(directory, F_OK) != 0)
		directory[mount_len] = '\0';
	while (strlen(directory) >= mount_len) {
		uint64_t left = left_in(directory);
		char *slash = strrchr(directory, '/');

		if (left < least)
			least = left;
		if (!slash || slash == directory)
			break;
		*slash = '\0';
	}
	return least;
}

/* Takes the path out of a line of /proc/self/cgroup if it tells where memory is limited. */
static bool cgroup_line(char *line, bool *version1, char **path)
{
	char *controllers = strchr(line, ':');
	char *colon = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!colon)
		return false;
	*colon = '\0';
	*path = colon + 1;
	(*path)[strcspn(*path, "\n")] = '\0';
	*version1 = controllers[1] != '\0';
	if (!*version1)
		return true;
	for (char *word = strtok(controllers + 1, ","); word; word = strtok(NULL, ","))
		if (strcmp(word, "memory") == 0)
			return true;
	return false;
}

static uint64_t left_at(bool version1, const char *path)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	uint64_t least = MEMORY_UNLIMITED;
	struct mntent entry;
	char text[2 * PATH_MAX];

	if (!mounts)
		return least;
	while (getmntent_r(mounts, &entry, text, sizeof(text))) {
		uint64_t left;

		if (version1 ? strcmp(entry.mnt_type, "cgroup") != 0 || !hasmntopt(&entry, "memory")
			     : strcmp(entry.mnt_type, "cgroup2") != 0)
			continue;
		left = memory_left_of(entry.mnt_dir, path);
		if (left < least)
			least = left;
	}
	endmntent(mounts);
	return least;
}

uint64_t memory_left(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	uint64_t least = MEMORY_UNLIMITED;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return least;
	while (getline(&line, &size, file) > 0) {
		uint64_t left;
		bool version1;
		char *path;

		if (!cgroup_line(line, &version1, &path))
			continue;
		left = left_at(version1, path);
		if (left < least)
			least = left;
	}
	free(line);
	fclose(file);
	return least;
}

uint64_t memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t available = MEMORY_UNLIMITED;
	unsigned long long kibibytes;
	char line[128];

	if (!file)
		return available;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kibibytes) == 1)
			available = kibibytes * 1024;
	fclose(file);
	return available;
}
