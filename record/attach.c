/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/attach.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/event.h"
#include "record/translate.h"
#include "record/pool.h"
#include "record/blind.h"
#include "socktape.skel.h"
#include "socktape_compat.skel.h"

/* Programs in one object, at most. */
#define LINKS_MAX 32

/* Connections that can be told apart at one time: about 100 bytes of kernel memory each. */
#define CONNS_MAX (128 << 10)

struct programs {
	enum program_set set;
	struct bpf_object *object;
	struct pool pool;
	int cpus;
	bool tls;	   /* with the programs of TLS libraries */
	bool multi;	   /* those are attached to many functions at once */
	uint64_t blind;	   /* bits of enum blind_spot */
	bool error_report; /* there is a tracepoint for errors of sockets: since 5.13 */
	bool submit_old;   /* the tracepoint of io_uring's submission has its name of before 6.4 */
	bool preemptible;  /* the kernel preempts programs at tracepoints */
	struct bpf_link *links[LINKS_MAX];
	size_t link_count;
	struct bpf_link *mark_sockets;
	struct bpf_link *sweep_conns;
	struct bpf_link *sweep_processes;
};

/* One of the embedded objects, and where in its variables those are that user space knows. */
struct variant {
	const void *(*bytes)(size_t *size);
	size_t settings; /* in .rodata, before loading */
	size_t control;	 /* in .bss */
};

static const struct variant current_variant = {
	socktape_bpf__elf_bytes,
	offsetof(struct socktape_bpf__rodata, settings),
	offsetof(struct socktape_bpf__bss, control),
};

static const struct variant compat_variant = {
	socktape_compat_bpf__elf_bytes,
	offsetof(struct socktape_compat_bpf__rodata, settings),
	offsetof(struct socktape_compat_bpf__bss, control),
};

/* By enum program_set. */
static const struct composition {
	const struct variant *variant;
	bool uring;
	bool sweep;
} compositions[] = {
	[PROGRAMS_CURRENT] = {&current_variant, true, true},
	[PROGRAMS_CURRENT_NO_URING] = {&current_variant, false, true},
	[PROGRAMS_COMPAT] = {&compat_variant, true, true},
	[PROGRAMS_COMPAT_NO_URING] = {&compat_variant, false, true},
	[PROGRAMS_COMPAT_LEAST] = {&compat_variant, false, false},
};

static const struct composition *composition(const struct programs *p)
{
	return &compositions[p->set];
}

static_assert(OPTIONS_FILTERS_MAX == KERNEL_FILTERS_MAX, "all that can be given is passed on");

/* The programs of TLS libraries have lanes of their own, as many. */
static int lane_count(const struct programs *p)
{
	return p->tls ? 2 * p->cpus : p->cpus;
}

static void settings_make(const struct programs *p, const struct options *options,
			  const struct pool_shape *shape, struct kernel_config *settings)
{
	uint32_t flags = 0;

	/* Secrets need nothing of a socket's calls. */
	flags |= p->tls && options->tls == OPTIONS_TLS_PLAINTEXT ? KERNEL_CONFIG_TLS : 0;
	flags |= options->unix_sockets ? KERNEL_CONFIG_UNIX : 0;
	flags |= options->pid_count || options->command ? KERNEL_CONFIG_FILTER_PID : 0;
	flags |= options->name_count ? KERNEL_CONFIG_FILTER_COMM : 0;
	flags |= options->port_count ? KERNEL_CONFIG_FILTER_PORT : 0;
	flags |= options->cgroup_count ? KERNEL_CONFIG_FILTER_CGROUP : 0;
	flags |= options->follow ? KERNEL_CONFIG_FOLLOW : 0;
	/* The command and all that descends from it; and processes that are named beside it. */
	flags |= options->command ? KERNEL_CONFIG_INHERIT : 0;
	flags |= options->command && options->name_count ? KERNEL_CONFIG_EITHER : 0;
	*settings = (struct kernel_config){
		.flags = flags,
		.self_pid = (uint32_t)getpid(),
		.snaplen = options->snaplen,
		.port_count = (uint8_t)options->port_count,
		.comm_count = (uint8_t)options->name_count,
		.cgroup_count = (uint8_t)options->cgroup_count,
		.page_shift = (uint8_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE)),
		.chunk_shift = (uint32_t)__builtin_ctz(shape->chunk_bytes),
		.chunk_bytes = shape->chunk_bytes,
		.chunks = shape->slabs * KERNEL_SLAB_CHUNKS,
		.tls_lane_first = (uint32_t)p->cpus,
		.tls_lanes = (uint32_t)p->cpus,
		.preemptible = p->preemptible,
	};
	memcpy(settings->ports, options->ports, sizeof(settings->ports));
	for (size_t i = 0; i < options->name_count; i++)
		memcpy(settings->comms[i], options->names[i],
		       strnlen(options->names[i], OPTIONS_NAME_MAX));
}

