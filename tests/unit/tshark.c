/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "format/buffer.h"
#include "tests/unit/tshark.h"

static bool installed(const char *tool)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", tool);
	return system(command) == 0;
}

void exported_begin(struct exported *x)
{
	*x = (struct exported){0};
	if (!installed("tshark")) {
		print_message("tshark is not installed\n");
		skip();
	}
	x->dir = scratch_new();
	snprintf(x->file, sizeof(x->file), "%s/x.pcapng", x->dir);
	tape_build_begin(&x->tape, x->dir);
}

void exported_rewrite(struct exported *x, const char *option, const char *value)
{
	char *argv[] = {(char *)"export", x->tape.path,	  (char *)"-q",	 (char *)"-o",
			x->file,	  (char *)option, (char *)value, NULL};

	x->loaded = false;
	optind = 0; /* of getopt(3): start over */
	assert_int_equal(export_command.run(option ? (value ? 7 : 6) : 5, argv), STATUS_DONE);
}

void exported_write(struct exported *x, const char *option)
{
	tape_build_end(&x->tape);
	exported_rewrite(x, option, NULL);
}

void exported_end(struct exported *x)
{
	free(x->answer);
	scratch_remove(x->dir);
}

static char *output_of(const char *command)
{
	FILE *pipe = popen(command, "r");
	struct buffer text = {0};
	char part[4096];
	size_t n;

	assert_non_null(pipe);
	while ((n = fread(part, 1, sizeof(part), pipe)) > 0)
		buffer_append(&text, part, n);
	buffer_append_char(&text, '\0');
	assert_false(text.failed);
	if (pclose(pipe) != 0)
		fail_msg("failed: %s", command);
	return text.data;
}

const char *exported_ask(struct exported *x, const char *command)
{
	char *with_file = NULL;
	const char *at = strstr(command, "%s");

	assert_non_null(at);
	assert_true(asprintf(&with_file, "%.*s%s%s", (int)(at - command), command, x->file,
			     at + 2) > 0);
	free(x->answer);
	x->answer = output_of(with_file);
	free(with_file);
	return x->answer;
}

/* Each line that says WORD says INSTEAD, which is shorter. */
static void lines_replace(char *text, const char *word, const char *instead)
{
	size_t len = strlen(word);
	char *at = text;

	while ((at = strstr(at, word))) {
		if ((at == text || at[-1] == '\n') && (at[len] == '\n' || at[len] == '\0')) {
			memcpy(at, instead, strlen(instead));
			memmove(at + strlen(instead), at + len, strlen(at + len) + 1);
		}
		at += strlen(instead);
	}
}

const char *exported_field(struct exported *x, const char *filter, const char *field)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "tshark -n -r %%s -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
		 "-o udp.check_checksum:TRUE -Y '%s' -T fields -e %s 2>/dev/null",
		 filter, field);
	exported_ask(x, command);
	/* From version 4.4 on it has words for booleans. */
	lines_replace(x->answer, "True", "1");
	lines_replace(x->answer, "False", "0");
	return x->answer;
}

/* ---- sharkd: the same dissectors, started once for all files and questions ---- */

static struct {
	bool tried;
	int loads;
	FILE *to;
	FILE *from;
	char *line;
	size_t size;
} sharkd;

static const char *sharkd_ask(const char *method, const char *params)
{
	fprintf(sharkd.to, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s}}\n",
		method, params);
	assert_int_equal(fflush(sharkd.to), 0);
	assert_true(getline(&sharkd.line, &sharkd.size, sharkd.from) > 0);
	assert_null(strstr(sharkd.line, "\"error\""));
	return sharkd.line;
}

static void sharkd_start(void)
{
	static const char *const settings[] = {"ip", "tcp", "udp"};
	int in[2], out[2];
	pid_t parent = getpid();

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		if (getppid() == parent && freopen("/dev/null", "w", stderr))
			execlp("sharkd", "sharkd", "-", NULL);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	sharkd.to = fdopen(in[1], "w");
	sharkd.from = fdopen(out[0], "r");
	assert_true(sharkd.to && sharkd.from);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		char params[64];

		snprintf(params, sizeof(params),
			 "\"name\":\"%s.check_checksum\",\"value\":\"TRUE\"", settings[i]);
		sharkd_ask("setconf", params);
	}
}

/* FILTER as a JSON string, which has quotation marks of its own. */
static size_t sharkd_count(struct exported *x, const char *filter)
{
	char params[1024] = "\"filter\":\"";
	size_t len = strlen(params), count = 0;
	const char *answer;

	if (!x->loaded) {
		char file[128];

		snprintf(file, sizeof(file), "\"file\":\"%s\"", x->file);
		sharkd_ask("load", file);
		x->loaded = true;
		sharkd.loads++;
	}
	for (; *filter && len < sizeof(params) - 4; filter++) {
		if (*filter == '"')
			params[len++] = '\\';
		params[len++] = *filter;
	}
	/* sharkd keeps answers by the filter's text, beyond the file: spaces make it another. */
	assert_true(len + (size_t)sharkd.loads + 2 < sizeof(params));
	memset(params + len, ' ', (size_t)sharkd.loads);
	params[len + (size_t)sharkd.loads] = '"';
	answer = sharkd_ask("frames", params);
	while ((answer = strstr(answer, "\"num\":")) != NULL) {
		answer++;
		count++;
	}
	return count;
}

static size_t tshark_count(struct exported *x, const char *filter)
{
	size_t lines = 0;

	for (const char *at = exported_field(x, filter, "frame.number"); *at; at++)
		lines += *at == '\n';
	return lines;
}

size_t exported_count(struct exported *x, const char *filter)
{
	if (!sharkd.tried && installed("sharkd"))
		sharkd_start();
	sharkd.tried = true;
	return sharkd.to ? sharkd_count(x, filter) : tshark_count(x, filter);
}

size_t exported_values(struct exported *x, const char *filter, const char *field, char separator)
{
	size_t values = 0;

	for (const char *at = exported_field(x, filter, field); *at; at++)
		values += *at == '\n' || *at == separator;
	return values;
}

#define BAD                                                                                        \
	"_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || "                 \
	"udp.checksum.status == 0"

static void others_read_it(struct exported *x)
{
	if (installed("tcpdump"))
		exported_ask(x, "tcpdump -n -r %s 2>&1 >/dev/null");
	if (installed("capinfos"))
		assert_non_null(strstr(exported_ask(x, "capinfos %s 2>&1"), "Ethernet"));
}

void exported_is_sound(struct exported *x, size_t warnings)
{
	assert_int_equal(exported_count(x, BAD), 0);
	assert_int_equal(exported_count(x, "tcp.analysis.flags"), warnings);
	others_read_it(x);
}

void exported_is_clean(struct exported *x)
{
	assert_int_equal(exported_count(x, BAD " || tcp.analysis.flags"), 0);
	others_read_it(x);
}
