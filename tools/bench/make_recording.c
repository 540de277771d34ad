/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a recording as socktape-record would have made it of a busy server, for the benches of the
 * analyzer:
 *
 *     make_recording PROTOCOL EXCHANGES DIR [CONNECTIONS [SECONDS]]
 *
 * loads[] below has the protocols. CONNECTIONS 0: a new one for each exchange. SECONDS: that it all
 * takes; then blocks end each second, and snapshots are written, as in a recorder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/recording.h"

#define CONNECTIONS	50
#define CONNECTIONS_MAX 20000 /* each has a port of its own */
#define SECOND_NS	1000000000ll
#define EXCHANGE_NS	10000 /* 100,000 exchanges a second */

struct load {
	const char *name;
	uint16_t port;
	enum transport transport;
	/* Fills in the Nth exchange; returns the lengths. */
	void (*make)(uint64_t n, char *request, size_t *request_len, char *response,
		     size_t *response_len);
};

#define MESSAGE_MAX (BULK_LEN + 2048)
#define BULK_LEN    65536

/* Copies LEN bytes to TO; returns their end. */
static char *put(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

static void make_http(uint64_t n, char *request, size_t *request_len, char *response,
		      size_t *response_len)
{
	char body[64];
	int len = snprintf(body, sizeof(body), "{\"id\":%llu,\"name\":\"item %llu\"}\n",
			   (unsigned long long)n, (unsigned long long)n % 1000);

	*request_len = (size_t)snprintf(request, MESSAGE_MAX,
					"GET /api/items/%llu HTTP/1.1\r\nHost: shop.example\r\n"
					"User-Agent: bench/1.0\r\nAccept: */*\r\n\r\n",
					(unsigned long long)n);
	*response_len = (size_t)snprintf(response, MESSAGE_MAX,
					 "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
					 "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"
					 "Content-Type: application/json\r\n"
					 "Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%s",
					 len, body);
}

/* The same of few paths. */
static void make_paths(uint64_t n, char *request, size_t *request_len, char *response,
		       size_t *response_len)
{
	make_http(n % 50, request, request_len, response, response_len);
}

static void make_redis(uint64_t n, char *request, size_t *request_len, char *response,
		       size_t *response_len)
{
	char key[32];
	int len = snprintf(key, sizeof(key), "key:%012llu",
			   (unsigned long long)(n * 7919 % 100000));

	*request_len = (size_t)snprintf(request, MESSAGE_MAX, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n",
					len, key);
	*response_len = (size_t)snprintf(response, MESSAGE_MAX, "$8\r\n%08llu\r\n",
					 (unsigned long long)n % 100000000);
}

/* A look-up of one address, answered with one (RFC 1035 section 4.1). */
static void make_dns(uint64_t n, char *request, size_t *request_len, char *response,
		     size_t *response_len)
{
	static const char answer[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
	static const char tail[] = "\4shop\7example\0\0\1\0\1";
	size_t len = sizeof(answer) - 1;
	int host = snprintf(request, MESSAGE_MAX,
			    "%c%c\1%c%c\1%c%c%c%c%c%c\x0b"
			    "host-%06llu",
			    (int)(n >> 8 & 0xff), (int)(n & 0xff), 0, 0, 0, 0, 0, 0, 0, 0,
			    (unsigned long long)n % 1000000);

	memcpy(request + host, tail, sizeof(tail) - 1);
	*request_len = (size_t)host + sizeof(tail) - 1;
	memcpy(response, request, *request_len);
	response[2] = '\x81';
	response[3] = '\x80';
	response[7] = 1; /* answers */
	memcpy(response + *request_len, answer, len);
	*response_len = *request_len + len;
}

/* A message of 200 bytes is published and confirmed (AMQP 0-9-1, section 4.2.3). */
static void make_amqp(uint64_t n, char *request, size_t *request_len, char *response,
		      size_t *response_len)
{
	static const char select[] = "\1\0\1\0\0\0\5\0\x55\0\x0a\0\xce";
	static const char select_ok[] = "\1\0\1\0\0\0\4\0\x55\0\x0b\xce";
	static const char publish[] = "\1\0\1\0\0\0\x16\0\x3c\0\x28\0\0\6events\7";
	static const char header[] = "\0\xce\2\0\1\0\0\0\x1f\0\x3c\0\0\0\0\0\0\0\0\0\xc8\x90\0"
				     "\x0f"
				     "application/xml\2\xce\3\0\1\0\0\0\xc8";
	static const char ack[] = "\1\0\1\0\0\0\x0d\0\x3c\0\x50\0\0\0\0\0\0\0\0\0\xce";
	uint64_t tag = n / CONNECTIONS + 1;
	char *to = request, *back = response;

	if (tag == 1) { /* the channel's first */
		to = put(to, select, sizeof(select) - 1);
		back = put(back, select_ok, sizeof(select_ok) - 1);
	}
	to = put(to, publish, sizeof(publish) - 1);
	to += snprintf(to, 8, "key-%03u", (unsigned)(n % 1000));
	to = put(to, header, sizeof(header) - 1);
	memset(to, 'x', 200);
	to[snprintf(to, 32, "message %020llu", (unsigned long long)n)] = ' ';
	to += 200;
	*to++ = '\xce';
	*request_len = (size_t)(to - request);
	back = put(back, ack, sizeof(ack) - 1);
	for (int i = 0; i < 8; i++)
		back[i - 10] = (char)(tag >> 8 * (7 - i));
	*response_len = (size_t)(back - response);
}

static void put_be32(char *to, size_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)(value >> 8 * (3 - i));
}

/* A call with two arguments, in the binary protocol with its length, and its answer. */
static void make_thrift(uint64_t n, char *request, size_t *request_len, char *response,
			size_t *response_len)
{
	static const char call[] = "\0\0\0\x3a\x80\1\0\1\0\0\0\5"
				   "order....\x0b\0\1\0\0\0\x1a"
				   "abcdefghijklmnopqrstuvwxyz\x08\0\2....\0";
	static const char reply[] = "\0\0\0\x1d\x80\1\0\2\0\0\0\5"
				    "order....\x0a\0\0\0\0\0\0....\0";

	*request_len = sizeof(call) - 1;
	*response_len = sizeof(reply) - 1;
	memcpy(request, call, *request_len);
	memcpy(response, reply, *response_len);
	put_be32(request + 17, n);
	put_be32(request + *request_len - 5, n);
	put_be32(response + 17, n);
	put_be32(response + *response_len - 5, n);
}

/* A request to a service, and its answer at the inbox. */
static void make_nats(uint64_t n, char *request, size_t *request_len, char *response,
		      size_t *response_len)
{
	unsigned long long id = (unsigned long long)n;

	*request_len = (size_t)snprintf(request, MESSAGE_MAX,
					"PUB shop.orders.get _INBOX.bench.%012llu 41\r\n"
					"{\"order\":%012llu,\"from\":\"the bench\"}\r\n",
					id, id);
	*response_len = (size_t)snprintf(
		response, MESSAGE_MAX,
		"MSG _INBOX.bench.%012llu 1 56\r\n"
		"{\"order\":%012llu,\"price\":3.50,\"note\":\"a few words\"}\r\n",
		id, id);
}

/* A row is asked for, by version 4 of Cassandra's protocol. */
static void make_cql(uint64_t n, char *request, size_t *request_len, char *response,
		     size_t *response_len)
{
	static const char query[] = "\4\0\0\1\7....????";
	static const char parameters[] = "\0\1\4\0\0\x13\x88"; /* ONE, pages of 5,000 */
	static const char row[] =
		"\x84\0\0\1\x08....\0\0\0\2\0\0\0\1\0\0\0\3\0\4shop\0\6orders\0\2id"
		"\0\x09\0\4name\0\x0d\0\5price\0\7\0\0\0\1\0\0\0\4....\0\0\0\x0f"
		"a name of fifte\0\0\0\x08\x40\x0c\0\0\0\0\0\0";
	const size_t head = sizeof(query) - 1, front = 9, tail = sizeof(parameters) - 1;
	int len;

	memcpy(request, query, head);
	len = snprintf(request + head, MESSAGE_MAX - head,
		       "SELECT id, name, price FROM shop.orders WHERE id = %llu",
		       (unsigned long long)n);
	put_be32(request + front, (size_t)len);
	memcpy(request + head + (size_t)len, parameters, tail);
	*request_len = head + (size_t)len + tail;
	put_be32(request + 5, *request_len - front);
	*response_len = sizeof(row) - 1;
	memcpy(response, row, *response_len);
	put_be32(response + 5, *response_len - front);
	put_be32(response + *response_len - 35, (size_t)n & 0xffffffff);
}

static void put_le32(char *to, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)(value >> 8 * i);
}

