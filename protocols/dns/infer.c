/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/infer.h"

#include <stdio.h>

#include "protocols/dns/frame.h"
#include "protocols/dns/number.h"
#include "protocols/dns/schema.h"
#include "protocols/dns/shape.h"

#define PORT_DNS     53
#define PORT_NETBIOS 137
#define PORT_DOT     853
#define PORT_MDNS    5353
#define PORT_LLMNR   5355

const uint16_t dns_ports[] = {PORT_DNS, PORT_MDNS, PORT_LLMNR, PORT_DOT, 0};

/* What the bytes of one direction look like. */
struct look {
	struct dns_shape shape;
	bool cut;      /* they are only the beginning of a datagram */
	bool searched; /* they don't begin with a message, one stands in them */
};

/* ---- grades into scores ---- */

/* By enum dns_grade: with a well-known port, and without. */
struct score {
	int port;
	int no_port;
};

/* A datagram has its end: what isn't a message as a whole is one on a well-known port at most. */
static const struct score datagram_scores[] = {
	[DNS_GRADE_NONE] = {0, 0},	[DNS_GRADE_HEADER] = {60, 0}, [DNS_GRADE_QUERY] = {65, 0},
	[DNS_GRADE_QUESTION] = {75, 0}, [DNS_GRADE_WHOLE] = {90, 0},  [DNS_GRADE_STRICT] = {98, 88},
};

/* The length before a message is evidence of its own; the message may not have come whole. */
static const struct score stream_scores[] = {
	[DNS_GRADE_NONE] = {0, 0},    [DNS_GRADE_HEADER] = {55, 0},
	[DNS_GRADE_QUERY] = {80, 55}, [DNS_GRADE_QUESTION] = {90, 75},
	[DNS_GRADE_WHOLE] = {90, 0},  [DNS_GRADE_STRICT] = {98, 88},
};

static bool is_on(const struct sample *sample, uint16_t port)
{
	return sample->local_port == port || sample->remote_port == port;
}

static bool has_port(const struct sample *sample)
{
	for (const uint16_t *port = dns_ports; *port; port++)
		if (is_on(sample, *port))
			return true;
	return false;
}

/* ---- looking ---- */

/* The worst of the messages that stand one after the other from here on; the first one's header. */
static struct look look_at_stream(struct span bytes)
{
	struct look look = {.shape.grade = DNS_GRADE_NONE};

	for (bool first = true;; first = false) {
		struct cursor c = cursor_of(bytes.data, bytes.len);
		size_t len = cursor_be16(&c);
		size_t left = cursor_left(&c);
		struct dns_shape shape;

		if (left < DNS_HEADER_LEN)
			return look;
		shape = dns_shape_of(span_of(c.pos, left < len ? left : len), len);
		if (first || shape.grade < DNS_GRADE_QUERY)
			look.shape = shape;
		if (left <= len || shape.grade < DNS_GRADE_QUERY)
			return look;
		bytes.data += DNS_TCP_PREFIX + len;
		bytes.len -= DNS_TCP_PREFIX + len;
	}
}

/* The first whole message anywhere. */
static struct look search_stream(struct span bytes)
{
	struct look look = {.shape.grade = DNS_GRADE_NONE};

	for (; bytes.len > DNS_HEADER_LEN; bytes.data++, bytes.len--) {
		look = look_at_stream(bytes);
		look.searched = true;
		if (look.shape.grade == DNS_GRADE_STRICT)
			return look;
	}
	look.shape.grade = DNS_GRADE_NONE;
	return look;
}

static struct look look_at(const struct sample *sample, enum direction direction)
{
	struct span bytes = sample->bytes[direction];
	struct look look = {0};

	if (transport_is_datagram(sample->transport)) {
		look.cut = bytes.len == SAMPLE_MAX;
		look.shape = dns_shape_of(bytes, look.cut ? UINT16_MAX : bytes.len);
		if (dns_shape_is_netbios(bytes))
			look.shape.grade = DNS_GRADE_NONE;
		return look;
	}
	look = look_at_stream(bytes);
	if (look.shape.grade < DNS_GRADE_QUERY && sample->midstream)
		look = search_stream(bytes);
	return look;
}

