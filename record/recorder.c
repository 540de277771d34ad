/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/recorder.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/clock.h"
#include "record/descend.h"
#include "record/memory.h"
#include "record/privilege.h"
#include "record/probe.h"
#include "record/tls_wire.h"
#include "record/yield.h"

/* What the programs, their tables and the kernel's look at them take, at most: 86 MiB on 6.18, and
 * some room. */
#define MEMORY_BESIDES_RING (UINT64_C(104) << 20)

/* The largest ring that is smaller than the wanted one and fits; 0: none does. */
static uint64_t ring_that_fits(uint64_t wanted, uint64_t left)
{
	uint64_t fits = wanted / 2;

	if (left < MEMORY_BESIDES_RING)
		return 0;
	while (fits > left - MEMORY_BESIDES_RING)
		fits /= 2;
	return fits < OPTIONS_RING_MIN ? 0 : fits;
}

static void memory_explain(uint64_t wanted, uint64_t left, struct buffer *problem)
{
	uint64_t fits = ring_that_fits(wanted, left);

	buffer_printf(problem, "too little memory for a buffer of %llu KiB: ",
		      (unsigned long long)wanted >> 10);
	if (fits)
		buffer_printf(problem, "--buffer %lluKiB fits", (unsigned long long)fits >> 10);
	else
		buffer_append_text(problem, "no --buffer fits; raise the memory limit of this "
					    "cgroup, or record from outside of it");
}

bool recorder_load(const struct options *options, struct programs **programs,
		   struct buffer *problem)
{
	struct probe probe;
	const char *obstacle;
	enum program_set first;
	uint64_t left;
	int error;

	probe_kernel(&probe, options->verbose);
	if (options->verbose)
		probe_print(&probe, stderr);
	obstacle = probe_obstacle(&probe);
	if (obstacle) {
		buffer_append_text(problem, obstacle);
		return false;
	}
	first = options->compat || !probe_is_current(&probe) ? PROGRAMS_COMPAT : PROGRAMS_CURRENT;
	/* Going beyond the limit doesn't always fail: the kernel may kill somebody below it. */
	left = memory_left();
	error = -ENOMEM;
	if (left >= options->ring_len + MEMORY_BESIDES_RING)
		error = programs_load(options, first, programs);
	if (error == -ENOMEM) {
		memory_explain(options->ring_len, left, problem);
		return false;
	}
	if (error) {
		buffer_printf(problem,
			      "the kernel refused the recording programs: %s; -v shows why",
			      strerror(-error));
		return false;
	}
	if (options->verbose)
		fprintf(stderr, "  using the programs %s\n",
			program_set_text(programs_set(*programs)));
	return true;
}

static bool pids_add(struct recorder *r, struct buffer *problem)
{
	const struct options *options = r->options;
	int error = 0;

	if (r->command.pid)
		error = programs_add_pid(r->programs, (uint32_t)r->command.pid);
	for (size_t i = 0; i < options->pid_count && !error; i++) {
		uint32_t leader = process_leader(options->pids[i]);

		if (!leader) {
			buffer_printf(problem, "-p %u: there is no such process", options->pids[i]);
			return false;
		}
		error = programs_add_pid(r->programs, leader);
	}
	if (error)
		buffer_printf(problem, "the kernel refused a process id: %s", strerror(-error));
	return error == 0;
}

static bool cgroup_set(struct recorder *r, uint32_t index, struct buffer *problem)
{
	const char *path = r->options->cgroups[index];
	int fd = cgroup_table_open(r->cgroups, path);
	int error;

	if (fd < 0) {
		buffer_printf(problem, "--cgroup %s: %s", path,
			      errno == ENOTDIR ? "not a cgroup of version 2" : strerror(errno));
		return false;
	}
	error = programs_set_cgroup(r->programs, index, fd);
	close(fd);
	if (error)
		buffer_printf(problem, "--cgroup %s: the kernel refused it: %s", path,
			      strerror(-error));
	return error == 0;
}

static bool cgroups_set(struct recorder *r, struct buffer *problem)
{
	for (uint32_t i = 0; i < r->options->cgroup_count; i++)
		if (!cgroup_set(r, i, problem))
			return false;
	return true;
}

static bool writer_open(struct recorder *r, struct buffer *problem)
{
	const struct options *options = r->options;
	struct recording_writer_options settings = {
		.path = options->directory,
		.stream = options->stream ? STDOUT_FILENO : 0,
		.segment_len = options->segment_len,
		.keep_len = options->keep_len,
		.level = options->level,
		.owner = r->owner.uid,
		.group = r->owner.gid,
	};
	struct event clock;
	struct event host;

	clock_event(&clock);
	settings.start_monotonic = clock.ts;
	settings.start_realtime = clock.clock.realtime;
	r->error = recording_writer_new(&settings, &r->writer);
	if (r->error == TAPE_ERROR_IO && errno == EEXIST)
		buffer_printf(problem, "%s holds a recording already: choose another directory",
			      options->directory);
	else if (r->error == TAPE_ERROR_IO)
		buffer_printf(problem, "%s: %s", options->directory, strerror(errno));
	else if (r->error != TAPE_OK)
		buffer_printf(problem, "%s: %s", options->directory, tape_error_text(r->error));
	if (r->error != TAPE_OK)
		return false;
	r->store = store_new(r->writer, &(struct store_options){
						.backlog_len = options->backlog_len,
						.level = options->level,
					});
	if (!r->store) {
		buffer_append_text(problem, "out of memory");
		return false;
	}
	recorder_limit_backlog(r);
	host_event(&r->host, &host);
	host.host.blind = programs_blind(r->programs);
	host.ts = clock.ts;
	store_event(r->store, &host);
	store_event(r->store, &clock);
	return true;
}

