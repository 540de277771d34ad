/* SPDX-License-Identifier: BSD-2-Clause */
/* What processes map to be executed. Needs leave to watch all of them (root). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/mapping_watch.h"

/* A file that this test alone maps. */
struct library {
	char path[PATH_MAX];
	uint64_t device;
	uint64_t inode;
	int fd;
	pid_t pid;     /* of who is to map it */
	unsigned seen; /* its mappings that were told of */
	bool right;    /* all that was told of the last one */
};

static void tell(void *context, const struct mapped *mapped)
{
	struct library *library = context;

	if (mapped->inode != library->inode || mapped->pid != (uint32_t)library->pid)
		return;
	library->seen++;
	library->right = mapped->device == library->device && mapped->len == 4096 &&
			 mapped->offset == 4096 && strcmp(mapped->path, library->path) == 0;
}

static void library_make(struct library *library)
{
	struct stat st;

	*library = (struct library){.path = "/tmp/socktape-mapping-XXXXXX"};
	library->fd = mkstemp(library->path);
	assert_true(library->fd >= 0);
	assert_int_equal(ftruncate(library->fd, 8192), 0);
	assert_int_equal(fstat(library->fd, &st), 0);
	library->device = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
	library->inode = st.st_ino;
}

static void library_remove(const struct library *library)
{
	unlink(library->path);
	close(library->fd);
}

/* In another process, TIMES times. */
static void library_map(struct library *library, int times, int protection)
{
	int status;

	library->pid = fork();
	assert_true(library->pid >= 0);
	if (library->pid == 0) {
		for (int i = 0; i < times; i++)
			if (mmap(NULL, 4096, protection, MAP_PRIVATE, library->fd, 4096) ==
			    MAP_FAILED)
				_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(library->pid, &status, 0), library->pid);
	assert_int_equal(status, 0);
}

static struct mapping_watch *watch_new(void)
{
	struct mapping_watch *watch = mapping_watch_new();

	if (!watch && (errno == EACCES || errno == EPERM || errno == ENOSYS)) {
		print_message("not allowed to watch other processes\n");
		skip();
	}
	assert_non_null(watch);
	return watch;
}

static void a_library_that_is_loaded_is_told(void **state)
{
	struct mapping_watch *watch = watch_new();
	struct library library;

	(void)state;
	library_make(&library);
	library_map(&library, 1, PROT_READ | PROT_EXEC);
	mapping_watch_look(watch, tell, &library);
	assert_int_equal(library.seen, 1);
	assert_true(library.right);
	/* Once. */
	mapping_watch_look(watch, tell, &library);
	assert_int_equal(library.seen, 1);
	mapping_watch_free(watch);
	library_remove(&library);
}

static void what_is_only_read_is_not_told(void **state)
{
	struct mapping_watch *watch = watch_new();
	struct library library;

	(void)state;
	library_make(&library);
	library_map(&library, 1, PROT_READ);
	mapping_watch_look(watch, tell, &library);
	assert_int_equal(library.seen, 0);
	mapping_watch_free(watch);
	library_remove(&library);
}

/* Rounds that wrap around the end of the memory, without a loss when nobody else maps that much. */
static void many_are_told_in_turns(void **state)
{
	struct mapping_watch *watch = watch_new();
	struct library library;
	bool complete = true;

	(void)state;
	library_make(&library);
	for (unsigned round = 1; round <= 20; round++) {
		library_map(&library, 100, PROT_READ | PROT_EXEC);
		complete &= mapping_watch_look(watch, tell, &library);
		if (complete)
			assert_int_equal(library.seen, round * 100);
		assert_true(library.right);
	}
	mapping_watch_free(watch);
	library_remove(&library);
}

static void too_many_are_said_to_be_lost(void **state)
{
	struct mapping_watch *watch = watch_new();
	struct library library;
	cpu_set_t before, one;
	bool complete;

	(void)state;
	/* Each processor has memory of its own for them: all have to come from one. */
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	library_make(&library);
	library_map(&library, 4000, PROT_READ | PROT_EXEC);
	complete = mapping_watch_look(watch, tell, &library);
	/* The loss is noted before the next one that has room. */
	for (int i = 0; i < 100 && complete; i++) {
		library_map(&library, 1, PROT_READ | PROT_EXEC);
		complete = mapping_watch_look(watch, tell, &library);
	}
	assert_false(complete);
	assert_in_range(library.seen, 100, 3999);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	mapping_watch_free(watch);
	library_remove(&library);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_that_is_loaded_is_told),
		cmocka_unit_test(what_is_only_read_is_not_told),
		cmocka_unit_test(many_are_told_in_turns),
		cmocka_unit_test(too_many_are_said_to_be_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