/* A document is asked for by its id (OP_MSG), and found. */
static void make_mongodb(uint64_t n, char *request, size_t *request_len, char *response,
			 size_t *response_len)
{
	static const char find[] =
		"O\0\0\0....\0\0\0\0\xdd\7\0\0\0\0\0\0\0:\0\0\0\2find\0\7\0\0\0"
		"orders\0\3filter\0\x0e\0\0\0\x10_id\0....\0\2$db\0\5\0\0\0shop\0";
	static const char found[] =
		"\x9a\0\0\0----....\xdd\7\0\0\0\0\0\0\0\x85\0\0\0\3cursor\0l\0\0\0\4"
		"firstBatch\0\x3f\0\0\0\3"
		"0\0"
		"7\0\0\0\x10_id\0....\2name\0\x10\0\0\0a name of fifte\0\1price\0\0\0\0\0\0\0\x0c@"
		"\0\0\x10id\0\0\0\0\0\2ns\0\x0c\0\0\0shop.orders\0\0\1ok\0\0\0\0\0\0\0\xf0\x3f";

	*request_len = sizeof(find);
	*response_len = sizeof(found);
	memcpy(request, find, sizeof(find));
	memcpy(response, found, sizeof(found));
	put_le32(request + 4, n);
	put_le32(request + 59, n);
	put_le32(response + 4, n + 1000000);
	put_le32(response + 8, n);
	put_le32(response + 65, n);
}

