/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/codec.h"

#include <endian.h>
#include <stdlib.h>

#include "format/prefetch.h"
#include "format/recording.h"
#include "format/tape.h"

#define FLOWS_MIN   64u
#define NO_POSITION UINT64_MAX

/* So far ahead bytes are asked for, beyond the events that decoder_coming() looks at; so many. */
#define FETCHED_AHEAD 4096u
#define FETCHED_MAX   1024u

/* An event's bytes, its lengths checked, and its time added up. */
struct view {
	const char *data;
	size_t fixed_len; /* header and fixed part */
	size_t len;
	uint32_t flow;
	uint16_t flags;
	uint8_t type;
};

enum step {
	STEP_EVENT,
	STEP_SKIP,
	STEP_BAD,
	STEP_MEMORY
};

/* Another processor has decompressed it: LEN bytes more of what comes are asked for. */
static inline void fetch_ahead(const struct decoder *d, size_t len)
{
	if (d->raw.len - d->pos > FETCHED_AHEAD)
		prefetch(d->raw.data + d->pos + FETCHED_AHEAD,
			 len < FETCHED_MAX ? len : FETCHED_MAX);
}

static bool view_next(struct decoder *d, struct view *v)
{
	size_t left = d->raw.len - d->pos;
	struct tape_event header;

	if (left == 0)
		return false;
	if (left < sizeof(header))
		goto bad;
	v->data = d->raw.data + d->pos;
	memcpy(&header, v->data, sizeof(header));
	v->len = le32toh(header.len);
	v->fixed_len = (size_t)header.head * 8;
	if (v->fixed_len < sizeof(header) || v->fixed_len > v->len || v->len > left)
		goto bad;
	v->flow = le32toh(header.flow);
	v->flags = le16toh(header.flags);
	v->type = header.type;
	d->ts = codec_clamp_time(d->ts + (int32_t)le32toh((uint32_t)header.ts_delta));
	d->pos += (v->len + 7) & ~(size_t)7;
	if (d->pos > d->raw.len)
		d->pos = d->raw.len;
	fetch_ahead(d, v->len);
	return true;
bad:
	d->error = TAPE_ERROR_DAMAGED;
	return false;
}

/* The fixed part as this version knows it: what the event doesn't have is zero. */
static void view_fixed(const struct view *v, void *fixed, size_t size)
{
	memset(fixed, 0, size);
	memcpy(fixed, v->data, v->fixed_len < size ? v->fixed_len : size);
}

/* The strings of the variable part, by their little-endian lengths; false when they don't fit. */
static bool view_strings(const struct view *v, const uint16_t *lens, struct span *const *strings,
			 size_t count)
{
	const char *at = v->data + v->fixed_len;
	size_t left = v->len - v->fixed_len;

	for (size_t i = 0; i < count; i++) {
		size_t len = le16toh(lens[i]);

		if (len > left)
			return false;
		*strings[i] = span_of(at, len);
		at += len;
		left -= len;
	}
	return true;
}

static int64_t time_get(int64_t ts)
{
	return codec_clamp_time((int64_t)le64toh((uint64_t)ts));
}

static uint64_t u64_get(const char *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return le64toh(value);
}

/* A number that a newer version added to a table is 0, "unknown", here. */
#define COUNT_ONE(number, name, text) +1
#define KNOWN_OR_ZERO(number, table)  ((number) < 0 table(COUNT_ONE) ? (number) : 0)

static void address_get(const struct tape_address *from, struct address *to)
{
	*to = (struct address){
		.port = le16toh(from->port),
		.scope = le32toh(from->scope),
	};
	if (from->family == ADDRESS_UNIX || from->family == ADDRESS_INET4 ||
	    from->family == ADDRESS_INET6)
		to->family = from->family;
	memcpy(to->ip, from->ip, sizeof(to->ip));
}

/* ---- one function for each type ---- */

static enum step decode_clock(struct decoder *d, const struct view *v, struct event *event)
{
	struct tape_clock clock;

	(void)d;
	view_fixed(v, &clock, sizeof(clock));
	event->clock.realtime = time_get(clock.realtime);
	event->clock.boottime = time_get(clock.boottime);
	return STEP_EVENT;
}

