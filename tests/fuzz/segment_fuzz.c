/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a segment: the reader ends, and what it gives keeps the promises of event.h. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/memory_tape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct event *event)
{
	if (event->ts < 0 || event->ts > EVENT_TIME_MAX)
		abort();
	if (event->type != EVENT_DATA)
		return;
	if (!event->data.conn || event->data.len < event->data.payload.len ||
	    event->data.direction > DIRECTION_RECEIVED || event->data.layer > LAYER_TLS ||
	    event->data.len > INT64_MAX || event->data.offset > INT64_MAX - event->data.len)
		abort();
	for (size_t i = 0; i < event->data.payload.len; i++) {
		volatile char byte = event->data.payload.data[i];

		(void)byte;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct reader_options options = {0};
	struct span bytes = span_of(data, size);
	struct reader *r;
	struct event event;

	if (reader_new(memory_tape_source(&bytes), &options, &r))
		return 0;
	while (reader_next(r, &event))
		check_event(&event);
	reader_free(r);
	return 0;
}
