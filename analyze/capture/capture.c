/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/capture.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/capture/emit.h"
#include "analyze/capture/file.h"
#include "analyze/capture/flow.h"
#include "analyze/capture/fragment.h"
#include "analyze/capture/packet.h"
#include "analyze/capture/tcp.h"
#include "format/buffer.h"

/* Where the caller doesn't say how much; half of it is for flows, the other for what waits. */
#define MEMORY_DEFAULT (UINT64_C(256) << 20)

/* A UDP flow that is silent for so long has ended, as connection tracking has it. */
#define UDP_IDLE_NS	INT64_C(120000000000)
#define PROGRESS_PERIOD 16384u /* packets */

struct capture {
	struct emitter emitter;
	struct tcp_engine tcp;
	struct flows *flows;
	struct fragments *fragments;
	const char *name;
	uint64_t last_id;
	int64_t now;	       /* time of the last packet */
	struct buffer secrets; /* those that come before the first packet */
};

const char *capture_skip_text(enum capture_skip skip)
{
	static const char *const texts[] = {
#define CAPTURE_SKIP_TEXT(name, text) text,
		CAPTURE_SKIPS(CAPTURE_SKIP_TEXT)
#undef CAPTURE_SKIP_TEXT
	};

	return (size_t)skip < CAPTURE_SKIP_COUNT ? texts[skip] : "unknown";
}

/* ---- who began ---- */

/* Servers' ports above 1023, by the protocols that socktape knows and their usual company. */
static bool is_server_port(uint16_t port)
{
	static const uint16_t ports[] = {1433, 1521, 1883, 2181,  2379,	 3000,	3128,  3306,
					 4222, 5000, 5060, 5353,  5355,	 5432,	5671,  5672,
					 6379, 6380, 8000, 8080,  8081,	 8443,	8888,  9042,
					 9092, 9200, 9300, 11211, 15672, 26379, 27017, 50051};

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		if (ports[i] == port)
			return true;
	}
	return false;
}

/* Without a handshake: whether the receiver of P is more likely to have begun. */
static bool receiver_began(const struct packet *p)
{
	uint16_t from = p->source.port;
	uint16_t to = p->destination.port;

	if (address_is_group(&p->destination))
		return false;
	if ((from < 1024) != (to < 1024))
		return from < 1024;
	return is_server_port(from) && !is_server_port(to);
}

/* ---- connections and flows ---- */

/* Datagrams have no beginning that could be missing. */
static enum conn_origin origin_of(bool tcp, bool handshake)
{
	if (!tcp)
		return ORIGIN_UNKNOWN;
	return handshake ? ORIGIN_OPENED : ORIGIN_MIDSTREAM;
}

static struct flow *open_flow(struct capture *c, enum transport transport, const struct packet *p)
{
	bool tcp = transport == TRANSPORT_TCP;
	bool handshake = tcp && (p->tcp.flags & TCP_SYN);
	bool swap = handshake ? (p->tcp.flags & TCP_ACK) != 0 : receiver_began(p);
	const struct address *local = swap ? &p->destination : &p->source;
	const struct address *remote = swap ? &p->source : &p->destination;
	struct flow *flow = flows_add(c->flows, transport, local, remote);
	struct event event = {.type = EVENT_CONN, .ts = p->ts};

	if (!flow) {
		c->emitter.error = TAPE_ERROR_MEMORY;
		return NULL;
	}
	flow->id = ++c->last_id;
	if (tcp) {
		flow->tcp.state = handshake && !p->tcp.made_up ? CONN_OPENING : CONN_UNKNOWN;
		flow->tcp.id = flow->id;
		flow->tcp.wait = TCP_WAIT_NONE;
	}
	*(tcp ? &c->emitter.totals->tcp_connections : &c->emitter.totals->udp_flows) += 1;
	event.conn = (struct event_conn){
		.conn = flow->id,
		.opened_ts = p->ts,
		.local = *local,
		.remote = *remote,
		.fd = -1,
		.transport = transport,
		.role = handshake ? ROLE_CLIENT : ROLE_UNKNOWN,
		.origin = origin_of(tcp, handshake && !p->tcp.made_up),
		.state = tcp ? flow->tcp.state : CONN_UNKNOWN,
	};
	emit_event(&c->emitter, &event);
	return flow;
}

