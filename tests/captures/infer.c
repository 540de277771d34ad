/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What inference makes of captures: whole, with the beginning of each connection cut off, and with
 * one direction alone. tests/captures/confusion judges it.
 *
 *     infer CAPTURE...
 *
 * A line for each connection that has bytes, parted by tabs: capture, bytes cut off each direction,
 * which direction is there (both, sent, received), transport, local and remote end, bytes, the
 * protocols in their order parted by commas ("-": unknown), and why the best candidate was one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/capture/capture.h"
#include "analyze/replay/replay.h"

#define SPOKEN_MAX 16

/* Which direction there is: an enum direction, or both. */
#define BOTH 2

static const char *const side_names[] = {"sent", "received", "both"};

static const uint64_t cuts[] = {0,	   1,	      13,	 300,	    1u << 10,
				2u << 10,  3u << 10,  4u << 10,	 6u << 10,  8u << 10,
				16u << 10, 24u << 10, 32u << 10, 48u << 10, 64u << 10};

struct run {
	const char *capture;
	uint64_t cut;
	int side;
	struct replay *replay;
};

/* ---- what is left of an event ---- */

static bool is_wanted(const struct run *run, enum direction direction)
{
	return run->side == BOTH || run->side == (int)direction;
}

/* A recording that begins late counts positions from there. False: nothing is left of it. */
static bool cut_data(const struct run *run, struct event_data *data)
{
	uint64_t off = data->offset < run->cut ? run->cut - data->offset : 0;

	if (!is_wanted(run, data->direction) || off >= data->len)
		return false;
	data->offset = data->offset + off - run->cut;
	data->len -= off;
	if (off > data->payload.len)
		off = data->payload.len;
	if (data->payload.len)
		data->payload.data += off;
	data->payload.len -= off;
	return true;
}

static uint64_t left_of(const struct run *run, enum direction direction, uint64_t position)
{
	return is_wanted(run, direction) && position > run->cut ? position - run->cut : 0;
}

static enum tape_error feed(void *context, const struct event *given)
{
	const struct run *run = context;
	struct event event = *given;

	switch (event.type) {
	case EVENT_CONN:
		if (run->cut) {
			event.conn.origin = ORIGIN_MIDSTREAM;
			event.conn.role = ROLE_UNKNOWN;
		}
		break;
	case EVENT_CLOSE:
		event.close.sent = left_of(run, DIRECTION_SENT, event.close.sent);
		event.close.received = left_of(run, DIRECTION_RECEIVED, event.close.received);
		break;
	case EVENT_DATA:
		if (!cut_data(run, &event.data))
			return TAPE_OK;
		break;
	case EVENT_LOSS: /* the step in the position says it, too */
		return TAPE_OK;
	default:
		break;
	}
	replay_event(run->replay, &event);
	return TAPE_OK;
}

/* ---- what is said of it ---- */

static void print_connection(void *context, const struct connection *c)
{
	const struct run *run = context;
	const struct session *s = connection_session(c);
	const struct candidate *candidates;
	struct spoken spoken[SPOKEN_MAX];
	size_t count = connection_spoken(c, spoken, SPOKEN_MAX);
	uint64_t bytes = c->kept[DIRECTION_SENT] + c->kept[DIRECTION_RECEIVED];

	if (!s || !bytes)
		return;
	printf("%s\t%llu\t%s\t%s\t%s\t%s\t%llu\t", run->capture, (unsigned long long)run->cut,
	       side_names[run->side], transport_text(c->transport), c->local_text, c->remote_text,
	       (unsigned long long)bytes);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? "," : "", spoken[i].protocol->name);
	printf("%s\t", count ? "" : "-");
	if (session_candidates(s, &candidates))
		printf("%s %d: %s\n", candidates[0].protocol->name, candidates[0].verdict.score,
		       candidates[0].verdict.reason);
	else
		printf("nothing scores\n");
}

static bool infer(struct run *run)
{
	const struct replay_options options = {
		.handlers = {.conn_end = print_connection, .context = run},
		.explain = true,
	};
	struct capture_sink sink = {.event = feed, .context = run};
	struct capture_totals totals;
	enum tape_error error;

	run->replay = replay_new_fed(&options);
	if (!run->replay)
		return false;
	error = capture_read(run->capture, &sink, &totals);
	if (!error || totals.damage || error == TAPE_ERROR_LINK_TYPE)
		error = replay_end(run->replay);
	replay_free(run->replay);
	if (error)
		fprintf(stderr, "infer: %s: %s\n", run->capture, tape_error_text(error));
	return !error;
}

static bool infer_all(const char *capture)
{
	struct run run = {.capture = capture};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		run.cut = cuts[i];
		for (run.side = 0; run.side <= BOTH; run.side++)
			if (!infer(&run))
				return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	bool failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= !infer_all(argv[i]);
	return failed;
}