static enum step decode_host(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_host *to = &event->host;
	struct tape_host host;

	(void)d;
	view_fixed(v, &host, sizeof(host));
	to->cpus = le32toh(host.cpus);
	to->page_size = le32toh(host.page_size);
	to->blind = le64toh(host.blind);

	const uint16_t lens[] = {host.hostname_len, host.kernel_len,   host.machine_len,
				 host.boot_id_len,  host.recorder_len, host.options_len};
	struct span *const strings[] = {&to->hostname, &to->kernel,   &to->machine,
					&to->boot_id,  &to->recorder, &to->options};

	return view_strings(v, lens, strings, 6) ? STEP_EVENT : STEP_BAD;
}

static enum step decode_process(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_process *to = &event->process;
	struct tape_process process;

	(void)d;
	view_fixed(v, &process, sizeof(process));
	to->pid = le32toh(process.pid);
	to->ppid = le32toh(process.ppid);
	to->uid = le32toh(process.uid);
	to->gid = le32toh(process.gid);
	to->start_ts = time_get(process.start_ts);

	const uint16_t lens[] = {process.name_len, process.exe_len,    process.cmdline_len,
				 process.user_len, process.cgroup_len, process.container_len};
	struct span *const strings[] = {&to->name, &to->exe,	&to->cmdline,
					&to->user, &to->cgroup, &to->container};

	return view_strings(v, lens, strings, 6) ? STEP_EVENT : STEP_BAD;
}

static enum step decode_process_exit(struct decoder *d, const struct view *v, struct event *event)
{
	struct tape_process_exit end;

	(void)d;
	view_fixed(v, &end, sizeof(end));
	event->process_exit.pid = le32toh(end.pid);
	event->process_exit.status = (int32_t)le32toh((uint32_t)end.status);
	return STEP_EVENT;
}

static enum step decode_conn(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_conn *to = &event->conn;
	struct tape_conn conn;

	(void)d;
	view_fixed(v, &conn, sizeof(conn));
	to->conn = le64toh(conn.conn);
	to->inode = le64toh(conn.inode);
	to->opened_ts = time_get(conn.opened_ts);
	address_get(&conn.local, &to->local);
	address_get(&conn.remote, &to->remote);
	to->sent = le64toh(conn.sent);
	to->received = le64toh(conn.received);
	to->netns = le32toh(conn.netns);
	to->pid = le32toh(conn.pid);
	to->fd = (int32_t)le32toh((uint32_t)conn.fd);
	to->transport = KNOWN_OR_ZERO(conn.transport, TRANSPORTS);
	to->role = KNOWN_OR_ZERO(conn.role, ROLES);
	to->origin = KNOWN_OR_ZERO(conn.origin, CONN_ORIGINS);
	to->established_ts = time_get(conn.established_ts);
	to->state_ts = time_get(conn.state_ts);
	to->state = KNOWN_OR_ZERO(conn.state, CONN_STATES);
	to->state_by = KNOWN_OR_ZERO(conn.state_by, CONN_ENDS);
	to->error = le16toh(conn.error);

	const uint16_t lens[] = {conn.local_path_len, conn.remote_path_len};
	struct span *const strings[] = {&to->local_path, &to->remote_path};

	if (!to->conn || !view_strings(v, lens, strings, 2))
		return STEP_BAD;
	return STEP_EVENT;
}

static enum step decode_close(struct decoder *d, const struct view *v, struct event *event)
{
	struct tape_close close;

	(void)d;
	view_fixed(v, &close, sizeof(close));
	event->close.conn = le64toh(close.conn);
	event->close.sent = le64toh(close.sent);
	event->close.received = le64toh(close.received);
	return event->close.conn ? STEP_EVENT : STEP_BAD;
}

