/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/rows.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "analyze/replay/order.h"
#include "analyze/replay/turns.h"
#include "format/handover.h"

/* What is held may take this part of the memory that the replay may use. */
#define ORDER_SHARE 8

/* Who watches doesn't want to wait as long as one who reads. */
#define FOLLOW_HOLD_NS 1000000000ll

/* What is recorded comes once a second: when nothing came for longer, all that is held goes. */
#define FOLLOW_QUIET_NS 1500000000ll

/* Chunks that wait between the two threads, in bytes. */
#define WAITING (1u << 20)

/*
 * The replay runs in a thread of its own, which hands over the chunks that it fills: then what is
 * marked with P is that thread's until it has ended. Or it takes turns with who pulls: one event
 * may give more rows than there is memory for, so each chunk is pulled before the next is filled.
 * Or events are fed, and all that they give waits.
 */
struct rows {
	struct replay *replay;		 /* P */
	struct replay_handlers handlers; /* P: whoever else wants to be told */
	struct row_writer *writer;	 /* P */
	enum tape_error failed;		 /* P */
	bool stop;			 /* atomic */
	struct turns *turns;		 /* NULL: there are two threads, or events are fed */
	struct handover *chunks;	 /* NULL: there is one thread */
	pthread_t thread;
	bool running;

	struct order *order;
	bool came; /* rows, since it was last cleared */
	struct row *current;
	struct buffer values; /* its, and its twin's */
	bool fed;
	bool ended;
	bool follow;
	bool waits;    /* since the last call: it is followed, and there is nothing now */
	int64_t quiet; /* since when, by CLOCK_MONOTONIC; 0: it isn't */
	enum tape_error error;
};

static void fail(struct rows *r, enum tape_error error)
{
	if (!r->error)
		r->error = error;
}

static void take_chunk(void *context, struct row_chunk *chunk)
{
	struct rows *r = context;

	if (r->chunks) {
		if (!handover_push(r->chunks, chunk, row_chunk_size(chunk)))
			row_chunk_drop(chunk);
		return;
	}
	if (r->stop) {
		row_chunk_drop(chunk);
		return;
	}
	r->came = true;
	if (!order_add(r->order, chunk))
		fail(r, TAPE_ERROR_MEMORY);
	if (turns_is_inside(r->turns))
		turns_back(r->turns);
}

static void take_record(void *context, const struct connection *conn, const struct session *s,
			const struct record *record)
{
	struct rows *r = context;

	if (!row_write(r->writer, r->replay, conn, s, record))
		r->failed = TAPE_ERROR_MEMORY;
}

static void take_conn_end(void *context, const struct connection *conn)
{
	struct rows *r = context;

	r->handlers.conn_end(r->handlers.context, conn);
}

static void take_coming(void *context, uint64_t conn)
{
	const struct rows *r = context;

	row_writer_fetch(r->writer, conn);
}

static struct rows *rows_new(const struct replay_options *options, struct replay_options *with)
{
	struct rows *r = calloc(1, sizeof(*r));
	uint64_t limit = options->memory_limit ? options->memory_limit : REPLAY_MEMORY_LIMIT;

	if (!r)
		return NULL;
	*with = *options;
	r->handlers = options->handlers;
	with->handlers = (struct replay_handlers){
		.record = take_record, .coming = take_coming, .context = r};
	if (r->handlers.conn_end)
		with->handlers.conn_end = take_conn_end;
	with->memory_limit = limit - limit / ORDER_SHARE;
	r->order = order_new((size_t)(limit / ORDER_SHARE));
	r->writer = row_writer_new(take_chunk, r);
	if (r->order && r->writer)
		return r;
	rows_close(r);
	return NULL;
}

/* ---- what replays ---- */

/* What ends the replay, wherever it runs. */
static void end_replay(struct rows *r)
{
	enum tape_error error = replay_end(r->replay);

	if (!error && !r->fed)
		error = replay_status(r->replay)->error;
	if (error && !r->failed)
		r->failed = error;
	row_writer_flush(r->writer);
}

static void *run(void *context)
{
	struct rows *r = context;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED) && !r->failed && replay_step(r->replay))
		;
	end_replay(r);
	handover_end(r->chunks);
	return NULL;
}

/* For turns_new(). Of what is followed there may be nothing more now, or ever. */
static void run_in_turns(void *context)
{
	struct rows *r = context;

	while (!r->stop && !r->error && !r->failed) {
		if (replay_step(r->replay))
			continue;
		if (!replay_waits(r->replay))
			break;
		turns_back(r->turns);
	}
	end_replay(r);
}

static void start_thread(struct rows *r)
{
	sigset_t all, before;

	r->chunks = handover_new(WAITING);
	if (!r->chunks)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r->running = pthread_create(&r->thread, NULL, run, r) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r->running)
		return;
	handover_free(r->chunks);
	r->chunks = NULL;
}

static void join(struct rows *r)
{
	if (r->running)
		pthread_join(r->thread, NULL);
	r->running = false;
}

