/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/dns.h"

#include "protocols/dns/describe.h"
#include "protocols/dns/exchange.h"
#include "protocols/dns/frame.h"
#include "protocols/dns/infer.h"

static const struct column columns[] = {
#define DNS_COLUMN(id, name, sql, unit, help) {name, sql, unit, help},
	DNS_COLUMNS(DNS_COLUMN)
#undef DNS_COLUMN
};

const struct table dns_table = {
	.name = "dns",
	.summary = "DNS queries with their responses",
	.columns = columns,
	.column_count = DNS_COLUMN_COUNT,
	.describe = dns_describe,
};

static const struct table *const tables[] = {&dns_table, NULL};

static const char *const alpn[] = {"dot", NULL};

const struct protocol protocol_dns = {
	.name = "dns",
	.summary = "DNS over UDP and TCP, multicast DNS, LLMNR",
	.tables = tables,
	.ports = dns_ports,
	.alpn = alpn,
	.stream = true,
	.datagram = true,
	.infer = dns_infer,
	.open = dns_exchange_open,
	.close = dns_exchange_close,
	.framing =
		{
			.frame = dns_frame,
			.resync = dns_resync,
			.message = dns_exchange_message,
			.lost = dns_exchange_lost,
		},
	.finish = dns_exchange_finish,
	.pack = dns_exchange_pack,
	.unpack = dns_exchange_unpack,
};
