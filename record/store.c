/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "record/level.h"
#include "record/yield.h"

/* Written blocks whose memory is kept for the next ones, so that a steady flow needs no new. */
#define SPARES_MAX 4

/* The backlog may be exceeded by so many blocks: nobody is stopped in the middle of an event. */
#define BLOCKS_EXTRA 4

struct store {
	struct recording_writer *writer;
	struct block_maker *maker;
	struct store_options options;
	struct level_control control; /* of the thread */
	pthread_t thread;
	bool running;
	struct store_sums given;
	uint64_t refused;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t work;  /* for the thread: there is a block, or the end */
	pthread_cond_t room;  /* for the other: there is a block less */
	struct block **queue; /* a ring of QUEUE_LEN, the oldest at FIRST */
	size_t queue_len;
	size_t first;
	size_t count;
	struct block *spares[SPARES_MAX];
	size_t spare_count;
	uint64_t limit;
	uint64_t waiting;
	uint64_t waiting_most;
	bool end;
	atomic_bool failed; /* error is set, and no block is written any more */
	enum tape_error error;
	int system_error;
	struct recording_writer_totals written;
};

/* ---- the thread ---- */

/* The next block; NULL at the end. Called and returns with the lock held. */
static struct block *next_block(struct store *s, struct level_situation *situation)
{
	struct block *block;

	while (!s->count && !s->end)
		pthread_cond_wait(&s->work, &s->lock);
	if (!s->count)
		return NULL;
	block = s->queue[s->first];
	s->first = (s->first + 1) % s->queue_len;
	s->count--;
	situation->waiting = s->waiting;
	situation->limit = s->limit;
	situation->ending = s->end;
	return block;
}

/* Called with the lock held. */
static void retire_block(struct store *s, struct block *block)
{
	s->waiting -= block_memory(block);
	/* While others wait their memory is soon needed again; an idle recorder keeps little. */
	if (s->spare_count < SPARES_MAX)
		s->spares[s->spare_count++] = block;
	else
		block_free(block);
	pthread_cond_signal(&s->room);
}

/* Called with the lock held. The first error stays. */
static void note_error(struct store *s, enum tape_error error, int system_error)
{
	if (!error || s->failed)
		return;
	s->error = error;
	s->system_error = system_error;
	s->failed = true;
}

static enum tape_error write_block(struct store *s, const struct block *block,
				   struct level_situation *situation)
{
	struct recording_writer_totals before = recording_writer_totals(s->writer);
	struct recording_writer_totals after;
	enum tape_error error;

	if (!s->options.level)
		recording_writer_set_level(s->writer, level_choose(&s->control, situation));
	error = recording_writer_block(s->writer, block);
	after = recording_writer_totals(s->writer);
	situation->compress_ns = after.compress_ns - before.compress_ns;
	situation->write_ns = after.write_ns - before.write_ns;
	return error;
}

static void *run(void *context)
{
	struct store *s = context;
	struct level_situation situation = {0};
	struct yield yield;
	struct block *block;

	yield_begin(&yield);
	pthread_mutex_lock(&s->lock);
	while ((block = next_block(s, &situation))) {
		enum tape_error error;
		int system_error;

		pthread_mutex_unlock(&s->lock);
		/* The applications first, as long as the backlog has room. */
		yield_set(&yield, situation.waiting < situation.limit / 2 && !situation.ending);
		error = write_block(s, block, &situation);
		system_error = errno;
		pthread_mutex_lock(&s->lock);
		s->written = recording_writer_totals(s->writer);
		note_error(s, error, system_error);
		retire_block(s, block);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- the recording thread ---- */

struct store *store_new(struct recording_writer *writer, const struct store_options *options)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->writer = writer;
	s->options = *options;
	s->limit = options->backlog_len;
	s->queue_len = (size_t)(options->backlog_len / BLOCK_TARGET) + BLOCKS_EXTRA;
	s->queue = calloc(s->queue_len, sizeof(struct block *));
	s->maker = block_maker_new();
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	pthread_cond_init(&s->room, NULL);
	s->written = recording_writer_totals(writer);
	if (s->queue && s->maker)
		return s;
	store_free(s);
	return NULL;
}

bool store_start(struct store *s)
{
	int error = pthread_create(&s->thread, NULL, run, s);

	s->running = error == 0;
	errno = error;
	return s->running;
}

static bool has_room(const struct store *s)
{
	return s->failed || !s->count ||
	       (s->waiting < s->limit && s->count + BLOCKS_EXTRA < s->queue_len);
}

bool store_has_room(struct store *s)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = has_room(s);
	pthread_mutex_unlock(&s->lock);
	return room;
}

