/* SPDX-License-Identifier: BSD-2-Clause */
/* Protocols whose messages are lines of text. */
#include <stdint.h>

#include "protocols/http/http.h"
#include "protocols/nats/nats.h"
#include "protocols/proxy/proxy.h"
#include "protocols/redis/redis.h"
#include "protocols/socks/socks.h"
#include "protocols/websocket/websocket.h"
#include "tests/unit/stretch.h"

/* ---- Redis ---- */

static void bulk(struct speech *s, size_t n)
{
	speech_put(s, "$%zu\r\n", n);
	speech_repeat(s, "k", n);
	speech_put(s, "\r\n");
}

static void redis_key(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*2\r\n$3\r\nGET\r\n");
	bulk(s, n);
	speech_server(s);
	bulk(s, n);
}

static void redis_name(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*1\r\n");
	bulk(s, n);
	speech_server(s);
	speech_put(s, "-");
	speech_repeat(s, "e", n);
	speech_put(s, "\r\n");
}

static void redis_digits(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*1\r\n$6\r\nDBSIZE\r\n*1\r\n$4\r\nPING\r\n");
	speech_server(s);
	speech_put(s, ":");
	speech_repeat(s, "9", n);
	speech_put(s, "\r\n+PONG\r\n");
}

/* A length with zeros before it. */
static void redis_zeros(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*");
	speech_repeat(s, "0", n);
	speech_put(s, "1\r\n$4\r\nPING\r\n");
	speech_server(s);
	speech_put(s, "$");
	speech_repeat(s, "0", n);
	speech_put(s, "4\r\nPONG\r\n");
}

static void redis_elements(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*%zu\r\n$4\r\nMGET\r\n", n + 1);
	speech_repeat(s, "$1\r\nk\r\n", n);
	speech_server(s);
	speech_put(s, "*%zu\r\n", n);
	speech_repeat(s, ":1\r\n", n);
}

static void redis_depth(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*1\r\n$7\r\nCOMMAND\r\n");
	speech_server(s);
	speech_repeat(s, "*1\r\n", n);
	speech_put(s, "+x\r\n");
}

static void redis_inline(struct speech *s, size_t n)
{
	speech_client(s);
	speech_repeat(s, "\r\n", n % 7);
	speech_repeat(s, " ", n);
	speech_put(s, "PING");
	speech_repeat(s, " a", n);
	speech_put(s, "\r\n");
	speech_server(s);
	speech_put(s, "+PONG\r\n");
}

