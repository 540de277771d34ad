/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/tls_wait.h"

#include <stdlib.h>
#include <string.h>

#include "format/map.h"

/* Objects that wait, and of each the calls and their payload. */
#define WAITS_MAX 1024
#define CALLS_MAX 32
#define BYTES_MAX (256u << 10)
#define TOTAL_MAX (16u << 20)

/* Records that were received and are remembered, and threads whose last read is. */
#define TAGS_MAX    1024
#define THREADS_MAX 16384

/* Calls that must agree. */
#define AGREED_ENOUGH 2

/* RFC 8446, 5.1: plaintext that is longer becomes several records. */
#define PLAIN_MAX 16384

struct held {
	struct held *next;
	struct event event;
	char payload[];
};

struct tls_wait {
	struct tls_wait *next;
	struct tls_sight sight;
	void *owner;
	struct held *first;
	struct held *last;
	uint32_t calls;
	uint32_t bytes;
	uint64_t candidate; /* connection that thread order tells; 0: none */
	uint32_t agreed;    /* calls that did */
	bool fits;	    /* the length of one's record does, too */
	uint32_t due_tid;   /* of a call whose record is to be written; 0: of none */
	uint64_t due_len;
};

/* What a thread has read last from a socket. */
struct thread {
	uint64_t conn;
	uint32_t body; /* of the one record that this was; 0: it was no single one */
};

struct seen {
	uint64_t conn;
	uint32_t pid;
	uint8_t tag[TLS_TAG_LEN];
};

struct tls_waits {
	struct tls_wait *first;
	size_t count;
	size_t bytes;
	struct map threads;
	struct seen seen[TAGS_MAX];
	size_t seen_at;
};

struct tls_waits *tls_waits_new(void)
{
	return calloc(1, sizeof(struct tls_waits));
}

static void held_free(struct held *held)
{
	while (held) {
		struct held *next = held->next;

		free(held);
		held = next;
	}
}

static void threads_clear(struct tls_waits *w)
{
	struct thread *thread;
	size_t at = 0;

	while ((thread = map_next(&w->threads, &at)))
		free(thread);
	map_free(&w->threads);
}

void tls_waits_free(struct tls_waits *w)
{
	if (!w)
		return;
	while (w->first) {
		struct tls_wait *next = w->first->next;

		held_free(w->first->first);
		free(w->first);
		w->first = next;
	}
	threads_clear(w);
	free(w);
}

const struct tls_sight *tls_wait_sight(const struct tls_wait *wait)
{
	return &wait->sight;
}

void *tls_wait_owner(const struct tls_wait *wait)
{
	return wait->owner;
}

bool tls_waits_empty(const struct tls_waits *w)
{
	return !w->first;
}

/* ---- by the record ---- */

static const uint8_t *sight_tag(const struct tls_sight *sight)
{
	return sight->random;
}

static uint64_t seen_conn(const struct tls_waits *w, const struct tls_sight *sight)
{
	for (size_t i = 0; i < TAGS_MAX; i++)
		if (w->seen[i].conn && w->seen[i].pid == sight->pid &&
		    memcmp(w->seen[i].tag, sight_tag(sight), TLS_TAG_LEN) == 0)
			return w->seen[i].conn;
	return 0;
}

struct tls_wait *tls_waits_record(struct tls_waits *w, uint64_t conn, uint32_t pid,
				  enum direction direction, const uint8_t tag[TLS_TAG_LEN])
{
	struct seen *seen;

	for (struct tls_wait *wait = w->first; wait; wait = wait->next)
		if (wait->sight.by_record && wait->sight.pid == pid &&
		    memcmp(sight_tag(&wait->sight), tag, TLS_TAG_LEN) == 0)
			return wait;
	if (direction == DIRECTION_RECEIVED) {
		seen = &w->seen[w->seen_at++ % TAGS_MAX];
		*seen = (struct seen){.conn = conn, .pid = pid};
		memcpy(seen->tag, tag, TLS_TAG_LEN);
	}
	return NULL;
}

/* ---- by the order of a thread's calls ---- */

static void vote_clear(struct tls_wait *wait)
{
	wait->candidate = 0;
	wait->agreed = 0;
	wait->fits = false;
}

/* A call of WAIT's object goes with CONN; two objects that say so are both wrong, maybe. */
static void vote(struct tls_waits *w, struct tls_wait *wait, uint64_t conn, bool fits)
{
	bool other = false;

	if (wait->candidate != conn)
		vote_clear(wait);
	for (struct tls_wait *at = w->first; at; at = at->next) {
		if (at == wait || at->candidate != conn)
			continue;
		vote_clear(at);
		other = true;
	}
	if (other) {
		vote_clear(wait);
		return;
	}
	wait->candidate = conn;
	wait->agreed++;
	wait->fits |= fits;
}

uint64_t tls_wait_inferred(const struct tls_wait *wait)
{
	return wait->agreed >= AGREED_ENOUGH && wait->fits ? wait->candidate : 0;
}

