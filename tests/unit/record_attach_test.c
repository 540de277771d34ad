/* SPDX-License-Identifier: BSD-2-Clause */
/* Every set of kernel programs, also those for kernels that this one isn't. Needs root and eBPF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/attach.h"
#include "record/probe.h"

/* A child that waits for a byte, then sends five over a Unix socket of its own. */
static pid_t talker_start(int *go)
{
	int gate[2];
	pid_t pid;

	assert_int_equal(pipe(gate), 0);
	pid = fork();
	if (pid == 0) {
		int pair[2];
		char byte;

		close(gate[1]); /* else the end of its parent would not end it */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || read(gate[0], &byte, 1) != 1)
			_exit(1);
		_exit(write(pair[0], "hello", 5) == 5 && read(pair[1], &byte, 1) == 1 ? 0 : 1);
	}
	close(gate[0]);
	*go = gate[1];
	return pid;
}

static void loads_and_counts(enum program_set set)
{
	struct options options = {
		.snaplen = OPTIONS_SNAPLEN_ALL,
		.ring_len = OPTIONS_RING_MIN,
		.unix_sockets = true,
		.pid_count = 1,
	};
	struct programs *programs;
	struct tally tally;
	int status;
	int go;
	pid_t pid = talker_start(&go);

	options.pids[0] = (uint32_t)pid;
	assert_int_equal(programs_load(&options, set, &programs), 0);
	assert_int_equal(programs_set(programs), set); /* and not the next one */
	assert_int_equal(programs_add_pid(programs, (uint32_t)pid), 0);
	assert_int_equal(programs_attach(programs), 0);
	assert_int_equal(write(go, "", 1), 1);
	close(go);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(programs_sweep(programs), 0);
	programs_detach(programs);
	assert_true(programs_tally(programs, &tally));
	assert_int_equal(tally.data_records, 2);
	assert_int_equal(tally.data_bytes, 6);
	assert_int_equal(tally.connections, 2);
	assert_int_equal(loss_sum_all(tally.lost).events, 0);
	programs_free(programs);
}

/*
 * Which programs of TLS libraries are loaded: those of the plaintext, or of the secrets. Those that
 * look into the table of connections are none of kernels before 6.5.
 */
static void chooses_tls(enum program_set set, enum options_tls tls, const char *expected)
{
	struct options options = {
		.snaplen = OPTIONS_SNAPLEN_ALL, .ring_len = OPTIONS_RING_MIN, .tls = tls};
	struct bpf_program *program;
	struct bpf_object *object;
	struct programs *programs;
	char chosen[512] = "";

	assert_int_equal(programs_load(&options, set, &programs), 0);
	object = programs_tls(programs);
	if (!object) {
		print_message("no programs of TLS libraries on this kernel\n");
		programs_free(programs);
		return;
	}
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		if (strncmp(name, "tls_", 4) == 0 && bpf_program__autoload(program)) {
			strncat(chosen, name + 3, sizeof(chosen) - strlen(chosen) - 1);
			strncat(chosen, " ", sizeof(chosen) - strlen(chosen) - 1);
		}
	}
	assert_string_equal(chosen, expected);
	programs_free(programs);
}

static void test_tls(void **state)
{
	(void)state;
	chooses_tls(
		PROGRAMS_CURRENT, OPTIONS_TLS_PLAINTEXT,
		"_enter _moved _go_write _go_read _go_copy _rustls_enter _leave _rustls_leave ");
	chooses_tls(PROGRAMS_CURRENT, OPTIONS_TLS_KEYS,
		    "_secret _older _go_secret _go_master _go_older ");
	chooses_tls(PROGRAMS_COMPAT, OPTIONS_TLS_PLAINTEXT,
		    "_enter _rustls_enter _leave _rustls_leave ");
	chooses_tls(PROGRAMS_COMPAT, OPTIONS_TLS_KEYS,
		    "_secret _older _go_secret _go_master _go_older ");
}

#define TEST(name, text)                                                                           \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		loads_and_counts(PROGRAMS_##name);                                                 \
	}
PROGRAM_SETS(TEST)

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST_ROW(name, text) cmocka_unit_test(test_##name),
		PROGRAM_SETS(TEST_ROW) cmocka_unit_test(test_tls)};
	struct probe probe;
	const char *obstacle;

	probe_kernel(&probe, true);
	obstacle = probe_obstacle(&probe);
	if (obstacle) {
		printf("ok - record programs # SKIP %s\n", obstacle);
		return 0;
	}
	return cmocka_run_group_tests_name("record programs", tests, NULL, NULL);
}
