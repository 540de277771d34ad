/* SPDX-License-Identifier: BSD-2-Clause */
#include "record/translate.h"

#include <assert.h>
#include <linux/types.h>

#include "bpf/event.h"

/* The two sides use the same numbers, so that an event takes a few copies and no table. */
static_assert(KERNEL_PATH_LEN == 108, "sun_path");
static_assert((int)sizeof(((struct kernel_address *)0)->ip) ==
		      (int)sizeof(((struct address *)0)->ip),
	      "address");

static void translate_address(const struct kernel_address *from, struct address *to)
{
	to->family = (enum address_family)from->family;
	to->port = from->port;
	to->scope = from->scope;
	memcpy(to->ip, from->ip, sizeof(to->ip));
}

static bool part_read(const char **at, size_t *left, void *to, size_t len)
{
	if (*left < len)
		return false;
	memcpy(to, *at, len);
	*at += len;
	*left -= len;
	return true;
}

/* What stands between the fixed part of a DATA record and its payload; false: it is cut. */
static bool beside_read(const struct kernel_data *k, const char **at, size_t *left,
			struct event *event)
{
	struct kernel_address peer;
	uint64_t blocked;

	event->data.begin_ts = 0;
	event->data.peer.family = ADDRESS_NONE;
	if (k->record.flags & KERNEL_DATA_PEER) {
		if (!part_read(at, left, &peer, sizeof(peer)))
			return false;
		translate_address(&peer, &event->data.peer);
	}
	if (k->record.flags & KERNEL_DATA_BLOCKED) {
		if (!part_read(at, left, &blocked, sizeof(blocked)) || blocked > k->record.ts)
			return false;
		event->data.begin_ts = (int64_t)(k->record.ts - blocked);
	}
	return true;
}

static bool translate_data(const void *data, size_t len, struct event *event,
			   struct process_gaps *gaps)
{
	const struct kernel_data *k = data;
	const char *payload = (const char *)(k + 1);
	size_t left = len - sizeof(*k);
	struct event_data *to = &event->data;

	(void)gaps;
	event->type = EVENT_DATA;
	if (!beside_read(k, &payload, &left, event))
		return false;
	if (k->captured > left || k->captured > k->len)
		return false;
	to->conn = k->conn;
	to->offset = k->offset;
	to->len = k->len;
	to->payload = span_of(payload, k->captured);
	to->pid = k->pid;
	to->tid = k->tid;
	to->fd = k->fd;
	to->call = (enum call)k->call;
	to->direction = (enum direction)k->direction;
	to->layer = (enum layer)k->layer;
	to->cut = (enum cut)k->cut;
	return true;
}

static bool translate_conn(const void *data, size_t len, struct event *event,
			   struct process_gaps *gaps)
{
	const struct kernel_conn *k = data;
	struct event_conn *to = &event->conn;

	(void)len;
	(void)gaps;
	if (k->local_path_len > sizeof(k->local_path) ||
	    k->remote_path_len > sizeof(k->remote_path))
		return false;
	event->type = EVENT_CONN;
	*to = (struct event_conn){
		.conn = k->conn,
		.inode = k->inode,
		.opened_ts = (int64_t)k->opened_ts,
		.established_ts = (int64_t)k->established_ts,
		.state_ts = (int64_t)k->state_ts,
		.state = (enum conn_state)k->state,
		.state_by = (enum conn_end)k->state_by,
		.error = k->error,
		.local_path = span_of(k->local_path, k->local_path_len),
		.remote_path = span_of(k->remote_path, k->remote_path_len),
		.sent = k->sent,
		.received = k->received,
		.netns = k->netns,
		.pid = k->pid,
		.fd = k->fd,
		.transport = (enum transport)k->transport,
		.role = (enum role)k->role,
		.origin = (enum conn_origin)k->origin,
	};
	translate_address(&k->local, &to->local);
	translate_address(&k->remote, &to->remote);
	return true;
}

static bool translate_state(const void *data, size_t len, struct event *event,
			    struct process_gaps *gaps)
{
	const struct kernel_state *k = data;

	(void)len;
	(void)gaps;
	event->type = EVENT_STATE;
	event->state = (struct event_state){k->conn, (enum conn_state)k->state,
					    (enum conn_end)k->by, k->error};
	return true;
}

static bool translate_close(const void *data, size_t len, struct event *event,
			    struct process_gaps *gaps)
{
	const struct kernel_close *k = data;

	(void)len;
	(void)gaps;
	event->type = EVENT_CLOSE;
	event->close = (struct event_close){k->conn, k->sent, k->received};
	return true;
}

static bool translate_unseen(const void *data, size_t len, struct event *event,
			     struct process_gaps *gaps)
{
	const struct kernel_unseen *k = data;

	(void)len;
	(void)gaps;
	event->type = EVENT_LOSS;
	event->loss = (struct event_loss){
		.conn = k->conn,
		.events = 1,
		.bytes = k->bytes,
		.since = event->ts,
		.cause = LOSS_UNSEEN_CALL,
		.direction = (enum direction)k->direction,
		.layer = LAYER_WIRE,
		.placed = true,
		.position = k->position,
	};
	return true;
}

static bool translate_process(const void *data, size_t len, struct event *event,
			      struct process_gaps *gaps)
{
	const struct kernel_process *k = data;

	(void)len;
	if (k->exe_len > sizeof(k->exe) || k->args_len > sizeof(k->args))
		return false;
	event->type = EVENT_PROCESS;
	event->process = (struct event_process){
		.pid = k->pid,
		.ppid = k->ppid,
		.uid = k->uid,
		.gid = k->gid,
		.start_ts = (int64_t)k->start_ts,
		.name = span_of(k->comm, strnlen((const char *)k->comm, sizeof(k->comm))),
		.exe = span_of(k->exe, k->exe_len),
		.cmdline = span_of(k->args, k->args_len),
	};
	*gaps = (struct process_gaps){
		.cgroup_id = k->cgroup_id,
		.args_cut = k->args_len == sizeof(k->args),
		.exe_cut = k->exe_len >= sizeof(k->exe) - 1,
	};
	return true;
}

