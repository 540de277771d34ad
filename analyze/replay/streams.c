/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/streams.h"

#include <stdlib.h>

#include "format/map.h"
#include "protocols/engine/reassembly.h"

/* So many are open at one time; beyond that the oldest one is ended, and goes on as a new one. */
#define STREAMS_MAX 65536

struct stream {
	struct streams *owner;
	uint64_t conn;
	bool begun[2]; /* by enum direction */
	uint64_t offset[2];
	struct reassembly reassembly;
};

struct streams {
	streams_run_fn *run;
	streams_end_fn *end;
	void *context;
	struct map all;	 /* struct stream by connection */
	uint64_t parted; /* ended before their connection */
};

struct streams *streams_new(streams_run_fn *run, streams_end_fn *end, void *context)
{
	struct streams *s = calloc(1, sizeof(*s));

	if (s)
		*s = (struct streams){.run = run, .end = end, .context = context};
	return s;
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

static void end_stream(struct streams *s, struct stream *stream, bool tell)
{
	if (tell) {
		reassembly_finish(&stream->reassembly, take_run, stream);
		if (s->end)
			s->end(s->context, stream->conn);
	}
	reassembly_free(&stream->reassembly);
	free(stream);
}

static void end_oldest(struct streams *s)
{
	size_t at = 0;
	struct stream *oldest = map_next(&s->all, &at);

	map_remove(&s->all, oldest->conn);
	end_stream(s, oldest, true);
	s->parted++;
}

static struct stream *find(struct streams *s, uint64_t conn)
{
	static const uint64_t anywhere[2] = {REASSEMBLY_START_UNKNOWN, REASSEMBLY_START_UNKNOWN};
	struct stream *stream = map_get(&s->all, conn);

	if (stream)
		return stream;
	if (s->all.count >= STREAMS_MAX)
		end_oldest(s);
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->owner = s;
	stream->conn = conn;
	reassembly_init(&stream->reassembly, anywhere, NULL);
	if (map_put(&s->all, conn, stream))
		return stream;
	free(stream);
	return NULL;
}

bool streams_push(struct streams *s, const struct event_data *data, int64_t ts)
{
	struct stream *stream = find(s, data->conn);

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

	if (stream)
		end_stream(s, stream, true);
}

static void end_all(struct streams *s, bool tell)
{
	for (size_t i = 0; i < s->all.used; i++)
		if (s->all.entries[i].value)
			end_stream(s, s->all.entries[i].value, tell);
	map_free(&s->all);
}

uint64_t streams_parted(const struct streams *s)
{
	return s->parted;
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