enum tape_error rows_open(const char *path, const struct replay_options *options,
			  struct rows **result)
{
	struct replay_options with;
	struct rows *r = rows_new(options, &with);
	enum tape_error error = TAPE_ERROR_MEMORY;

	if (r) {
		with.resolve = true;
		error = replay_new(path, &with, &r->replay);
	}
	if (error) {
		rows_close(r);
		return error;
	}
	/* What is left out is told to the selection, which the thread that pulls uses, too. */
	r->follow = options->follow;
	if (r->follow)
		order_hold(r->order, FOLLOW_HOLD_NS);
	else if (options->threads > 1 && !replay_is_restricted(r->replay))
		start_thread(r);
	/* Without a thread to be had everything goes on in this one. */
	if (!r->chunks)
		r->turns = turns_new(run_in_turns, r);
	if (!r->chunks && !r->turns) {
		rows_close(r);
		return TAPE_ERROR_MEMORY;
	}
	*result = r;
	return TAPE_OK;
}

struct rows *rows_open_fed(const struct replay_options *options)
{
	struct replay_options with;
	struct rows *r = rows_new(options, &with);

	if (!r)
		return NULL;
	r->fed = true;
	r->replay = replay_new_fed(&with);
	if (r->replay)
		return r;
	rows_close(r);
	return NULL;
}

/* No more rows will come. */
static void end(struct rows *r)
{
	if (r->ended)
		return;
	if (r->chunks)
		join(r);
	else if (!r->turns)
		end_replay(r);
	if (r->failed)
		fail(r, r->failed);
	order_end(r->order);
	r->ended = true;
}

/* Replays until there are rows; false at the end, or when nothing more is there now. */
static bool replay_on(struct rows *r)
{
	r->came = false;
	return turns_go(r->turns) && r->came;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Nothing more is recorded yet: what has been goes to be put in order, and in the end out. */
static void give_what_came(struct rows *r)
{
	r->came = false;
	row_writer_flush(r->writer);
	if (r->came || !r->quiet)
		r->quiet = now();
	else if (now() - r->quiet > FOLLOW_QUIET_NS)
		order_give(r->order);
}

/* Goes on with the replay, or with what its thread has for us; false at its end. */
static bool proceed(struct rows *r)
{
	struct row_chunk *chunk;

	if (!r->chunks)
		return replay_on(r);
	chunk = handover_pop(r->chunks);
	if (chunk && !order_add(r->order, chunk))
		fail(r, TAPE_ERROR_MEMORY);
	return chunk != NULL;
}

void rows_event(struct rows *r, const struct event *event)
{
	replay_event(r->replay, event);
}

bool rows_again(struct rows *r)
{
	return replay_again(r->replay);
}

void rows_end(struct rows *r)
{
	end(r);
}

/* The current row with its values, and its twin with those, too; NULL: no memory. */
static struct row *unpacked(struct rows *r)
{
	struct row *row = r->current;
	size_t count = row->table->column_count;
	struct value *values;

	buffer_clear(&r->values);
	values = (struct value *)(void *)buffer_reserve(&r->values, 2 * count * sizeof(*values));
	if (!values) {
		fail(r, TAPE_ERROR_MEMORY);
		return NULL;
	}
	row_unpack(row, values);
	/* Of the same table, as twins are. */
	if (row->twin)
		row_unpack(row->twin, values + count);
	return row;
}

struct row *rows_next(struct rows *r)
{
	if (r->current)
		order_done(r->order, r->current);
	r->waits = false;
	while ((r->current = order_next(r->order)) == NULL) {
		if (r->ended || r->fed || r->waits)
			return NULL;
		if (proceed(r))
			continue;
		r->waits = replay_waits(r->replay);
		if (!r->waits)
			end(r);
		else
			give_what_came(r);
	}
	return unpacked(r);
}

bool rows_waits(const struct rows *r)
{
	return r->waits;
}

void rows_follow_no_more(struct rows *r)
{
	replay_follow_no_more(r->replay);
}

static void stop_thread(struct rows *r)
{
	struct row_chunk *chunk;

	handover_cancel(r->chunks);
	join(r);
	while ((chunk = handover_pop(r->chunks)) != NULL)
		row_chunk_drop(chunk);
}

void rows_stop(struct rows *r)
{
	if (r->ended || (!r->chunks && !r->turns))
		return;
	__atomic_store_n(&r->stop, true, __ATOMIC_RELAXED);
	if (r->chunks)
		stop_thread(r);
	while (r->turns && turns_go(r->turns))
		;
	r->ended = true;
	order_end(r->order);
}

enum tape_error rows_error(const struct rows *r)
{
	return r->error;
}

struct replay *rows_replay(const struct rows *r)
{
	return r->replay;
}

void rows_close(struct rows *r)
{
	if (!r)
		return;
	if (r->current)
		order_done(r->order, r->current);
	rows_stop(r);
	handover_free(r->chunks);
	turns_free(r->turns);
	replay_free(r->replay);
	row_writer_free(r->writer);
	buffer_free(&r->values);
	order_free(r->order);
	free(r);
}
