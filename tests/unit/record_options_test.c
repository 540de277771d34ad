/* SPDX-License-Identifier: BSD-2-Clause */
/* What socktape-record understands on its command line, and what it answers to the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "record/options.h"

#define WORDS_MAX 40
#define END	  ((char *)NULL) /* of variable arguments */

struct parsed {
	bool ok;
	struct options options;
	struct buffer problem;
	char *words[WORDS_MAX];
};

static struct parsed *parse(char *first, ...)
{
	static struct parsed parsed;
	va_list more;
	int count = 0;

	buffer_free(&parsed.problem);
	parsed.words[count++] = "socktape-record";
	va_start(more, first);
	for (char *word = first; word; word = va_arg(more, char *))
		parsed.words[count++] = word;
	va_end(more);
	parsed.words[count] = NULL;
	parsed.ok = options_parse(count, parsed.words, &parsed.options, &parsed.problem);
	buffer_append_char(&parsed.problem, '\0');
	return &parsed;
}

static void assert_problem(const struct parsed *parsed, const char *words)
{
	assert_false(parsed->ok);
	if (!strstr(parsed->problem.data, words))
		fail_msg("\"%s\" says nothing of \"%s\"", parsed->problem.data, words);
	assert_null(strchr(parsed->problem.data, '\n'));
}

static void defaults(void **state)
{
	const struct options *o = &parse("-o", "rec", END)->options;

	(void)state;
	assert_int_equal(o->action, OPTIONS_RECORD);
	assert_string_equal(o->directory, "rec");
	assert_int_equal(o->snaplen, OPTIONS_SNAPLEN_ALL);
	assert_int_equal(o->segment_len, 256000000);
	assert_int_equal(o->keep_len, 0);
	assert_int_equal(o->ring_len, 64 << 20);
	assert_int_equal(o->level, 0);
	assert_int_equal(o->backlog_len, 512 << 20);
	assert_null(o->command);
	assert_false(o->follow || o->unix_sockets || o->quiet || o->verbose || o->compat);
}

static void every_option(void **state)
{
	const struct parsed *p = parse("--output", "rec", "-p", "1", "-p2", "-e", "nginx", "--port",
				       "6379", "--cgroup", "/a", "--follow", "--unix", "-s", "128",
				       "-C", "100M", "--keep", "1G", "--buffer", "100MiB", "-z3",
				       "-d", "1.5", "-q", "-v", "--compat", END);
	const struct options *o = &p->options;

	(void)state;
	assert_true(p->ok);
	assert_int_equal(o->pid_count, 2);
	assert_int_equal(o->pids[0], 1);
	assert_int_equal(o->pids[1], 2);
	assert_int_equal(o->name_count, 1);
	assert_string_equal(o->names[0], "nginx");
	assert_int_equal(o->port_count, 1);
	assert_int_equal(o->ports[0], 6379);
	assert_int_equal(o->cgroup_count, 1);
	assert_string_equal(o->cgroups[0], "/a");
	assert_true(o->follow && o->unix_sockets && o->quiet && o->verbose && o->compat);
	assert_int_equal(o->snaplen, 128);
	assert_int_equal(o->segment_len, 100000000);
	assert_int_equal(o->keep_len, 1000000000);
	assert_int_equal(o->ring_len, 100 << 20);
	assert_int_equal(o->level, 3);
	assert_int_equal(o->duration, 1500000000);
}

static void a_filter_that_is_given_twice_is_one(void **state)
{
	const struct parsed *p = parse("-o", "rec", "-p", "7", "-p", "7", "-e", "nginx", "-e",
				       "nginx", "--port", "80", "--port", "80", "--cgroup", "/a",
				       "--cgroup", "/a", END);
	struct buffer words = {0};

	(void)state;
	assert_true(p->ok);
	options_describe(&p->options, &words);
	assert_true(span_is(buffer_span(&words),
			    "process 7, processes named nginx, cgroup /a, port 80"));
	buffer_free(&words);
}

