/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/program.h"

#include <stdbool.h>
#include <string.h>

/* Interpreters by how their names begin: python3.11 is one of them. */
static const struct interpreter {
	const char *name;
	const char *with; /* options that take another argument, parted and ended by blanks */
	const char *code; /* options with the code itself, which has no name */
	const char *verb; /* a word in front of the name */
} interpreters[] = {
	{"python", " -W -X --check-hash-based-pycs ", " -c ", ""},
	{"node", " -r --require --import --loader -C --conditions ", " -e --eval -p --print ", ""},
	{"ruby", " -r -I -C -E ", " -e ", ""},
	{"perl", " -I -M ", " -e -E ", ""},
	{"php", " -d -c -z -t -S ", " -r ", ""},
	{"java",
	 " -cp -classpath --class-path -p --module-path --add-modules --add-opens --add-exports "
	 "--add-reads ",
	 " ", ""},
	{"deno", " -c --config ", " eval ", "run"},
	{"bun", " -c --config -r --preload ", " -e --eval ", "run"},
	{"lua", " -l ", " -e ", ""},
	{"bash", " -o -O --rcfile ", " -c ", ""},
	{"sh", " -o ", " -c ", ""},
	{"dash", " -o ", " -c ", ""},
};

/* Behind the name of an interpreter stands at most its version. */
static bool is_version(const char *text)
{
	return strspn(text, "0123456789.-jit") == strlen(text);
}

static const struct interpreter *interpreter_of(const struct process *process)
{
	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		size_t len = strlen(interpreters[i].name);

		if (strncmp(process->name, interpreters[i].name, len) == 0 &&
		    is_version(process->name + len))
			return &interpreters[i];
	}
	return NULL;
}

/* Whether the word of LEN bytes is one of LIST. */
static bool is_in(const char *list, const char *word, size_t len)
{
	for (const char *at = list; (at = strchr(at, ' ')) != NULL && at[1]; at++)
		if (strncmp(at + 1, word, len) == 0 && at[1 + len] == ' ')
			return true;
	return false;
}

/* The last part of a path. */
static void copy_name(char script[static PROGRAM_SCRIPT_MAX], const char *word, size_t len)
{
	size_t from = len;

	while (from && word[from - 1] != '/')
		from--;
	len -= from;
	if (len >= PROGRAM_SCRIPT_MAX)
		len = PROGRAM_SCRIPT_MAX - 1;
	memcpy(script, word + from, len);
	script[len] = '\0';
}

/* The word of LEN bytes at TEXT, an argument, isn't what is run. */
static bool goes_before(const struct interpreter *in, const char *text, size_t len)
{
	return *text == '-' || (strlen(in->verb) == len && memcmp(text, in->verb, len) == 0);
}

void program_script(const struct process *process, char script[static PROGRAM_SCRIPT_MAX])
{
	const struct interpreter *in = process ? interpreter_of(process) : NULL;
	bool skips = true; /* the interpreter's own name */

	script[0] = '\0';
	for (const char *at = in ? process->cmdline : ""; *at;) {
		size_t len = strcspn(at, " ");

		/* Without a name, too: what comes from standard input. */
		if (is_in(in->code, at, len) || (len == 1 && *at == '-'))
			return;
		if (skips || !len) {
			skips = skips && !len;
		} else if (is_in(in->with, at, len)) {
			skips = true;
		} else if (!goes_before(in, at, len)) {
			copy_name(script, at, len);
			return;
		}
		at += len + (at[len] == ' ');
	}
}