static enum step decode_loss(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_loss *to = &event->loss;
	struct tape_loss loss;
	bool known;

	(void)d;
	view_fixed(v, &loss, sizeof(loss));
	/* A loss must not go unsaid because it is of a stream that this version doesn't know. */
	known = loss.direction <= DIRECTION_RECEIVED && loss.layer <= LAYER_TLS;
	to->conn = known ? le64toh(loss.conn) : 0;
	to->direction = known ? loss.direction : 0;
	to->layer = known ? loss.layer : 0;
	to->events = le64toh(loss.events);
	to->bytes = le64toh(loss.bytes);
	to->since = time_get(loss.since);
	to->cause = KNOWN_OR_ZERO(loss.cause, LOSS_CAUSES);
	to->position = le64toh(loss.position);
	to->placed = to->conn && (v->flags & TAPE_LOSS_POSITION) && to->bytes <= INT64_MAX &&
		     to->position <= INT64_MAX - to->bytes;
	if (!to->placed)
		to->position = 0;
	to->elsewhere = v->flags & TAPE_LOSS_ELSEWHERE;
	return STEP_EVENT;
}

static enum step decode_secret(struct decoder *d, const struct view *v, struct event *event)
{
	struct tape_secret secret;

	(void)d;
	view_fixed(v, &secret, sizeof(secret));
	event->secret.conn = le64toh(secret.conn);
	event->secret.line = span_of(v->data + v->fixed_len, v->len - v->fixed_len);
	return STEP_EVENT;
}

static enum step decode_state(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_state *to = &event->state;
	struct tape_state state;

	(void)d;
	view_fixed(v, &state, sizeof(state));
	to->conn = le64toh(state.conn);
	to->state = KNOWN_OR_ZERO(state.state, CONN_STATES);
	to->by = KNOWN_OR_ZERO(state.by, CONN_ENDS);
	to->error = le16toh(state.error);
	return to->conn ? STEP_EVENT : STEP_BAD;
}

static enum step decode_totals(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_totals *to = &event->totals;
	struct tape_totals totals;

	(void)d;
	view_fixed(v, &totals, sizeof(totals));
	to->moved_bytes = le64toh(totals.moved_bytes);
	to->kept_bytes = le64toh(totals.kept_bytes);
	to->lost_events = le64toh(totals.lost_events);
	to->lost_bytes = le64toh(totals.lost_bytes);
	to->cut_bytes = le64toh(totals.cut_bytes);
	to->snaplen_bytes = le64toh(totals.snaplen_bytes);
	to->data_events = le64toh(totals.data_events);
	to->connections = le64toh(totals.connections);
	return STEP_EVENT;
}

static enum step decode_tls(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_tls *to = &event->tls;
	struct tape_tls tls;

	(void)d;
	view_fixed(v, &tls, sizeof(tls));
	to->conn = le64toh(tls.conn);
	to->object = le64toh(tls.object);
	to->sent = le64toh(tls.sent);
	to->received = le64toh(tls.received);
	to->pid = le32toh(tls.pid);
	to->library = le32toh(tls.library);
	to->tie = KNOWN_OR_ZERO(tls.tie, TLS_TIES);
	memcpy(to->random, tls.random, sizeof(to->random));
	return to->conn ? STEP_EVENT : STEP_BAD;
}

static enum step decode_library(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_library *to = &event->library;
	struct tape_library library;

	(void)d;
	view_fixed(v, &library, sizeof(library));
	to->library = le32toh(library.library);
	to->pid = le32toh(library.pid);
	to->kind = KNOWN_OR_ZERO(library.kind, TLS_LIBRARIES);
	to->hook = KNOWN_OR_ZERO(library.hook, TLS_HOOKS);

	const uint16_t lens[] = {library.path_len, library.build_id_len, library.version_len,
				 library.note_len};
	struct span *const strings[] = {&to->path, &to->build_id, &to->version, &to->note};

	return view_strings(v, lens, strings, 4) ? STEP_EVENT : STEP_BAD;
}

static enum step decode_time(struct decoder *d, const struct view *v, struct event *event)
{
	struct tape_time time;

	(void)event;
	view_fixed(v, &time, sizeof(time));
	d->ts = time_get(time.ts);
	return STEP_SKIP;
}