static void plaintext_of_tls_is_recorded_unless_told_otherwise(void **state)
{
	const struct parsed *p;

	(void)state;
	p = parse("-o", "rec", END);
	assert_int_equal(p->options.tls, OPTIONS_TLS_PLAINTEXT);
	assert_int_equal(p->options.wire, OPTIONS_WIRE_HANDSHAKE);
	p = parse("-o", "rec", "--no-tls", END);
	assert_int_equal(p->options.tls, OPTIONS_TLS_OFF);
	p = parse("-o", "rec", "--tls=plaintext", "--wire", "none", END);
	assert_int_equal(p->options.tls, OPTIONS_TLS_PLAINTEXT);
	assert_int_equal(p->options.wire, OPTIONS_WIRE_NONE);
	p = parse("--list-tls", END);
	assert_true(p->ok);
	assert_int_equal(p->options.action, OPTIONS_LIST_TLS);
	assert_problem(parse("--list-tls", "-o", "rec", END), "--list-tls records nothing");
	assert_problem(parse("--probe", "--", "curl", END), "--probe records nothing");
	assert_problem(parse("-o", "rec", "--tls", "some", END), "--tls some: expected plaintext");
	assert_problem(parse("-o", "rec", "--wire", "some", END),
		       "--wire some: expected handshake");
	assert_problem(parse("-o", "rec", "--no-tls", "--wire", "all", END), "--wire chooses");
	p = parse("-o", "rec", "--tls", "keys", END);
	assert_int_equal(p->options.tls, OPTIONS_TLS_KEYS);
	assert_false(p->options.tls_slow);
	p = parse("-o", "rec", "--tls-slow", END);
	assert_true(p->options.tls_slow);
	assert_problem(parse("-o", "rec", "--tls-slow", "--no-tls", END), "--tls-slow chooses");
	/* Without all of the wire, keys open nothing. */
	assert_problem(parse("-o", "rec", "--tls", "keys", "--wire", "none", END),
		       "--wire chooses");
}

static void command_keeps_its_own_options(void **state)
{
	const struct parsed *p = parse("-o", "rec", "--", "curl", "-q", "-p", "x", END);

	(void)state;
	assert_true(p->ok);
	assert_false(p->options.quiet);
	assert_string_equal(p->options.command[0], "curl");
	assert_string_equal(p->options.command[1], "-q");
	assert_null(p->options.command[4]);
	assert_problem(parse("-o", "rec", "curl", END), "--");
	assert_problem(parse("-o", "rec", "-p", "1", "--", "curl", END), "COMMAND");
}

/* None is dropped without a word. */
static void filters_are_repeatable(void **state)
{
	static const char *const options[] = {"-e", "--port", "--cgroup"};
	const struct options *o = &parse("-o", "rec", "-e", "nginx", "-e", "curl", "--port", "80",
					 "--port", "443", "--cgroup", "/a", "--cgroup", "/b", END)
					   ->options;

	(void)state;
	assert_int_equal(o->name_count, 2);
	assert_string_equal(o->names[1], "curl");
	assert_int_equal(o->port_count, 2);
	assert_int_equal(o->ports[1], 443);
	assert_int_equal(o->cgroup_count, 2);
	assert_string_equal(o->cgroups[0], "/a");
	assert_string_equal(o->cgroups[1], "/b");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char *argv[3 + 2 * 17 + 1] = {"socktape-record", "-o", "rec"}, values[17][4];
		struct buffer problem = {0};
		struct options many;

		for (size_t n = 0; n < 17; n++) {
			argv[3 + 2 * n] = (char *)options[i];
			snprintf(values[n], sizeof(values[n]), "%zu", n + 1);
			argv[4 + 2 * n] = values[n];
		}
		assert_true(options_parse(3 + 2 * 16, argv, &many, &problem));
		assert_false(options_parse(3 + 2 * 17, argv, &many, &problem));
		buffer_append_char(&problem, '\0');
		assert_non_null(strstr(problem.data, "at most 16"));
		buffer_free(&problem);
	}
}

static void nothing_needs_a_directory_but_recording(void **state)
{
	(void)state;
	assert_problem(parse(END), "-o DIR");
	assert_problem(parse("-o", "", END), "directory");
	assert_int_equal(parse("--help", END)->options.action, OPTIONS_HELP);
	assert_int_equal(parse("--version", END)->options.action, OPTIONS_VERSION);
	assert_int_equal(parse("--probe", END)->options.action, OPTIONS_PROBE);
}

