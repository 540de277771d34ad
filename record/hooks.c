/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/types.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/event.h"

struct hooks {
	struct bpf_object *object;
	bool multi; /* one link for all points of a file: since 6.6, and needs fewer privileges */
	struct hook *hooks;
	size_t count;
	size_t capacity;
	bool older_dropped;
	struct hooks *dropping; /* those that a thread detaches */
	pthread_t dropper;
};

/* Something that is attached: one of the two. */
struct hook {
	struct bpf_link *link;
	int fd;
	enum tls_point_kind kind;
};

struct hooks *hooks_new(struct bpf_object *object, bool multi)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return NULL;
	hooks->object = object;
	hooks->multi = multi;
	return hooks;
}

static void hook_drop(const struct hook *hook)
{
	if (hook->link)
		bpf_link__destroy(hook->link);
	else
		close(hook->fd);
}

static int hook_keep(struct hooks *hooks, const struct hook *hook)
{
	if (hooks->count == hooks->capacity) {
		size_t capacity = hooks->capacity ? hooks->capacity * 2 : 16;
		struct hook *grown = realloc(hooks->hooks, capacity * sizeof(*grown));

		if (!grown) {
			hook_drop(hook);
			return -ENOMEM;
		}
		hooks->hooks = grown;
		hooks->capacity = capacity;
	}
	hooks->hooks[hooks->count++] = *hook;
	return 0;
}

static void hooks_drop(struct hooks *hooks, size_t count)
{
	while (hooks->count > count)
		hook_drop(&hooks->hooks[--hooks->count]);
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

static void *detacher_run(void *context)
{
	const struct detacher *d = context;

	for (size_t i = d->first; i < d->hooks->count; i += DETACHERS)
		hook_drop(&d->hooks->hooks[i]);
	return NULL;
}

static void hooks_drop_all(struct hooks *hooks)
{
	struct detacher detachers[DETACHERS];

	for (size_t i = 0; i < DETACHERS; i++) {
		struct detacher *d = &detachers[i];

		*d = (struct detacher){.hooks = hooks, .first = i};
		d->started = i < hooks->count &&
			     pthread_create(&d->thread, NULL, detacher_run, d) == 0;
	}
	for (size_t i = 0; i < DETACHERS; i++) {
		if (detachers[i].started)
			pthread_join(detachers[i].thread, NULL);
		else
			detacher_run(&detachers[i]);
	}
	hooks->count = 0;
}

/* include/uapi/linux/bpf.h of Linux 6.6: link_create of union bpf_attr. */
#define TRACE_UPROBE_MULTI    48
#define F_UPROBE_MULTI_RETURN 1

struct link_create_uprobe_multi {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t count;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t reserved;
};

/* Places in one file, where one program is to run. */
struct places {
	const char *path;
	uint64_t offsets[TLS_POINTS_MAX];
	uint64_t cookies[TLS_POINTS_MAX];
	size_t count;
	enum tls_point_kind kind;
	bool at_return;
};

static int attach_together(struct hooks *hooks, const struct bpf_program *program,
			   const struct places *places)
{
	struct link_create_uprobe_multi attributes = {
		.prog_fd = (uint32_t)bpf_program__fd(program),
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uint64_t)(uintptr_t)places->path,
		.offsets = (uint64_t)(uintptr_t)places->offsets,
		.cookies = (uint64_t)(uintptr_t)places->cookies,
		.count = (uint32_t)places->count,
		.multi_flags = places->at_return ? F_UPROBE_MULTI_RETURN : 0,
	};
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes));

	return fd < 0 ? -errno : hook_keep(hooks, &(struct hook){.fd = fd, .kind = places->kind});
}

static int attach_each(struct hooks *hooks, const struct bpf_program *program,
		       const struct places *places)
{
	int error = 0;

	for (size_t i = 0; i < places->count && !error; i++) {
		const struct bpf_uprobe_opts options = {
			.sz = sizeof(options),
			.bpf_cookie = places->cookies[i],
			.retprobe = places->at_return,
		};
		struct hook hook = {
			.link = bpf_program__attach_uprobe_opts(program, -1, places->path,
								places->offsets[i], &options),
			.kind = places->kind,
		};

		error = hook.link ? hook_keep(hooks, &hook) : -errno;
	}
	return error;
}

static int attach(struct hooks *hooks, const char *name, const struct places *places)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(hooks->object, name);

	if (!program || !bpf_program__autoload(program))
		return -EOPNOTSUPP;
	return hooks->multi ? attach_together(hooks, program, places)
			    : attach_each(hooks, program, places);
}

