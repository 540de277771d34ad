/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analyze/command/grep.h"
#include "protocols/engine/budget.h"

/* What waits of one direction of a stream. */
struct tail {
	struct buffer bytes;
	uint64_t charged; /* of the streams' budget */
	size_t resume;	  /* of them: where to go on */
	uint64_t offset;
};

/* Of a stream so much is kept for a match that isn't whole. */
#define PARTIAL_MAX (1u << 20)

static void tell_stream(struct grep *g, const struct stream_run *run, struct tail *t,
			struct span bytes, const struct search_match *m)
{
	const struct grep_place p = {
		.ts = replay_realtime(g->reading.replay, run->ts),
		.conn = run->conn,
		.side = direction_text(run->direction),
		.part = "stream",
		.offset = t->offset,
	};
	bool told = id_set_has(&g->told, run->conn);

	if ((told && (g->list || g->count)) || !grep_match(g, &p, bytes, m) || told)
		return;
	g->matched++;
	if (!id_set_add(&g->told, run->conn))
		g->no_memory = true;
}

/* Searches what there is; GOES_ON: more may come. Returns where to go on then. */
static size_t search_stream(struct grep *g, const struct stream_run *run, struct tail *t,
			    struct span bytes, bool goes_on)
{
	size_t at = t->resume, resume = bytes.len;
	struct search_match m;

	while (at <= bytes.len && !grep_is_over(g)) {
		if (goes_on ? !search_find_part(g->search, bytes, at, &m, &resume)
			    : !search_find(g->search, bytes, at, &m))
			break;
		if (m.begin < m.end)
			tell_stream(g, run, t, bytes, &m);
		at = grep_behind(bytes, &m);
		resume = at < bytes.len ? at : bytes.len;
	}
	return resume;
}

/* A buffer that grew beyond this gives its memory back when it is empty. */
#define TAIL_KEPT_MAX 4096

static void settle(struct grep *g, struct tail *t)
{
	if (!t->bytes.len && t->bytes.capacity > TAIL_KEPT_MAX)
		buffer_free(&t->bytes);
	budget_settle(streams_budget(g->streams), &t->bytes, &t->charged);
}

/* Only what may be needed again stays. */
static void keep_tail(struct grep *g, struct tail *t, struct span bytes, size_t resume)
{
	size_t back = search_behind(g->search), from = resume > back ? resume - back : 0;

	if (bytes.len - from > PARTIAL_MAX) {
		g->cut++;
		from = resume = bytes.len;
	}
	if (bytes.data == t->bytes.data)
		buffer_consume(&t->bytes, from);
	else
		buffer_append(&t->bytes, bytes.data + from, bytes.len - from);
	t->offset += from;
	t->resume = resume - from;
	g->no_memory |= t->bytes.failed;
	settle(g, t);
}

static void end_tail(struct grep *g, const struct stream_run *run, struct tail *t)
{
	if (t->bytes.len)
		search_stream(g, run, t, buffer_span(&t->bytes), false);
	buffer_clear(&t->bytes);
	t->resume = 0;
	settle(g, t);
}

/* Of both directions. */
#define TAILS_SIZE (2 * sizeof(struct tail))

static struct tail *find_tails(struct grep *g, uint64_t conn)
{
	struct tail *tails = map_get(&g->tails, conn);

	if (tails)
		return tails;
	tails = calloc(1, TAILS_SIZE);
	if (tails && map_put(&g->tails, conn, tails)) {
		/* With what the allocator and the map add. */
		budget_add(streams_budget(g->streams), 2 * TAILS_SIZE);
		return tails;
	}
	free(tails);
	g->no_memory = true;
	return NULL;
}

static void take_run(void *context, const struct stream_run *run)
{
	struct grep *g = context;
	struct tail *tails = find_tails(g, run->conn), *t;
	struct span bytes = run->bytes;

	if (!tails || grep_is_over(g))
		return;
	t = &tails[run->direction];
	if (run->missing) {
		g->holes++;
		end_tail(g, run, t);
		return;
	}
	if (t->bytes.len) {
		buffer_append_span(&t->bytes, run->bytes);
		bytes = buffer_span(&t->bytes);
		g->no_memory |= t->bytes.failed;
	} else {
		t->offset = run->offset;
	}
	if (!g->no_memory)
		keep_tail(g, t, bytes, search_stream(g, run, t, bytes, true));
}

static void end_streams(void *context, uint64_t conn, bool parted)
{
	struct grep *g = context;
	struct tail *tails = map_remove(&g->tails, conn);

	for (int d = 0; tails && d < 2; d++) {
		const struct stream_run run = {
			.conn = conn,
			.direction = (enum direction)d,
			.ts = replay_now(g->reading.replay),
		};

		/* What began to match might have gone on. */
		g->cut += parted && tails[d].resume < tails[d].bytes.len;
		end_tail(g, &run, &tails[d]);
		buffer_free(&tails[d].bytes);
		settle(g, &tails[d]);
	}
	if (tails)
		budget_give(streams_budget(g->streams), 2 * TAILS_SIZE);
	free(tails);
}

static void on_event(void *context, const struct event *event, const struct connection *conn)
{
	struct grep *g = context;

	if (!conn || !id_set_has(&g->unknown, conn->id))
		return;
	if (event->type == EVENT_CLOSE)
		streams_close(g->streams, conn->id);
	else if (event->type == EVENT_DATA && event->data.layer == LAYER_WIRE &&
		 !streams_push(g->streams, &event->data, event->ts))
		g->no_memory = true;
	if (grep_is_over(g))
		replay_stop(g->reading.replay);
}

/* What only records can answer selects no stream. */
static bool streams_are_wanted(const struct grep *g)
{
	const unsigned of_records = SELECT_OF_RECORDS | SELECT_BIT(SELECT_PROTOCOL) |
				    SELECT_BIT(SELECT_ROLE);

	return g->unknown.count && !(g->select.selection.kinds & of_records) && !grep_is_over(g);
}

int grep_streams(struct grep *g)
{
	uint64_t memory = grep_memory(g);
	const struct replay_options with = {
		.handlers = {.context = g, .event = on_event},
		.selection = &g->select.selection,
		.memory_limit = memory / 2,
		.no_sessions = true,
		.window = true,
	};
	int status;

	if (!streams_are_wanted(g))
		return STATUS_DONE;
	g->streams = streams_new(take_run, end_streams, g, memory / 4);
	if (!g->streams)
		return command_fail(g->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	g->reading = (struct reading){.again = true};
	status = reading_open(&g->reading, g->command, g->select.operand.path, &with);
	if (!status) {
		status = reading_run(&g->reading);
		streams_finish(g->streams);
		reading_close(&g->reading);
	}
	streams_free(g->streams);
	return status;
}
