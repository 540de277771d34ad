/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "analyze/pcapng/contents.h"
#include "analyze/pcapng/exporter_private.h"

void exporter_fail(struct exporter *e, enum tape_error error)
{
	if (!e->error)
		e->error = error;
	replay_stop(e->replay);
}

void exporter_packet(struct exporter *e, const struct exporter_source *source,
		     const struct packet *packet, enum direction direction, int64_t ts,
		     struct buffer *comment)
{
	uint8_t headers[PACKET_HEADERS_MAX];
	size_t len = packet_headers(packet, headers);
	struct queue_item item = {
		.packet =
			{
				.interface = interface_number(source->interface,
							      packet->from_client, direction),
				.ts = replay_realtime(e->replay, ts),
				.direction = direction,
				.headers = span_of(headers, len),
				.payload = packet->payload,
				.original_len = len + packet->len,
				.comment = buffer_span(comment),
			},
		.end = source->end,
		.layer = source->layer,
		.back = interface_number(source->interface, !packet->from_client,
					 direction_opposite(direction)),
	};

	if (!queue_put(e->queue, &item))
		exporter_fail(e, TAPE_ERROR_MEMORY);
	buffer_clear(comment);
	e->totals.payload_bytes += packet->payload.len;
	if (dump_error(e->out))
		exporter_fail(e, dump_error(e->out));
}

void exporter_name_path(struct exporter *e, const struct facts_conn *c)
{
	const struct address *named = facts_unspecified(&c->local) ? &c->remote : &c->local;
	uint64_t key;

	if (!c->path)
		return;
	memcpy(&key, named->ip + 8, sizeof(key));
	if (map_get(&e->names, key))
		return;
	dump_name(e->out, named->ip, span_text(c->path));
	if (!map_put(&e->names, key, e))
		exporter_fail(e, TAPE_ERROR_MEMORY);
}

/* What one end sent and the other, which closed, never took: perhaps it never left the host. */
static void describe_unread(struct exporter *e, const struct facts_end *sender, bool by_client,
			    struct buffer *out)
{
	const struct facts_end *receiver = sender->twin;
	uint64_t sent = sender->moved[DIRECTION_SENT];
	uint64_t received = receiver->moved[DIRECTION_RECEIVED];

	if (!receiver->conn->closed || sent <= received)
		return;
	buffer_printf(out, "; %" PRIu64 " bytes that the %s sent were never read", sent - received,
		      by_client ? "client" : "server");
	if (!sender->file[LAYER_WIRE])
		e->totals.unread_bytes += sent - received;
}

static void describe_twin(struct exporter *e, const struct facts_end *end, enum layer layer,
			  bool local_is_client, struct buffer *out)
{
	const struct facts_conn *other = end->twin->conn;

	buffer_printf(out, "; its other end is conn %" PRIu64, other->id);
	if (layer == LAYER_WIRE && end->joined[layer] && !transport_is_datagram(other->transport)) {
		describe_unread(e, end, local_is_client, out);
		describe_unread(e, end->twin, !local_is_client, out);
	}
}

/* Bytes of what is said of a process, which ends with its command line. */
#define PROCESS_SHOWN 200

static void describe_process(const char *who, const struct facts_conn *c, struct buffer *out)
{
	const struct facts_process *process = c ? c->process : NULL;

	if (!process)
		return;
	buffer_printf(out, "; %s %s", who, process->name);
	if (*process->description)
		buffer_printf(out, " (%.*s)", PROCESS_SHOWN, process->description);
}

/* Whoever of both was recorded. */
static void describe_processes(const struct facts_end *end, struct buffer *out)
{
	const struct facts_conn *c = end->conn, *other = end->twin ? end->twin->conn : NULL;
	bool is_client = c->role != ROLE_SERVER;

	describe_process("client", is_client ? c : other, out);
	describe_process("server", is_client ? other : c, out);
}

/* What was made of what is inside TLS. */
static void describe_plaintext(const struct exporter *e, const struct facts_conn *c,
			       struct buffer *out)
{
	buffer_append_text(out, c->decrypted ? "; decrypted with keys"
					     : "; from the calls of the TLS library");
	if (e->options.tls == EXPORT_TLS_CARRIER)
		buffer_append_text(out, "; the TLS around it is made up and encrypts nothing");
	if (exporter_opening(e, c, LAYER_TLS, false).asked.client.len)
		buffer_append_text(out, "; so is the request for it");
	if (e->options.tls == EXPORT_TLS_KEYS)
		buffer_append_text(out, c->decrypted ? "; Wireshark can't open it, because the "
						       "handshake is missing"
						     : "; there are no keys for Wireshark");
	if (c->spliced[0] || c->spliced[1])
		buffer_append_text(out, "; what was said in clear before TLS stands in front, "
					"without the request for TLS");
}

static const char *layer_prefix(enum layer layer)
{
	if (layer == LAYER_CONTENTS)
		return "what the frames hold of ";
	return layer == LAYER_TLS ? "plaintext of the TLS of " : "";
}

void exporter_describe(struct exporter *e, const struct facts_end *end, enum layer layer,
		       const struct place *place, struct buffer *out)
{
	const struct facts_conn *c = end->conn;
	const struct protocol *protocol = layer == LAYER_TLS ? c->inside : c->protocol[layer];

	exporter_name_path(e, c);
	buffer_printf(out, "%sconn %" PRIu64, layer_prefix(layer), c->id);
	if (protocol)
		buffer_printf(out, ", %s", protocol->name);
	describe_processes(end, out);
	if (layer == LAYER_TLS)
		describe_plaintext(e, c, out);
	if (layer == LAYER_CONTENTS)
		buffer_printf(out, "; %s", contents_described(protocol));
	else if (c->has_contents && layer == c->contents_of)
		buffer_append_text(out, "; what its frames hold is a connection of its own");
	place_describe(end, place, out);
	if (!transport_is_datagram(c->transport) && !c->whole)
		buffer_append_text(out,
				   "; began before the recording, or before what was exported");
	if (exporter_opening(e, c, layer, !c->whole).http2)
		buffer_append_text(out, "; the preface of HTTP/2 is made up");
	if (c->lost_bytes && layer == LAYER_WIRE)
		buffer_printf(out, "; %" PRIu64 " bytes of it were lost", c->lost_bytes);
	if (end->twin)
		describe_twin(e, end, layer, place->local_is_client, out);
}

/* Behind the names of interfaces. */
static const char *layer_label(const struct exporter *e, enum layer layer)
{
	if (layer == LAYER_CONTENTS)
		return " contents";
	if (layer != LAYER_TLS)
		return "";
	return e->options.tls == EXPORT_TLS_CARRIER ? " made-up TLS" : " plaintext";
}

struct interface *exporter_interface(struct exporter *e, const struct facts_end *end,
				     enum layer layer, uint32_t pid, const struct process *process)
{
	const char *label = layer_label(e, layer);
	const struct facts_conn *c = end ? end->conn : NULL;
	struct interface *interface;

	if (end && end->twin) {
		const struct facts_conn *other = end->twin->conn;
		bool client = c->role != ROLE_SERVER;

		interface = interfaces_pair(e->interfaces, client ? c->process : other->process,
					    client ? other->process : c->process, label);
	} else if (!process && c && c->process) {
		/* Told of later than its connection, as a new process is. */
		interface = interfaces_of(e->interfaces, c->process, label);
	} else {
		interface = interfaces_get(e->interfaces, process, pid, label);
	}
	if (!interface)
		exporter_fail(e, TAPE_ERROR_MEMORY);
	return interface;
}