static void forget_flow(struct capture *c, struct flow *flow, bool ended)
{
	const struct flow_datagrams *udp = &flow->udp;

	if (flow->transport == TRANSPORT_TCP)
		tcp_finish(&c->tcp, &flow->tcp, c->now, ended);
	else if (ended)
		emit_close(&c->emitter, udp->last_ts, flow->id, udp->moved[DIRECTION_SENT],
			   udp->moved[DIRECTION_RECEIVED]);
	flows_remove(c->flows, flow);
}

static bool is_idle(const struct capture *c, const struct flow *flow)
{
	return flow->transport == TRANSPORT_UDP && c->now - flow->udp.last_ts > UDP_IDLE_NS;
}

/* The UDP flows that have ended are closed, at the time of their last datagram. */
static void close_idle(struct capture *c)
{
	struct flow *flow;

	while ((flow = flows_oldest(c->flows, TRANSPORT_UDP)) != NULL && is_idle(c, flow))
		forget_flow(c, flow, true);
}

/* What waits for a packet is bounded elsewhere, and can't be put aside. */
static bool can_be_put_aside(const struct flow *flow)
{
	return flow->transport == TRANSPORT_UDP || flow->tcp.wait == TCP_WAIT_NONE;
}

/* One that can't be put aside is forgotten. */
static void put_aside(struct capture *c, struct flow *flow)
{
	if (flow && (!can_be_put_aside(flow) || !flows_put_aside(c->flows, flow)))
		forget_flow(c, flow, false);
}

/* Those that were silent for longest make room. */
static void make_room(struct capture *c)
{
	while (flows_full(c->flows)) {
		put_aside(c, flows_oldest(c->flows, TRANSPORT_UDP));
		put_aside(c, flows_oldest(c->flows, TRANSPORT_TCP));
	}
}

/* The end of the capture: what is over is closed. */
static void end_flows(struct capture *c)
{
	struct flow *flow;

	while ((flow = flows_oldest(c->flows, TRANSPORT_TCP)) != NULL)
		forget_flow(c, flow, false);
	while ((flow = flows_oldest(c->flows, TRANSPORT_UDP)) != NULL)
		forget_flow(c, flow, is_idle(c, flow));
	while ((flow = flows_take_back(c->flows)) != NULL)
		forget_flow(c, flow, is_idle(c, flow));
}

static enum direction direction_of(const struct flow *flow, const struct packet *p)
{
	return address_equal(&flow->local, &p->source) ? DIRECTION_SENT : DIRECTION_RECEIVED;
}

static void take_segment(struct capture *c, const struct packet *p)
{
	struct flow *flow = flows_find(c->flows, TRANSPORT_TCP, &p->source, &p->destination);

	if (flow && tcp_is_new_connection(&flow->tcp, direction_of(flow, p), p)) {
		forget_flow(c, flow, true);
		flow = NULL;
	}
	if (!flow)
		flow = open_flow(c, TRANSPORT_TCP, p);
	if (flow)
		tcp_packet(&c->tcp, &flow->tcp, direction_of(flow, p), p);
}

/* Groups that are asked by port; who answers does so under an address of its own. */
static const struct asked_group {
	uint16_t port;
	struct address group;
} asked_groups[] = {
	/* Multicast DNS, asked by one that isn't a full resolver: RFC 6762, sections 3 and 6.7. */
	{5353, {.family = ADDRESS_INET4, .ip = {224, 0, 0, 251}}},
	{5353, {.family = ADDRESS_INET6, .ip = {0xff, 2, [15] = 0xfb}}},
	/* LLMNR: RFC 4795, section 2. */
	{5355, {.family = ADDRESS_INET4, .ip = {224, 0, 0, 252}}},
	{5355, {.family = ADDRESS_INET6, .ip = {0xff, 2, [13] = 1, [15] = 3}}},
};

/* The flow to a group in which P is an answer; NULL: none, or it isn't one. */
static struct flow *find_asked_group(struct capture *c, const struct packet *p)
{
	const struct address *from = &p->source, *to = &p->destination;

	if (from->port == to->port || address_is_group(to))
		return NULL;
	for (size_t i = 0; i < sizeof(asked_groups) / sizeof(asked_groups[0]); i++) {
		struct address group = asked_groups[i].group;

		group.port = asked_groups[i].port;
		if (group.port == from->port && group.family == from->family)
			return flows_find(c->flows, TRANSPORT_UDP, to, &group);
	}
	return NULL;
}

