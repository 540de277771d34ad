/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/streams.h"

#include <stdlib.h>

#include "format/map.h"
#include "protocols/engine/reassembly.h"
#include "format/age_list.h"

/* What a stream takes beside what waits: the map and the allocator add something. */
#define STREAM_SIZE (sizeof(struct stream) + 64)

struct stream {
	struct streams *owner;
	struct stream *older; /* by their beginning */
	struct stream *newer;
	uint64_t conn;
	bool begun[2]; /* by enum direction */
	uint64_t offset[2];
	struct reassembly reassembly;
};

struct streams {
	streams_run_fn *run;
	streams_end_fn *end;
	void *context;
	struct map all; /* struct stream by connection */
	struct stream *oldest;
	struct stream *newest;
	struct budget budget;
};

struct streams *streams_new(streams_run_fn *run, streams_end_fn *end, void *context, uint64_t limit)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (s)
		*s = (struct streams){
			.run = run, .end = end, .context = context, .budget.limit = limit};
	return s;
}

struct budget *streams_budget(struct streams *s)
{
	return &s->budget;
}

static void take_run(void *context, enum direction direction, const struct run *run)
{
	struct stream *stream = context;
	const struct stream_run out = {
		.conn = stream->conn,
		.direction = direction,
		.offset = stream->offset[direction],
		.bytes = span_of(run->data, run->data ? run->len : 0),
		.missing = run->data ? 0 : run->len,
		.ts = run->ts,
	};

	stream->offset[direction] += run->len;
	stream->owner->run(stream->owner->context, &out);
}

static struct stream *take_oldest(struct streams *s)
{
	struct stream *oldest = s->oldest;

	if (oldest) {
		age_list_remove(s, oldest);
		map_remove(&s->all, oldest->conn);
	}
	return oldest;
}

/* STREAM was taken out. */
static void end_stream(struct streams *s, struct stream *stream, bool tell, bool parted)
{
	if (tell) {
		reassembly_finish(&stream->reassembly, take_run, stream);
		if (s->end)
			s->end(s->context, stream->conn, parted);
	}
	reassembly_free(&stream->reassembly);
	budget_give(&s->budget, STREAM_SIZE);
	free(stream);
}

static struct stream *find(struct streams *s, uint64_t conn)
{
	static const uint64_t anywhere[2] = {REASSEMBLY_START_UNKNOWN, REASSEMBLY_START_UNKNOWN};
	struct stream *stream = map_get(&s->all, conn);

	if (stream)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	budget_add(&s->budget, STREAM_SIZE);
	stream->owner = s;
	stream->conn = conn;
	reassembly_init(&stream->reassembly, anywhere, &s->budget);
	if (map_put(&s->all, conn, stream)) {
		age_list_add(s, stream);
		return stream;
	}
	end_stream(s, stream, false, false);
	return NULL;
}

/* DATA may have to wait, or the caller keeps as much of it. */
static void make_room(struct streams *s, const struct event_data *data)
{
	struct stream *oldest;

	while (!budget_has(&s->budget, STREAM_SIZE + 2 * data->payload.len) &&
	       (oldest = take_oldest(s)) != NULL)
		end_stream(s, oldest, true, true);
}

bool streams_push(struct streams *s, const struct event_data *data, int64_t ts)
{
	struct stream *stream;

	make_room(s, data);
	stream = find(s, data->conn);
	if (!stream)
		return false;
	if (!stream->begun[data->direction])
		stream->offset[data->direction] = data->offset;
	stream->begun[data->direction] = true;
	reassembly_push(&stream->reassembly, data, ts, take_run, stream);
	return true;
}

void streams_close(struct streams *s, uint64_t conn)
{
	struct stream *stream = map_remove(&s->all, conn);

	if (!stream)
		return;
	age_list_remove(s, stream);
	end_stream(s, stream, true, false);
}

static void end_all(struct streams *s, bool tell)
{
	struct stream *oldest;

	while ((oldest = take_oldest(s)) != NULL)
		end_stream(s, oldest, tell, false);
	map_free(&s->all);
}

void streams_finish(struct streams *s)
{
	end_all(s, true);
}

void streams_free(struct streams *s)
{
	if (!s)
		return;
	end_all(s, false);
	free(s);
}
