/* SPDX-License-Identifier: BSD-2-Clause */
/* What conns, why, info and events print of connections' states, unseen calls and blind spots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/command/command.h"
#include "analyze/replay/conn_row.h"
#include "tests/unit/tape_build.h"

enum {
	REFUSED = 1, /* connect failed */
	PEER_RESET,  /* established, silent, reset */
	UNSEEN,	     /* moved bytes that no hook saw */
	OPENING	     /* still waiting at the end */
};

static void add_conn(struct tape_build *b, uint64_t id)
{
	tape_build_event(b, (struct event){
				    .type = EVENT_CONN,
				    .conn = {.conn = id,
					     .opened_ts = b->ts,
					     .local = tape_build_address("10.0.0.1:4000"),
					     .remote = tape_build_address("10.0.0.2:80"),
					     .pid = 9,
					     .fd = 3,
					     .transport = TRANSPORT_TCP,
					     .role = ROLE_CLIENT,
					     .origin = ORIGIN_OPENED,
					     .state = CONN_OPENING,
					     .state_ts = b->ts},
			    });
}

static void add_state(struct tape_build *b, uint64_t id, enum conn_state state, enum conn_end by,
		      uint16_t error)
{
	tape_build_event(b, (struct event){.type = EVENT_STATE, .state = {id, state, by, error}});
}

/* Steps are a millisecond long. */
static void make_recording(struct tape_build *b, const char *dir)
{
	tape_build_begin(b, dir);
	tape_build_event(b, (struct event){
				    .type = EVENT_HOST,
				    .host = {.hostname = span_text("box"),
					     .blind = 1u << BLIND_AIO | 1u << BLIND_CLOSE |
						      UINT64_C(1) << 63},
			    });
	tape_build_process(b, 9, "curl");
	add_conn(b, REFUSED);
	add_state(b, REFUSED, CONN_FAILED, END_UNKNOWN, CONN_ERROR_CONNREFUSED);
	tape_build_close(b, REFUSED, 0, 0);
	add_conn(b, PEER_RESET);
	add_state(b, PEER_RESET, CONN_ESTABLISHED, END_UNKNOWN, 0);
	add_state(b, PEER_RESET, CONN_RESET, END_REMOTE, CONN_ERROR_CONNRESET);
	tape_build_close(b, PEER_RESET, 0, 0);
	add_conn(b, UNSEEN);
	add_state(b, UNSEEN, CONN_ESTABLISHED, END_UNKNOWN, 0);
	tape_build_event(b, (struct event){.type = EVENT_LOSS,
					   .loss = {.conn = UNSEEN,
						    .events = 1,
						    .bytes = 500,
						    .cause = LOSS_UNSEEN_CALL,
						    .direction = DIRECTION_RECEIVED,
						    .placed = true,
						    .position = 40}});
	tape_build_event(
		b, (struct event){
			   .type = EVENT_LOSS,
			   .loss = {.events = 12, .cause = LOSS_MISSED_TURN, .elsewhere = true}});
	tape_build_close(b, UNSEEN, 0, 540);
	add_conn(b, OPENING);
	tape_build_end(b);
}

/* What a command prints; the caller frees it. */
static char *printed(int (*run)(int argc, char **argv), int argc, char **argv)
{
	FILE *file = tmpfile();
	int saved = dup(STDOUT_FILENO);
	char *text = calloc(1, 1 << 16);
	size_t len;

	assert_non_null(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	optind = 0;
	assert_int_equal(run(argc, argv), STATUS_DONE);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	len = fread(text, 1, (1 << 16) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void check(int (*run)(int argc, char **argv), char **argv, const char *const *parts)
{
	int argc = 0;
	char *text;

	while (argv[argc])
		argc++;
	text = printed(run, argc, argv);
	for (; *parts; parts++)
		has(text, *parts);
	free(text);
}

static void every_command_shows_them(void **state)
{
	char *dir = scratch_new();
	struct tape_build b;

	(void)state;
	make_recording(&b, dir);
	check(conns_command.run, (char *[]){"conns", b.path, "--json", NULL},
	      (const char *[]){
		      "\"conn\":1,",
		      "\"state\":\"failed\",\"state_by\":null,\"error\":\"ECONNREFUSED\"",
		      "\"state\":\"reset\",\"state_by\":\"remote\",\"error\":\"ECONNRESET\","
		      "\"connect_ns\":1000000,\"reset\":1700000000009000000",
		      "\"unseen_bytes\":500", "\"state\":\"opening\"", NULL});
	check(conns_command.run, (char *[]){"conns", b.path, NULL},
	      (const char *[]){" refused\n", " reset by remote\n", "opening", NULL});
	check(why_command.run, (char *[]){"why", b.path, "2", NULL},
	      (const char *[]){"reset by the remote end, ECONNRESET; the handshake took 1.000 ms",
			       NULL});
	check(why_command.run, (char *[]){"why", b.path, "3", NULL},
	      (const char *[]){"500 bytes received by calls that no hook saw", NULL});
	check(info_command.run, (char *[]){"info", b.path, NULL},
	      (const char *[]){"unseen call: 1 events, 500 bytes",
			       "lost         1 events, 540 bytes", /* 40 that nobody told of */
			       "skipped      12 runs of kernel programs",
			       "not seen     calls through io_submit (Linux AIO)\n"
			       "             the end of UDP and Unix sockets\n"
			       "             unknown\n",
			       "compression  zstd level 1\n", NULL});
	check(info_command.run, (char *[]){"info", b.path, "--json", NULL},
	      (const char *[]){"\"not_seen\":[\"calls through io_submit (Linux AIO)\",",
			       "\"compression\":[{\"level\":1,\"blocks\":1,", NULL});
	check(events_command.run, (char *[]){"events", b.path, "-a", NULL},
	      (const char *[]){"failed, ECONNREFUSED (111)",
			       "1 events, 500 bytes received at 40: unseen call", NULL});
	scratch_remove(dir);
}

static void assert_words(uint16_t error, const char *words)
{
	assert_true(span_is(conn_error_words(span_text(conn_error_text(error))), words));
}

static void errors_have_words(void **state)
{
	(void)state;
	assert_words(CONN_ERROR_CONNREFUSED, "refused");
	assert_words(CONN_ERROR_TIMEDOUT, "timed out");
	assert_words(CONN_ERROR_HOSTUNREACH, "host unreachable");
	assert_words(CONN_ERROR_NETUNREACH, "network unreachable");
	assert_words(CONN_ERROR_ACCES, "EACCES");
	assert_words(CONN_ERROR_NONE, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_command_shows_them),
					   cmocka_unit_test(errors_have_words)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
