/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/replay_private.h"

uint64_t replay_event_conn(const struct event *event)
{
	switch (event->type) {
	case EVENT_CONN:
		return event->conn.conn;
	case EVENT_CLOSE:
		return event->close.conn;
	case EVENT_DATA:
		return event->data.conn;
	case EVENT_LOSS:
		return event->loss.conn;
	case EVENT_SECRET:
		return event->secret.conn;
	case EVENT_STATE:
		return event->state.conn;
	case EVENT_TLS:
		return event->tls.conn;
	default:
		return 0;
	}
}

static uint32_t event_pid(const struct event *event, const struct tracked *t)
{
	switch (event->type) {
	case EVENT_DATA:
		return event->data.pid;
	case EVENT_PROCESS:
		return event->process.pid;
	case EVENT_PROCESS_EXIT:
		return event->process_exit.pid;
	default:
		return t ? t->conn.pid : 0;
	}
}

bool replay_wants_event(struct replay *r, const struct event *event, const struct tracked *t)
{
	struct selection *selection = r->options.selection;
	struct selection_subject subject = {
		.conn = replay_event_conn(event), .pid = event_pid(event, t), .outcome = -1};
	const struct process *process;

	if (!selection || selection_is_all(selection))
		return true;
	process = process_table_get(&r->processes, subject.pid);
	subject.name = process ? process->name : NULL;
	subject.container = process ? process->container : NULL;
	subject.from = subject.to = replay_realtime(r, event->ts);
	return selection_matches(selection, ~SELECT_OF_SESSIONS, &subject);
}

/* A later snapshot tells nothing new, but for connections whose beginning was damaged. */
static bool is_repeated(const struct replay *r, const struct event *event, const struct tracked *t)
{
	return event->snapshot && r->now &&
	       (event->type != EVENT_CONN || (t && t->conn.revision > 1));
}

/* What is of no connection, or of whichever needs it. */
static void take_other(struct replay *r, const struct event *event)
{
	if (event->type == EVENT_CLOCK)
		r->clock_offset = event->clock.realtime - event->ts;
	if (event->type == EVENT_LIBRARY && !libraries_put(&r->libraries, &event->library))
		r->error = TAPE_ERROR_MEMORY;
	if (event->type == EVENT_SECRET)
		replay_take_secret(r, &event->secret);
	if (event->type == EVENT_PROCESS && !process_table_put(&r->processes, &event->process))
		r->error = TAPE_ERROR_MEMORY;
}

void replay_event(struct replay *r, const struct event *event)
{
	struct tracked *t = connection_of_event(r, event);
	const struct replay_handlers *h = &r->options.handlers;

	if (!event->snapshot && event->ts > r->now)
		r->now = event->ts;
	if (event->type != EVENT_DATA)
		take_other(r, event);
	if (h->event && !is_repeated(r, event, t) && replay_wants_event(r, event, t) &&
	    pass_gives(&r->pass, PASS_EVENT))
		h->event(h->context, event, t ? &t->conn : NULL);
	if (t)
		connection_take(r, t, event);
	if (r->budget.used > r->budget.limit / 2)
		connections_make_room(r);
}

enum tape_error replay_end(struct replay *r)
{
	if (!connections_end(r, connection_end))
		r->error = TAPE_ERROR_MEMORY;
	return r->error;
}

/* Whether all that is needed has been read. */
static bool is_past(struct replay *r, const struct event *event)
{
	if (!window_ends(&r->window) || event->snapshot)
		return false;
	return window_is_past(&r->window, replay_realtime(r, event->ts));
}

/* What reading may take before it counts: most blocks are a hundredth of that. */
#define READING_SPARE (40u << 20)

/* Events between two looks at it. */
#define READING_PERIOD 256u

/* A block may be as large as all the memory: then there is less for the rest. */
static void fit_budget(struct replay *r)
{
	uint64_t limit = r->options.memory_limit ? r->options.memory_limit : REPLAY_MEMORY_LIMIT;
	size_t reading = recording_memory(r->recording);
	uint64_t over = reading > READING_SPARE ? reading - READING_SPARE : 0;

	r->budget.limit = limit - limit / 8 > over ? limit - over : limit / 8;
}

bool replay_step(struct replay *r)
{
	struct event event;

	if (r->stop || r->error)
		return false;
	if (!recording_next(r->recording, &event) || is_past(r, &event))
		return !replay_waits(r) && replay_read_again(r);
	coming_next(r);
	if (r->steps++ % READING_PERIOD == 0)
		fit_budget(r);
	replay_event(r, &event);
	if (r->options.progress)
		r->options.progress(r->options.progress_context, recording_status(r->recording));
	return true;
}

bool replay_waits(const struct replay *r)
{
	return r->options.follow && !r->stop && !r->error && recording_waits(r->recording);
}

void replay_follow_no_more(struct replay *r)
{
	recording_follow_no_more(r->recording);
}

enum tape_error replay_run(struct replay *r)
{
	enum tape_error error;

	while (replay_step(r))
		;
	error = replay_end(r);
	return error ? error : recording_status(r->recording)->error;
}

void replay_stop(struct replay *r)
{
	r->stop = true;
}

int64_t replay_realtime(const struct replay *r, int64_t ts)
{
	return r->recording ? recording_realtime(r->recording, ts) : ts + r->clock_offset;
}

bool replay_is_restricted(const struct replay *r)
{
	return window_is_restricted(&r->window);
}

uint32_t replay_thread(const struct replay *r)
{
	return r->tid;
}

int64_t replay_now(const struct replay *r)
{
	return r->now;
}

bool replay_is_local(const struct replay *r, uint16_t port)
{
	return r->local_ports[port / 64] >> port % 64 & 1;
}

const struct recording_status *replay_status(const struct replay *r)
{
	return recording_status(r->recording);
}

const struct process *replay_process(struct replay *r, uint32_t pid)
{
	return process_table_get(&r->processes, pid);
}

uint64_t replay_process_count(const struct replay *r)
{
	return r->processes.count;
}

uint64_t replay_refused_secrets(const struct replay *r)
{
	return r->refused_secrets;
}

uint64_t replay_given_up(const struct replay *r)
{
	return r->connections.given_up;
}

int replay_file_error(const struct replay *r)
{
	return r->connections.error;
}

uint64_t replay_refused_bytes(const struct replay *r)
{
	return r->budget.refused;
}
