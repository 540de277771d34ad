/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/export_profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/command/command.h"
#include "analyze/output/target.h"
#include "analyze/pcapng/profile.h"

/* Wireshark writes a file of its own in place of ours when the user changes what it says. */
static bool is_ours(const char *path)
{
	char begin[sizeof(PROFILE_MARK)] = "";
	FILE *f = fopen(path, "re");
	bool ours;

	if (!f)
		return errno == ENOENT;
	ours = fgets(begin, sizeof(begin), f) && strcmp(begin, PROFILE_MARK) == 0;
	fclose(f);
	return ours;
}

static int write_text(const char *command, const char *path, const char *text)
{
	struct target target;
	enum tape_error error = target_open(&target, path, 0644);
	struct sink sink = target_sink(&target);

	if (!error) {
		error = sink.write(sink.context, text, strlen(text));
		if (error)
			target_abandon(&target);
		else
			error = target_complete(&target);
	}
	if (!error)
		return STATUS_DONE;
	return command_fail(command, "%s: %s", path,
			    error == TAPE_ERROR_IO ? strerror(errno) : tape_error_text(error));
}

static int write_file(const char *command, const char *dir, const struct profile_file *file)
{
	char *path;
	int status;

	if (asprintf(&path, "%s/%s", dir, file->name) < 0)
		return command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (is_ours(path))
		status = write_text(command, path, file->text);
	else
		status = command_fail(command,
				      "%s is there and not of socktape; remove it, or name another "
				      "directory",
				      path);
	free(path);
	return status;
}

int export_profile(const char *command, const char *dir)
{
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return command_fail(command, "%s: %s", dir, strerror(errno));
	for (const struct profile_file *file = profile_files; file->name; file++) {
		int status = write_file(command, dir, file);

		if (status)
			return status;
	}
	return STATUS_DONE;
}
