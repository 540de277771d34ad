/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/ahead.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>

#include "format/codec.h"
#include "format/handover.h"

/* Raw events that wait at most. */
#define WAITING (4u << 20)

/* A block, or a problem; or the end, when it is neither. */
struct item {
	bool has_block;
	bool has_problem;
	struct problem problem;
	struct ahead_block block; /* of a problem: the path */
};

struct ahead {
	ahead_read_fn *read;
	void *context;
	struct handover *queue;
	pthread_t thread;
	sem_t done; /* with a block that is larger than what may wait */

	/* From here on of the thread that takes. */
	recording_problem_fn *problem;
	void *problem_context;
	struct item *item; /* whose events are being taken */
	struct decoder decoder;
	uint64_t taken;
	struct recording_status status;
	struct ahead_clock clock;
};

/* ---- the thread that reads ---- */

static void item_free(struct item *item)
{
	if (item)
		buffer_free(&item->block.raw);
	free(item);
}

static bool give(struct ahead *a, struct item *item)
{
	if (item && handover_push(a->queue, item, item->block.raw.capacity))
		return true;
	item_free(item);
	return false;
}

void ahead_problem(struct ahead *a, const char *path, const struct problem *problem)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		return;
	item->has_problem = true;
	item->problem = *problem;
	item->block.path = path;
	give(a, item);
}

/* One block more; false after the last, or when nobody takes it. */
static bool read_one(struct ahead *a)
{
	struct item *item = calloc(1, sizeof(*item));
	bool more, large;

	if (!item)
		return false;
	item->has_block = more = a->read(a->context, a, &item->block);
	large = item->block.raw.capacity > WAITING;
	if (!give(a, item))
		return false;
	/* A second one beside it would take as much memory again. */
	if (large)
		sem_wait(&a->done);
	return more;
}

static void *run(void *context)
{
	struct ahead *a = context;

	while (read_one(a))
		;
	handover_end(a->queue);
	return NULL;
}

/* Signals are for the thread that knows what to do about them. */
static bool start(struct ahead *a)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&a->thread, NULL, run, a) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

struct ahead *ahead_new(ahead_read_fn *read, void *context, recording_problem_fn *problem,
			void *problem_context)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->read = read;
	a->context = context;
	a->problem = problem;
	a->problem_context = problem_context;
	a->queue = handover_new(WAITING);
	sem_init(&a->done, 0, 0);
	if (a->queue && start(a))
		return a;
	sem_destroy(&a->done);
	handover_free(a->queue);
	free(a);
	return NULL;
}

/* ---- the thread that takes ---- */

static void tell(struct ahead *a, const char *path, const struct problem *problem)
{
	if (a->problem)
		a->problem(a->problem_context, path, problem);
}

/* The block that was being decoded is over. */
static void end_block(struct ahead *a)
{
	const struct ahead_block *block = &a->item->block;
	struct problem problem = {
		.error = a->decoder.error,
		.offset = block->offset,
		.lost_events = block->events > a->taken ? block->events - a->taken : 0,
		.what = "event",
	};

	if (problem.error == TAPE_ERROR_MEMORY) {
		a->status.error = problem.error;
	} else if (problem.error) {
		a->status.problems++;
		tell(a, block->path, &problem);
	}
	if (block->raw.capacity > WAITING)
		sem_post(&a->done);
	item_free(a->item);
	a->item = NULL;
}

static void begin_block(struct ahead *a, struct item *item)
{
	uint64_t problems = a->status.problems;

	a->item = item;
	a->taken = 0;
	a->status = item->block.status;
	a->status.problems = problems;
	if (!a->clock.known)
		a->clock = item->block.clock;
	decoder_begin(&a->decoder, buffer_span(&item->block.raw), item->block.ts_base);
}

/* False at the end. */
static bool take_item(struct ahead *a)
{
	struct item *item = handover_pop(a->queue);
	uint64_t problems = a->status.problems;

	if (!item) {
		/* Only without memory there is no item for the end. */
		if (!a->status.error && !a->status.segments)
			a->status.error = TAPE_ERROR_MEMORY;
		return false;
	}
	if (item->has_block) {
		begin_block(a, item);
		return true;
	}
	if (item->has_problem) {
		a->status.problems++;
		tell(a, item->block.path, &item->problem);
		item_free(item);
		return true;
	}
	a->status = item->block.status;
	a->status.problems = problems;
	item_free(item);
	return false;
}

bool ahead_next(struct ahead *a, struct event *event)
{
	do {
		if (!a->item)
			continue;
		if (decoder_next(&a->decoder, event)) {
			a->taken++;
			if (event->type == EVENT_CLOCK)
				a->clock = (struct ahead_clock){true, event->ts,
								event->clock.realtime};
			return true;
		}
		end_block(a);
		if (a->status.error)
			return false;
	} while (take_item(a));
	return false;
}

uint64_t ahead_coming(struct ahead *a)
{
	return a->item ? decoder_coming(&a->decoder) : 0;
}

size_t ahead_memory(const struct ahead *a)
{
	return (a->item ? a->item->block.raw.len : 0) + decoder_memory(&a->decoder);
}

const struct recording_status *ahead_status(const struct ahead *a)
{
	return &a->status;
}

const struct ahead_clock *ahead_clock(const struct ahead *a)
{
	return &a->clock;
}

void ahead_free(struct ahead *a)
{
	struct item *item;

	if (!a)
		return;
	handover_cancel(a->queue);
	sem_post(&a->done);
	pthread_join(a->thread, NULL);
	while ((item = handover_pop(a->queue)) != NULL)
		item_free(item);
	item_free(a->item);
	decoder_free(&a->decoder);
	handover_free(a->queue);
	sem_destroy(&a->done);
	free(a);
}