static void thread_note(struct tls_waits *w, const struct event_data *data, uint32_t body)
{
	struct thread *thread = map_get(&w->threads, data->tid);

	if (!thread && w->threads.count >= THREADS_MAX)
		threads_clear(w);
	if (!thread) {
		thread = calloc(1, sizeof(*thread));
		if (!thread || !map_put(&w->threads, data->tid, thread)) {
			free(thread);
			return;
		}
	}
	thread->conn = data->conn;
	thread->body = body && body + TLS_HEADER_LEN == data->len ? body : 0;
}

/* A socket was written to: is it the record of the only call of this thread that has one due? */
static void sent_note(struct tls_waits *w, const struct event_data *data, uint32_t body)
{
	struct tls_wait *due = NULL;
	bool fits;

	for (struct tls_wait *wait = w->first; wait; wait = wait->next) {
		if (wait->due_tid != data->tid)
			continue;
		wait->due_tid = 0;
		if (due)
			return;
		due = wait;
	}
	if (!due || !body)
		return;
	fits = body > due->due_len && tls_added_known(body - due->due_len);
	if (fits || due->due_len > PLAIN_MAX)
		vote(w, due, data->conn, fits);
}

void tls_waits_socket(struct tls_waits *w, const struct event *event, uint32_t body)
{
	if (event->data.direction == DIRECTION_SENT)
		sent_note(w, &event->data, body);
	else
		thread_note(w, &event->data, body);
}

static void received_vote(struct tls_waits *w, struct tls_wait *wait, const struct event_data *data)
{
	struct thread *thread = map_get(&w->threads, data->tid);
	bool fits;

	if (!thread || !thread->conn)
		return;
	fits = thread->body > data->len && tls_added_known(thread->body - data->len);
	vote(w, wait, thread->conn, fits);
	/* What else comes out may be of another record. */
	thread->body = 0;
}

static void sent_due(struct tls_waits *w, struct tls_wait *wait, const struct event_data *data)
{
	bool alone = true;

	/* Two of one thread before its socket was written to: neither can be told. */
	for (struct tls_wait *at = w->first; at; at = at->next) {
		if (at == wait || at->due_tid != data->tid)
			continue;
		at->due_tid = 0;
		alone = false;
	}
	wait->due_tid = alone ? data->tid : 0;
	wait->due_len = data->len;
}

void tls_waits_close(struct tls_waits *w, uint64_t conn)
{
	struct thread *thread;
	size_t at = 0;

	for (struct tls_wait *wait = w->first; wait; wait = wait->next)
		if (wait->candidate == conn)
			vote_clear(wait);
	while ((thread = map_next(&w->threads, &at)))
		if (thread->conn == conn)
			thread->conn = 0;
}

/* ---- who waits ---- */

struct tls_wait *tls_wait_begin(struct tls_waits *w, const struct tls_sight *sight, void *owner,
				uint64_t *conn)
{
	struct tls_wait *wait = w->count < WAITS_MAX ? calloc(1, sizeof(*wait)) : NULL;

	*conn = 0;
	if (!wait)
		return NULL;
	wait->sight = *sight;
	wait->owner = owner;
	wait->next = w->first;
	w->first = wait;
	w->count++;
	if (sight->by_record)
		*conn = seen_conn(w, sight);
	return wait;
}

bool tls_wait_hold(struct tls_waits *w, struct tls_wait *wait, const struct event *event)
{
	const struct event_data *data = &event->data;
	size_t len = data->payload.len;
	struct held *held;

	if (wait->calls >= CALLS_MAX || wait->bytes + len > BYTES_MAX || w->bytes + len > TOTAL_MAX)
		return false;
	held = malloc(sizeof(*held) + len);
	if (!held)
		return false;
	held->next = NULL;
	held->event = *event;
	if (len)
		memcpy(held->payload, data->payload.data, len);
	held->event.data.payload = span_of(held->payload, len);
	if (wait->last)
		wait->last->next = held;
	else
		wait->first = held;
	wait->last = held;
	wait->calls++;
	wait->bytes += (uint32_t)len;
	w->bytes += len;
	if (wait->sight.by_record)
		return true;
	if (data->direction == DIRECTION_RECEIVED)
		received_vote(w, wait, data);
	else
		sent_due(w, wait, data);
	return true;
}

struct tls_wait *tls_waits_older(const struct tls_waits *w, int64_t ts)
{
	for (struct tls_wait *wait = w->first; wait; wait = wait->next)
		if (wait->sight.ts < ts)
			return wait;
	return NULL;
}

struct tls_wait *tls_waits_next_inferred(const struct tls_waits *w)
{
	for (struct tls_wait *wait = w->first; wait; wait = wait->next)
		if (tls_wait_inferred(wait))
			return wait;
	return NULL;
}

void tls_wait_end(struct tls_waits *w, struct tls_wait *wait,
		  void (*each)(void *context, void *owner, const struct event *event),
		  void *context)
{
	struct tls_wait **at = &w->first;

	while (*at != wait)
		at = &(*at)->next;
	*at = wait->next;
	w->count--;
	w->bytes -= wait->bytes;
	for (struct held *held = wait->first; held; held = held->next)
		each(context, wait->owner, &held->event);
	held_free(wait->first);
	free(wait);
}