static struct flow *find_datagrams(struct capture *c, const struct packet *p)
{
	struct flow *flow = flows_find(c->flows, TRANSPORT_UDP, &p->source, &p->destination);

	return flow ? flow : find_asked_group(c, p);
}

static void take_datagram(struct capture *c, const struct packet *p)
{
	struct flow *flow = find_datagrams(c, p);
	enum direction direction;

	if (flow && is_idle(c, flow)) {
		forget_flow(c, flow, true);
		flow = NULL;
	}
	if (!flow)
		flow = open_flow(c, TRANSPORT_UDP, p);
	if (!flow)
		return;
	direction = direction_of(flow, p);
	emit_data(&c->emitter, p->ts, flow->id, direction, flow->udp.moved[direction], p->rest,
		  direction == DIRECTION_SENT ? &p->destination : &p->source);
	flow->udp.moved[direction] += p->rest.len;
	flow->udp.last_ts = p->ts;
}

/* ---- secrets ---- */

static void emit_secret(struct capture *c, const char *line, size_t len)
{
	struct event event = {.type = EVENT_SECRET, .ts = c->now};

	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len == 0 || line[0] == '#')
		return;
	event.secret.line = span_of(line, len);
	c->emitter.totals->secrets++;
	emit_event(&c->emitter, &event);
}

static void emit_secrets(struct capture *c)
{
	const char *line = c->secrets.data;
	const char *end = line + c->secrets.len;

	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		emit_secret(c, line, (size_t)((newline ? newline : end) - line));
		line = newline ? newline + 1 : end;
	}
	buffer_free(&c->secrets);
}

/* They wait for the next packet, whose time they get. */
static void take_secrets(struct capture *c, struct slice lines)
{
	if (c->secrets.len + lines.captured > CAPTURE_BLOCK_MAX)
		c->emitter.error = TAPE_ERROR_LIMIT;
	buffer_append(&c->secrets, lines.data, lines.captured);
	buffer_append_char(&c->secrets, '\n');
	if (c->secrets.failed)
		c->emitter.error = TAPE_ERROR_MEMORY;
}

/* ---- the whole capture ---- */

/* What a recording begins with: the clock of the capture is monotonic and real time at once. */
static void emit_start(struct capture *c, int64_t ts)
{
	struct event clock = {.type = EVENT_CLOCK, .ts = ts, .clock = {.realtime = ts}};
	struct event host = {.type = EVENT_HOST, .ts = ts};

	host.host.recorder = span_text("socktape import " SOCKTAPE_VERSION);
	host.host.options = span_text(c->name);
	emit_event(&c->emitter, &clock);
	emit_event(&c->emitter, &host);
}

/* Of datagrams that don't become whole before NOW the front is taken as far as it came. */
static void take_fronts(struct capture *c, int64_t now)
{
	struct fragment first;
	struct slice front;

	while (fragments_give_up(c->fragments, now, IPPROTO_UDP, &first, &front)) {
		struct packet p = {
			.ts = first.ts,
			.rest = front,
			.source = first.source,
			.destination = first.destination,
		};

		if (packet_decode_from(&p, HEADER_UDP) == HEADER_DATAGRAM)
			take_datagram(c, &p);
	}
}

static void take_packet(struct capture *c, const struct capture_item *item)
{
	struct capture_totals *totals = c->emitter.totals;
	struct packet p = {.ts = item->ts, .rest = item->data, .fragments = c->fragments};

	if (totals->packets++ == 0)
		emit_start(c, item->ts);
	c->now = item->ts;
	if (c->secrets.len)
		emit_secrets(c);
	take_fronts(c, c->now);
	tcp_expire(&c->tcp, c->now);
	close_idle(c);
	switch (packet_decode(&p, item->link_type)) {
	case HEADER_SEGMENT:
		take_segment(c, &p);
		break;
	case HEADER_DATAGRAM:
		take_datagram(c, &p);
		break;
	case HEADER_SKIPPED:
		totals->skipped[p.skip]++;
		if (p.skip == CAPTURE_SKIP_LINK_TYPE)
			totals->link_type = item->link_type;
		break;
	default: /* HEADER_WAITING */
		break;
	}
	make_room(c);
}

