/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/pcapng/splice.h"

#include "protocols/mysql/mysql.h"
#include "protocols/pgsql/pgsql.h"

/*
 * MySQL's login, which comes behind greeting 0 and SSLRequest 1: without TLS it would be packet 1,
 * and wouldn't ask for TLS (its "Protocol Basics", Packets; Protocol::HandshakeResponse41).
 */
static const struct mend {
	uint64_t at;
	uint8_t clear;
	uint8_t set;
} login[] = {
	{3, 0xff, 1},	 /* number of the packet */
	{5, 0x08, 0x00}, /* CLIENT_SSL, 0x0800 of the capabilities */
};

bool splice_keeps(const struct protocol *p)
{
	/* A greeting, and NATS' INFO. PostgreSQL's server says no more than that it agrees. */
	return p == &protocol_mysql || strcmp(p->name, "nats") == 0;
}

struct splice_request splice_request(const struct protocol *p)
{
	/* SSLRequest: its length, and 1234 and 5679 where a version stands (Message Formats). */
	static const char ssl_request[] = "\0\0\0\x8\x4\xd2\x16\x2f";
	struct splice_request request = {0};

	if (p != &protocol_pgsql)
		return request;
	request.client = span_of(ssl_request, sizeof(ssl_request) - 1);
	request.server = span_text("S");
	return request;
}

void splice_mend(const struct protocol *p, struct event_data *data, struct buffer *copy)
{
	if (p != &protocol_mysql || data->offset > login[1].at)
		return;
	buffer_clear(copy);
	buffer_append_span(copy, data->payload);
	if (copy->failed)
		return;
	for (size_t i = 0; i < sizeof(login) / sizeof(login[0]); i++) {
		const struct mend *m = &login[i];
		uint8_t *byte;

		if (m->at < data->offset || m->at - data->offset >= copy->len)
			continue;
		byte = (uint8_t *)copy->data + (m->at - data->offset);
		*byte = (uint8_t)((*byte & ~m->clear) | m->set);
	}
	data->payload = buffer_span(copy);
}
