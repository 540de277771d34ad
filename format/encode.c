/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/codec.h"

#include <endian.h>
#include <stdlib.h>

#include "format/tape.h"

#define FLOWS_MIN   64u
#define NO_POSITION UINT64_MAX /* no event has it: offsets end at INT64_MAX */

static_assert(sizeof(((struct tape_block_header *)0)->conn_filter) ==
		      CODEC_FILTER_WORDS * sizeof(uint64_t),
	      "the filters are copied as they are");

static size_t aligned(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

static void filter_add(uint64_t filter[CODEC_FILTER_WORDS], uint64_t id)
{
	if (id)
		filter[id % 256 / 64] |= UINT64_C(1) << (id % 64);
}

static void conn_add(struct encoder *e, uint64_t conn)
{
	filter_add(e->stats.conn_filter, conn);
}

static void process_add(struct encoder *e, uint32_t pid)
{
	filter_add(e->stats.process_filter, pid);
}

static struct tape_address address_put(const struct address *from)
{
	struct tape_address to = {
		.family = (uint8_t)from->family,
		.port = htole16(from->port),
		.scope = htole32(from->scope),
	};

	memcpy(to.ip, from->ip, sizeof(to.ip));
	return to;
}

/*
 * Where LEN bytes of an event go, its padding zeroed and its header written. FIXED_LEN counts the
 * header too.
 */
static char *event_begin(struct encoder *e, struct tape_event header, size_t fixed_len, size_t len)
{
	char *to = buffer_reserve(&e->raw, aligned(len));

	if (!to)
		return NULL;
	header.len = htole32((uint32_t)len);
	header.head = (uint8_t)(fixed_len / 8);
	header.flags = htole16(header.flags);
	header.flow = htole32(header.flow);
	header.ts_delta = (int32_t)htole32((uint32_t)header.ts_delta);
	memset(to + aligned(len) - 8, 0, 8);
	memcpy(to, &header, sizeof(header));
	e->raw.len += aligned(len);
	return to;
}

/* An event of a fixed part, whose first 16 bytes are the place of the header, and strings. */
static void event_put(struct encoder *e, struct tape_event header, const void *fixed,
		      size_t fixed_len, const struct span *strings, size_t count)
{
	size_t len = fixed_len;
	char *to;

	for (size_t i = 0; i < count; i++)
		len += strings[i].len;
	to = event_begin(e, header, fixed_len, len);
	if (!to)
		return;
	memcpy(to + sizeof(header), (const char *)fixed + sizeof(header),
	       fixed_len - sizeof(header));
	to += fixed_len;
	for (size_t i = 0; i < count; i++) {
		if (strings[i].len)
			memcpy(to, strings[i].data, strings[i].len);
		to += strings[i].len;
	}
}

/* The delta of the next event's time; a jump too large for it gets a TIME event of its own. */
static int32_t time_advance(struct encoder *e, int64_t ts)
{
	int64_t delta = ts - e->ts;

	e->ts = ts;
	if (delta >= INT32_MIN && delta <= INT32_MAX)
		return (int32_t)delta;

	struct tape_time time = {.ts = (int64_t)htole64((uint64_t)ts)};

	event_put(e, (struct tape_event){.type = TAPE_TIME}, &time, sizeof(time), NULL, 0);
	return 0;
}

/* ---- flows ---- */

static void flow_key(const struct event_data *data, uint64_t key[3])
{
	key[0] = data->conn;
	key[1] = data->pid | (uint64_t)data->tid << 32;
	key[2] = (uint32_t)data->fd | (uint64_t)(uint8_t)data->call << 32 |
		 (uint64_t)data->direction << 40 | (uint64_t)data->layer << 48;
}

static uint32_t flow_hash(const uint64_t key[3])
{
	uint64_t hash = key[0] * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ hash >> 32 ^ key[1]) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 32 ^ key[2]) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(hash >> 32);
}

/* The slot of KEY, or the free one where it belongs. */
static uint32_t *flow_slot(const struct encoder *e, const uint64_t key[3])
{
	uint32_t mask = e->slot_count - 1;
	uint32_t at = flow_hash(key) & mask;

	while (e->slots[at]) {
		const uint64_t *other = e->flows[e->slots[at] - 1].key;

		if (other[0] == key[0] && other[1] == key[1] && other[2] == key[2])
			break;
		at = (at + 1) & mask;
	}
	return &e->slots[at];
}