static bool tables_make(struct recorder *r, struct buffer *problem)
{
	r->cgroups = cgroup_table_new();
	r->processes = process_table_new(r->cgroups);
	r->talkers = talkers_new();
	if (!r->cgroups || !r->processes || !r->talkers)
		buffer_append_text(problem, "out of memory");
	return r->cgroups && r->processes && r->talkers;
}

/* From here on signals come through a descriptor, so that none interrupts a write. */
static bool signals_open(struct recorder *r, struct buffer *problem)
{
	struct sigaction hangup;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* nohup(1) asks not to end with the terminal. */
	if (sigaction(SIGHUP, NULL, &hangup) != 0 || hangup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* the write that may not be fails instead */
	r->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (r->signals < 0)
		buffer_printf(problem, "can't watch for signals: %s", strerror(errno));
	return r->signals >= 0;
}

static bool wake_open(struct recorder *r, struct buffer *problem)
{
	struct epoll_event signals = {.events = EPOLLIN};
	/*
	 * Edge-triggered: records are taken on a timer, and only the kernel side's call for help
	 * counts, not that there is something in it, as there nearly always is.
	 */
	struct epoll_event ring = {.events = EPOLLIN | EPOLLET};

	r->wake = epoll_create1(EPOLL_CLOEXEC);
	if (r->wake >= 0 && epoll_ctl(r->wake, EPOLL_CTL_ADD, r->signals, &signals) == 0 &&
	    epoll_ctl(r->wake, EPOLL_CTL_ADD, programs_pool(r->programs)->ring, &ring) == 0)
		return true;
	buffer_printf(problem, "can't wait for the ring buffer: %s", strerror(errno));
	return false;
}

static void child_add(void *context, uint32_t pid)
{
	struct recorder *r = context;
	int error = programs_add_follower(r->programs, pid);

	if (error && r->options->verbose)
		fprintf(stderr, "  process %u is not recorded: %s\n", pid, strerror(-error));
}

/*
 * The children that processes of -p and -e have already. Called after attaching: those made from
 * then on are found by the kernel programs.
 */
static void children_add(struct recorder *r)
{
	const struct options *options = r->options;
	const struct descend_roots roots = {options->pids, options->pid_count, options->names,
					    options->name_count};
	enum tape_error error = descend_list(&roots, child_add, r);

	if (error != TAPE_OK && options->verbose)
		fprintf(stderr, "  existing children are not recorded: %s\n",
			tape_error_text(error));
}

/* Into the recording. */
static void event_store(void *context, const struct event *event)
{
	struct recorder *r = context;

	talkers_event(r->talkers, event);
	/* Of plaintext, losses are in no sum. */
	if (event->type == EVENT_LOSS && event->loss.layer == LAYER_WIRE) {
		r->seen[event->loss.cause].events += event->loss.events;
		r->seen[event->loss.cause].bytes += event->loss.bytes;
	}
	store_event(r->store, event);
}

/* Of plaintext that the kernel makes TLS of, its length is what the wire has. */
static void plain_leave_out(struct recorder *r, const struct event *event)
{
	struct event length = *event;

	length.data.layer = LAYER_WIRE;
	length.data.payload = span_of(NULL, 0);
	length.data.cut = CUT_SNAPLEN;
	event_store(r, &length);
}

/* A process uses TLS: why nothing of that is read. */
static void off_tell(struct recorder *r, const struct event *event)
{
	const struct span bytes = event->data.payload;
	const struct event off = {
		.type = EVENT_LIBRARY,
		.ts = event->ts,
		.library = {.pid = event->data.pid, .hook = TLS_HOOK_OFF},
	};

	/* Servers read the header alone, of each record: only the first can be a ClientHello's. */
	if (bytes.len < TLS_HEADER_LEN || (bytes.len == TLS_HEADER_LEN && event->data.offset))
		return;
	if (tls_is_hello(bytes.data, bytes.len))
		event_store(r, &off);
}

/* TLS is switched off. */
static void event_take_off(struct recorder *r, const struct event *event)
{
	if (event->type != EVENT_DATA) {
		event_store(r, event);
	} else if (event->data.layer == LAYER_TLS) {
		plain_leave_out(r, event);
	} else {
		off_tell(r, event);
		event_store(r, event);
	}
}

static void event_take(void *context, const struct event *event)
{
	struct recorder *r = context;

	if (r->tls)
		tls_event(r->tls, event);
	else
		event_take_off(r, event);
}

static void sight_take(void *context, struct tls_sight *sight)
{
	struct recorder *r = context;

	if (r->tls)
		tls_sight(r->tls, sight);
}

static void secret_take(void *context, const struct tls_secret *secret)
{
	struct recorder *r = context;

	if (r->tls)
		tls_secret_take(r->tls, secret);
}

/* The process of connections that nobody has accepted, or used, is the one that listens. */
static void listener_write(void *context, uint32_t pid)
{
	struct recorder *r = context;
	struct event event = {.type = EVENT_PROCESS, .ts = clock_monotonic()};

	if (process_table_read(r->processes, pid, &event.process))
		store_event(r->store, &event);
}

static bool tls_make(struct recorder *r, struct buffer *problem)
{
	if (r->options->tls == OPTIONS_TLS_OFF)
		return true;
	r->tls = tls_new(r->options, r->programs, event_store, r);
	if (!r->tls)
		buffer_append_text(problem, "out of memory");
	return r->tls;
}

static bool recording_begin(struct recorder *r, struct buffer *problem)
{
	const struct drain_takers takers = {r, event_take, sight_take, secret_take};
	const struct options *options = r->options;
	int error = 0;

	r->drain = drain_new(programs_pool(r->programs), r->processes, &takers);
	r->started = clock_monotonic();
	r->told_at = r->started;
	if (r->drain)
		error = programs_attach(r->programs);
	if (!r->drain || error) {
		buffer_printf(problem, "the kernel refused to attach the recording programs: %s",
			      strerror(error ? -error : errno));
		return false;
	}
	if (options->follow && (options->pid_count || options->name_count) && !options->command &&
	    !options->cgroup_count)
		children_add(r);
	programs_listeners(r->programs, listener_write, r);
	if (r->tls)
		tls_begin(r->tls);
	if (!privilege_drop(options->directory, r->owner.uid != (uid_t)-1) && options->verbose)
		fprintf(stderr, "  can't give up capabilities: %s\n", strerror(errno));
	/* Not before: a thread keeps the capabilities that it was made with. */
	if (!store_start(r->store)) {
		buffer_printf(problem, "can't make a thread: %s", strerror(errno));
		return false;
	}
	yield_never();
	if (!recorder_tally(r)) {
		buffer_printf(problem, "the kernel doesn't tell what is lost: %s", strerror(errno));
		return false;
	}
	command_release(&r->command);
	return true;
}

bool recorder_open(struct recorder *r, const struct options *options, char *const *argv,
		   struct buffer *problem)
{
	*r = (struct recorder){.options = options, .signals = -1, .wake = -1};
	r->owner = owner_find();
	host_read(&r->host, argv);
	if (options->command && !command_fork(&r->command, options->command, options->stream)) {
		buffer_printf(problem, "can't make a process: %s", strerror(errno));
		return false;
	}
	umask(077);
	return signals_open(r, problem) && tables_make(r, problem) &&
	       recorder_load(options, &r->programs, problem) && wake_open(r, problem) &&
	       pids_add(r, problem) && cgroups_set(r, problem) && writer_open(r, problem) &&
	       tls_make(r, problem) && recording_begin(r, problem);
}

void recorder_limit_backlog(struct recorder *r)
{
	uint64_t left = memory_left();
	uint64_t available = memory_available();

	if (available < left)
		left = available;
	store_limit(r->store, store_status(r->store).waiting + left / 2);
}

/*
 * Nobody knows for which call a program was not run. Where not all is recorded, it may have been
 * one that nobody wanted, and is not held against this recording.
 */
bool recorder_tally(struct recorder *r)
{
	struct loss_sum *missed = &r->tally.lost[LOSS_MISSED_TURN];

	if (!programs_tally(r->programs, &r->tally))
		return false;
	if (options_filtered(r->options)) {
		r->tally.elsewhere = missed->events;
		*missed = (struct loss_sum){0};
	}
	return true;
}

struct progress recorder_progress(const struct recorder *r)
{
	struct progress progress = {
		.elapsed = (r->ended ? r->ended : clock_monotonic()) - r->started,
		.tally = r->tally,
		.store = store_status(r->store),
		.drained = *drain_totals(r->drain),
	};

	if (r->tls)
		progress.tls = tls_totals(r->tls);
	account_make(&progress.account, &r->tally, r->seen, &progress.store, r->ended != 0);
	return progress;
}

void recorder_abandon(struct recorder *r)
{
	if (r->store)
		store_stop(r->store);
	if (r->writer)
		recording_writer_abandon(r->writer);
}

void recorder_close(struct recorder *r)
{
	command_abandon(&r->command);
	tls_free(r->tls);
	drain_free(r->drain);
	programs_free(r->programs);
	store_free(r->store);
	recording_writer_free(r->writer);
	process_table_free(r->processes);
	talkers_free(r->talkers);
	cgroup_table_free(r->cgroups);
	if (r->wake >= 0)
		close(r->wake);
	if (r->signals >= 0)
		close(r->signals);
	host_free(&r->host);
}
