/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes behind something that is missing: so many bytes of nothing that makes sense before the
 * next message, or so many answers before what they answer.
 */
#include <stdint.h>

#include "protocols/cql/cql.h"
#include "protocols/http/http.h"
#include "protocols/http2/http2.h"
#include "protocols/kafka/kafka.h"
#include "protocols/mongodb/mongodb.h"
#include "protocols/mux/mux.h"
#include "protocols/mysql/mysql.h"
#include "protocols/nats/nats.h"
#include "protocols/pgsql/pgsql.h"
#include "protocols/redis/redis.h"
#include "protocols/thrift/thrift.h"
#include "protocols/tls/tls.h"
#include "protocols/websocket/websocket.h"
#include "tests/unit/stretch.h"

/* A request and its answer; then one that is lost, noise, and three more, that are answered. */
static void behind(struct speech *s, struct span asked, struct span told, const char *noise,
		   size_t n)
{
	speech_client(s);
	speech_bytes(s, asked);
	speech_server(s);
	speech_bytes(s, told);
	speech_client(s);
	speech_bytes(s, asked);
	speech_client(s);
	speech_repeat(s, noise, n);
	for (int i = 0; i < 3; i++)
		speech_bytes(s, asked);
	speech_server(s);
	for (int i = 0; i < 4; i++)
		speech_bytes(s, told);
}

/* The same of what the server says. */
static void behind_answers(struct speech *s, struct span asked, struct span told, const char *noise,
			   size_t n)
{
	speech_client(s);
	for (int i = 0; i < 5; i++)
		speech_bytes(s, asked);
	speech_server(s);
	speech_bytes(s, told);
	speech_server(s);
	speech_bytes(s, told);
	speech_server(s);
	speech_repeat(s, noise, n);
	for (int i = 0; i < 3; i++)
		speech_bytes(s, told);
}

#define BYTES(text) span_of(text, sizeof(text) - 1)

#define BEHIND(name, asked, told)                                                                  \
	static void name##_asks(struct speech *s, size_t n)                                        \
	{                                                                                          \
		behind(s, BYTES(asked), BYTES(told), "xyz", n);                                    \
	}                                                                                          \
	static void name##_tells(struct speech *s, size_t n)                                       \
	{                                                                                          \
		behind_answers(s, BYTES(asked), BYTES(told), "xyz", n);                            \
	}