/* Room for one more flow, the hash table at most half full. */
static bool flows_grow(struct encoder *e)
{
	uint32_t capacity = e->flow_capacity ? e->flow_capacity * 2 : FLOWS_MIN;
	struct encoder_flow *flows = realloc(e->flows, capacity * sizeof(*flows));
	uint32_t *slots;

	if (!flows)
		return false;
	e->flows = flows;
	slots = calloc((size_t)capacity * 2, sizeof(*slots));
	if (!slots)
		return false;
	free(e->slots);
	e->slots = slots;
	e->slot_count = capacity * 2;
	e->flow_capacity = capacity;
	for (uint32_t i = 0; i < e->flow_count; i++)
		*flow_slot(e, e->flows[i].key) = i + 1;
	return true;
}

static void flow_put(struct encoder *e, const struct event_data *data)
{
	struct tape_flow flow = {
		.conn = htole64(data->conn),
		.pid = htole32(data->pid),
		.tid = htole32(data->tid),
		.fd = (int32_t)htole32((uint32_t)data->fd),
		.call = (uint8_t)data->call,
		.direction = (uint8_t)data->direction,
		.layer = (uint8_t)data->layer,
	};

	event_put(e, (struct tape_event){.type = TAPE_FLOW}, &flow, sizeof(flow), NULL, 0);
	conn_add(e, data->conn);
	process_add(e, data->pid);
}

/* The flow of DATA in this block, a new one when need be; NULL without memory. */
static struct encoder_flow *flow_of(struct encoder *e, const struct event_data *data)
{
	struct encoder_flow *flow;
	uint64_t key[3];
	uint32_t *slot;

	flow_key(data, key);
	if (e->slot_count) {
		slot = flow_slot(e, key);
		if (*slot)
			return &e->flows[*slot - 1];
	}
	if (e->flow_count == e->flow_capacity && !flows_grow(e))
		return NULL;
	flow = &e->flows[e->flow_count++];
	memcpy(flow->key, key, sizeof(key));
	flow->position = NO_POSITION;
	*flow_slot(e, key) = e->flow_count;
	flow_put(e, data);
	return flow;
}

/* ---- one function for each type ---- */

/* The fields of a DATA event that it doesn't always have. */
struct optional {
	char bytes[3 * sizeof(uint64_t) + sizeof(struct tape_address)];
	size_t len;
};

static void optional_add(struct optional *to, const void *field, size_t len)
{
	memcpy(to->bytes + to->len, field, len);
	to->len += len;
}

static void optional_add_u64(struct optional *to, uint64_t number)
{
	number = htole64(number);
	optional_add(to, &number, sizeof(number));
}

/* In the order of format/tape.h; CONTINUES is where the flow goes on. Returns the flags. */
static unsigned int optional_fill(struct optional *to, const struct event *event,
				  uint64_t continues)
{
	const struct event_data *data = &event->data;
	unsigned int flags = 0;

	to->len = 0;
	if (data->offset != continues) {
		flags |= TAPE_DATA_POSITION;
		optional_add_u64(to, data->offset);
	}
	if (data->len != data->payload.len) {
		flags |= TAPE_DATA_LENGTH;
		optional_add_u64(to, data->len);
	}
	if (data->peer.family != ADDRESS_NONE) {
		struct tape_address peer = address_put(&data->peer);

		flags |= TAPE_DATA_PEER;
		optional_add(to, &peer, sizeof(peer));
	}
	if (data->begin_ts > 0 && data->begin_ts <= event->ts) {
		flags |= TAPE_DATA_BEGIN;
		optional_add_u64(to, (uint64_t)(event->ts - data->begin_ts));
	}
	return flags;
}

static bool encode_data(struct encoder *e, const struct event *event)
{
	const struct event_data *data = &event->data;
	struct encoder_flow *flow = flow_of(e, data);
	struct optional optional;
	unsigned int flags = (unsigned int)data->cut << TAPE_DATA_CUT_SHIFT & TAPE_DATA_CUT_MASK;
	size_t head;
	char *to;

	if (!flow)
		return false;
	flags |= optional_fill(&optional, event, flow->position);
	head = sizeof(struct tape_event) + optional.len;
	flow->position = data->offset + data->len;

	struct tape_event header = {
		.ts_delta = time_advance(e, event->ts),
		.flow = (uint32_t)(flow - e->flows),
		.type = TAPE_DATA,
		.flags = (uint16_t)flags,
	};

	to = event_begin(e, header, head, head + data->payload.len);
	if (!to)
		return false;
	memcpy(to + sizeof(header), optional.bytes, optional.len);
	if (data->payload.len)
		memcpy(to + head, data->payload.data, data->payload.len);
	e->stats.data_events++;
	e->stats.data_bytes += data->payload.len;
	if (data->layer != LAYER_WIRE) {
		e->stats.plaintext.events++;
		e->stats.plaintext.bytes += data->payload.len;
		return true;
	}
	e->stats.cut_bytes[data->cut % CODEC_CUTS] += data->len - data->payload.len;
	return true;
}

