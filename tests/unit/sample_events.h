/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_TESTS_SAMPLE_EVENTS_H
#define SOCKTAPE_TESTS_SAMPLE_EVENTS_H

/* Events of every type with every field set, and their comparison. */

#include "format/event.h"

#define SAMPLE_EVENTS 15 /* kinds of sample; the types, and DATA thrice */

/* The event number I, its kind I mod SAMPLE_EVENTS; all fields depend on I. Static strings. */
static inline struct event sample_event(uint64_t i)
{
	static const char text[] = "socktape";
	struct span s = span_of(text, i % sizeof(text));
	struct event e = {.ts = (int64_t)(1000000 + i * 1000), .snapshot = i % 3 == 0};
	uint32_t n = (uint32_t)i;
	struct address v4 = {ADDRESS_INET4, (uint16_t)n, 0, {127, 0, 0, (uint8_t)n}};
	struct address v6 = {ADDRESS_INET6, 443, n, {0xfe, 0x80, [15] = (uint8_t)n}};

	switch (i % SAMPLE_EVENTS) {
	case 0:
		e.type = EVENT_CLOCK;
		e.clock = (struct event_clock){1790000000000000000 + (int64_t)i, (int64_t)i};
		break;
	case 1:
		e.type = EVENT_HOST;
		e.host = (struct event_host){n,
					     4096,
					     span_text("box"),
					     s,
					     span_text("x"),
					     span_text("boot"),
					     span_text("socktape-record 0"),
					     span_text("-o d"),
					     i << 50};
		break;
	case 2:
		e.type = EVENT_PROCESS;
		e.process = (struct event_process){n,
						   1,
						   1000,
						   100,
						   (int64_t)i,
						   span_text("redis"),
						   span_text("/usr/bin/redis"),
						   span_of("a\0b", 4),
						   s,
						   span_text("/system.slice"),
						   span_text("0123456789abcdef")};
		break;
	case 3:
		e.type = EVENT_PROCESS_EXIT;
		e.process_exit = (struct event_process_exit){n, -1};
		break;
	case 4:
		e.type = EVENT_CONN;
		e.conn = (struct event_conn){i,
					     77,
					     (int64_t)i,
					     v4,
					     v6,
					     span_of("\0name", 5),
					     s,
					     i << 33,
					     i << 34,
					     4026531840u,
					     n,
					     -1,
					     TRANSPORT_UNIX_STREAM,
					     ROLE_SERVER,
					     ORIGIN_MIDSTREAM,
					     CONN_RESET,
					     END_REMOTE,
					     CONN_ERROR_CONNRESET,
					     (int64_t)i + 5,
					     (int64_t)i + 3};
		break;
	case 5:
		e.type = EVENT_CLOSE;
		e.close = (struct event_close){i, i << 32, i << 40};
		break;
	case 6:
	case 7:
	case 11:
		e.type = EVENT_DATA;
		e.snapshot = false;
		e.data = (struct event_data){.conn = i,
					     .offset = i * 1000,
					     .len = i % 2 ? s.len : s.len + 100,
					     .payload = s,
					     .pid = n,
					     .tid = n + 1,
					     .fd = i % 2 ? -1 : 5,
					     .call = CALL_TEE,
					     .direction = i % 4 < 2,
					     .layer = i % 8 < 4,
					     .cut = i % 2 ? CUT_NONE : CUT_TOO_MANY_PIECES};
		if (i % 2)
			e.data.peer = v6;
		if (i % 4 < 2)
			e.data.begin_ts = e.ts - (int64_t)i;
		break;
	case 8:
		e.type = EVENT_LOSS;
		e.loss = (struct event_loss){i,
					     i * 3,
					     i * 5,
					     (int64_t)i,
					     LOSS_UNSEEN_CALL,
					     DIRECTION_RECEIVED,
					     LAYER_TLS,
					     i % 4 < 2,
					     i % 4 < 2 ? i << 30 : 0,
					     i % 8 < 4};
		break;
	case 9:
		e.type = EVENT_STATE;
		e.state = (struct event_state){i, CONN_FAILED, END_LOCAL, (uint16_t)n};
		break;
	case 10:
		e.type = EVENT_TOTALS;
		e.totals = (struct event_totals){i,	i + 1, i + 2, i + 3,
						 i + 4, i + 5, i + 6, i + 7};
		break;
	case 12:
		e.type = EVENT_TLS;
		e.tls = (struct event_tls){
			i, i << 40, i << 33,	  i << 34,
			n, n + 1,   TLS_TIE_NONE, {(uint8_t)n, 1, [31] = (uint8_t)(n + 2)}};
		break;
	case 13:
		e.type = EVENT_LIBRARY;
		e.library = (struct event_library){n,
						   n + 1,
						   TLS_LIBRARY_LIBRESSL,
						   TLS_HOOK_ARCHITECTURE,
						   span_text("/usr/lib/libssl.so.3"),
						   span_text("0a0b"),
						   s,
						   span_text("note")};
		break;
	default:
		e.type = EVENT_SECRET;
		e.secret = (struct event_secret){i, span_text("CLIENT_RANDOM 00 11")};
		break;
	}
	return e;
}

