/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a packet capture: the events keep the promises of event.h, and positions never go
 * back. */
#include <stdlib.h>
#include <zlib.h>

#include "analyze/capture/capture.h"

#define CONNECTIONS 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where each direction of the first connections stands. */
struct positions {
	uint64_t next[CONNECTIONS][2];
};

static void check_data(struct positions *positions, const struct event_data *data)
{
	volatile uint32_t sum;

	if (!data->conn || data->len < data->payload.len || data->direction > DIRECTION_RECEIVED ||
	    (data->cut == CUT_NONE) != (data->len == data->payload.len))
		abort();
	if (data->conn < CONNECTIONS) {
		uint64_t *next = &positions->next[data->conn][data->direction];

		if (data->offset != *next)
			abort();
		*next += data->len;
	}
	/* A sanitizer sees where the payload points. */
	sum = (uint32_t)crc32_z(0, (const Bytef *)data->payload.data, data->payload.len);
	(void)sum;
}

static enum tape_error take_event(void *context, const struct event *event)
{
	struct positions *positions = context;

	if (event->ts < 0 || event->ts > EVENT_TIME_MAX)
		abort();
	if (event->type == EVENT_DATA)
		check_data(positions, &event->data);
	if (event->type == EVENT_LOSS && event->loss.conn < CONNECTIONS)
		positions->next[event->loss.conn][event->loss.direction] += event->loss.bytes;
	if (event->type == EVENT_CLOSE && event->close.conn < CONNECTIONS &&
	    (event->close.sent != positions->next[event->close.conn][DIRECTION_SENT] ||
	     event->close.received != positions->next[event->close.conn][DIRECTION_RECEIVED]))
		abort();
	return TAPE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct positions *positions = calloc(1, sizeof(*positions));
	const struct capture_sink sink = {.event = take_event, .context = positions};
	struct capture_totals totals;

	if (positions && capture_read_memory(data, size, "fuzz", &sink, &totals) == TAPE_OK &&
	    totals.events < 2)
		abort();
	free(positions);
	return 0;
}