static int settings_set(struct programs *p, const struct options *options,
			const struct pool_shape *shape)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->object, ".rodata");
	size_t offset = composition(p)->variant->settings;
	struct kernel_config settings;
	const char *initial;
	size_t size = 0;
	char *rodata;
	int error;

	initial = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!initial || size < offset + sizeof(settings))
		return -ENOENT;
	rodata = malloc(size);
	if (!rodata)
		return -ENOMEM;
	settings_make(p, options, shape, &settings);
	memcpy(rodata, initial, size);
	memcpy(rodata + offset, &settings, sizeof(settings));
	error = bpf_map__set_initial_value(map, rodata, size);
	free(rodata);
	return error;
}

static int map_size(struct programs *p, const char *name, uint64_t entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(p->object, name);

	return map ? bpf_map__set_max_entries(map, (uint32_t)entries) : -ENOENT;
}

static int map_fd(const struct programs *p, const char *name)
{
	return bpf_object__find_map_fd_by_name(p->object, name);
}

static void program_choose(struct programs *p, const char *name, bool wanted)
{
	struct bpf_program *program = bpf_object__find_program_by_name(p->object, name);

	if (program)
		bpf_program__set_autoload(program, wanted);
}

/* enum bpf_attach_type of Linux 6.6: BPF_TRACE_UPROBE_MULTI */
#define TRACE_UPROBE_MULTI 48

/* CONNS: it looks into the table of connections, which may hold a lock that it must not see. */
static const struct {
	const char *name;
	enum options_tls tls; /* what it is there for */
	bool conns;
} tls_programs[] = {
	{"tls_enter", OPTIONS_TLS_PLAINTEXT, false},
	{"tls_leave", OPTIONS_TLS_PLAINTEXT, false},
	{"tls_moved", OPTIONS_TLS_PLAINTEXT, true},
	{"tls_rustls_enter", OPTIONS_TLS_PLAINTEXT, false},
	{"tls_rustls_leave", OPTIONS_TLS_PLAINTEXT, false},
	{"tls_go_write", OPTIONS_TLS_PLAINTEXT, true},
	{"tls_go_read", OPTIONS_TLS_PLAINTEXT, true},
	{"tls_go_copy", OPTIONS_TLS_PLAINTEXT, true},
	{"tls_secret", OPTIONS_TLS_KEYS, false},
	{"tls_older", OPTIONS_TLS_KEYS, false},
	{"tls_go_secret", OPTIONS_TLS_KEYS, false},
	{"tls_go_master", OPTIONS_TLS_KEYS, false},
	{"tls_go_older", OPTIONS_TLS_KEYS, false},
};

static void tls_choose(struct programs *p, enum options_tls tls)
{
	for (size_t i = 0; i < sizeof(tls_programs) / sizeof(tls_programs[0]); i++) {
		const char *name = tls_programs[i].name;
		struct bpf_program *program = bpf_object__find_program_by_name(p->object, name);
		bool compat = composition(p)->variant == &compat_variant;

		program_choose(p, name,
			       p->tls && tls == tls_programs[i].tls &&
				       !(compat && tls_programs[i].conns));
		if (program && p->multi)
			bpf_program__set_expected_attach_type(
				program, (enum bpf_attach_type)TRACE_UPROBE_MULTI);
	}
}

static int set_load(struct programs *p, const struct options *options)
{
	struct bpf_object_open_opts opts = {.sz = sizeof(opts), .object_name = "socktape"};
	struct pool_shape shape = pool_shape(options->ring_len, lane_count(p));
	const void *bytes;
	size_t size;
	int error;

	bytes = composition(p)->variant->bytes(&size);
	p->object = bpf_object__open_mem(bytes, size, &opts);
	if (!p->object)
		return -errno;
	error = settings_set(p, options, &shape);
	if (!error)
		error = pool_size(p->object, &shape, lane_count(p));
	if (!error)
		error = map_size(p, "conns", CONNS_MAX);
	program_choose(p, "on_uring_submit", composition(p)->uring && !p->submit_old);
	program_choose(p, "on_uring_submit_old", composition(p)->uring && p->submit_old);
	program_choose(p, "on_uring_complete", composition(p)->uring);
	program_choose(p, "on_tcp_error", p->error_report);
	tls_choose(p, options->tls);
	program_choose(p, "sweep_conns", composition(p)->sweep);
	program_choose(p, "sweep_processes", composition(p)->sweep);
	if (!error)
		error = bpf_object__load(p->object);
	if (!error)
		error = pool_open(&p->pool, p->object, composition(p)->variant->control);
	if (error) {
		pool_close(&p->pool);
		bpf_object__close(p->object);
		p->object = NULL;
	}
	return error;
}

