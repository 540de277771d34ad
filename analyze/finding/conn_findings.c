/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/conn_findings.h"

#include "analyze/output/text.h"
#include "analyze/replay/conn_row.h"

/* The first retransmission of a SYN comes after a second (RFC 6298, section 2). */
#define SLOW_CONNECT_NS INT64_C(950000000)

static enum finding_kind failure(uint16_t error)
{
	switch (error) {
	case CONN_ERROR_CONNREFUSED:
		return FINDING_REFUSED;
	case CONN_ERROR_TIMEDOUT:
		return FINDING_TIMED_OUT;
	case CONN_ERROR_NETDOWN:
	case CONN_ERROR_NETUNREACH:
	case CONN_ERROR_HOSTDOWN:
	case CONN_ERROR_HOSTUNREACH:
		return FINDING_UNREACHABLE;
	default:
		return FINDING_FAILED;
	}
}

static void append_way(struct buffer *what, const struct connection *c)
{
	bool server = connection_role(c) == ROLE_SERVER;

	buffer_append_text(what, server ? c->remote_text : c->local_text);
	buffer_append_text(what, " to ");
	buffer_append_text(what, server ? c->local_text : c->remote_text);
}

/* How it could not be opened, or broke. */
static void tell_end(const struct connection *c, struct buffer *what, conn_found_fn *found,
		     void *context)
{
	enum finding_kind kind = FINDING_RESET;

	if (c->state == CONN_FAILED || c->error == CONN_ERROR_TIMEDOUT)
		kind = failure(c->error);
	else if (c->state != CONN_RESET)
		return;
	append_way(what, c);
	if (c->error) {
		buffer_append_text(what, ": ");
		buffer_append_span(what, conn_error_words(span_text(conn_error_text(c->error))));
	}
	if (c->state_by != END_UNKNOWN)
		buffer_printf(what, ", by the %s end", conn_end_text(c->state_by));
	found(context, kind, c->state == CONN_RESET && c->reset_ts ? c->reset_ts : c->end_ts,
	      buffer_span(what));
}

static void tell_handshake(const struct connection *c, int64_t now, struct buffer *what,
			   conn_found_fn *found, void *context)
{
	int64_t took = connection_connect_ns(c);
	enum finding_kind kind = FINDING_SLOW_CONNECT;

	if (c->state == CONN_OPENING) {
		kind = FINDING_NO_REPLY;
		took = now - c->start_ts;
	}
	if (took < SLOW_CONNECT_NS)
		return;
	append_way(what, c);
	buffer_append_text(what, kind == FINDING_NO_REPLY ? ": nothing for " : ": ");
	text_append_duration(what, took);
	found(context, kind, c->start_ts, buffer_span(what));
}

static void tell_loss(const struct connection *c, struct buffer *what, conn_found_fn *found,
		      void *context)
{
	uint64_t lost = c->lost_bytes - c->earlier_bytes;

	if (!lost)
		return;
	append_way(what, c);
	buffer_append_text(what, ": ");
	text_append_bytes(what, lost);
	if (c->unseen_bytes[0] + c->unseen_bytes[1])
		buffer_append_text(what, ", some by calls that no hook saw");
	found(context, FINDING_DATA_LOST, c->end_ts, buffer_span(what));
}

void conn_findings(const struct connection *c, int64_t now, conn_found_fn *found, void *context)
{
	struct buffer what = {0};

	tell_end(c, &what, found, context);
	buffer_clear(&what);
	tell_handshake(c, now, &what, found, context);
	buffer_clear(&what);
	tell_loss(c, &what, found, context);
	buffer_free(&what);
}
