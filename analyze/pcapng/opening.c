/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/opening.h"

#include "protocols/http2/wire.h"

/* An empty SETTINGS frame, which has to follow: RFC 9113, sections 3.4 and 6.5. */
#define EMPTY_SETTINGS "\0\0\0\4\0\0\0\0\0"

static void give_carrier(const struct opening *o, opening_part_fn *part, void *context)
{
	const struct carrier *c = &o->carrier;
	struct buffer bytes = {0};

	if (o->asked.client.len) {
		part(context, true, o->asked.client);
		part(context, false, o->asked.server);
	}
	carrier_client_hello(c, &bytes);
	part(context, true, buffer_span(&bytes));
	buffer_clear(&bytes);
	carrier_server_hello(c, &bytes);
	part(context, false, buffer_span(&bytes));
	buffer_clear(&bytes);
	carrier_client_end(&bytes);
	part(context, true, buffer_span(&bytes));
	buffer_free(&bytes);
}

void opening_give(const struct opening *o, opening_part_fn *part, void *context)
{
	static const char preface[] = HTTP2_PREFACE EMPTY_SETTINGS;

	if (o->carried)
		give_carrier(o, part, context);
	else if (o->http2)
		part(context, true, span_of(preface, sizeof(preface) - 1));
}

static void add_len(void *context, bool client, struct span bytes)
{
	struct opening_len *len = context;

	*(client ? &len->client : &len->server) += (uint32_t)bytes.len;
}

struct opening_len opening_len(const struct opening *o)
{
	struct opening_len len = {0};

	opening_give(o, add_len, &len);
	return len;
}