/* A request with its trace, and its answer, as Finagle sends them. */
static void make_mux(uint64_t n, char *request, size_t *request_len, char *response,
		     size_t *response_len)
{
	static const char dispatch[] =
		"\0\0\0q\2\0\0\2\0\1\0(com.twitter.finagle.tracing.TraceContext\0 "
		"\0\0\0\1....\0\0\0\1"
		"....\0\0\0\1....\0\0\0\0\0\0\0\0\0\x0b/orders/get\0\0the order ......";
	static const char answer[] = "\0\0\0"
				     "2\xfe\0\0\2\0\0\0its price is 3.50 and a few words more ....";

	*request_len = sizeof(dispatch) - 1;
	*response_len = sizeof(answer) - 1;
	memcpy(request, dispatch, *request_len);
	memcpy(response, answer, *response_len);
	put_be32(request + 58, n);
	put_be32(request + 66, n);
	put_be32(request + 74, n);
	snprintf(request + *request_len - 6, 7, "%06u", (unsigned)(n % 1000000));
	snprintf(response + *response_len - 4, 5, "%04u", (unsigned)(n % 10000));
}

/* HTTP with long bodies, of which no two are the same. */
static void make_bulk(uint64_t n, char *request, size_t *request_len, char *response,
		      size_t *response_len)
{
	int head = snprintf(response, MESSAGE_MAX, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
			    BULK_LEN);

	*request_len = (size_t)snprintf(request, MESSAGE_MAX,
					"GET /blobs/%llu HTTP/1.1\r\nHost: shop.example\r\n\r\n",
					(unsigned long long)n);
	memset(response + head, 'x', BULK_LEN);
	snprintf(response + head, BULK_LEN, "%llu", (unsigned long long)n);
	*response_len = (size_t)head + BULK_LEN;
}

/* The eight digits of N where MESSAGE has as many points. */
static void put_digits(char *message, size_t len, uint64_t n)
{
	char digits[16], *at = memmem(message, len, "........", 8);

	snprintf(digits, sizeof(digits), "%08llu", (unsigned long long)n % 100000000);
	if (at)
		memcpy(at, digits, 8);
}

/* A statement with a parameter, by the extended protocol, and its row (PostgreSQL, "Message
 * Formats"). */
