/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "record/clock.h"

/* The ring is looked at this often; the kernel side wakes only when it fills faster than that. */
#define TURN_MS 10

#define CLOCK_PERIOD (INT64_C(10) * CLOCK_SECOND)

/* How long the last records may be awaited after the programs were detached. */
#define SETTLE_TRIES 100

/* FORWARD: sent on to the command, if there is one; otherwise ignored in its favour. */
static const struct {
	int number;
	bool forward;
	const char *reason;
} signals[] = {
	{SIGINT, false, "interrupted"},
	{SIGQUIT, false, "interrupted"},
	{SIGTERM, true, "terminated"},
	{SIGHUP, true, "terminated"},
};

static void stop(struct recorder *r, const char *reason)
{
	if (!r->stop_reason)
		r->stop_reason = reason;
}

static void signal_handle(struct recorder *r, int number)
{
	if (number == SIGCHLD && command_reap(&r->command, false))
		stop(r, "the command ended");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (signals[i].number != number)
			continue;
		if (!r->command.pid)
			stop(r, signals[i].reason);
		else if (signals[i].forward)
			kill(r->command.pid, number);
	}
}

static void signals_take(struct recorder *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == sizeof(info))
		signal_handle(r, (int)info.ssi_signo);
}

static void clock_write(struct recorder *r)
{
	struct event event;

	clock_event(&event);
	recorder_write(r, &event);
}

/* What the kernel side has counted: into the recording, as far as something was lost. */
static void tally_take(struct recorder *r)
{
	int64_t now = clock_monotonic();

	if (programs_tally(r->programs, &r->tally) && r->error == TAPE_OK)
		recorder_check(r, loss_log_write(&r->losses, &r->tally, now, r->writer));
}

static bool status_wanted(const struct recorder *r)
{
	/* A command has the terminal for itself. */
	return !r->options->quiet && !r->options->command && isatty(STDERR_FILENO);
}

static void second_passed(struct recorder *r)
{
	programs_sweep(r->programs);
	tally_take(r);
	if (r->error == TAPE_OK)
		recorder_check(r, recording_writer_flush(r->writer));
	if (status_wanted(r)) {
		struct progress progress = recorder_progress(r);

		status_show(&r->status, &progress, stderr);
	}
}

static void record(struct recorder *r)
{
	const struct options *options = r->options;
	int64_t next_second = r->started + CLOCK_SECOND;
	int64_t next_clock = r->started + CLOCK_PERIOD;
	bool empty = true;

	while (!r->stop_reason && r->error == TAPE_OK) {
		struct epoll_event events[2];
		int64_t now;

		if (epoll_wait(r->wake, events, 2, empty ? TURN_MS : 0) > 0)
			signals_take(r);
		empty = drain_some(r->drain);
		now = clock_monotonic();
		if (options->duration && now - r->started >= (int64_t)options->duration)
			stop(r, "stopped");
		if (now >= next_clock) {
			next_clock = now + CLOCK_PERIOD;
			clock_write(r);
		}
		if (now >= next_second) {
			next_second = now + CLOCK_SECOND;
			second_passed(r);
		}
	}
}

/*
 * Takes what is in the ring to its end: a program that was running when it was detached may still
 * add its record a moment later, and the counters tell how many there must be.
 */
static void drain_rest(struct recorder *r)
{
	for (int i = 0; i < SETTLE_TRIES; i++) {
		while (!drain_some(r->drain))
			;
		if (!programs_tally(r->programs, &r->tally) ||
		    drain_totals(r->drain)->data_events >= r->tally.data_records)
			return;
		poll(NULL, 0, 1);
	}
}

static void record_end(struct recorder *r)
{
	r->ended = clock_monotonic();
	programs_detach(r->programs);
	drain_rest(r);
	programs_sweep(r->programs);
	drain_rest(r);
	tally_take(r);
	clock_write(r);
	if (r->error == TAPE_OK)
		recorder_check(r, recording_writer_finish(r->writer));
	status_clear(&r->status, stderr);
}

/* The recording may end before its command: -d, or a full disk. */
static void command_wait(struct recorder *r)
{
	struct pollfd wait = {.fd = r->signals, .events = POLLIN};

	while (r->command.pid) {
		poll(&wait, 1, -1);
		signals_take(r);
	}
}

void loop_run(struct recorder *r)
{
	record(r);
	record_end(r);
	command_wait(r);
}