static uint64_t cookie_of(uint32_t number, const struct tls_point *point)
{
	uint64_t cookie = KERNEL_TLS_COOKIE(number, point->call);

	cookie |= KERNEL_TLS_REGISTERS(point->registers.object, point->registers.buffer,
				       point->registers.count_at, point->registers.peeks);
	if (point->direction == DIRECTION_RECEIVED)
		cookie |= KERNEL_TLS_RECEIVES;
	if (point->shape & TLS_POINT_COUNTED)
		cookie |= KERNEL_TLS_COUNTED;
	if (point->shape & TLS_POINT_FIFTH)
		cookie |= KERNEL_TLS_FIFTH;
	if (point->shape & TLS_POINT_TYPED)
		cookie |= KERNEL_TLS_TYPED;
	if (point->shape & TLS_POINT_BRANCH)
		cookie |= KERNEL_TLS_BRANCH;
	if (point->shape & TLS_POINT_WRAPPED)
		cookie |= KERNEL_TLS_WRAPPED;
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

/* The programs of each kind of point, by enum tls_point_kind: those at a return first. */
static const struct {
	enum tls_point_kind kind;
	const char *program;
	bool at_return;
} attachments[] = {
	{TLS_POINT_FUNCTION, "tls_leave", true},
	{TLS_POINT_FUNCTION, "tls_enter", false},
	{TLS_POINT_MOVED, "tls_moved", false},
	{TLS_POINT_RUSTLS, "tls_rustls_leave", true},
	{TLS_POINT_RUSTLS, "tls_rustls_enter", false},
	{TLS_POINT_GO_WRITE, "tls_go_write", false},
	{TLS_POINT_GO_COPY, "tls_go_copy", false},
	{TLS_POINT_GO_READ, "tls_go_read", false},
	{TLS_POINT_SECRET, "tls_secret", false},
	{TLS_POINT_OLDER, "tls_older", false},
	{TLS_POINT_GO_SECRET, "tls_go_secret", false},
	{TLS_POINT_GO_MASTER, "tls_go_master", false},
	{TLS_POINT_GO_OLDER, "tls_go_older", false},
};

static int attach_kind(struct hooks *hooks, const char *path, size_t which, uint32_t number,
		       const struct tls_found *found)
{
	struct places places = {
		.path = path,
		.kind = attachments[which].kind,
		.at_return = attachments[which].at_return,
	};

	if (tls_point_is_older(places.kind) && hooks->older_dropped)
		return 0;
	for (size_t i = 0; i < found->point_count; i++) {
		if (found->points[i].kind != attachments[which].kind)
			continue;
		places.offsets[places.count] = found->points[i].offset;
		places.cookies[places.count++] = cookie_of(number, &found->points[i]);
	}
	return places.count ? attach(hooks, attachments[which].program, &places) : 0;
}

int hooks_add(struct hooks *hooks, int fd, uint32_t number, const struct tls_found *found)
{
	const struct tls_layout *layout = &found->layout;
	struct kernel_tls_library library = {
		.random_in = layout->random_in,
		.random_at = layout->random_at,
		.server_at = layout->server_at,
		.secrets_at = layout->secrets_at,
		.master_in = layout->master_in,
		.master_at = layout->master_at,
		.server_random = layout->server_random,
		.bio_in = layout->bio_in,
		.bio_method = layout->bio_method,
		.bio_fd = layout->bio_fd,
		.go_version = layout->go_version,
		.go_client = layout->go_client,
		.go_sent = layout->go_sent,
		.go_received = layout->go_received,
	};
	int map = bpf_object__find_map_fd_by_name(hooks->object, "tls_libraries");
	size_t before = hooks->count;
	char path[32];
	int error;

	if (number >= KERNEL_TLS_LIBRARIES)
		return -E2BIG;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < found->point_count; i++)
		page_read(fd, found->points[i].offset);
	error = bpf_map_update_elem(map, &number, &library, BPF_ANY) ? -errno : 0;
	for (size_t i = 0; i < sizeof(attachments) / sizeof(attachments[0]) && !error; i++)
		error = attach_kind(hooks, path, i, number, found);
	if (error)
		hooks_drop(hooks, before);
	return error;
}

static void *dropper_run(void *context)
{
	struct hooks *dropping = context;

	hooks_drop_all(dropping);
	return NULL;
}

void hooks_drop_older(struct hooks *hooks)
{
	struct hooks *dropping;
	size_t kept = 0;

	if (hooks->older_dropped)
		return;
	hooks->older_dropped = true;
	dropping = hooks_new(NULL, false);
	if (!dropping)
		return;
	for (size_t i = 0; i < hooks->count; i++) {
		/* Without memory it is detached at once. */
		if (tls_point_is_older(hooks->hooks[i].kind))
			hook_keep(dropping, &hooks->hooks[i]);
		else
			hooks->hooks[kept++] = hooks->hooks[i];
	}
	hooks->count = kept;
	if (pthread_create(&hooks->dropper, NULL, dropper_run, dropping) == 0)
		hooks->dropping = dropping;
	else
		hooks_free(dropping);
}

void hooks_free(struct hooks *hooks)
{
	if (!hooks)
		return;
	if (hooks->dropping)
		pthread_join(hooks->dropper, NULL);
	hooks_free(hooks->dropping);
	hooks_drop_all(hooks);
	free(hooks->hooks);
	free(hooks);
}
