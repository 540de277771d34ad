/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/amqp/amqp.h"
#include "protocols/amqp1/amqp1.h"
#include "protocols/cql/cql.h"
#include "protocols/dns/dns.h"
#include "protocols/protocol.h"
#include "protocols/quic/quic.h"
#include "protocols/mux/mux.h"
#include "protocols/thrift/thrift.h"
#include "protocols/nats/nats.h"
#include "protocols/http/http.h"
#include "protocols/http2/http2.h"
#include "protocols/kafka/kafka.h"
#include "protocols/mongodb/mongodb.h"
#include "protocols/mysql/mysql.h"
#include "protocols/pgsql/pgsql.h"
#include "protocols/proxy/proxy.h"
#include "protocols/redis/redis.h"
#include "protocols/socks/socks.h"
#include "protocols/tls/tls.h"
#include "protocols/websocket/websocket.h"

/* The order is that of the documentation; it decides nothing else but a tie in inference. */
/* clang-format off */
const struct protocol *const protocols[] = {
	&protocol_proxy,
	&protocol_socks,
	&protocol_http,
	&protocol_http2,
	&protocol_websocket,
	&protocol_mysql,
	&protocol_pgsql,
	&protocol_mongodb,
	&protocol_kafka,
	&protocol_amqp,
	&protocol_amqp1,
	&protocol_nats,
	&protocol_mux,
	&protocol_thrift,
	&protocol_redis,
	&protocol_dns,
	&protocol_tls,
	&protocol_cql,
	&protocol_quic,
	NULL,
};
/* clang-format on */
