/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/options.h"

#include <stdio.h>

bool options_filtered(const struct options *options)
{
	return options->pid_count || options->name_count || options->cgroup_count ||
	       options->port_count || options->command;
}

static void list_append(struct buffer *words, const char *what, const char *text, bool first)
{
	buffer_printf(words, "%s%s%s", first ? (words->len ? ", " : "") : " or ", first ? what : "",
		      text);
}

void options_describe(const struct options *options, struct buffer *words)
{
	char number[16];

	if (options->command)
		buffer_printf(words, "%s and what it starts%s", options->command[0],
			      options->name_count ? ", or processes named" : "");
	for (size_t i = 0; i < options->pid_count; i++) {
		snprintf(number, sizeof(number), "%u", options->pids[i]);
		list_append(words, "process ", number, i == 0);
	}
	for (size_t i = 0; i < options->name_count; i++)
		if (options->command)
			buffer_printf(words, "%s%s", i ? " or " : " ", options->names[i]);
		else
			list_append(words, "processes named ", options->names[i], i == 0);
	for (size_t i = 0; i < options->cgroup_count; i++)
		list_append(words, "cgroup ", options->cgroups[i], i == 0);
	for (size_t i = 0; i < options->port_count; i++) {
		snprintf(number, sizeof(number), "%u", options->ports[i]);
		list_append(words, "port ", number, i == 0);
	}
	if (options->follow && words->len)
		buffer_append_text(words, ", with children");
}

void options_filters(const struct options *options, struct buffer *words)
{
	for (size_t i = 0; i < options->pid_count; i++)
		buffer_printf(words, "%s-p %u", words->len ? " " : "", options->pids[i]);
	for (size_t i = 0; i < options->name_count; i++)
		buffer_printf(words, "%s-e %s", words->len ? " " : "", options->names[i]);
	for (size_t i = 0; i < options->cgroup_count; i++)
		buffer_printf(words, "%s--cgroup %s", words->len ? " " : "", options->cgroups[i]);
	for (size_t i = 0; i < options->port_count; i++)
		buffer_printf(words, "%s--port %u", words->len ? " " : "", options->ports[i]);
	if (options->follow && words->len)
		buffer_append_text(words, " --follow");
}