/* The header of every type but DATA. */
static struct tape_event header_of(struct encoder *e, const struct event *event)
{
	return (struct tape_event){
		.ts_delta = time_advance(e, event->ts),
		.type = (uint8_t)event->type,
		.flags = event->snapshot ? TAPE_FLAG_SNAPSHOT : 0,
	};
}

static int64_t time_put(int64_t ts)
{
	return (int64_t)htole64((uint64_t)codec_clamp_time(ts));
}

static struct span string_cut(struct span s)
{
	return span_of(s.data, s.len > EVENT_STRING_MAX ? EVENT_STRING_MAX : s.len);
}

static uint16_t string_len(struct span s)
{
	return htole16((uint16_t)string_cut(s).len);
}

static void encode_clock(struct encoder *e, const struct event *event)
{
	struct tape_clock clock = {
		.realtime = time_put(event->clock.realtime),
		.boottime = time_put(event->clock.boottime),
	};

	event_put(e, header_of(e, event), &clock, sizeof(clock), NULL, 0);
	e->stats.clock_offset = codec_clamp_time(event->clock.realtime) - event->ts;
}

static void encode_host(struct encoder *e, const struct event *event)
{
	const struct event_host *from = &event->host;
	struct tape_host host = {
		.cpus = htole32(from->cpus),
		.page_size = htole32(from->page_size),
		.hostname_len = string_len(from->hostname),
		.kernel_len = string_len(from->kernel),
		.machine_len = string_len(from->machine),
		.boot_id_len = string_len(from->boot_id),
		.recorder_len = string_len(from->recorder),
		.options_len = string_len(from->options),
		.blind = htole64(from->blind),
	};
	struct span strings[] = {
		string_cut(from->hostname), string_cut(from->kernel),	string_cut(from->machine),
		string_cut(from->boot_id),  string_cut(from->recorder), string_cut(from->options),
	};

	event_put(e, header_of(e, event), &host, sizeof(host), strings, 6);
}

static void encode_process(struct encoder *e, const struct event *event)
{
	const struct event_process *from = &event->process;
	struct tape_process process = {
		.pid = htole32(from->pid),
		.ppid = htole32(from->ppid),
		.uid = htole32(from->uid),
		.gid = htole32(from->gid),
		.start_ts = time_put(from->start_ts),
		.name_len = string_len(from->name),
		.exe_len = string_len(from->exe),
		.cmdline_len = string_len(from->cmdline),
		.user_len = string_len(from->user),
		.cgroup_len = string_len(from->cgroup),
		.container_len = string_len(from->container),
	};
	struct span strings[] = {
		string_cut(from->name), string_cut(from->exe),	  string_cut(from->cmdline),
		string_cut(from->user), string_cut(from->cgroup), string_cut(from->container),
	};

	event_put(e, header_of(e, event), &process, sizeof(process), strings, 6);
	process_add(e, from->pid);
}

static void encode_process_exit(struct encoder *e, const struct event *event)
{
	struct tape_process_exit end = {
		.pid = htole32(event->process_exit.pid),
		.status = (int32_t)htole32((uint32_t)event->process_exit.status),
	};

	event_put(e, header_of(e, event), &end, sizeof(end), NULL, 0);
	process_add(e, event->process_exit.pid);
}

static void encode_conn(struct encoder *e, const struct event *event)
{
	const struct event_conn *from = &event->conn;
	struct tape_conn conn = {
		.conn = htole64(from->conn),
		.inode = htole64(from->inode),
		.opened_ts = time_put(from->opened_ts),
		.local = address_put(&from->local),
		.remote = address_put(&from->remote),
		.sent = htole64(from->sent),
		.received = htole64(from->received),
		.netns = htole32(from->netns),
		.pid = htole32(from->pid),
		.fd = (int32_t)htole32((uint32_t)from->fd),
		.transport = (uint8_t)from->transport,
		.role = (uint8_t)from->role,
		.origin = (uint8_t)from->origin,
		.local_path_len = string_len(from->local_path),
		.remote_path_len = string_len(from->remote_path),
		.established_ts = time_put(from->established_ts),
		.state_ts = time_put(from->state_ts),
		.state = (uint8_t)from->state,
		.state_by = (uint8_t)from->state_by,
		.error = htole16(from->error),
	};
	struct span strings[] = {string_cut(from->local_path), string_cut(from->remote_path)};

	event_put(e, header_of(e, event), &conn, sizeof(conn), strings, 2);
	conn_add(e, from->conn);
	process_add(e, from->pid);
}