static bool flows_grow(struct decoder *d)
{
	size_t capacity = d->flow_capacity ? d->flow_capacity * 2 : FLOWS_MIN;
	struct decoder_flow *flows = realloc(d->flows, capacity * sizeof(*flows));

	if (!flows)
		return false;
	d->flows = flows;
	d->flow_capacity = capacity;
	return true;
}

static enum step decode_flow(struct decoder *d, const struct view *v, struct event *event)
{
	struct decoder_flow *to;
	struct tape_flow flow;
	bool known;

	(void)event;
	if (d->flow_count == d->flow_capacity && !flows_grow(d))
		return STEP_MEMORY;
	view_fixed(v, &flow, sizeof(flow));
	known = flow.direction <= DIRECTION_RECEIVED && flow.layer <= LAYER_TLS;
	to = &d->flows[d->flow_count++];
	to->conn = known ? le64toh(flow.conn) : 0;
	to->position = NO_POSITION;
	to->pid = le32toh(flow.pid);
	to->tid = le32toh(flow.tid);
	to->fd = (int32_t)le32toh((uint32_t)flow.fd);
	to->call = KNOWN_OR_ZERO(flow.call, CALLS);
	to->direction = flow.direction;
	to->layer = flow.layer;
	return STEP_SKIP;
}

/* When a call began that had been going on for BLOCKED at TS; never before the clock did. */
static int64_t begin_get(int64_t ts, uint64_t blocked)
{
	return blocked < (uint64_t)ts ? ts - (int64_t)blocked : 0;
}

/* The fields that the flags announce; false when the fixed part has no room for them. */
static bool data_optional(const struct view *v, struct decoder_flow *flow, struct event *event)
{
	struct event_data *data = &event->data;
	const char *at = v->data + sizeof(struct tape_event);
	const char *end = v->data + v->fixed_len;
	struct tape_address peer;

	if (v->flags & TAPE_DATA_POSITION) {
		if (end - at < 8)
			return false;
		flow->position = u64_get(at);
		at += 8;
	}
	data->len = v->len - v->fixed_len;
	if (v->flags & TAPE_DATA_LENGTH) {
		if (end - at < 8)
			return false;
		data->len = u64_get(at);
		at += 8;
	}
	data->peer = (struct address){0};
	if (v->flags & TAPE_DATA_PEER) {
		if ((size_t)(end - at) < sizeof(peer))
			return false;
		memcpy(&peer, at, sizeof(peer));
		address_get(&peer, &data->peer);
		at += sizeof(peer);
	}
	data->begin_ts = 0;
	if (v->flags & TAPE_DATA_BEGIN) {
		if (end - at < 8)
			return false;
		data->begin_ts = begin_get(event->ts, u64_get(at));
	}
	return true;
}

static enum step decode_data(struct decoder *d, const struct view *v, struct event *event)
{
	struct event_data *data = &event->data;
	struct decoder_flow *flow;

	if (v->flow >= d->flow_count)
		return STEP_BAD;
	flow = &d->flows[v->flow];
	if (!flow->conn)
		return STEP_SKIP;
	if (!data_optional(v, flow, event))
		return STEP_BAD;
	data->payload = span_of(v->data + v->fixed_len, v->len - v->fixed_len);
	if (data->len < data->payload.len || data->len > INT64_MAX ||
	    flow->position > INT64_MAX - data->len)
		return STEP_BAD;
	data->conn = flow->conn;
	data->offset = flow->position;
	data->pid = flow->pid;
	data->tid = flow->tid;
	data->fd = flow->fd;
	data->call = flow->call;
	data->direction = flow->direction;
	data->layer = flow->layer;
	data->cut = KNOWN_OR_ZERO((v->flags & TAPE_DATA_CUT_MASK) >> TAPE_DATA_CUT_SHIFT, CUTS);
	flow->position += data->len;
	event->snapshot = false;
	return STEP_EVENT;
}

/*
 * By type, DATA apart: the function, and the size of header and fixed part in the first version
 * that had the type. Structures only grow, so a smaller one is malformed.
 */
