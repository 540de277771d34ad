/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "record/clock.h"
#include "record/loss.h"

/* Records are taken this often; the kernel side wakes only when it fills faster than that. */
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
	store_event(r->store, &event);
}

static void elsewhere_write(struct recorder *r, int64_t now)
{
	const struct event event = {
		.type = EVENT_LOSS,
		.ts = now,
		.loss =
			{
				.events = r->tally.elsewhere - r->told_elsewhere,
				.since = r->told_at,
				.cause = LOSS_MISSED_TURN,
				.elsewhere = true,
			},
	};

	if (event.loss.events)
		store_event(r->store, &event);
	r->told_elsewhere = r->tally.elsewhere;
}

/* What the kernel side has counted: into the recording, as far as something was lost. */
static void tally_take(struct recorder *r)
{
	int64_t now = clock_monotonic();
	struct event events[TALLY_CAUSES];
	size_t count;

	if (!recorder_tally(r))
		return;
	count = loss_events(r->tally.lost, r->told, r->told_at, now, events);
	for (size_t i = 0; i < count; i++)
		store_event(r->store, &events[i]);
	memcpy(r->told, r->tally.lost, sizeof(r->told));
	elsewhere_write(r, now);
	r->told_at = now;
}

/* The account so far, for a reader of a recording that has no end. */
static void totals_write(struct recorder *r)
{
	struct progress progress = recorder_progress(r);
	struct event event;

	if (progress.account.moved_bytes == r->totals_bytes)
		return;
	r->totals_bytes = progress.account.moved_bytes;
	account_event(&progress.account, clock_monotonic(), &event);
	store_event(r->store, &event);
}

/* An error of the store ends the recording. */
static void store_check(struct recorder *r)
{
	struct store_status status = store_status(r->store);

	if (r->error != TAPE_OK)
		return;
	r->error = status.error;
	r->system_error = status.system_error;
}

static bool status_wanted(const struct recorder *r)
{
	/* A command has the terminal for itself. */
	return !r->options->quiet && !r->options->command && isatty(STDERR_FILENO);
}

static void status_update(struct recorder *r)
{
	struct progress progress = recorder_progress(r);
	struct buffer filters = {0};

	options_filters(r->options, &filters);
	status_show(&r->status, &progress, buffer_span(&filters), stderr);
	buffer_free(&filters);
}

static void second_passed(struct recorder *r)
{
	programs_sweep(r->programs);
	tally_take(r);
	totals_write(r);
	store_flush(r->store);
	recorder_limit_backlog(r);
	if (status_wanted(r))
		status_update(r);
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
		if (r->tls)
			tls_turn(r->tls);
		/* What the backlog has no room for stays in the kernel, which then keeps less. */
		empty = !store_has_room(r->store) || drain_some(r->drain);
		store_check(r);
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
 * Takes what is in the pool to its end: a program that was running when it was detached may still
 * add its record a moment later, and the counters tell how many there must be.
 */
static void drain_settle(struct recorder *r)
{
	for (int i = 0; i < SETTLE_TRIES; i++) {
		while (!drain_rest(r->drain))
			;
		if (!recorder_tally(r) ||
		    drain_totals(r->drain)->data_events >= r->tally.data_records)
			return;
		poll(NULL, 0, 1);
	}
}

/* Ends the recording with EVENTS, which say what isn't in it. */
static enum tape_error finish(struct recorder *r, const struct event *events, size_t count)
{
	enum tape_error error = TAPE_OK;

	for (size_t i = 0; i < count && !error; i++)
		error = recording_writer_event(r->writer, &events[i]);
	return error ? error : recording_writer_finish(r->writer);
}

/*
 * The last words of a recording: what was lost and isn't told yet, and the account. Where the
 * writer failed, losses that were told in blocks that are in no file are told again.
 */
static size_t last_words(const struct recorder *r, struct event events[TALLY_CAUSES + 2])
{
	struct progress progress = recorder_progress(r);
	const struct recording_writer_totals *written = &progress.store.written;
	int64_t since = written->stored_until ? written->stored_until : r->started;
	size_t count = loss_events(progress.account.lost, written->stored_lost, since, r->ended,
				   events);

	clock_event(&events[count++]);
	account_event(&progress.account, events[count - 1].ts, &events[count]);
	return count + 1;
}

/* Everything that can be known is known now. */
static void recording_end(struct recorder *r)
{
	struct event events[TALLY_CAUSES + 2];
	size_t count = last_words(r, events);

	if (r->error == TAPE_OK) {
		r->error = finish(r, events, count);
		r->system_error = errno;
	}
	if (r->error == TAPE_OK)
		return;
	count = last_words(r, events);
	r->complete = recording_writer_last_words(r->writer, events, count) == TAPE_OK;
}

static void record_end(struct recorder *r)
{
	r->ended = clock_monotonic();
	if (r->tls)
		tls_detach(r->tls);
	programs_detach(r->programs);
	drain_settle(r);
	programs_sweep(r->programs);
	drain_settle(r);
	if (r->tls)
		tls_end(r->tls, r->ended);
	tally_take(r);
	store_stop(r->store);
	store_check(r);
	recording_end(r);
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
