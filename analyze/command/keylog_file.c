/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/command/keylog_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "analyze/command/command.h"

struct counts {
	uint64_t lines;
	uint64_t answers[KEYLOG_NO_MEMORY + 1];
	uint64_t first_wrong; /* line; 0: none */
};

static void add_lines(struct keylog *k, FILE *file, struct counts *counts)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;

	while ((len = getline(&line, &capacity, file)) >= 0) {
		enum keylog_answer answer = keylog_add(k, span_of(line, (size_t)len), 0);

		counts->lines++;
		counts->answers[answer]++;
		if (answer == KEYLOG_NO_LINE && !counts->first_wrong)
			counts->first_wrong = counts->lines;
	}
	if (line)
		OPENSSL_cleanse(line, capacity);
	free(line);
}

static bool fail(const char *command, const char *path, const char *why)
{
	command_fail(command, "--keylog %s: %s", path, why);
	return false;
}

static bool judge(const struct counts *counts, const char *command, const char *path)
{
	if (counts->answers[KEYLOG_NO_MEMORY])
		return fail(command, path, tape_error_text(TAPE_ERROR_MEMORY));
	if (!counts->answers[KEYLOG_TAKEN])
		return fail(command, path,
			    "no line in it is a TLS secret in the NSS key log format");
	if (counts->first_wrong)
		command_warn(command,
			     "--keylog %s: line %" PRIu64 " is none of a key log (%" PRIu64
			     " of %" PRIu64 " lines are not)",
			     path, counts->first_wrong, counts->answers[KEYLOG_NO_LINE],
			     counts->lines);
	return true;
}

bool keylog_file_add(struct keylog **k, const char *command, const char *path)
{
	struct counts counts = {0};
	FILE *file = fopen(path, "re");
	bool failed;

	if (!file)
		return fail(command, path, strerror(errno));
	if (!*k)
		*k = keylog_new(NULL, NULL);
	if (!*k) {
		fclose(file);
		return fail(command, path, tape_error_text(TAPE_ERROR_MEMORY));
	}
	add_lines(*k, file, &counts);
	failed = ferror(file);
	fclose(file);
	return failed ? fail(command, path, strerror(errno)) : judge(&counts, command, path);
}
