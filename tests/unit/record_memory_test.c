/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cgroup's limits leave, read from files laid out as the kernel lays them out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "record/memory.h"

struct tree {
	char top[32];
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int tree_make(void **state)
{
	static struct tree tree;

	tree = (struct tree){"/tmp/socktape-memory-XXXXXX"};
	assert_non_null(mkdtemp(tree.top));
	*state = &tree;
	return 0;
}

static int tree_remove(void **state)
{
	struct tree *tree = *state;

	return nftw(tree->top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const struct tree *tree, const char *path, const char *text)
{
	char name[128];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s", tree->top, path);
	file = fopen(name, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make(const struct tree *tree, const char *path)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%s", tree->top, path);
	assert_int_equal(mkdir(name, 0700), 0);
}

static void test_a_limit_less_what_is_used_but_for_the_page_cache(void **state)
{
	struct tree *tree = *state;

	make(tree, "a");
	put(tree, "a/memory.max", "100000\n");
	put(tree, "a/memory.current", "70000\n");
	put(tree, "a/memory.stat", "anon 50000\ninactive_file 10000\nactive_file 5000\n");
	assert_int_equal(memory_left_of(tree->top, "/a"), 45000);
}

static void test_a_limit_above_counts(void **state)
{
	struct tree *tree = *state;

	make(tree, "a");
	make(tree, "a/b");
	put(tree, "a/memory.max", "100000\n");
	put(tree, "a/memory.current", "99000\n");
	put(tree, "a/b/memory.max", "max\n");
	put(tree, "a/b/memory.current", "10\n");
	assert_int_equal(memory_left_of(tree->top, "/a/b"), 1000);
}

static void test_version_1(void **state)
{
	struct tree *tree = *state;

	make(tree, "a");
	put(tree, "memory.limit_in_bytes", "9223372036854771712\n");
	put(tree, "memory.usage_in_bytes", "5\n");
	put(tree, "a/memory.limit_in_bytes", "4096\n");
	put(tree, "a/memory.usage_in_bytes", "5000\n");
	put(tree, "a/memory.stat", "inactive_file 1\ntotal_inactive_file 10\n");
	assert_int_equal(memory_left_of(tree->top, "/a"), 0);
	put(tree, "a/memory.usage_in_bytes", "4006\n");
	assert_int_equal(memory_left_of(tree->top, "/a"), 100);
}

static void test_no_limit(void **state)
{
	struct tree *tree = *state;

	assert_true(memory_left_of(tree->top, "/") == MEMORY_UNLIMITED);
	put(tree, "memory.max", "max\n");
	put(tree, "memory.current", "5\n");
	assert_true(memory_left_of(tree->top, "/") == MEMORY_UNLIMITED);
}

/* In a container the mount is the cgroup itself, and the path that the host has isn't there. */
static void test_a_path_from_outside(void **state)
{
	struct tree *tree = *state;

	put(tree, "memory.max", "300\n");
	put(tree, "memory.current", "100\n");
	assert_int_equal(memory_left_of(tree->top, "/docker/0123"), 200);
}

int main(void)
{
#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, tree_make, tree_remove)
	const struct CMUnitTest tests[] = {
		WITH_TREE(test_a_limit_less_what_is_used_but_for_the_page_cache),
		WITH_TREE(test_a_limit_above_counts),
		WITH_TREE(test_version_1),
		WITH_TREE(test_no_limit),
		WITH_TREE(test_a_path_from_outside),
	};
#undef WITH_TREE

	return cmocka_run_group_tests_name("memory limits", tests, NULL, NULL);
}