static void wrong_values_are_named(void **state)
{
	static char *wrong[][2] = {
		{"-p", "0"},
		{"-p", "abc"},
		{"-p", "-1"},
		{"-p", "4294967296"},
		{"-e", ""},
		{"-e", "sixteen-letters-"},
		{"--port", "0"},
		{"--port", "65536"},
		{"-s", "1x"},
		{"-s", "4GiB"},
		{"-C", "100"},
		{"-C", "99999999999999999999"},
		{"--keep", "1"},
		{"--buffer", "1"},
		{"--buffer", "4GiB"},
		{"-z", "0"},
		{"-z", "20"},
		{"-d", "0"},
		{"-z", "fast"},
		{"--backlog", "1MiB"},
		{"--backlog", "2TiB"},
		{"-d", "ten"},
		{"-d", "9999999999"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_problem(parse("-o", "rec", wrong[i][0], wrong[i][1], END), "expected");
	assert_int_equal(parse("-o", "rec", "-z", "auto", END)->options.level, 0);
	assert_int_equal(parse("-o", "rec", "--backlog", "8M", END)->options.backlog_len, 8000000);
	assert_problem(parse("-o", "rec", "--nonsense", END), "--nonsense");
	assert_problem(parse("-o", "rec", "-X", END), "-X");
	assert_problem(parse("-o", END), "argument");
	assert_problem(parse("-o", "rec", "--port", END), "--port needs an argument");
}

static void budget_and_segments_fit(void **state)
{
	(void)state;
	/* The default gives way to a small budget, a size that was asked for doesn't. */
	assert_int_equal(parse("-o", "rec", "--keep", "1M", END)->options.segment_len, 250000);
	assert_problem(parse("-o", "rec", "--keep", "1M", "-C", "1M", END), "--keep");
	assert_true(parse("-o", "rec", "--keep", "2M", "-C", "1M", END)->ok);
}

static void only_filters_may_be_repeated(void **state)
{
	(void)state;
	assert_problem(parse("-o", "a", "-o", "b", END), "--output can be given only once");
	assert_problem(parse("-o", "a", "-d", "1", "--duration", "2", END), "--duration can be");
	assert_true(parse("-o", "a", "-v", "-v", "-e", "a", "-e", "b", END)->ok);
}

static void mistyped_options_are_known(void **state)
{
	(void)state;
	assert_problem(parse("-o", "a", "--prot", "80", END), "did you mean --port?");
	assert_problem(parse("-o", "a", "--dration=5", END), "did you mean --duration?");
	assert_problem(parse("-o", "a", "--xyz", END), "see --help");
	assert_problem(parse("-o", "a", "-y", END), "unknown option '-y'; see --help");
}

static void durations_have_units(void **state)
{
	(void)state;
	assert_true(parse("-o", "a", "-d", "10m", END)->options.duration == 600000000000);
	assert_true(parse("-o", "a", "-d", "1h30m", END)->options.duration == 5400000000000);
	assert_problem(parse("-o", "a", "-d", "10 parsecs", END), "such as 10, 0.5 or 1h30m");
	assert_problem(parse("-o", "a", "-d", "0s", END), "expected how long");
}

static void help_lists_every_option(void **state)
{
	static const char *const names[] = {
		"-o, --output DIR", "-p, --pid PID", "-s, --snaplen BYTES",
		"--keep SIZE",	    "--probe",	     "-z, --level LEVEL"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	options_help(out);
	fclose(out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(text, names[i]));
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_in_range(strcspn(line, "\n"), 0, 95);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(a_filter_that_is_given_twice_is_one),
		cmocka_unit_test(plaintext_of_tls_is_recorded_unless_told_otherwise),
		cmocka_unit_test(command_keeps_its_own_options),
		cmocka_unit_test(filters_are_repeatable),
		cmocka_unit_test(nothing_needs_a_directory_but_recording),
		cmocka_unit_test(wrong_values_are_named),
		cmocka_unit_test(budget_and_segments_fit),
		cmocka_unit_test(only_filters_may_be_repeated),
		cmocka_unit_test(mistyped_options_are_known),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(help_lists_every_option),
	};

	return cmocka_run_group_tests_name("record options", tests, NULL, NULL);
}