BEHIND(redis, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", "$2\r\nhi\r\n")
BEHIND(http, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
BEHIND(nats, "PUB a 2\r\nhi\r\n", "MSG a 1 2\r\nhi\r\n")
BEHIND(websocket, "\x81\x82\0\0\0\0hi", "\x81\2hi")
BEHIND(pgsql, "Q\0\0\0\x0dselect 1\0", "C\0\0\0\x0dSELECT 1\0Z\0\0\0\5I")
BEHIND(mysql, "\x09\0\0\0\3select 1", "\7\0\0\1\0\0\0\2\0\0\0")
BEHIND(mongodb, "\x1e\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x0f\0\0\0\x10p\0\1\0\0\0\0\0",
       "\x26\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\x11\0\0\0\1ok\0\0\0\0\0\0\0\xf0\x3f\0")
BEHIND(cql, "\4\0\0\1\7\0\0\0\x08\0\0\0\1q\0\1\0", "\x84\0\0\1\x08\0\0\0\4\0\0\0\1")
BEHIND(kafka, "\0\0\0\x1b\0\x0c\0\0\0\0\0\1\0\2me\0\4shop\0\0\0\7\0\3m-1", "\0\0\0\6\0\0\0\1\0\0")
BEHIND(mux, "\0\0\0\x0d\2\0\0\1\0\0\0\2/a\0\0x", "\0\0\0\x08\xfe\0\0\1\0\0\0y")
BEHIND(thrift,
       "\x80\1\0\1\0\0\0\3"
       "add\0\0\0\1\x08\0\1\0\0\0\1\0",
       "\x80\1\0\2\0\0\0\3"
       "add\0\0\0\1\x08\0\0\0\0\0\3\0")
BEHIND(http2, "\0\0\3\1\5\0\0\0\1\x82\x84\x86", "\0\0\1\1\5\0\0\0\1\x88")
BEHIND(tls, "\x17\3\3\0\4data", "\x17\3\3\0\4told")

/* ---- answers that come first ---- */

static void kafka_early(struct speech *s, size_t n)
{
	speech_server(s);
	for (size_t i = 0; i < n; i++) {
		SPEECH_BYTES(s, "\0\0\0\6");
		speech_be(s, i, 4);
		speech_be(s, 0, 2);
	}
	speech_client(s);
	for (size_t i = 0; i < n; i++) {
		SPEECH_BYTES(s, "\0\0\0\x1b\0\x0c\0\0");
		speech_be(s, i, 4);
		SPEECH_BYTES(s, "\0\2me\0\4shop\0\0\0\7\0\3m-1");
	}
}

static void mux_early(struct speech *s, size_t n)
{
	speech_server(s);
	for (size_t i = 1; i <= n; i++) {
		SPEECH_BYTES(s, "\0\0\0\x08\xfe");
		speech_be(s, i, 3);
		SPEECH_BYTES(s, "\0\0\0y");
	}
	speech_client(s);
	for (size_t i = 1; i <= n; i++) {
		SPEECH_BYTES(s, "\0\0\0\x0d\2");
		speech_be(s, i, 3);
		SPEECH_BYTES(s, "\0\0\0\2/a\0\0x");
	}
}

static void redis_early(struct speech *s, size_t n)
{
	speech_server(s);
	speech_repeat(s, "+OK\r\n", n);
	speech_client(s);
	speech_repeat(s, "*1\r\n$4\r\nPING\r\n", n);
	speech_server(s);
	speech_put(s, "+OK\r\n");
}

static void http_early(struct speech *s, size_t n)
{
	speech_server(s);
	speech_repeat(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", n);
	speech_client(s);
	speech_repeat(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", n);
}

#define NOISE_MAX 262145

const struct stretch stretches_of_losses[] = {
	{"redis asks", &protocol_redis, NOISE_MAX, redis_asks, 3},
	{"redis tells", &protocol_redis, NOISE_MAX, redis_tells, 3},
	{"http asks", &protocol_http, NOISE_MAX, http_asks, 3},
	{"http tells", &protocol_http, NOISE_MAX, http_tells, 3},
	{"nats asks", &protocol_nats, NOISE_MAX, nats_asks, 3},
	{"nats tells", &protocol_nats, NOISE_MAX, nats_tells, 3},
	{"websocket asks", &protocol_websocket, 5000, websocket_asks, 3},
	{"websocket tells", &protocol_websocket, 5000, websocket_tells, 3},
	{"pgsql asks", &protocol_pgsql, NOISE_MAX, pgsql_asks, 3},
	{"pgsql tells", &protocol_pgsql, NOISE_MAX, pgsql_tells, 3},
	{"mysql asks", &protocol_mysql, 5000, mysql_asks, 3},
	{"mysql tells", &protocol_mysql, 5000, mysql_tells, 3},
	{"mongodb asks", &protocol_mongodb, NOISE_MAX, mongodb_asks, 3},
	{"mongodb tells", &protocol_mongodb, 5000, mongodb_tells, 3},
	{"cql asks", &protocol_cql, NOISE_MAX, cql_asks, 3},
	{"cql tells", &protocol_cql, 5000, cql_tells, 3},
	{"kafka asks", &protocol_kafka, NOISE_MAX, kafka_asks, 3},
	{"kafka tells", &protocol_kafka, 5000, kafka_tells, 3},
	{"mux asks", &protocol_mux, 5000, mux_asks, 3},
	{"mux tells", &protocol_mux, 5000, mux_tells, 3},
	{"thrift asks", &protocol_thrift, 5000, thrift_asks, 3},
	{"thrift tells", &protocol_thrift, 5000, thrift_tells, 3},
	{"http2 asks", &protocol_http2, 5000, http2_asks, 3},
	{"http2 tells", &protocol_http2, 5000, http2_tells, 3},
	{"tls asks", &protocol_tls, 5000, tls_asks, 3},
	{"tls tells", &protocol_tls, 5000, tls_tells, 3},
	{"kafka early", &protocol_kafka, 2100, kafka_early, 0},
	{"mux early", &protocol_mux, 2100, mux_early, 0},
	{"redis early", &protocol_redis, 2100, redis_early, 0},
	{"http early", &protocol_http, 2100, http_early, 0},
	{0},
};