static const struct {
	enum step (*decode)(struct decoder *d, const struct view *v, struct event *event);
	size_t fixed_min;
} types[] = {
	[TAPE_CLOCK] = {decode_clock, 32},     [TAPE_HOST] = {decode_host, 40},
	[TAPE_PROCESS] = {decode_process, 56}, [TAPE_PROCESS_EXIT] = {decode_process_exit, 24},
	[TAPE_CONN] = {decode_conn, 128},      [TAPE_CLOSE] = {decode_close, 40},
	[TAPE_FLOW] = {decode_flow, 40},       [TAPE_LOSS] = {decode_loss, 56},
	[TAPE_SECRET] = {decode_secret, 24},   [TAPE_TIME] = {decode_time, 24},
	[TAPE_STATE] = {decode_state, 32},     [TAPE_TOTALS] = {decode_totals, 80},
	[TAPE_TLS] = {decode_tls, 96},	       [TAPE_LIBRARY] = {decode_library, 40},
};

static enum step view_decode(struct decoder *d, const struct view *v, struct event *event)
{
	event->type = v->type;
	event->ts = d->ts;
	event->snapshot = v->flags & TAPE_FLAG_SNAPSHOT;
	/* What nearly all are: not by the table, so that the compiler takes it in. */
	if (v->type == TAPE_DATA)
		return decode_data(d, v, event);
	if (v->type >= sizeof(types) / sizeof(types[0]) || !types[v->type].decode)
		return STEP_SKIP;
	if (v->fixed_len < types[v->type].fixed_min)
		return STEP_BAD;
	return types[v->type].decode(d, v, event);
}

void decoder_begin(struct decoder *d, struct span raw, int64_t ts_base)
{
	d->raw = raw;
	d->pos = 0;
	d->coming = 0;
	d->ts = codec_clamp_time(ts_base);
	d->flow_count = 0;
	d->error = TAPE_OK;
}

/* The next event whose type has no bit in SKIPPED. */
static bool decode_next(struct decoder *d, uint32_t skipped, struct event *event)
{
	struct view v;

	while (!d->error && view_next(d, &v)) {
		if (v.type < 32 && skipped >> v.type & 1)
			continue;
		switch (view_decode(d, &v, event)) {
		case STEP_EVENT:
			return true;
		case STEP_SKIP:
			break;
		case STEP_BAD:
			d->error = TAPE_ERROR_DAMAGED;
			break;
		case STEP_MEMORY:
			d->error = TAPE_ERROR_MEMORY;
			break;
		}
	}
	return false;
}

bool decoder_next(struct decoder *d, struct event *event)
{
	return decode_next(d, 0, event);
}

bool decoder_next_other(struct decoder *d, struct event *event)
{
	return decode_next(d, 1u << TAPE_DATA | 1u << TAPE_FLOW, event);
}

/* Moves d->coming over one event. True: the data of a flow that it tells of comes next. */
static bool look_at_coming(struct decoder *d, uint64_t *conn)
{
	const char *at = d->raw.data + d->coming;
	size_t left = d->raw.len - d->coming, len;
	struct tape_event header;

	if (left < sizeof(header))
		return false;
	memcpy(&header, at, sizeof(header));
	len = le32toh(header.len);
	if (len < sizeof(header) || len > left) {
		d->coming = d->raw.len;
		return false;
	}
	len = (len + 7) & ~(size_t)7;
	d->coming += len < left ? len : left;
	if (header.type == TAPE_FLOW && left >= sizeof(struct tape_flow))
		*conn = u64_get(at + offsetof(struct tape_flow, conn));
	if (header.type == TAPE_DATA && le32toh(header.flow) < d->flow_count)
		*conn = d->flows[le32toh(header.flow)].conn;
	return header.type == TAPE_FLOW;
}

uint64_t decoder_coming(struct decoder *d)
{
	int count = 1;
	uint64_t conn = 0;

	if (d->coming <= d->pos) {
		d->coming = d->pos;
		count = RECORDING_COMING;
	}
	for (int i = 0; i < count; i++) {
		conn = 0;
		while (look_at_coming(d, &conn))
			;
	}
	return conn;
}

void decoder_free(struct decoder *d)
{
	free(d->flows);
	*d = (struct decoder){0};
}
