/* SPDX-License-Identifier: BSD-2-Clause */
/* Cgroups by id and by path. Needs root and a cgroup v2 mount in which a cgroup can be made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/cgroup.h"

/* A cgroup of this test's own. */
struct place {
	char mount[PATH_MAX];
	char path[PATH_MAX + 64];
	const char *below; /* the mount */
	uint64_t id;
};

static bool mount_find(struct place *place)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = false;

	while (mounts && !found && (entry = getmntent(mounts)))
		if (strcmp(entry->mnt_type, "cgroup2") == 0) {
			snprintf(place->mount, sizeof(place->mount), "%s", entry->mnt_dir);
			found = true;
		}
	if (mounts)
		endmntent(mounts);
	return found;
}

static bool place_make(struct place *place)
{
	struct stat st;

	if (!mount_find(place))
		return false;
	snprintf(place->path, sizeof(place->path), "%s/socktape-test-%d", place->mount, getpid());
	place->below = place->path + strlen(place->mount);
	if (mkdir(place->path, 0755) != 0 || stat(place->path, &st) != 0)
		return false;
	place->id = st.st_ino; /* the same number on a 64-bit host */
	return true;
}

static void an_id_gives_the_path(void **state)
{
	struct place *place = *state;
	struct cgroup_table *table = cgroup_table_new();
	struct stat root;

	assert_true(span_is(cgroup_table_path(table, place->id), place->below));
	assert_int_equal(stat(place->mount, &root), 0);
	assert_true(span_is(cgroup_table_path(table, root.st_ino), "/"));
	assert_int_equal(cgroup_table_path(table, 0).len, 0);
	assert_int_equal(cgroup_table_path(table, UINT64_MAX).len, 0);
	cgroup_table_free(table);
}

static void a_path_that_was_seen_outlives_its_cgroup(void **state)
{
	struct place *place = *state;
	struct cgroup_table *table = cgroup_table_new();
	struct cgroup_table *late = cgroup_table_new();

	assert_true(span_is(cgroup_table_path(table, place->id), place->below));
	assert_int_equal(rmdir(place->path), 0);
	assert_true(span_is(cgroup_table_path(table, place->id), place->below));
	assert_int_equal(cgroup_table_path(late, place->id).len, 0);
	cgroup_table_free(table);
	cgroup_table_free(late);
	assert_int_equal(mkdir(place->path, 0755), 0);
}

static void assert_opens(const struct cgroup_table *table, const char *path, ino_t expected)
{
	struct stat st;
	int fd = cgroup_table_open(table, path);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_ino, expected);
	close(fd);
}

static void a_path_opens_in_every_way_it_may_be_written(void **state)
{
	struct place *place = *state;
	struct cgroup_table *table = cgroup_table_new();
	struct stat st;

	assert_int_equal(stat(place->path, &st), 0);
	assert_opens(table, place->path, st.st_ino);
	assert_opens(table, place->below, st.st_ino);
	assert_opens(table, place->below + 1, st.st_ino);
	assert_int_equal(cgroup_table_open(table, "/tmp"), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(cgroup_table_open(table, "/no/such/cgroup"), -1);
	assert_int_equal(errno, ENOENT);
	cgroup_table_free(table);
}

int main(void)
{
	static struct place place;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(an_id_gives_the_path, &place),
		cmocka_unit_test_prestate(a_path_that_was_seen_outlives_its_cgroup, &place),
		cmocka_unit_test_prestate(a_path_opens_in_every_way_it_may_be_written, &place),
	};
	int status;

	if (!place_make(&place)) {
		puts("ok - record cgroups # SKIP no cgroup of version 2 can be made here");
		return 0;
	}
	status = cmocka_run_group_tests_name("record cgroups", tests, NULL, NULL);
	rmdir(place.path);
	return status;
}
