/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc adds to the kernel's word on a process. Reads the real /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/clock.h"
#include "record/descend.h"
#include "record/process.h"

struct tables {
	struct cgroup_table *cgroups;
	struct process_table *processes;
};

static int setup(void **state)
{
	struct tables *t = calloc(1, sizeof(*t));

	t->cgroups = cgroup_table_new();
	t->processes = process_table_new(t->cgroups);
	*state = t;
	return t->cgroups && t->processes ? 0 : -1;
}

static int teardown(void **state)
{
	struct tables *t = *state;

	process_table_free(t->processes);
	cgroup_table_free(t->cgroups);
	free(t);
	return 0;
}

/* A child that sleeps, with a command line that is known. */
static pid_t sleeper_start(int64_t *start_ts)
{
	pid_t parent = getpid(), pid;
	int ready[2];
	char byte;

	*start_ts = clock_monotonic();
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		/* A test that fails never stops it: it ends with its parent. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by the exec */
	close(ready[0]);
	return pid;
}

static void sleeper_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_living_process_is_completed(void **state)
{
	struct tables *t = *state;
	struct event_process process = {.uid = getuid()};
	struct process_gaps gaps = {0};
	struct passwd *user = getpwuid(getuid());
	char exe[PATH_MAX];
	pid_t pid = sleeper_start(&process.start_ts);

	assert_non_null(realpath("/bin/sleep", exe));
	process.pid = (uint32_t)pid;
	process_table_complete(t->processes, &gaps, &process);
	assert_true(span_is(process.exe, exe));
	assert_true(span_equal(process.cmdline, span_of("sleep\0"
							"1000",
							11)));
	assert_true(span_is(process.user, user->pw_name));
	assert_true(process.cgroup.len > 0 && process.cgroup.data[0] == '/');
	sleeper_stop(pid);
}

static void the_kernels_word_is_kept(void **state)
{
	struct tables *t = *state;
	struct event_process process = {
		.exe = span_text("/usr/bin/before"),
		.cmdline = span_of("before\0x", 9),
	};
	struct process_gaps gaps = {0};
	pid_t pid = sleeper_start(&process.start_ts);

	process.pid = (uint32_t)pid;
	process_table_complete(t->processes, &gaps, &process);
	assert_true(span_is(process.exe, "/usr/bin/before"));
	assert_true(span_equal(process.cmdline, span_of("before\0x", 9)));

	/* Cut, but /proc has another program's by now. */
	gaps.args_cut = true;
	process_table_complete(t->processes, &gaps, &process);
	assert_true(span_equal(process.cmdline, span_of("before\0x", 9)));

	/* Cut, and /proc has the rest. */
	process.cmdline = span_of("sleep\0"
				  "10",
				  8);
	process_table_complete(t->processes, &gaps, &process);
	assert_true(span_equal(process.cmdline, span_of("sleep\0"
							"1000",
							11)));
	sleeper_stop(pid);
}

static void another_process_of_the_same_pid_is_not_asked(void **state)
{
	struct tables *t = *state;
	struct event_process process = {0};
	struct process_gaps gaps = {0};
	pid_t pid = sleeper_start(&process.start_ts);

	process.pid = (uint32_t)pid;
	process.start_ts -= CLOCK_SECOND;
	process_table_complete(t->processes, &gaps, &process);
	assert_int_equal(process.exe.len, 0);
	assert_int_equal(process.cmdline.len, 0);
	sleeper_stop(pid);
	process.start_ts += CLOCK_SECOND;
	process_table_complete(t->processes, &gaps, &process);
	assert_int_equal(process.exe.len, 0);
}

static void a_process_is_read_from_proc_alone(void **state)
{
	struct tables *t = *state;
	struct event_process process;
	int64_t start_ts;
	pid_t pid = sleeper_start(&start_ts);

	assert_true(process_table_read(t->processes, (uint32_t)pid, &process));
	assert_int_equal(process.pid, pid);
	assert_int_equal(process.ppid, getpid());
	assert_int_equal(process.uid, getuid());
	assert_int_equal(process.gid, getgid());
	/* The kernel counts in ticks of 10 ms at most. */
	assert_true(llabs(process.start_ts - start_ts) < CLOCK_SECOND);
	assert_true(span_equal(process.name, span_text("sleep")));
	assert_true(span_equal(process.cmdline, span_of("sleep\0"
							"1000\0",
							11)));
	assert_true(process.exe.len > 0);
	sleeper_stop(pid);
	assert_false(process_table_read(t->processes, (uint32_t)pid, &process));
}

static void an_unknown_user_has_no_name(void **state)
{
	struct tables *t = *state;
	struct event_process process = {.pid = UINT32_MAX, .uid = 4000000001};
	struct process_gaps gaps = {.cgroup_id = UINT64_MAX};

	process_table_complete(t->processes, &gaps, &process);
	assert_int_equal(process.user.len, 0);
	assert_int_equal(process.cgroup.len, 0);
	assert_int_equal(process.container.len, 0);
}

static void *thread_id(void *result)
{
	*(uint32_t *)result = process_leader((uint32_t)gettid());
	return NULL;
}

static void a_thread_names_its_process(void **state)
{
	uint32_t leader = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, thread_id, &leader), 0);
	pthread_join(thread, NULL);
	assert_int_equal(leader, getpid());
	assert_int_equal(process_leader(UINT32_MAX), 0);
}

struct search {
	uint32_t wanted;
	int times;
};

static void search_found(void *context, uint32_t pid)
{
	struct search *search = context;

	search->times += pid == search->wanted;
}

static int times_found(uint32_t wanted, const struct descend_roots *roots)
{
	struct search search = {.wanted = wanted};

	assert_int_equal(descend_list(roots, search_found, &search), TAPE_OK);
	return search.times;
}

static void descendants_are_found(void **state)
{
	uint32_t self = (uint32_t)getpid();
	uint32_t pids[] = {1, self};
	const char *const names[] = {"another", "record_process_"}; /* cut as the kernel does */
	struct descend_roots roots = {pids, 2, NULL, 0};
	int64_t start;
	pid_t pid = sleeper_start(&start);

	(void)state;
	assert_int_equal(times_found((uint32_t)pid, &roots), 1);
	assert_int_equal(times_found(self, &roots), 1); /* a root, and a child of the other */

	roots.names = names;
	roots.name_count = 2;
	assert_int_equal(times_found((uint32_t)pid, &roots), 1);
	roots.name_count = 1;
	assert_int_equal(times_found((uint32_t)pid, &roots), 0);

	pids[0] = (uint32_t)pid;
	roots = (struct descend_roots){pids, 1, NULL, 0};
	assert_int_equal(times_found(self, &roots), 0); /* a parent is no descendant */
	roots = (struct descend_roots){NULL, 0, names, 2};
	assert_int_equal(times_found((uint32_t)pid, &roots), 1);
	sleeper_stop(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_living_process_is_completed),
		cmocka_unit_test(the_kernels_word_is_kept),
		cmocka_unit_test(another_process_of_the_same_pid_is_not_asked),
		cmocka_unit_test(a_process_is_read_from_proc_alone),
		cmocka_unit_test(an_unknown_user_has_no_name),
		cmocka_unit_test(a_thread_names_its_process),
		cmocka_unit_test(descendants_are_found),
	};

	return cmocka_run_group_tests_name("record process", tests, setup, teardown);
}