static void make_pgsql(uint64_t n, char *request, size_t *request_len, char *response,
		       size_t *response_len)
{
	static const char asked[] =
		"P\000\000\000=\000SELECT id, name, price FROM shop.orders WHERE id = $1\000"
		"\000\000B\000\000\000\030\000\000\000\000\000\001\000\000\000\010........"
		"\000\000D\000\000\000\006P\000E\000\000\000\011\000\000\000\000\000S\000\000"
		"\000\004";
	static const char answered[] =
		"1\000\000\000\0042\000\000\000\004T\000\000\000J\000\003id\000\000\000\000"
		"\000\000\000\000\000\000\027\000\004\377\377\377\377\000\000name\000\000\000"
		"\000\000\000\000\000\000\000\031\377\377\377\377\377\377\000\000price\000"
		"\000\000\000\000\000\000\000\000\002\275\000\010\377\377\377\377\000\000D"
		"\000\000\000-\000\003\000\000\000\010........\000\000\000\017a name of fifte"
		"\000\000\000\0043.50C\000\000\000\015SELECT 1\000Z\000\000\000\005I";

	static const char startup[] = "\0\0\0\x14\0\3\0\0user\0bench\0";
	static const char ready[] = "R\0\0\0\x08\0\0\0\0Z\0\0\0\5I";
	char *to = request, *back = response;

	if (n / CONNECTIONS == 0) {
		to = put(to, startup, sizeof(startup));
		back = put(back, ready, sizeof(ready) - 1);
	}
	*request_len = (size_t)(put(to, asked, sizeof(asked) - 1) - request);
	*response_len = (size_t)(put(back, answered, sizeof(answered) - 1) - response);
	put_digits(request, *request_len, n);
	put_digits(response, *response_len, n);
}

/* A query, and its row as text (MySQL, "Text Resultset"). */
static void make_mysql(uint64_t n, char *request, size_t *request_len, char *response,
		       size_t *response_len)
{
	static const char asked[] =
		"5\000\000\000\003SELECT id, name FROM shop.orders WHERE id = ........";
	static const char answered[] =
		"\001\000\000\001\002*\000\000\002\003def\004shop\006orders\006orders\002id"
		"\002id\014\077\000\013\000\000\000\003\003B\000\000\000.\000\000\003\003def"
		"\004shop\006orders\006orders\004name\004name\014!\000<\000\000\000\375\000"
		"\000\000\000\000\005\000\000\004\376\000\000\002\000\031\000\000\005\010...."
		"....\017a name of fifte\005\000\000\006\376\000\000\002\000";

	*request_len = sizeof(asked) - 1;
	*response_len = sizeof(answered) - 1;
	memcpy(request, asked, *request_len);
	memcpy(response, answered, *response_len);
	put_digits(request, *request_len, n);
	put_digits(response, *response_len, n);
}

/* A record is produced: Produce of version 7, a batch of magic 2. */
static void make_kafka(uint64_t n, char *request, size_t *request_len, char *response,
		       size_t *response_len)
{
	static const char asked[] =
		"\000\000\000\237\000\000\000\007....\000\005bench\377\377\000\001\000\000'"
		"\020\000\000\000\001\000\006orders\000\000\000\001\000\000\000\000\000\000"
		"\000p\000\000\000\000\000\000\000\000\000\000\000d\000\000\000\000\002\000"
		"\000\000\000\000\000\000\000\000\000\000\000\001\233v\332\250\000\000\000"
		"\001\233v\332\250\000\377\377\377\377\377\377\377\377\377\377\377\377\377"
		"\377\000\000\000\001d\000\000\000\014key-01L{\042order\042:........,\042note"
		"\042:\042some words\042}\000";
	static const char answered[] =
		"\000\000\0006....\000\000\000\001\000\006orders\000\000\000\001\000\000\000"
		"\000\000\000\000\000\000\000\000\000\000\007\377\377\377\377\377\377\377\377"
		"\000\000\000\000\000\000\000\000\000\000\000\000";

	*request_len = sizeof(asked) - 1;
	*response_len = sizeof(answered) - 1;
	memcpy(request, asked, *request_len);
	memcpy(response, answered, *response_len);
	put_be32(request + 8, n & 0xffffffff);
	put_be32(response + 4, n & 0xffffffff);
	put_digits(request, *request_len, n);
}