static void redis_pipeline(struct speech *s, size_t n)
{
	speech_client(s);
	speech_repeat(s, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", n);
	speech_server(s);
	speech_repeat(s, "$-1\r\n", n);
	speech_put(s, "+one too much\r\n");
}

static void redis_channels(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*%zu\r\n$9\r\nSUBSCRIBE\r\n", n + 1);
	speech_repeat(s, "$1\r\nc\r\n", n);
	speech_server(s);
	for (size_t i = 0; i < n; i++)
		speech_put(s, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:%zu\r\n", i + 1);
	speech_put(s, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n");
}

static void redis_secret(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*4\r\n$3\r\nACL\r\n$7\r\nSETUSER\r\n$2\r\nme\r\n$%zu\r\n#", n + 1);
	speech_repeat(s, "a", n);
	speech_put(s, "\r\n");
	speech_server(s);
	speech_put(s, "+OK\r\n");
}

static void redis_push(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
	speech_server(s);
	speech_put(s, "%%1\r\n+proto\r\n:3\r\n>%zu\r\n+invalidate\r\n", n + 1);
	speech_repeat(s, "#t\r\n", n);
	speech_put(s, "|1\r\n+ttl\r\n:1\r\n~%zu\r\n", n);
	speech_repeat(s, ",1.5\r\n", n);
}

/* ---- NATS ---- */

static void nats_open(struct speech *s)
{
	speech_server(s);
	speech_put(s, "INFO {\"server_id\":\"a\",\"version\":\"2.10.0\",\"headers\":true}\r\n");
	speech_client(s);
	speech_put(s, "CONNECT {\"verbose\":false,\"headers\":true}\r\nPING\r\n");
	speech_server(s);
	speech_put(s, "PONG\r\n");
}

static void nats_payload(struct speech *s, size_t n)
{
	nats_open(s);
	speech_client(s);
	speech_put(s, "PUB a %zu\r\n", n);
	speech_repeat(s, "p", n);
	speech_put(s, "\r\nSUB b 1\r\n");
	speech_server(s);
	speech_put(s, "MSG b 1 %zu\r\n", n);
	speech_repeat(s, "m", n);
	speech_put(s, "\r\n");
}

static void nats_headers(struct speech *s, size_t n)
{
	nats_open(s);
	speech_client(s);
	speech_put(s, "HPUB a %zu %zu\r\nNATS/1.0\r\n", 12 + 6 * n, 14 + 6 * n);
	speech_repeat(s, "K: v\r\n", n);
	speech_put(s, "\r\nhi\r\nPING\r\n");
}

static void nats_header(struct speech *s, size_t n)
{
	nats_open(s);
	speech_client(s);
	speech_put(s, "HPUB a %zu %zu\r\nNATS/1.0\r\nK: ", 17 + n, 17 + n);
	speech_repeat(s, "v", n);
	speech_put(s, "\r\n\r\n\r\nPING\r\n");
}

static void nats_tokens(struct speech *s, size_t n)
{
	nats_open(s);
	speech_client(s);
	speech_put(s, "SUB x.> 1\r\nPUB $JS.ACK");
	speech_repeat(s, ".1", n);
	speech_put(s, " 4\r\n+ACK\r\nPUB $JS.API.STREAM.INFO");
	speech_repeat(s, ".s", n);
	speech_put(s, " _INBOX.a.b 0\r\n\r\n");
	speech_server(s);
	speech_put(s, "MSG x.y 1 $JS.ACK");
	speech_repeat(s, ".7", n);
	speech_put(s, " 2\r\nhi\r\n");
}

static void nats_args(struct speech *s, size_t n)
{
	nats_open(s);
	speech_client(s);
	speech_put(s, "SUB");
	speech_repeat(s, " a", n);
	speech_put(s, "\r\nPUB");
	speech_repeat(s, "\tb", n);
	speech_put(s, " 0\r\n\r\n");
}

/* Requests by name, of which the first is answered last. */
static void nats_waiting(struct speech *s, size_t n)
{
	nats_open(s);
	speech_client(s);
	speech_put(s, "SUB _INBOX.x.* 1\r\n");
	for (size_t i = 0; i < n; i++)
		speech_put(s, "PUB ask _INBOX.x.%zu 1\r\na\r\n", i);
	speech_server(s);
	for (size_t i = n; i-- > 0;)
		speech_put(s, "MSG _INBOX.x.%zu 1 1\r\nb\r\n", i);
}

/* ---- HTTP ---- */

#define HTTP_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void http_path(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "GET /");
	speech_repeat(s, "p", n);
	speech_put(s, " HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, HTTP_OK);
}

static void http_method(struct speech *s, size_t n)
{
	speech_client(s);
	speech_repeat(s, "M", n);
	speech_put(s, " / HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, "HTTP/1.1 ");
	speech_repeat(s, "2", n);
	speech_put(s, " OK\r\nContent-Length: 0\r\n\r\n");
}

static void http_name(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "GET / HTTP/1.1\r\nHost: a\r\n");
	speech_repeat(s, "N", n);
	speech_put(s, ": v\r\n\r\n");
	speech_server(s);
	speech_put(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX:");
	speech_repeat(s, " ", n);
	speech_put(s, "v\r\n\r\n");
}

static void http_heads(struct speech *s, size_t n)
{
	speech_client(s);
	speech_repeat(s, "\r\n", n % 9);
	speech_put(s, "GET / HTTP/1.1\r\n");
	speech_repeat(s, "A: b\r\n", n);
	speech_put(s, "\r\n");
	speech_server(s);
	speech_put(s, HTTP_OK);
}

static void http_body(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", n);
	speech_repeat(s, "b", n);
	speech_server(s);
	speech_put(s, "HTTP/1.1 200 OK\r\n\r\n");
	speech_repeat(s, "e", n);
}

static void http_chunks(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	speech_repeat(s, "1;a=b\r\nc\r\n", n);
	speech_put(s, "%zx\r\n", n + 1);
	speech_repeat(s, "d", n + 1);
	speech_put(s, "\r\n0\r\nT: 1\r\n\r\n" HTTP_OK);
}

/* Before a chunk: an extension, a number with zeros before it. */
static void http_chunk_line(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
	speech_repeat(s, "x", n);
	speech_put(s, "\r\nc\r\n");
	speech_repeat(s, "0", n);
	speech_put(s, "1\r\nd\r\n0\r\nT: ");
	speech_repeat(s, "t", n);
	speech_put(s, "\r\n\r\n");
}

static void http_pipeline(struct speech *s, size_t n)
{
	speech_client(s);
	speech_repeat(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", n);
	speech_server(s);
	speech_repeat(s, "HTTP/1.1 100 Continue\r\n\r\n", n % 5);
	speech_repeat(s, HTTP_OK, n + 1);
}

/* ---- WebSocket ---- */

static void websocket_head(struct speech *s, unsigned first, bool masked, uint64_t n)
{
	unsigned mask = masked ? 0x80 : 0;

	speech_be(s, first, 1);
	speech_be(s, (n < 126 ? (unsigned)n : n < 65536 ? 126 : 127) | mask, 1);
	if (n >= 126)
		speech_be(s, n, n < 65536 ? 2 : 8);
	if (masked)
		speech_be(s, 0, 4);
}

static void websocket_text(struct speech *s, size_t n)
{
	speech_client(s);
	websocket_head(s, 0x81, true, n);
	speech_repeat(s, "w", n);
	speech_server(s);
	websocket_head(s, 0x82, false, n);
	speech_repeat(s, "\xfe", n);
}

static void websocket_fragments(struct speech *s, size_t n)
{
	speech_server(s);
	websocket_head(s, 0x01, false, 1);
	speech_put(s, "a");
	for (size_t i = 0; i < n; i++) {
		websocket_head(s, 0x00, false, 1);
		speech_put(s, "b");
	}
	websocket_head(s, 0x80, false, n % 3);
	speech_repeat(s, "c", n % 3);
}

static void websocket_control(struct speech *s, size_t n)
{
	speech_server(s);
	websocket_head(s, 0x89, false, n);
	speech_repeat(s, "p", n);
	speech_client(s);
	websocket_head(s, 0x8a, true, n);
	speech_repeat(s, "p", n);
	websocket_head(s, 0x88, true, n);
	speech_repeat(s, "\3\xe8", n / 2);
	speech_repeat(s, "r", n % 2);
}

/* ---- what stands before others ---- */

static void proxy_line(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "PROXY TCP6 ");
	speech_repeat(s, "0", n % 5);
	speech_put(s, ":");
	speech_repeat(s, ":", n);
	speech_put(s, "1 ::2 %zu 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", n);
	speech_server(s);
	speech_put(s, HTTP_OK);
}

static void proxy_unknown(struct speech *s, size_t n)
{
	speech_client(s);
	speech_put(s, "PROXY UNKNOWN");
	speech_repeat(s, " ", n);
	speech_put(s, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, HTTP_OK);
}

static void proxy_binary(struct speech *s, size_t n)
{
	speech_client(s);
	SPEECH_BYTES(s, "\r\n\r\n\0\r\nQUIT\n\x21\x11");
	speech_be(s, n, 2);
	SPEECH_BYTES(s, "\x0a\0\0\1\x0a\0\0\2\x9c\x40\0\x50");
	for (size_t i = 12; i + 3 <= n; i += 3)
		SPEECH_BYTES(s, "\x04\0\0");
	speech_repeat(s, "x", n > 12 ? n % 3 : 0);
	speech_put(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, HTTP_OK);
}

static void socks_name(struct speech *s, size_t n)
{
	speech_client(s);
	SPEECH_BYTES(s, "\5\1\0");
	speech_server(s);
	SPEECH_BYTES(s, "\5\0");
	speech_client(s);
	SPEECH_BYTES(s, "\5\1\0\3");
	speech_be(s, n, 1);
	speech_repeat(s, "n", n % 256);
	speech_be(s, 80, 2);
	speech_server(s);
	SPEECH_BYTES(s, "\5\0\0\1\x0a\0\0\2\x1f\x40");
	speech_client(s);
	speech_put(s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	speech_server(s);
	speech_put(s, HTTP_OK);
}

static void socks_methods(struct speech *s, size_t n)
{
	speech_client(s);
	speech_be(s, 5, 1);
	speech_be(s, n, 1);
	speech_repeat(s, "\2", n % 256);
	speech_server(s);
	SPEECH_BYTES(s, "\5\2");
	speech_client(s);
	speech_be(s, 1, 1);
	speech_be(s, n, 1);
	speech_repeat(s, "u", n % 256);
	speech_be(s, n, 1);
	speech_repeat(s, "p", n % 256);
	speech_server(s);
	SPEECH_BYTES(s, "\1\1");
}

static void socks_user(struct speech *s, size_t n)
{
	speech_client(s);
	SPEECH_BYTES(s, "\4\1\0\x50\0\0\0\1");
	speech_repeat(s, "u", n);
	speech_be(s, 0, 1);
	speech_repeat(s, "h", n);
	speech_be(s, 0, 1);
	speech_server(s);
	SPEECH_BYTES(s, "\0\x5a\0\x50\x0a\0\0\2");
}

const struct stretch stretches_of_text[] = {
	{"redis key", &protocol_redis, 70000, redis_key, 0},
	{"redis name", &protocol_redis, 70000, redis_name, 0},
	{"redis name, inferred", NULL, 300, redis_name, 0},
	{"redis digits", &protocol_redis, 100, redis_digits, 0},
	{"redis zeros", &protocol_redis, 100, redis_zeros, 0},
	{"redis elements", &protocol_redis, 70000, redis_elements, 0},
	{"redis depth", &protocol_redis, 5000, redis_depth, 0},
	{"redis inline", &protocol_redis, 70000, redis_inline, 0},
	{"redis pipeline", &protocol_redis, 5000, redis_pipeline, 0},
	{"redis channels", &protocol_redis, 2100, redis_channels, 0},
	{"redis secret", &protocol_redis, 300, redis_secret, 0},
	{"redis push", &protocol_redis, 5000, redis_push, 0},
	{"nats payload", &protocol_nats, 70000, nats_payload, 0},
	{"nats headers", &protocol_nats, 20000, nats_headers, 0},
	{"nats header", &protocol_nats, 70000, nats_header, 0},
	{"nats tokens", &protocol_nats, 300, nats_tokens, 0},
	{"nats arguments", &protocol_nats, 20, nats_args, 0},
	{"nats waiting", &protocol_nats, 2100, nats_waiting, 0},
	{"http path", &protocol_http, 70000, http_path, 0},
	{"http method", &protocol_http, 300, http_method, 0},
	{"http method, inferred", NULL, 100, http_method, 0},
	{"http name", &protocol_http, 20000, http_name, 0},
	{"http heads", &protocol_http, 20000, http_heads, 0},
	{"http body", &protocol_http, 70000, http_body, 0},
	{"http chunks", &protocol_http, 20000, http_chunks, 0},
	{"http chunk line", &protocol_http, 20000, http_chunk_line, 0},
	{"http pipeline", NULL, 2100, http_pipeline, 0},
	{"websocket text", &protocol_websocket, 70000, websocket_text, 0},
	{"websocket fragments", &protocol_websocket, 70000, websocket_fragments, 0},
	{"websocket control", &protocol_websocket, 300, websocket_control, 0},
	{"websocket, inferred", NULL, 300, websocket_text, 0},
	{"proxy line", NULL, 130, proxy_line, 0},
	{"proxy unknown", NULL, 130, proxy_unknown, 0},
	{"proxy binary", NULL, 5000, proxy_binary, 0},
	{"socks name", NULL, 300, socks_name, 0},
	{"socks methods", NULL, 300, socks_methods, 0},
	{"socks user", NULL, 1030, socks_user, 0},
	{0},
};
