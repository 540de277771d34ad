/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_due.h"

#include <stdlib.h>
#include <string.h>

#include "record/clock.h"
#include "record/tls_wire.h"

/* More at one time, and the oldest go without a connection. */
#define DUE_MAX 512

#define DUE_TIME CLOCK_SECOND

struct tls_due {
	tls_due_found *found;
	void *context;
	struct tls_secret secrets[DUE_MAX]; /* in the order in which they came */
	size_t count;
};

struct tls_due *tls_due_new(tls_due_found *found, void *context)
{
	struct tls_due *due = calloc(1, sizeof(*due));

	if (!due)
		return NULL;
	due->found = found;
	due->context = context;
	return due;
}

/* Hands on those that TAKES says, all with the same connection. */
static void hand_on(struct tls_due *due, bool (*takes)(const struct tls_secret *, int64_t),
		    int64_t value, uint64_t conn)
{
	size_t kept = 0;

	for (size_t i = 0; i < due->count; i++) {
		if (takes(&due->secrets[i], value))
			due->found(due->context, &due->secrets[i], conn);
		else
			due->secrets[kept++] = due->secrets[i];
	}
	explicit_bzero(due->secrets + kept, (due->count - kept) * sizeof(due->secrets[0]));
	due->count = kept;
}

static bool is_thread(const struct tls_secret *secret, int64_t tid)
{
	return secret->tid == (uint32_t)tid;
}

static bool is_before(const struct tls_secret *secret, int64_t ts)
{
	return secret->ts <= ts;
}

void tls_due_add(struct tls_due *due, const struct tls_secret *secret)
{
	if (due->count == DUE_MAX)
		hand_on(due, is_before, due->secrets[0].ts, 0);
	due->secrets[due->count++] = *secret;
}

void tls_due_event(struct tls_due *due, const struct event *event)
{
	const struct event_data *data = &event->data;

	if (!due->count || data->layer != LAYER_WIRE || data->direction != DIRECTION_SENT ||
	    data->payload.len < TLS_HEADER_LEN || data->payload.data[0] != TLS_RECORD_DATA)
		return;
	hand_on(due, is_thread, data->tid, data->conn);
}

void tls_due_turn(struct tls_due *due, int64_t now)
{
	hand_on(due, is_before, now - DUE_TIME, 0);
}

void tls_due_free(struct tls_due *due)
{
	if (due)
		explicit_bzero(due, sizeof(*due));
	free(due);
}