/* A GET with its answer in JSON; fields are indexed or literal (RFC 7541, section 6). */
static void make_http2(uint64_t n, char *request, size_t *request_len, char *response,
		       size_t *response_len)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
	static const char settings[] = "\0\0\0\4\0\0\0\0";
	static const char fields[] = "\1\x0cshop.example\x0f\x2b\x09"
				     "bench/1.0";
	uint64_t turn = n / CONNECTIONS;
	char *to = request, *back = response;
	int len;

	if (!turn) {
		to = put(to, preface, sizeof(preface));
		back = put(back, settings, sizeof(settings));
	}
	/* :method GET, :scheme http, a :path; then :authority and user-agent */
	memcpy(to, "\0\0\0\1\5\0\0\0\0\x82\x86\4", 12);
	len = snprintf(to + 13, 64, "/api/items/%012llu", (unsigned long long)n);
	to[12] = (char)len;
	memcpy(to + 13 + len, fields, sizeof(fields) - 1);
	to[2] = (char)(4 + (size_t)len + sizeof(fields) - 1);
	put_be32(to + 5, 2 * turn + 1);
	*request_len = (size_t)(to - request) + 13 + (size_t)len + sizeof(fields) - 1;
	/* :status 200 */
	memcpy(back, "\0\0\1\1\4\0\0\0\0\x88\0\0\0\0\1\0\0\0", 18);
	len = snprintf(back + 19, 128, "{\"id\":%llu,\"name\":\"item %llu\"}\n",
		       (unsigned long long)n, (unsigned long long)n % 1000);
	back[12] = (char)len;
	put_be32(back + 5, 2 * turn + 1);
	put_be32(back + 15, 2 * turn + 1);
	*response_len = (size_t)(back - response) + 19 + (size_t)len;
}

static const struct load loads[] = {
	{"http", 80, TRANSPORT_TCP, make_http},
	{"paths", 80, TRANSPORT_TCP, make_paths},
	{"redis", 6379, TRANSPORT_TCP, make_redis},
	{"dns", 53, TRANSPORT_UDP, make_dns},
	{"amqp", 5672, TRANSPORT_TCP, make_amqp},
	{"thrift", 9090, TRANSPORT_TCP, make_thrift},
	{"nats", 4222, TRANSPORT_TCP, make_nats},
	{"cql", 9042, TRANSPORT_TCP, make_cql},
	{"pgsql", 5432, TRANSPORT_TCP, make_pgsql},
	{"mysql", 3306, TRANSPORT_TCP, make_mysql},
	{"kafka", 9092, TRANSPORT_TCP, make_kafka},
	{"http2", 8080, TRANSPORT_TCP, make_http2},
	{"mongodb", 27017, TRANSPORT_TCP, make_mongodb},
	{"mux", 9990, TRANSPORT_TCP, make_mux},
	{"bulk", 80, TRANSPORT_TCP, make_bulk},
};

static struct address loopback(uint16_t port)
{
	return (struct address){.family = ADDRESS_INET4, .port = port, .ip = {127, 0, 0, 1}};
}

static int fd_of(uint64_t conn)
{
	return (int)(conn % CONNECTIONS_MAX) + 5;
}

static enum tape_error write_conn(struct recording_writer *w, const struct load *load,
				  uint64_t number, int64_t ts)
{
	struct event conn = {.type = EVENT_CONN, .ts = ts};

	conn.conn = (struct event_conn){
		.conn = number,
		.opened_ts = ts,
		.local = loopback(load->port),
		.remote = loopback((uint16_t)(40000 + number % CONNECTIONS_MAX)),
		.pid = 100,
		.fd = fd_of(number),
		.transport = load->transport,
		.role = ROLE_SERVER,
		.origin = ORIGIN_OPENED,
	};
	return recording_writer_event(w, &conn);
}

static enum tape_error begin(struct recording_writer *w, const struct load *load, int connections)
{
	struct event host = {.type = EVENT_HOST, .ts = SECOND_NS};
	struct event clock = {.type = EVENT_CLOCK, .ts = SECOND_NS};
	struct event process = {.type = EVENT_PROCESS, .ts = SECOND_NS};
	enum tape_error error;

	host.host.hostname = span_text("bench");
	clock.clock.realtime = 1790000000 * SECOND_NS;
	process.process = (struct event_process){.pid = 100, .name = span_text("server")};
	error = recording_writer_event(w, &host);
	if (!error)
		error = recording_writer_event(w, &clock);
	if (!error)
		error = recording_writer_event(w, &process);
	for (int i = 1; i <= connections && !error; i++)
		error = write_conn(w, load, (uint64_t)i, SECOND_NS);
	return error;
}

