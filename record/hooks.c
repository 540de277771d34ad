/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/event.h"

struct hooks {
	struct bpf_object *object;
	struct bpf_link **links;
	size_t count;
	size_t capacity;
};

struct hooks *hooks_new(struct bpf_object *object)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (hooks)
		hooks->object = object;
	return hooks;
}

static int link_keep(struct hooks *hooks, struct bpf_link *link)
{
	if (hooks->count == hooks->capacity) {
		size_t capacity = hooks->capacity ? hooks->capacity * 2 : 16;
		struct bpf_link **links = realloc(hooks->links,
						  capacity * sizeof(struct bpf_link *));

		if (!links) {
			bpf_link__destroy(link);
			return -ENOMEM;
		}
		hooks->links = links;
		hooks->capacity = capacity;
	}
	hooks->links[hooks->count++] = link;
	return 0;
}

static void links_drop(struct hooks *hooks, size_t count)
{
	while (hooks->count > count)
		bpf_link__destroy(hooks->links[--hooks->count]);
}

/* Each detachment waits a tenth of a second for programs that may run still: together they wait
 * once. */
#define DETACHERS 32

struct detacher {
	struct hooks *hooks;
	size_t first;
	pthread_t thread;
	bool started;
};

static void *links_destroy(void *context)
{
	const struct detacher *d = context;

	for (size_t i = d->first; i < d->hooks->count; i += DETACHERS)
		bpf_link__destroy(d->hooks->links[i]);
	return NULL;
}

static void links_drop_all(struct hooks *hooks)
{
	struct detacher detachers[DETACHERS];

	for (size_t i = 0; i < DETACHERS; i++) {
		struct detacher *d = &detachers[i];

		*d = (struct detacher){.hooks = hooks, .first = i};
		d->started = i < hooks->count &&
			     pthread_create(&d->thread, NULL, links_destroy, d) == 0;
	}
	for (size_t i = 0; i < DETACHERS; i++) {
		if (detachers[i].started)
			pthread_join(detachers[i].thread, NULL);
		else
			links_destroy(&detachers[i]);
	}
	hooks->count = 0;
}

static int probe_add(struct hooks *hooks, const char *path, uint64_t offset, uint64_t cookie,
		     const char *name, bool at_return)
{
	struct bpf_program *program = bpf_object__find_program_by_name(hooks->object, name);
	LIBBPF_OPTS(bpf_uprobe_opts, options, .bpf_cookie = cookie, .retprobe = at_return);
	struct bpf_link *link;

	if (!program)
		return -ENOENT;
	link = bpf_program__attach_uprobe_opts(program, -1, path, offset, &options);
	return link ? link_keep(hooks, link) : -errno;
}

static uint64_t cookie_of(uint32_t number, const struct tls_point *point)
{
	uint64_t cookie = KERNEL_TLS_COOKIE(number, point->call);

	if (point->direction == DIRECTION_RECEIVED)
		cookie |= KERNEL_TLS_RECEIVES;
	if (point->shape & TLS_POINT_COUNTED)
		cookie |= KERNEL_TLS_COUNTED;
	if (point->shape & TLS_POINT_TYPED)
		cookie |= KERNEL_TLS_TYPED;
	return cookie;
}

/*
 * Some kernels read the page that a probe is written into without the file's lock when it isn't
 * cached, and warn of that: it is read before.
 */
static void page_read(int fd, uint64_t offset)
{
	char byte;

	if (pread(fd, &byte, 1, (off_t)offset) != 1)
		return; /* the attachment will say why */
}

static int point_add(struct hooks *hooks, const char *path, uint32_t number,
		     const struct tls_point *point)
{
	uint64_t cookie = cookie_of(number, point);
	int error = probe_add(hooks, path, point->offset, cookie, "tls_leave", true);

	return error ? error : probe_add(hooks, path, point->offset, cookie, "tls_enter", false);
}

int hooks_add(struct hooks *hooks, int fd, uint32_t number, const struct tls_found *found)
{
	struct kernel_tls_library library = {found->random_in, found->random_at};
	int map = bpf_object__find_map_fd_by_name(hooks->object, "tls_libraries");
	size_t before = hooks->count;
	char path[32];
	int error;

	if (number >= KERNEL_TLS_LIBRARIES)
		return -E2BIG;
	error = bpf_map_update_elem(map, &number, &library, BPF_ANY) ? -errno : 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < found->point_count && !error; i++) {
		page_read(fd, found->points[i].offset);
		error = point_add(hooks, path, number, &found->points[i]);
	}
	if (error)
		links_drop(hooks, before);
	return error;
}

void hooks_free(struct hooks *hooks)
{
	if (!hooks)
		return;
	links_drop_all(hooks);
	free(hooks->links);
	free(hooks);
}