static int score_of(const struct sample *sample, const struct look *look)
{
	bool whole = transport_is_datagram(sample->transport) && !look->cut;
	const struct score *score = &(whole ? datagram_scores : stream_scores)[look->shape.grade];

	if (has_port(sample))
		return score->port;
	/* In the middle of a stream zeroes are everywhere, and would be a usual header. */
	if (sample->midstream && look->shape.grade < DNS_GRADE_STRICT)
		return 0;
	/*
	 * A header alone is little: multicast DNS asks several at once, in datagrams on its port,
	 * and what is behind the header must not speak against it.
	 */
	if (look->shape.grade == DNS_GRADE_QUERY &&
	    (look->shape.header.counts[DNS_QUESTION] != 1 || look->shape.odd))
		return 0;
	return score->no_port;
}

/* ---- the verdict ---- */

static const char *message_kind(const struct dns_header *h)
{
	return h->flags & DNS_QR ? "response" : "query";
}

static void explain(struct verdict *v, const struct sample *sample, const struct look *look)
{
	static const char *const grades[] = {
		[DNS_GRADE_NONE] = "",
		[DNS_GRADE_HEADER] = "a header that could be one, and the port",
		[DNS_GRADE_QUERY] = "a usual header",
		[DNS_GRADE_QUESTION] = "header and first record are well-formed",
		[DNS_GRADE_WHOLE] = "all of it well-formed, types unknown",
		[DNS_GRADE_STRICT] = "all of it well-formed, to the last byte",
	};
	const struct dns_header *h = &look->shape.header;
	const char *opcode = dns_number_name(&dns_opcodes, (uint16_t)dns_opcode(h));

	snprintf(v->reason, sizeof(v->reason), "%s%s %s, id %u: %s%s",
		 look->searched ? "after other bytes a " : "", opcode ? opcode : "DNS",
		 message_kind(h), h->id, grades[look->shape.grade],
		 has_port(sample) ? "; well-known port" : "");
}

/* Who sent a query is the client; in multicast DNS everybody asks and answers. */
static enum role role_of(const struct sample *sample, const struct look *look,
			 enum direction direction)
{
	bool asks = !(look->shape.header.flags & DNS_QR);
	bool sent = direction == DIRECTION_SENT;
	bool local = sample->local_port == PORT_MDNS, remote = sample->remote_port == PORT_MDNS;

	if ((local && remote) || ((local || remote) && look->shape.header.id == 0))
		return ROLE_UNKNOWN;
	return asks == sent ? ROLE_CLIENT : ROLE_SERVER;
}

/*
 * Anything with room for a header, on the port of DNS: malformed, but what else would it be? On
 * that of its kin as many records as the header says must find room, whatever is asked with them.
 */
static void judge_by_port(const struct sample *sample, struct verdict *verdict)
{
	struct span bytes = sample->bytes[sample->bytes[0].len ? 0 : 1];
	struct cursor c = cursor_of(bytes.data, bytes.len);
	bool kin = is_on(sample, PORT_LLMNR) || is_on(sample, PORT_MDNS);
	struct dns_header header;

	if (!transport_is_datagram(sample->transport) || bytes.len < DNS_HEADER_LEN)
		return;
	dns_header_read(&c, &header);
	kin = kin && header.counts[DNS_QUESTION] && dns_header_fits(&header, bytes.len);
	if (!kin && !is_on(sample, PORT_DNS))
		return;
	verdict->score = INFER_PLAUSIBLE;
	snprintf(verdict->reason, sizeof(verdict->reason),
		 "only the port is that of DNS: not a single message is well-formed");
}

void dns_infer(const struct sample *sample, struct verdict *verdict)
{
	int scores[2] = {0, 0};
	struct look looks[2];
	int best;

	if (is_on(sample, PORT_NETBIOS))
		return;
	for (int d = 0; d < 2; d++) {
		looks[d] = look_at(sample, (enum direction)d);
		scores[d] = score_of(sample, &looks[d]);
	}
	best = scores[0] >= scores[1] ? 0 : 1;
	/*
	 * Elsewhere what the other side says must be DNS, too, as soon as there is enough of it; it
	 * may have more in it than is known.
	 */
	if (!has_port(sample) && looks[!best].shape.grade < DNS_GRADE_QUESTION && !scores[!best] &&
	    sample->bytes[!best].len >= DNS_HEADER_LEN + 2)
		return;
	if (scores[best] == 0) {
		judge_by_port(sample, verdict);
		return;
	}
	verdict->score = scores[best];
	verdict->role = role_of(sample, &looks[best], (enum direction)best);
	explain(verdict, sample, &looks[best]);
}
