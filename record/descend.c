/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/descend.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/buffer.h"
#include "record/size.h"

struct relation {
	uint32_t pid;
	uint32_t parent;
	bool member;
};

static bool parent_read(uint32_t pid, uint32_t *parent)
{
	char path[32];
	char stat[512];
	const char *rest;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	len = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[len] = '\0';
	/* proc(5): the parent is field 4; the name in field 2 may hold anything. */
	rest = strrchr(stat, ')');
	return rest && sscanf(rest + 1, " %*c %u", parent) == 1;
}

static enum tape_error relations_read(struct buffer *relations)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		return TAPE_ERROR_IO;
	while ((entry = readdir(proc))) {
		struct relation relation = {0};
		uint64_t pid;

		if (!size_parse_number(entry->d_name, &pid))
			continue;
		relation.pid = (uint32_t)pid;
		if (parent_read(relation.pid, &relation.parent))
			buffer_append(relations, &relation, sizeof(relation));
	}
	closedir(proc);
	return relations->failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

static bool is_member(const struct relation *all, size_t count, const uint32_t *roots,
		      size_t root_count, uint32_t pid)
{
	for (size_t i = 0; i < root_count; i++)
		if (roots[i] == pid)
			return true;
	for (size_t i = 0; i < count; i++)
		if (all[i].pid == pid)
			return all[i].member;
	return false;
}

enum tape_error descend_list(const uint32_t *roots, size_t root_count,
			     void (*found)(void *context, uint32_t pid), void *context)
{
	struct buffer relations = {0};
	enum tape_error error = relations_read(&relations);
	struct relation *all = (struct relation *)relations.data;
	size_t count = relations.len / sizeof(*all);
	bool again = error == TAPE_OK;

	/* One more generation in each pass. */
	while (again) {
		again = false;
		for (size_t i = 0; i < count; i++) {
			if (all[i].member ||
			    !is_member(all, count, roots, root_count, all[i].parent) ||
			    is_member(NULL, 0, roots, root_count, all[i].pid))
				continue;
			all[i].member = true;
			again = true;
			found(context, all[i].pid);
		}
	}
	buffer_free(&relations);
	return error;
}