static void encode_close(struct encoder *e, const struct event *event)
{
	struct tape_close close = {
		.conn = htole64(event->close.conn),
		.sent = htole64(event->close.sent),
		.received = htole64(event->close.received),
	};

	event_put(e, header_of(e, event), &close, sizeof(close), NULL, 0);
	conn_add(e, event->close.conn);
}

static void encode_loss(struct encoder *e, const struct event *event)
{
	const struct event_loss *from = &event->loss;
	struct tape_loss loss = {
		.conn = htole64(from->conn),
		.events = htole64(from->events),
		.bytes = htole64(from->bytes),
		.since = time_put(from->since),
		.cause = (uint8_t)from->cause,
		.direction = (uint8_t)from->direction,
		.layer = (uint8_t)from->layer,
		.position = htole64(from->placed ? from->position : 0),
	};
	struct tape_event header = header_of(e, event);
	unsigned int cause = (unsigned int)from->cause < CODEC_CAUSES ? from->cause : 0;

	if (from->placed)
		header.flags |= TAPE_LOSS_POSITION;
	if (from->elsewhere)
		header.flags |= TAPE_LOSS_ELSEWHERE;
	event_put(e, header, &loss, sizeof(loss), NULL, 0);
	conn_add(e, from->conn);
	if (from->elsewhere || from->layer != LAYER_WIRE)
		return;
	e->stats.lost_events += from->events;
	e->stats.lost_bytes += from->bytes;
	e->stats.lost[cause].events += from->events;
	e->stats.lost[cause].bytes += from->bytes;
}

static void encode_secret(struct encoder *e, const struct event *event)
{
	struct tape_secret secret = {.conn = htole64(event->secret.conn)};

	event_put(e, header_of(e, event), &secret, sizeof(secret), &event->secret.line, 1);
	conn_add(e, event->secret.conn);
}

static void encode_state(struct encoder *e, const struct event *event)
{
	struct tape_state state = {
		.conn = htole64(event->state.conn),
		.state = (uint8_t)event->state.state,
		.by = (uint8_t)event->state.by,
		.error = htole16(event->state.error),
	};

	event_put(e, header_of(e, event), &state, sizeof(state), NULL, 0);
	conn_add(e, event->state.conn);
}

static void encode_totals(struct encoder *e, const struct event *event)
{
	const struct event_totals *from = &event->totals;
	struct tape_totals totals = {
		.moved_bytes = htole64(from->moved_bytes),
		.kept_bytes = htole64(from->kept_bytes),
		.lost_events = htole64(from->lost_events),
		.lost_bytes = htole64(from->lost_bytes),
		.cut_bytes = htole64(from->cut_bytes),
		.snaplen_bytes = htole64(from->snaplen_bytes),
		.data_events = htole64(from->data_events),
		.connections = htole64(from->connections),
	};

	event_put(e, header_of(e, event), &totals, sizeof(totals), NULL, 0);
}

static void encode_tls(struct encoder *e, const struct event *event)
{
	const struct event_tls *from = &event->tls;
	struct tape_tls tls = {
		.conn = htole64(from->conn),
		.object = htole64(from->object),
		.sent = htole64(from->sent),
		.received = htole64(from->received),
		.pid = htole32(from->pid),
		.library = htole32(from->library),
		.tie = (uint8_t)from->tie,
	};

	memcpy(tls.random, from->random, sizeof(tls.random));
	event_put(e, header_of(e, event), &tls, sizeof(tls), NULL, 0);
	conn_add(e, from->conn);
	process_add(e, from->pid);
}

static void encode_library(struct encoder *e, const struct event *event)
{
	const struct event_library *from = &event->library;
	struct tape_library library = {
		.library = htole32(from->library),
		.pid = htole32(from->pid),
		.kind = (uint8_t)from->kind,
		.hook = (uint8_t)from->hook,
		.path_len = string_len(from->path),
		.build_id_len = string_len(from->build_id),
		.version_len = string_len(from->version),
		.note_len = string_len(from->note),
	};
	struct span strings[] = {string_cut(from->path), string_cut(from->build_id),
				 string_cut(from->version), string_cut(from->note)};

	event_put(e, header_of(e, event), &library, sizeof(library), strings, 4);
	process_add(e, from->pid);
}

