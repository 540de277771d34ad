/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tape_copy.h"

#include <stdlib.h>

#include "analyze/capture/capture.h"
#include "analyze/corpus/case.h"
#include "format/recording.h"

static void *or_abort(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void copy_span(struct span *span)
{
	char *copy = or_abort(malloc(span->len ? span->len : 1));

	span_put(copy, *span);
	span->data = copy;
}

/* What an event borrows; returns how many. */
static size_t borrowed(struct event *event, struct span *spans[2])
{
	switch (event->type) {
	case EVENT_CONN:
		spans[0] = &event->conn.local_path;
		spans[1] = &event->conn.remote_path;
		return 2;
	case EVENT_DATA:
		spans[0] = &event->data.payload;
		return 1;
	case EVENT_SECRET:
		spans[0] = &event->secret.line;
		return 1;
	default:
		return 0;
	}
}

static bool is_of_connection(const struct event *event)
{
	return event->type == EVENT_CONN || event->type == EVENT_CLOSE ||
	       event->type == EVENT_DATA || event->type == EVENT_SECRET ||
	       event->type == EVENT_STATE || event->type == EVENT_TLS ||
	       (event->type == EVENT_LOSS && event->loss.conn);
}

void tape_copy_add(struct tape_copy *tape, const struct event *event)
{
	struct span *spans[2];
	struct event *copy;

	if (!is_of_connection(event))
		return;
	if (tape->count == tape->room) {
		tape->room = tape->room ? 2 * tape->room : 64;
		tape->events = or_abort(realloc(tape->events, tape->room * sizeof(*tape->events)));
	}
	copy = &tape->events[tape->count++];
	*copy = *event;
	for (size_t i = borrowed(copy, spans); i > 0; i--)
		copy_span(spans[i - 1]);
}

struct beginning {
	struct tape_copy *tape;
	size_t events;
	size_t bytes;
};

/* TAPE_ERROR_LIMIT: that was the last of the beginning. */
static enum tape_error add_beginning(void *context, const struct event *event)
{
	struct beginning *beginning = context;
	struct event part = *event;

	if (event->type == EVENT_DATA) {
		if (!beginning->events || !beginning->bytes)
			return TAPE_ERROR_LIMIT;
		if (part.data.payload.len > beginning->bytes)
			part.data.payload.len = beginning->bytes;
		if (part.data.payload.len < event->data.payload.len &&
		    part.data.offset + part.data.payload.len >= part.data.offset)
			part.data.len = part.data.payload.len;
		beginning->events--;
		beginning->bytes -= part.data.payload.len;
	}
	tape_copy_add(beginning->tape, &part);
	return TAPE_OK;
}

static enum tape_error read_recording(const char *folder, struct beginning *beginning)
{
	struct recording *rec;
	struct event event;
	enum tape_error error = recording_open(folder, NULL, NULL, &rec);

	if (error)
		return error;
	while (!error && recording_next(rec, &event))
		error = add_beginning(beginning, &event);
	recording_free(rec);
	return error;
}

enum tape_error tape_copy_case(struct tape_copy *tape, const char *folder, size_t events,
			       size_t bytes)
{
	struct beginning beginning = {.tape = tape, .events = events, .bytes = bytes};
	struct capture_sink sink = {.event = add_beginning, .context = &beginning};
	struct capture_totals totals;
	char path[PATH_MAX];
	enum tape_error error;

	if (case_capture(folder, path))
		error = capture_read(path, &sink, &totals);
	else
		error = read_recording(folder, &beginning);
	return error == TAPE_ERROR_LIMIT || error == TAPE_ERROR_TRUNCATED ||
			       error == TAPE_ERROR_DAMAGED || error == TAPE_ERROR_LINK_TYPE
		       ? TAPE_OK
		       : error;
}

size_t tape_copy_bytes(const struct tape_copy *tape)
{
	size_t bytes = 0;

	for (size_t i = 0; i < tape->count; i++)
		if (tape->events[i].type == EVENT_DATA)
			bytes += tape->events[i].data.payload.len;
	return bytes;
}

void tape_copy_free(struct tape_copy *tape)
{
	struct span *spans[2];

	for (size_t i = 0; i < tape->count; i++)
		for (size_t n = borrowed(&tape->events[i], spans); n > 0; n--)
			free((void *)spans[n - 1]->data);
	free(tape->events);
	*tape = (struct tape_copy){0};
}