static bool translate_exit(const void *data, size_t len, struct event *event,
			   struct process_gaps *gaps)
{
	const struct kernel_exit *k = data;

	(void)len;
	(void)gaps;
	event->type = EVENT_PROCESS_EXIT;
	event->process_exit = (struct event_process_exit){k->pid, k->status};
	return true;
}

/* By enum kernel_record_kind. MIN is the size of the fixed part. */
static const struct {
	size_t min;
	bool (*translate)(const void *data, size_t len, struct event *event,
			  struct process_gaps *gaps);
} kinds[] = {
	[KERNEL_DATA] = {sizeof(struct kernel_data), translate_data},
	[KERNEL_CONN] = {sizeof(struct kernel_conn), translate_conn},
	[KERNEL_CLOSE] = {sizeof(struct kernel_close), translate_close},
	[KERNEL_PROCESS] = {sizeof(struct kernel_process), translate_process},
	[KERNEL_UNSEEN] = {sizeof(struct kernel_unseen), translate_unseen},
	[KERNEL_EXIT] = {sizeof(struct kernel_exit), translate_exit},
	[KERNEL_STATE] = {sizeof(struct kernel_state), translate_state},
};

bool translate_record(const void *data, size_t len, struct event *event, struct process_gaps *gaps)
{
	const struct kernel_record *record = data;

	if (len < sizeof(*record) || record->kind >= sizeof(kinds) / sizeof(kinds[0]) ||
	    !kinds[record->kind].translate || len < kinds[record->kind].min)
		return false;
	event->snapshot = false;
	event->ts = (int64_t)record->ts;
	return kinds[record->kind].translate(data, len, event, gaps);
}

static_assert(KERNEL_RANDOM_LEN == EVENT_RANDOM_LEN, "client random");

bool translate_sight(const void *data, size_t len, struct tls_sight *sight)
{
	const struct kernel_tls *k = data;

	if (len < sizeof(*k) || k->record.kind != KERNEL_TLS)
		return false;
	*sight = (struct tls_sight){
		.ts = (int64_t)k->record.ts,
		.session = k->session,
		.object = k->object,
		.conn = k->conn,
		.sent = k->sent,
		.received = k->received,
		.pid = k->pid,
		.tid = k->tid,
		.library = k->library,
		.named = k->flags & (KERNEL_TLS_NAMED | KERNEL_TLS_OWN),
		.own = k->flags & KERNEL_TLS_OWN,
		.server = k->flags & KERNEL_TLS_SERVER,
		.client = k->flags & KERNEL_TLS_CLIENT,
		.one_way = k->flags & KERNEL_TLS_RECORD,
		.by_record = k->flags & KERNEL_TLS_RECORD,
		.way = k->flags & KERNEL_TLS_IN ? DIRECTION_RECEIVED : DIRECTION_SENT,
	};
	memcpy(sight->random, k->random, sizeof(sight->random));
	return true;
}

static_assert(KERNEL_LABEL_LEN == TLS_LABEL_LEN, "label of a secret");
static_assert(KERNEL_SECRET_LEN == TLS_SECRET_LEN, "secret");

bool translate_secret(const void *data, size_t len, struct tls_secret *secret)
{
	const struct kernel_secret *k = data;

	if (len < sizeof(*k) || k->record.kind != KERNEL_SECRET || k->len > TLS_SECRET_LEN)
		return false;
	*secret = (struct tls_secret){
		.ts = (int64_t)k->record.ts,
		.pid = k->pid,
		.tid = k->tid,
		.library = k->library,
		.older = k->older,
		.len = (uint8_t)k->len,
	};
	memcpy(secret->random, k->random, sizeof(secret->random));
	memcpy(secret->label, k->label, sizeof(k->label));
	memcpy(secret->bytes, k->secret, sizeof(secret->bytes));
	return true;
}

void translate_counters(const struct kernel_counters *k, struct tally *tally)
{
	*tally = (struct tally){
		.data_records = k->data_records,
		.data_bytes = k->data_bytes,
		.moved_bytes = k->moved_bytes,
		.connections = k->connections,
		.delayed = k->lost_meta_records,
		.lost_plain = {k->lost_plain_calls, k->lost_plain_bytes},
		.lost =
			{
				[LOSS_RING_FULL] = {k->lost_ring_records, k->lost_ring_bytes},
				[LOSS_CONN_TABLE_FULL] = {k->lost_table_calls, k->lost_table_bytes},
				[LOSS_NESTED] = {k->lost_nested_calls, k->lost_nested_bytes},
				[LOSS_UNREADABLE] = {k->lost_unreadable_calls,
						     k->lost_unreadable_bytes},
				[LOSS_UNSEEN_CALL] = {k->lost_unseen_calls, k->lost_unseen_bytes},
				[LOSS_NOT_CAPTURED] = {k->lost_uncaptured_calls,
						       k->lost_uncaptured_bytes},
			},
		.cut =
			{
				[CUT_SNAPLEN] = k->cut_snaplen_bytes,
				[CUT_PRESSURE] = k->cut_pressure_bytes,
				[CUT_UNREADABLE] = k->cut_unreadable_bytes,
				[CUT_NOT_CAPTURED] = k->cut_uncaptured_bytes,
				[CUT_TOO_MANY_PIECES] = k->cut_pieces_bytes,
				[CUT_TLS_WIRE] = k->cut_tls_bytes,
			},
	};
}