static enum tape_error write_data(struct recording_writer *w, uint64_t conn,
				  enum direction direction, const char *data, size_t len,
				  int64_t ts, uint64_t *position)
{
	struct event event = {.type = EVENT_DATA, .ts = ts};
	enum tape_error error;

	event.data = (struct event_data){
		.conn = conn,
		.offset = *position,
		.len = len,
		.payload = span_of(data, len),
		.pid = 100,
		.tid = 100,
		.fd = fd_of(conn),
		.call = direction == DIRECTION_SENT ? CALL_WRITE : CALL_READ,
		.direction = direction,
	};
	error = recording_writer_event(w, &event);
	*position += len;
	return error;
}

static enum tape_error write_exchange(struct recording_writer *w, const struct load *load,
				      uint64_t n, uint64_t conn, uint64_t positions[2], int64_t ts)
{
	char request[MESSAGE_MAX], response[MESSAGE_MAX];
	size_t request_len, response_len;
	enum tape_error error;

	load->make(n, request, &request_len, response, &response_len);
	error = write_data(w, conn, DIRECTION_RECEIVED, request, request_len, ts,
			   &positions[DIRECTION_RECEIVED]);
	return error ? error
		     : write_data(w, conn, DIRECTION_SENT, response, response_len, ts + 3000,
				  &positions[DIRECTION_SENT]);
}

/* One exchange on a connection of its own. */
static enum tape_error write_alone(struct recording_writer *w, const struct load *load, uint64_t n,
				   int64_t ts)
{
	struct event close = {.type = EVENT_CLOSE, .ts = ts + 4000};
	uint64_t positions[2] = {0};
	enum tape_error error = write_conn(w, load, n + 1, ts);

	if (!error)
		error = write_exchange(w, load, n, n + 1, positions, ts);
	close.close = (struct event_close){.conn = n + 1,
					   .sent = positions[DIRECTION_SENT],
					   .received = positions[DIRECTION_RECEIVED]};
	return error ? error : recording_writer_event(w, &close);
}

static enum tape_error write_all(struct recording_writer *w, const struct load *load,
				 uint64_t exchanges, int connections, int64_t seconds)
{
	static uint64_t positions[CONNECTIONS_MAX + 1][2];
	enum tape_error error = begin(w, load, connections);
	int64_t step = seconds ? seconds * SECOND_NS / (int64_t)exchanges : EXCHANGE_NS;
	int64_t ts = 2 * SECOND_NS, flushed = ts;

	for (uint64_t n = 0; n < exchanges && !error; n++, ts += step) {
		uint64_t conn = connections ? 1 + n * 31 % (uint64_t)connections : 0;
		int64_t jitter = (int64_t)(n * 2654435761u % 4096);

		error = conn ? write_exchange(w, load, n, conn, positions[conn], ts + jitter)
			     : write_alone(w, load, n, ts + jitter);
		if (!error && seconds && ts - flushed >= SECOND_NS) {
			error = recording_writer_flush(w);
			flushed = ts;
		}
	}
	return error ? error : recording_writer_finish(w);
}

int main(int argc, char **argv)
{
	const struct load *load = NULL;
	struct recording_writer_options options = {
		.start_monotonic = SECOND_NS,
		.start_realtime = 1790000000 * SECOND_NS,
	};
	struct recording_writer *w = NULL;
	int connections = argc > 4 ? atoi(argv[4]) : CONNECTIONS;
	int64_t seconds = argc > 5 ? atoi(argv[5]) : 0;
	enum tape_error error;

	for (size_t i = 0; argc >= 4 && argc <= 6 && i < sizeof(loads) / sizeof(loads[0]); i++)
		if (strcmp(argv[1], loads[i].name) == 0)
			load = &loads[i];
	if (!load || connections < 0 || connections > CONNECTIONS_MAX || seconds < 0) {
		fprintf(stderr,
			"usage: make_recording PROTOCOL EXCHANGES DIR [CONNECTIONS up to %d "
			"[SECONDS]]\n",
			CONNECTIONS_MAX);
		return 1;
	}
	options.path = argv[3];
	/* Snapshots are of recordings in several segments alone. */
	options.segment_len = seconds ? 256u << 20 : 0;
	error = recording_writer_new(&options, &w);
	if (!error)
		error = write_all(w, load, strtoull(argv[2], NULL, 10), connections, seconds);
	recording_writer_free(w);
	if (error)
		fprintf(stderr, "make_recording: %s: %s\n", argv[3], tape_error_text(error));
	return error != TAPE_OK;
}