static void take_item(struct capture *c, const struct capture_item *item)
{
	switch (item->kind) {
	case CAPTURE_PACKET:
		take_packet(c, item);
		break;
	case CAPTURE_SECRETS:
		take_secrets(c, item->data);
		break;
	}
}

static void report_progress(const struct capture *c, const struct capture_file *file)
{
	const struct capture_input *in = capture_file_input(file);
	struct capture_totals *totals = c->emitter.totals;

	totals->file_bytes = capture_input_file_offset(in);
	totals->file_size = capture_input_file_size(in);
	if (c->emitter.sink->progress)
		c->emitter.sink->progress(c->emitter.sink->progress_context, totals);
}

static void finish(struct capture *c, const struct capture_file *file)
{
	const struct capture_damage *damage = capture_file_damage(file);
	struct capture_totals *totals = c->emitter.totals;

	if (totals->packets == 0)
		emit_start(c, 0);
	if (c->secrets.len)
		emit_secrets(c);
	take_fronts(c, INT64_MAX);
	end_flows(c);
	totals->skipped[CAPTURE_SKIP_FRAGMENT] = fragments_unused(c->fragments);
	totals->damage = damage->what;
	totals->damage_offset = damage->offset;
	totals->damaged_bytes = damage->bytes;
	report_progress(c, file);
}

static void read_items(struct capture *c, struct capture_file *file)
{
	struct capture_item item;

	for (uint64_t n = 1; !c->emitter.error && capture_file_next(file, &item); n++) {
		take_item(c, &item);
		if (n % PROGRESS_PERIOD == 0)
			report_progress(c, file);
	}
}

static enum tape_error verdict(const struct capture *c, const struct capture_file *file)
{
	const struct capture_damage *damage = capture_file_damage(file);

	if (c->emitter.error)
		return c->emitter.error;
	if (damage->what)
		return damage->only_the_end ? TAPE_ERROR_TRUNCATED : TAPE_ERROR_DAMAGED;
	if (c->emitter.totals->skipped[CAPTURE_SKIP_LINK_TYPE])
		return TAPE_ERROR_LINK_TYPE;
	return TAPE_OK;
}

static void capture_free(struct capture *c)
{
	flows_free(c->flows);
	fragments_free(c->fragments);
	buffer_free(&c->secrets);
	free(c);
}

static struct capture *capture_new(const char *name, const struct capture_sink *sink,
				   struct capture_totals *totals)
{
	uint64_t memory = sink->memory ? sink->memory : MEMORY_DEFAULT;
	struct capture *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->tcp.pending_memory_max = (size_t)(memory / 2);
	c->emitter.sink = sink;
	c->emitter.totals = totals;
	c->tcp.emitter = &c->emitter;
	c->name = sink->name ? sink->name : name;
	c->flows = flows_new((size_t)(memory / 2));
	c->fragments = fragments_new();
	if (c->flows && c->fragments)
		return c;
	capture_free(c);
	return NULL;
}

/* Takes IN. */
static enum tape_error read_input(struct capture_input *in, const char *name,
				  const struct capture_sink *sink, struct capture_totals *totals)
{
	struct capture_file *file;
	enum tape_error error = capture_file_new(in, &file);
	struct capture *c;

	if (error)
		return error;
	c = capture_new(name, sink, totals);
	error = TAPE_ERROR_MEMORY;
	if (c) {
		read_items(c, file);
		finish(c, file);
		error = verdict(c, file);
		capture_free(c);
	}
	capture_file_free(file);
	return error;
}

enum tape_error capture_read(const char *path, const struct capture_sink *sink,
			     struct capture_totals *totals)
{
	struct capture_input *in;
	enum tape_error error;

	memset(totals, 0, sizeof(*totals));
	error = capture_input_open(path, &in);
	return error ? error : read_input(in, path, sink, totals);
}

enum tape_error capture_read_memory(const void *data, size_t len, const char *name,
				    const struct capture_sink *sink, struct capture_totals *totals)
{
	struct capture_input *in;
	enum tape_error error;

	memset(totals, 0, sizeof(*totals));
	error = capture_input_memory(data, len, &in);
	return error ? error : read_input(in, name, sink, totals);
}
