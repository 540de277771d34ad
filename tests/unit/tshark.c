/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	optind = 0; /* of getopt(3): start over */
	assert_int_equal(cmd_export(option ? (value ? 7 : 6) : 5, argv), STATUS_DONE);
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

const char *exported_field(struct exported *x, const char *filter, const char *field)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "tshark -n -r %%s -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
		 "-o udp.check_checksum:TRUE -Y '%s' -T fields -e %s 2>/dev/null",
		 filter, field);
	return exported_ask(x, command);
}

size_t exported_count(struct exported *x, const char *filter)
{
	size_t lines = 0;

	for (const char *at = exported_field(x, filter, "frame.number"); *at; at++)
		lines += *at == '\n';
	return lines;
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
