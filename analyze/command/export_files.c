/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/export_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The NUMBER goes before what the last point of the name begins. */
static char *numbered(const char *path, unsigned number)
{
	const char *base = strrchr(path, '/'), *dot;
	char *name;
	int head;

	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	if (!dot || dot == base)
		dot = base + strlen(base);
	head = (int)(dot - path);
	return asprintf(&name, "%.*s-%05u%s", head, path, number, dot) < 0 ? NULL : name;
}

static enum tape_error open_file(struct export_files *f)
{
	free(f->name);
	f->name = f->split ? numbered(f->path, f->number) : strdup(f->path);
	return f->name ? target_open(&f->target, f->name, 0600) : TAPE_ERROR_MEMORY;
}

enum tape_error export_files_open(struct export_files *f, const char *path, bool split)
{
	*f = (struct export_files){.path = path, .split = split, .number = 1};
	return open_file(f);
}

struct sink export_files_sink(struct export_files *f)
{
	return target_sink(&f->target);
}

enum tape_error export_files_next(void *context)
{
	struct export_files *f = context;
	enum tape_error error;

	error = target_complete(&f->target);
	f->target = (struct target){.fd = -1};
	if (error)
		return error;
	f->number++;
	return open_file(f);
}

enum tape_error export_files_complete(struct export_files *f)
{
	return target_complete(&f->target);
}

void export_files_abandon(struct export_files *f)
{
	if (f->target.fd >= 0)
		target_abandon(&f->target);
}

char *export_files_stray(const struct export_files *f)
{
	char *name = f->split ? numbered(f->path, f->number + 1) : NULL;

	if (name && access(name, F_OK) == 0)
		return name;
	free(name);
	return NULL;
}

char *export_files_text(const struct export_files *f)
{
	char *first, *text = NULL;

	if (f->number == 1)
		return f->name ? strdup(f->name) : NULL;
	first = numbered(f->path, 1);
	if (first && asprintf(&text, "%s to %s", first, f->name) < 0)
		text = NULL;
	free(first);
	return text;
}

void export_files_free(struct export_files *f)
{
	free(f->name);
}
