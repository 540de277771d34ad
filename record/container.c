/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/container.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Where the id may begin: at the component's begin, or after the runtime's name. */
static bool may_precede(char c)
{
	return c == '/' || c == '-' || c == ':' || c == '_';
}

static bool may_follow(char c)
{
	return c == '/' || c == '.';
}

/*
 * A monitor is the runtime's process beside the container, not in it: "crio-conmon-<id>.scope",
 * "libpod-conmon-<id>.scope".
 */
static bool is_monitor(struct span before)
{
	static const char mark[] = "conmon-";
	size_t len = sizeof(mark) - 1;

	return before.len >= len && memcmp(before.data + before.len - len, mark, len) == 0;
}

struct span container_id(struct span cgroup)
{
	struct span found = {0};
	size_t run = 0;

	for (size_t i = 0; i <= cgroup.len; i++) {
		size_t begin;

		if (i < cgroup.len && is_hex(cgroup.data[i])) {
			run++;
			continue;
		}
		begin = i - run;
		if (run == CONTAINER_ID_LEN && begin > 0 && may_precede(cgroup.data[begin - 1]) &&
		    (i == cgroup.len || may_follow(cgroup.data[i])) &&
		    !is_monitor(span_of(cgroup.data, begin)))
			found = span_of(cgroup.data + begin, run);
		run = 0;
	}
	return found;
}