/* Called with the lock held. */
static void enqueue(struct store *s, struct block *block)
{
	while (s->running && s->count == s->queue_len)
		pthread_cond_wait(&s->room, &s->lock);
	if (s->count == s->queue_len) {
		note_error(s, TAPE_ERROR_MEMORY, ENOMEM);
		block_free(block);
		return;
	}
	s->waiting += block_memory(block);
	if (s->waiting > s->waiting_most)
		s->waiting_most = s->waiting;
	s->queue[(s->first + s->count++) % s->queue_len] = block;
	pthread_cond_signal(&s->work);
}

/* The block in the making, to the thread. */
static void hand_over(struct store *s)
{
	struct block *block = block_maker_take(s->maker);
	struct block *spare = NULL;

	pthread_mutex_lock(&s->lock);
	if (block)
		enqueue(s, block);
	else
		note_error(s, TAPE_ERROR_MEMORY, ENOMEM);
	if (s->spare_count)
		spare = s->spares[--s->spare_count];
	pthread_mutex_unlock(&s->lock);
	if (spare)
		block_maker_reuse(s->maker, spare);
}

static void count_given(struct store *s, const struct event_data *data)
{
	s->given.events++;
	s->given.payload += data->payload.len;
	if (data->layer != LAYER_WIRE) {
		s->given.plaintext.events++;
		s->given.plaintext.bytes += data->payload.len;
		return;
	}
	if ((unsigned int)data->cut < TALLY_CUTS)
		s->given.cut[data->cut] += data->len - data->payload.len;
}

void store_event(struct store *s, const struct event *event)
{
	enum tape_error error;

	if (event->type == EVENT_DATA)
		count_given(s, &event->data);
	if (s->failed)
		return;
	error = block_maker_event(s->maker, event);
	if (error == TAPE_ERROR_LIMIT) {
		s->refused++;
	} else if (error) {
		pthread_mutex_lock(&s->lock);
		note_error(s, error, ENOMEM);
		pthread_mutex_unlock(&s->lock);
	} else if (block_maker_len(s->maker) >= BLOCK_TARGET) {
		hand_over(s);
	}
}

void store_flush(struct store *s)
{
	bool busy;

	pthread_mutex_lock(&s->lock);
	busy = s->failed || s->count;
	pthread_mutex_unlock(&s->lock);
	if (!busy && block_maker_len(s->maker))
		hand_over(s);
}

void store_limit(struct store *s, uint64_t len)
{
	pthread_mutex_lock(&s->lock);
	s->limit = len < s->options.backlog_len ? len : s->options.backlog_len;
	pthread_mutex_unlock(&s->lock);
}

void store_stop(struct store *s)
{
	if (!s->running)
		return;
	if (block_maker_len(s->maker))
		hand_over(s);
	pthread_mutex_lock(&s->lock);
	s->end = true;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->running = false;
}

struct store_status store_status(struct store *s)
{
	struct store_status status;

	pthread_mutex_lock(&s->lock);
	if (!s->running)
		s->written = recording_writer_totals(s->writer);
	status = (struct store_status){
		.error = s->error,
		.system_error = s->system_error,
		.written = s->written,
		.given = s->given,
		.refused = s->refused,
		.waiting = s->waiting,
		.waiting_most = s->waiting_most,
	};
	pthread_mutex_unlock(&s->lock);
	return status;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	store_stop(s);
	while (s->queue && s->count)
		block_free(s->queue[(s->first + --s->count) % s->queue_len]);
	while (s->spare_count)
		block_free(s->spares[--s->spare_count]);
	free(s->queue);
	block_maker_free(s->maker);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->room);
	free(s);
}

struct loss_sum store_unwritten(const struct store_status *status)
{
	const struct recording_writer_totals *written = &status->written;
	struct loss_sum lost = {
		.events = status->given.events - written->stored_data_events -
			  (status->given.plaintext.events - written->stored_plaintext.events),
		.bytes = status->given.payload - written->stored_data_bytes -
			 (status->given.plaintext.bytes - written->stored_plaintext.bytes),
	};

	for (unsigned int i = 0; i < TALLY_CUTS; i++)
		lost.bytes += status->given.cut[i] - written->stored_cut_bytes[i];
	return lost;
}