static inline bool sample_equal_host(const struct event_host *a, const struct event_host *b)
{
	return a->cpus == b->cpus && a->page_size == b->page_size &&
	       span_equal(a->hostname, b->hostname) && span_equal(a->kernel, b->kernel) &&
	       span_equal(a->machine, b->machine) && span_equal(a->boot_id, b->boot_id) &&
	       span_equal(a->recorder, b->recorder) && span_equal(a->options, b->options) &&
	       a->blind == b->blind;
}

static inline bool sample_equal_process(const struct event_process *a,
					const struct event_process *b)
{
	return a->pid == b->pid && a->ppid == b->ppid && a->uid == b->uid && a->gid == b->gid &&
	       a->start_ts == b->start_ts && span_equal(a->name, b->name) &&
	       span_equal(a->exe, b->exe) && span_equal(a->cmdline, b->cmdline) &&
	       span_equal(a->user, b->user) && span_equal(a->cgroup, b->cgroup) &&
	       span_equal(a->container, b->container);
}

static inline bool sample_equal_conn(const struct event_conn *a, const struct event_conn *b)
{
	return a->conn == b->conn && a->inode == b->inode && a->opened_ts == b->opened_ts &&
	       address_equal(&a->local, &b->local) && address_equal(&a->remote, &b->remote) &&
	       span_equal(a->local_path, b->local_path) &&
	       span_equal(a->remote_path, b->remote_path) && a->sent == b->sent &&
	       a->received == b->received && a->netns == b->netns && a->pid == b->pid &&
	       a->fd == b->fd && a->transport == b->transport && a->role == b->role &&
	       a->origin == b->origin && a->state == b->state && a->state_by == b->state_by &&
	       a->error == b->error && a->state_ts == b->state_ts &&
	       a->established_ts == b->established_ts;
}

static inline bool sample_equal_data(const struct event_data *a, const struct event_data *b)
{
	return a->conn == b->conn && a->offset == b->offset && a->len == b->len &&
	       span_equal(a->payload, b->payload) && a->pid == b->pid && a->tid == b->tid &&
	       a->fd == b->fd && a->call == b->call && a->direction == b->direction &&
	       a->layer == b->layer && a->cut == b->cut && address_equal(&a->peer, &b->peer) &&
	       a->begin_ts == b->begin_ts;
}

static inline bool sample_equal_loss(const struct event_loss *a, const struct event_loss *b)
{
	return a->conn == b->conn && a->events == b->events && a->bytes == b->bytes &&
	       a->since == b->since && a->cause == b->cause && a->direction == b->direction &&
	       a->layer == b->layer && a->placed == b->placed && a->position == b->position &&
	       a->elsewhere == b->elsewhere;
}

static inline bool sample_equal_tls(const struct event_tls *a, const struct event_tls *b)
{
	return a->conn == b->conn && a->object == b->object && a->sent == b->sent &&
	       a->received == b->received && a->pid == b->pid && a->library == b->library &&
	       a->tie == b->tie && memcmp(a->random, b->random, sizeof(a->random)) == 0;
}

static inline bool sample_equal_library(const struct event_library *a,
					const struct event_library *b)
{
	return a->library == b->library && a->pid == b->pid && a->kind == b->kind &&
	       a->hook == b->hook && span_equal(a->path, b->path) &&
	       span_equal(a->build_id, b->build_id) && span_equal(a->version, b->version) &&
	       span_equal(a->note, b->note);
}

static inline bool sample_equal(const struct event *a, const struct event *b)
{
	if (a->type != b->type || a->ts != b->ts || a->snapshot != b->snapshot)
		return false;
	switch (a->type) {
	case EVENT_CLOCK:
		return a->clock.realtime == b->clock.realtime &&
		       a->clock.boottime == b->clock.boottime;
	case EVENT_HOST:
		return sample_equal_host(&a->host, &b->host);
	case EVENT_PROCESS:
		return sample_equal_process(&a->process, &b->process);
	case EVENT_PROCESS_EXIT:
		return a->process_exit.pid == b->process_exit.pid &&
		       a->process_exit.status == b->process_exit.status;
	case EVENT_CONN:
		return sample_equal_conn(&a->conn, &b->conn);
	case EVENT_CLOSE:
		return a->close.conn == b->close.conn && a->close.sent == b->close.sent &&
		       a->close.received == b->close.received;
	case EVENT_DATA:
		return sample_equal_data(&a->data, &b->data);
	case EVENT_LOSS:
		return sample_equal_loss(&a->loss, &b->loss);
	case EVENT_SECRET:
		return a->secret.conn == b->secret.conn &&
		       span_equal(a->secret.line, b->secret.line);
	case EVENT_STATE:
		return a->state.conn == b->state.conn && a->state.state == b->state.state &&
		       a->state.by == b->state.by && a->state.error == b->state.error;
	case EVENT_TOTALS:
		return memcmp(&a->totals, &b->totals, sizeof(a->totals)) == 0; /* no padding */
	case EVENT_TLS:
		return sample_equal_tls(&a->tls, &b->tls);
	case EVENT_LIBRARY:
		return sample_equal_library(&a->library, &b->library);
	}
	return false;
}

#endif
