/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/rows.h"

#include <stdlib.h>

#include "analyze/replay/order.h"

/* What is held may take this part of the memory that the replay may use. */
#define ORDER_SHARE 8

struct rows {
	struct replay *replay;
	struct row_writer *writer;
	struct order *order;
	struct row *current;
	bool fed;
	bool ended;
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

	if (!order_add(r->order, chunk))
		fail(r, TAPE_ERROR_MEMORY);
}

static void take_record(void *context, const struct connection *conn, const struct session *s,
			const struct record *record)
{
	struct rows *r = context;

	if (!row_write(r->writer, r->replay, conn, s, record))
		fail(r, TAPE_ERROR_MEMORY);
}

static struct rows *rows_new(const struct replay_options *options, struct replay_options *with)
{
	struct rows *r = calloc(1, sizeof(*r));
	uint64_t limit = options->memory_limit ? options->memory_limit : REPLAY_MEMORY_LIMIT;

	if (!r)
		return NULL;
	*with = *options;
	with->handlers = (struct replay_handlers){.record = take_record, .context = r};
	with->memory_limit = limit - limit / ORDER_SHARE;
	r->order = order_new((size_t)(limit / ORDER_SHARE));
	r->writer = row_writer_new(take_chunk, r);
	if (r->order && r->writer)
		return r;
	rows_close(r);
	return NULL;
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

static void end(struct rows *r)
{
	enum tape_error error = replay_end(r->replay);

	if (!error && !r->fed)
		error = replay_status(r->replay)->error;
	if (error)
		fail(r, error);
	row_writer_flush(r->writer);
	order_end(r->order);
	r->ended = true;
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

struct row *rows_next(struct rows *r)
{
	if (r->current)
		order_done(r->order, r->current);
	while ((r->current = order_next(r->order)) == NULL) {
		if (r->ended || r->fed)
			return NULL;
		if (r->error || !replay_step(r->replay))
			end(r);
	}
	return r->current;
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
	replay_free(r->replay);
	row_writer_free(r->writer);
	order_free(r->order);
	free(r);
}
