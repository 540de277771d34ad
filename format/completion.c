/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/completion.h"

#include <string.h>

/* The words for an option's argument, and whether it takes one. */
static const char *words_of(const struct completion *c, const struct completion_option *option)
{
	char name[32];
	size_t len = strlen(option->argument);

	if (len > 3 && strcmp(option->argument + len - 3, "...") == 0)
		len -= 3;
	snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31), option->argument);
	return c->words(c->context, name);
}

static bool may_repeat(const struct completion_option *option)
{
	size_t len = option->argument ? strlen(option->argument) : 0;

	return len > 3 && strcmp(option->argument + len - 3, "...") == 0;
}

/* The name of a function of a shell. */
static void print_name(const char *program, FILE *out)
{
	fputc('_', out);
	for (; *program; program++)
		fputc(*program == '-' ? '_' : *program, out);
}

/* TEXT between single quotes: what ends them, and the characters of SPECIAL, are escaped. */
static void print_quoted(const char *text, const char *special, FILE *out)
{
	for (; *text && *text != '\n'; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(special, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* ---- bash ---- */

static void bash_argument(const struct completion *c, const struct completion_command *command,
			  const struct completion_option *option, FILE *out)
{
	const char *words = words_of(c, option);

	fprintf(out, "\t'%s --%s'", command->name ? command->name : "", option->name);
	if (option->letter)
		fprintf(out, " | '%s -%c'", command->name ? command->name : "", option->letter);
	fputs(") ", out);
	if (!words)
		fputs("return ;;\n", out);
	else if (!*words)
		fputs("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		      "\t\treturn ;;\n",
		      out);
	else
		fprintf(out,
			"mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n\t\treturn ;;\n",
			words);
}

static void bash_options(const struct completion_command *command, FILE *out)
{
	fprintf(out, "\t'%s') options='", command->name ? command->name : "");
	for (size_t i = 0; i < command->option_count; i++)
		fprintf(out, "--%s ", command->options[i].name);
	fputs("--help' ;;\n", out);
}

static void bash_print(const struct completion *c, FILE *out)
{
	bool commands = c->commands[0].name;

	fprintf(out, "# Completion of %s for bash, made from its tables of options.\n", c->program);
	print_name(c->program, out);
	fputs("() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} "
	      "command='' options=''\n\tCOMPREPLY=()\n",
	      out);
	if (commands) {
		fputs("\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
		      out);
		for (size_t i = 0; i < c->command_count; i++)
			fprintf(out, "%s ", c->commands[i].name);
		fputs("help --help --version' -- \"$cur\")\n\t\treturn\n\tfi\n"
		      "\tcommand=${COMP_WORDS[1]}\n",
		      out);
	}
	fputs("\tcase \"$command $prev\" in\n", out);
	for (size_t i = 0; i < c->command_count; i++)
		for (size_t j = 0; j < c->commands[i].option_count; j++)
			if (c->commands[i].options[j].argument)
				bash_argument(c, &c->commands[i], &c->commands[i].options[j], out);
	fputs("\tesac\n\tcase $command in\n", out);
	for (size_t i = 0; i < c->command_count; i++)
		bash_options(&c->commands[i], out);
	fputs("\tesac\n\tif [[ $cur == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	      "\telse\n\t\tcompopt -o filenames\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\tfi\n}\ncomplete -F ",
	      out);
	print_name(c->program, out);
	fprintf(out, " %s\n", c->program);
}

/* ---- zsh ---- */

static void zsh_option(const struct completion *c, const struct completion_option *o, FILE *out)
{
	const char *words = o->argument ? words_of(c, o) : NULL;

	fputs(" \\\n\t\t", out);
	if (may_repeat(o))
		fputs("'*'", out);
	else if (o->letter)
		fprintf(out, "'(-%c --%s)'", o->letter, o->name);
	if (o->letter)
		fprintf(out, "{-%c,--%s}'[", o->letter, o->name);
	else
		fprintf(out, "'--%s[", o->name);
	print_quoted(o->help, "[]:\\", out);
	fputc(']', out);
	if (o->argument) {
		fputc(':', out);
		print_quoted(o->argument, "[]:\\", out);
		fputc(':', out);
		if (words && *words)
			fprintf(out, "(%s)", words);
		else
			fputs(words ? "_files" : " ", out);
	}
	fputc('\'', out);
}

static void zsh_arguments(const struct completion *c, const struct completion_command *command,
			  FILE *out)
{
	fputs("_arguments -s", out);
	for (size_t i = 0; i < command->option_count; i++)
		zsh_option(c, &command->options[i], out);
	fputs(" \\\n\t\t'*:file:_files'\n", out);
}

static void zsh_print(const struct completion *c, FILE *out)
{
	bool commands = c->commands[0].name;

	fprintf(out, "#compdef %s\n# Made from the tables of options of %s.\n", c->program,
		c->program);
	print_name(c->program, out);
	fputs("() {\n", out);
	if (commands) {
		fputs("\tlocal -a commands=(\n", out);
		for (size_t i = 0; i < c->command_count; i++) {
			fprintf(out, "\t\t'%s:", c->commands[i].name);
			print_quoted(c->commands[i].summary, ":\\", out);
			fputs("'\n", out);
		}
		fputs("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n"
		      "\t\treturn\n\tfi\n\tshift words\n\t(( CURRENT-- ))\n\tcase $words[1] in\n",
		      out);
	}
	for (size_t i = 0; i < c->command_count; i++) {
		if (commands)
			fprintf(out, "\t%s) ", c->commands[i].name);
		else
			fputc('\t', out);
		zsh_arguments(c, &c->commands[i], out);
		if (commands)
			fputs("\t\t;;\n", out);
	}
	fprintf(out, "%s}\n", commands ? "\tesac\n" : "");
	print_name(c->program, out);
	fputs(" \"$@\"\n", out);
}

/* ---- fish ---- */

static void fish_option(const struct completion *c, const struct completion_command *command,
			const struct completion_option *o, FILE *out)
{
	const char *words = o->argument ? words_of(c, o) : NULL;

	fprintf(out, "complete -c %s", c->program);
	if (command->name)
		fprintf(out, " -n '__fish_seen_subcommand_from %s'", command->name);
	fprintf(out, " -l %s", o->name);
	if (o->letter)
		fprintf(out, " -s %c", o->letter);
	if (o->argument)
		fputs(words && !*words ? " -r" : " -x", out);
	if (words && *words)
		fprintf(out, " -a '%s'", words);
	fputs(" -d '", out);
	/* In fish's quotes a quote is escaped. */
	for (const char *p = o->help; *p && *p != '\n'; p++)
		fprintf(out, *p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
	fputs("'\n", out);
}

static void fish_print(const struct completion *c, FILE *out)
{
	fprintf(out, "# Completion of %s for fish, made from its tables of options.\n", c->program);
	for (size_t i = 0; i < c->command_count; i++) {
		const struct completion_command *command = &c->commands[i];

		if (command->name)
			fprintf(out, "complete -c %s -n __fish_use_subcommand -f -a %s -d '%s'\n",
				c->program, command->name, command->summary);
		for (size_t j = 0; j < command->option_count; j++)
			fish_option(c, command, &command->options[j], out);
	}
}

bool completion_print(const struct completion *c, const char *shell, FILE *out)
{
	static const struct {
		const char *shell;
		void (*print)(const struct completion *c, FILE *out);
	} shells[] = {{"bash", bash_print}, {"zsh", zsh_print}, {"fish", fish_print}};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].print(c, out);
		return true;
	}
	return false;
}
