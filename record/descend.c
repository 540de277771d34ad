/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/descend.h"

#include <dirent.h>
#include <stdio.h>

#include "format/buffer.h"
#include "format/size.h"

struct relation {
	uint32_t pid;
	uint32_t parent;
	bool is_root;
	bool descends;
};

static bool has_name(const struct descend_roots *roots, struct span name)
{
	for (size_t i = 0; i < roots->name_count; i++)
		if (span_is(name, roots->names[i]))
			return true;
	return roots->name_count == 0;
}

static bool is_root(const struct descend_roots *roots, uint32_t pid, struct span name)
{
	if (!has_name(roots, name))
		return false;
	for (size_t i = 0; i < roots->pid_count; i++)
		if (roots->pids[i] == pid)
			return true;
	return roots->pid_count == 0;
}

/* proc(5): "pid (name) state ppid ..."; the name may hold anything, parentheses too. */
static bool relation_read(const struct descend_roots *roots, struct relation *relation)
{
	char path[32];
	char stat[512];
	const char *name;
	const char *rest;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", relation->pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	len = fread(stat, 1, sizeof(stat) - 1, file);
	fclose(file);
	stat[len] = '\0';
	name = strchr(stat, '(');
	rest = strrchr(stat, ')');
	if (!name || !rest || sscanf(rest + 1, " %*c %u", &relation->parent) != 1)
		return false;
	name++;
	relation->is_root = is_root(roots, relation->pid, span_of(name, (size_t)(rest - name)));
	return true;
}

static enum tape_error relations_read(const struct descend_roots *roots, struct buffer *relations)
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
		if (relation_read(roots, &relation))
			buffer_append(relations, &relation, sizeof(relation));
	}
	closedir(proc);
	return relations->failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

static bool hands_on(const struct relation *all, size_t count, uint32_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].pid == pid)
			return all[i].is_root || all[i].descends;
	return false;
}

enum tape_error descend_list(const struct descend_roots *roots,
			     void (*found)(void *context, uint32_t pid), void *context)
{
	struct buffer relations = {0};
	enum tape_error error = relations_read(roots, &relations);
	struct relation *all = (struct relation *)relations.data;
	size_t count = relations.len / sizeof(*all);
	bool again = error == TAPE_OK;

	/* At least one more generation in each pass. */
	while (again) {
		again = false;
		for (size_t i = 0; i < count; i++) {
			if (all[i].descends || !hands_on(all, count, all[i].parent))
				continue;
			all[i].descends = true;
			again = true;
			found(context, all[i].pid);
		}
	}
	buffer_free(&relations);
	return error;
}