/* Nothing but the version tells it. */
static bool kernel_preempts(const struct btf *kernel)
{
	struct utsname name;

	return uname(&name) == 0 && strtoul(name.release, NULL, 10) >= 7 &&
	       btf__find_by_name_kind(kernel, "bpf_preempt_disable", BTF_KIND_FUNC) > 0;
}

static void kernel_look(struct programs *p)
{
	struct btf *kernel = btf__load_vmlinux_btf();

	p->blind = blind_spots(kernel);
	p->error_report = kernel && kernel_traces(kernel, "inet_sk_error_report");
	p->multi = kernel &&
		   btf__find_by_name_kind(kernel, "bpf_uprobe_multi_link", BTF_KIND_STRUCT) > 0;
	p->submit_old = kernel && !kernel_traces(kernel, "io_uring_submit_req");
	p->preemptible = kernel && kernel_preempts(kernel);
	btf__free(kernel);
}

/* What the programs that were chosen can't see, whatever the kernel shows. */
static uint64_t blind_by_choice(const struct programs *p, const struct options *options)
{
	const struct composition *chosen = composition(p);
	uint64_t bits = 0;

	if (!chosen->uring)
		bits |= BLIND_BIT(BLIND_IO_URING);
	if (!chosen->sweep)
		bits |= BLIND_BIT(BLIND_CLOSE);
	if (chosen->variant == &compat_variant)
		bits |= BLIND_BIT(BLIND_AIO) | BLIND_BIT(BLIND_BEGIN);
	if (chosen->variant == &compat_variant && (options->pid_count || options->command ||
						   options->name_count || options->cgroup_count))
		bits |= BLIND_BIT(BLIND_TCP_POSITIONS);
	if (chosen->variant == &compat_variant && chosen->uring)
		bits |= BLIND_BIT(BLIND_IO_URING_SILENT);
	if (chosen->variant == &current_variant && options->unix_sockets)
		bits |= BLIND_BIT(BLIND_SPLICE_UNIX);
	return bits;
}

/* What tells a probe of one library from that of another: since 5.15. */
static bool kernel_has_cookies(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1;
}

int programs_load(const struct options *options, enum program_set first, struct programs **out)
{
	struct programs *p = calloc(1, sizeof(*p));
	int error = -ENOMEM;

	*out = p;
	if (!p)
		return error;
	p->cpus = libbpf_num_possible_cpus();
	if (p->cpus < 0)
		return p->cpus;
	kernel_look(p);
	error = -ENOTSUP;
	for (unsigned int set = first; set < PROGRAM_SET_COUNT && error; set++) {
		if (compositions[set].uring && (p->blind & BLIND_BIT(BLIND_IO_URING)))
			continue;
		p->set = (enum program_set)set;
		p->tls = options->tls != OPTIONS_TLS_OFF && kernel_has_cookies();
		error = set_load(p, options);
		if (error && error != -EPERM && error != -ENOMEM && p->tls) {
			p->tls = false;
			error = set_load(p, options);
		}
		if (error == -EPERM || error == -ENOMEM)
			break;
	}
	if (!error)
		p->blind |= blind_by_choice(p, options);
	return error;
}

struct bpf_object *programs_tls(const struct programs *p)
{
	return p->tls ? p->object : NULL;
}

bool programs_tls_multi(const struct programs *p)
{
	return p->multi;
}

bool programs_tls_once(const struct programs *p)
{
	return p->tls && composition(p)->variant != &compat_variant;
}

enum program_set programs_set(const struct programs *p)
{
	return p->set;
}

uint64_t programs_blind(const struct programs *p)
{
	return p->blind;
}

const char *program_set_text(enum program_set set)
{
	static const char *const texts[] = {
#define PROGRAM_SET_TEXT(name, text) text,
		PROGRAM_SETS(PROGRAM_SET_TEXT)
#undef PROGRAM_SET_TEXT
	};

	return texts[set];
}

int programs_add_pid(struct programs *p, uint32_t pid)
{
	uint8_t one = 1;

	return bpf_map_update_elem(map_fd(p, "pids"), &pid, &one, BPF_ANY) ? -errno : 0;
}

int programs_add_follower(struct programs *p, uint32_t pid)
{
	uint8_t one = 1;

	return bpf_map_update_elem(map_fd(p, "followed"), &pid, &one, BPF_ANY) ? -errno : 0;
}

int programs_set_cgroup(struct programs *p, uint32_t index, int fd)
{
	return bpf_map_update_elem(map_fd(p, "cgroups"), &index, &fd, BPF_ANY) ? -errno : 0;
}