static void (*const encoders[])(struct encoder *e, const struct event *event) = {
	[EVENT_CLOCK] = encode_clock,	  [EVENT_HOST] = encode_host,
	[EVENT_PROCESS] = encode_process, [EVENT_PROCESS_EXIT] = encode_process_exit,
	[EVENT_CONN] = encode_conn,	  [EVENT_CLOSE] = encode_close,
	[EVENT_LOSS] = encode_loss,	  [EVENT_SECRET] = encode_secret,
	[EVENT_STATE] = encode_state,	  [EVENT_TOTALS] = encode_totals,
	[EVENT_TLS] = encode_tls,	  [EVENT_LIBRARY] = encode_library,
};

/* ---- all types ---- */

static bool data_allowed(const struct event_data *data)
{
	return data->conn && data->payload.len <= data->len &&
	       data->payload.len <= CODEC_PAYLOAD_MAX && data->len <= INT64_MAX &&
	       data->offset <= INT64_MAX - data->len && data->direction <= DIRECTION_RECEIVED &&
	       data->layer <= LAYER_TLS;
}

static bool event_allowed(const struct event *event)
{
	switch (event->type) {
	case EVENT_DATA:
		return data_allowed(&event->data);
	case EVENT_CONN:
		return event->conn.conn != 0;
	case EVENT_CLOSE:
		return event->close.conn != 0;
	case EVENT_LOSS:
		return !event->loss.placed ||
		       (event->loss.conn && event->loss.bytes <= INT64_MAX &&
			event->loss.position <= INT64_MAX - event->loss.bytes);
	case EVENT_STATE:
		return event->state.conn != 0;
	case EVENT_TLS:
		return event->tls.conn != 0;
	case EVENT_SECRET:
		return event->secret.line.len <= CODEC_PAYLOAD_MAX;
	default:
		return event->type < sizeof(encoders) / sizeof(encoders[0]) &&
		       encoders[event->type];
	}
}

static void stats_add(struct encoder *e, const struct event *event)
{
	struct codec_stats *stats = &e->stats;

	if (event->ts < stats->ts_min)
		stats->ts_min = event->ts;
	if (event->ts > stats->ts_max)
		stats->ts_max = event->ts;
	stats->event_count++;
	stats->snapshot_count += event->snapshot;
	stats->event_types |= UINT32_C(1) << event->type;
}

enum tape_error encoder_event(struct encoder *e, const struct event *event)
{
	struct event clamped;

	if (!event_allowed(event))
		return TAPE_ERROR_LIMIT;
	if (event->ts != codec_clamp_time(event->ts)) {
		clamped = *event;
		clamped.ts = codec_clamp_time(event->ts);
		event = &clamped;
	}
	if (!e->stats.event_count) {
		e->ts = event->ts;
		e->stats.ts_base = e->stats.ts_min = e->stats.ts_max = event->ts;
	}
	if (event->type != EVENT_DATA)
		encoders[event->type](e, event);
	else if (!encode_data(e, event))
		return TAPE_ERROR_MEMORY;
	stats_add(e, event);
	return e->raw.failed ? TAPE_ERROR_MEMORY : TAPE_OK;
}

struct block *encoder_take(struct encoder *e)
{
	size_t size = sizeof(struct block) + e->flow_count * sizeof(struct block_position);
	struct block *block = calloc(1, size);

	if (!block)
		return NULL;
	for (uint32_t i = 0; i < e->flow_count; i++) {
		const struct encoder_flow *flow = &e->flows[i];

		block->positions[block->position_count++] = (struct block_position){
			.conn = flow->key[0],
			.position = flow->position,
			.direction = flow->key[2] >> 40 & 0xff,
			.layer = flow->key[2] >> 48 & 0xff,
		};
	}
	block->raw = e->raw;
	block->stats = e->stats;
	e->raw = (struct buffer){0};
	encoder_reset(e);
	return block;
}

void encoder_reset(struct encoder *e)
{
	buffer_clear(&e->raw);
	e->stats = (struct codec_stats){0};
	e->ts = 0;
	e->flow_count = 0;
	if (e->slot_count)
		memset(e->slots, 0, e->slot_count * sizeof(*e->slots));
}

void encoder_free(struct encoder *e)
{
	buffer_free(&e->raw);
	free(e->flows);
	free(e->slots);
	*e = (struct encoder){0};
}
