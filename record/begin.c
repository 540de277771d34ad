/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/begin.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

#include "record/descend.h"

/* Whether the process of a folder of /proc has the name. */
static bool has_name(const char *pid, const char *name)
{
	char path[300], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(comm, sizeof(comm), file))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(file);
	return strcmp(comm, name) == 0;
}

static bool anybody_has(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (proc && !found && (entry = readdir(proc)) != NULL)
		found = isdigit((unsigned char)entry->d_name[0]) && has_name(entry->d_name, name);
	if (proc)
		closedir(proc);
	return found || !proc;
}

static void count(void *context, uint32_t pid)
{
	(void)pid;
	++*(size_t *)context;
}

/* Workers that a master started are often what was meant. */
static void children_say(const struct options *options, FILE *out)
{
	const struct descend_roots roots = {options->pids, options->pid_count, NULL, 0};
	size_t children = 0;

	if (options->follow || !options->pid_count ||
	    descend_list(&roots, count, &children) != TAPE_OK || !children)
		return;
	fprintf(out,
		"socktape-record: %zu process%s below the one%s of -p %s left out; --follow "
		"records "
		"children, too\n",
		children, children == 1 ? "" : "es", options->pid_count == 1 ? "" : "s",
		children == 1 ? "is" : "are");
}

void begin_say(const struct options *options, FILE *out)
{
	struct buffer words = {0};

	options_describe(options, &words);
	fprintf(out, "socktape-record: recording %.*s into %s\n",
		words.len ? (int)words.len : (int)strlen("everything"),
		words.len ? words.data : "everything", options->directory);
	buffer_free(&words);
	for (size_t i = 0; i < options->name_count; i++)
		if (!anybody_has(options->names[i]))
			fprintf(out,
				"socktape-record: no process is named %s now (names are those in "
				"/proc/PID/comm)\n",
				options->names[i]);
	children_say(options, out);
}