/* Links the iterator program NAME, over the map OVER if it isn't NULL. */
static int iterator_link(struct programs *p, const char *name, const char *over,
			 struct bpf_link **link)
{
	struct bpf_program *program = bpf_object__find_program_by_name(p->object, name);
	struct bpf_iter_attach_opts opts = {.sz = sizeof(opts)};
	union bpf_iter_link_info info = {0};

	if (!program || !bpf_program__autoload(program))
		return 0;
	if (over) {
		info.map.map_fd = (uint32_t)map_fd(p, over);
		opts.link_info = &info;
		opts.link_info_len = sizeof(info);
	}
	*link = bpf_program__attach_iter(program, &opts);
	return *link ? 0 : -errno;
}

/* Walks an iterator to its end; its program does what there is to do. */
static int iterator_run(const struct bpf_link *link)
{
	char none[64];
	ssize_t n;
	int fd;

	if (!link)
		return 0;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return -errno;
	do
		n = read(fd, none, sizeof(none));
	while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	close(fd);
	return n < 0 ? -errno : 0;
}

int programs_attach(struct programs *p)
{
	struct bpf_program *program;
	int error;

	error = iterator_link(p, "mark_sockets", NULL, &p->mark_sockets);
	if (!error)
		error = iterator_link(p, "sweep_conns", "conns", &p->sweep_conns);
	if (!error)
		error = iterator_link(p, "sweep_processes", "processes", &p->sweep_processes);
	bpf_object__for_each_program(program, p->object)
	{
		if (error || p->link_count == LINKS_MAX)
			break;
		if (!bpf_program__autoload(program) ||
		    bpf_program__expected_attach_type(program) == BPF_TRACE_ITER ||
		    bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
			continue;
		p->links[p->link_count] = bpf_program__attach(program);
		if (p->links[p->link_count])
			p->link_count++;
		else
			error = -errno;
	}
	if (!error)
		error = iterator_run(p->mark_sockets);
	if (!error)
		__atomic_store_n(&p->pool.control->started, 1, __ATOMIC_RELEASE);
	return error;
}

void programs_listeners(const struct programs *p, void (*tell)(void *context, uint32_t pid),
			void *context)
{
	int fd = map_fd(p, "listeners");
	struct kernel_listener listener;
	uint32_t told = 0;
	uint64_t key;
	void *last = NULL;

	while (bpf_map_get_next_key(fd, last, &key) == 0) {
		last = &key;
		if (bpf_map_lookup_elem(fd, &key, &listener) != 0 || !listener.matches ||
		    listener.pid == told)
			continue;
		told = listener.pid;
		tell(context, told);
	}
}

int programs_sweep(struct programs *p)
{
	int error = iterator_run(p->sweep_processes);

	return error ? error : iterator_run(p->sweep_conns);
}

void programs_detach(struct programs *p)
{
	while (p->link_count)
		bpf_link__destroy(p->links[--p->link_count]);
}

const struct pool *programs_pool(const struct programs *p)
{
	return &p->pool;
}

/* Every counter is a u64, so that their sum needs no list of names. */
#define COUNTER_COUNT (sizeof(struct kernel_counters) / sizeof(uint64_t))

/*
 * Runs that the kernel skipped because the program was running on that CPU already: it interrupted
 * itself, or, from 7.2 on, was preempted. Before 5.12 nobody counts them.
 */
static bool programs_skipped(struct programs *p, uint64_t *sum)
{
	struct bpf_program *program;

	*sum = 0;
	bpf_object__for_each_program(program, p->object)
	{
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &len) != 0)
			return false;
		*sum += info.recursion_misses;
	}
	return true;
}

static void counters_add(struct kernel_counters *sum, const struct kernel_counters *part)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)part;

	for (size_t i = 0; i < COUNTER_COUNT; i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

bool programs_tally(struct programs *p, struct tally *tally)
{
	struct kernel_counters sum = {0};
	uint64_t skipped;

	if (!programs_skipped(p, &skipped))
		return false;
	for (int i = 0; i < p->pool.lanes_count; i++) {
		const struct kernel_lane *lane = pool_lane(&p->pool, i);

		counters_add(&sum, &lane->counters);
		counters_add(&sum, &lane->nested);
	}
	translate_counters(&sum, tally);
	tally->lost[LOSS_MISSED_TURN].events = skipped;
	return true;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	programs_detach(p);
	bpf_link__destroy(p->mark_sockets);
	bpf_link__destroy(p->sweep_conns);
	bpf_link__destroy(p->sweep_processes);
	pool_close(&p->pool);
	bpf_object__close(p->object);
	free(p);
}
