/* SPDX-License-Identifier: BSD-2-Clause */
/* What is taken for the beginning of a message where some of a stream is missing, and what isn't.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/nats/wire.h"
#include "protocols/pgsql/wire.h"
#include "protocols/protocol.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

#define NOWHERE -1

#define TEXT_16 "0123456789abcdef"
#define TEXT_64 TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define TEXT_65 TEXT_64 "g"

struct hole {
	const char *protocol;
	enum side side;
	const char *bytes;
	size_t len;
	int at; /* where a message begins */
};

#define CLIENT(name, bytes, at)                                                                    \
	{                                                                                          \
		name, SIDE_CLIENT, bytes, sizeof(bytes) - 1, at                                    \
	}
#define SERVER(name, bytes, at)                                                                    \
	{                                                                                          \
		name, SIDE_SERVER, bytes, sizeof(bytes) - 1, at                                    \
	}

static const struct hole holes[] = {
	/* Three in a row, or one that says much and has little missing. */
	SERVER("pgsql", "xxC\0\0\0\x0dSELECT 1\0Z\0\0\0\5I", 2),
	SERVER("pgsql", "xxZ\0\0\0\5XZ\0\0\0\5I", 8),
	SERVER("pgsql", "xxC\0\0\0\x0cSELECT 1Z\0\0\0\5I", 15),
	/* So much of a long statement is enough. */
	CLIENT("pgsql", "xxQ\0\0\1\0" TEXT_65, 2),
	CLIENT("pgsql", "xxQ\0\0\1\0" TEXT_64, NOWHERE),
	CLIENT("pgsql", "xxQ\0\0\0\x0dSELECT 1\0X\0\0\0\4", 2),
	CLIENT("pgsql", "xxQ\0\0\0\x0dSEL\1CT 1\0X\0\0\0\4", 16),
	/* A command that begins a conversation; packets whose numbers follow each other. */
	CLIENT("mysql", "xx\4\0\0\0\3abc", 2),
	CLIENT("mysql", "xx\4\0\0\x7f\3abc", NOWHERE),
	CLIENT("mysql",
	       "xx\4\0\0\0\x7f"
	       "abc",
	       NOWHERE),
	SERVER("mysql", "xx\1\0\0\1a\1\0\0\2b\1\0\0\3c", 2),
	SERVER("mysql", "xx\1\0\0\1a\1\0\0\2b", 2),
	SERVER("mysql", "xx\1\0\0\1a\1\0\0\2b\1", NOWHERE),
	SERVER("mysql", "xx\1\0\0\1a\1\0\0\3b\1\0\0\4c", 7),
	SERVER("mysql",
	       "xx\1\0\0\xff"
	       "a\1\0\0\0b\1\0\0\1c",
	       2),
	SERVER("mysql", "xx\7\0\0\1\0\0\0\2\0\0\0", 2),
	SERVER("mysql", "xx\7\0\0\x08\0\0\0\2\0\0\0", 2),
	SERVER("mysql", "xx\7\0\0\x09\0\0\0\2\0\0\0", NOWHERE),
	SERVER("mysql", "xx\6\0\0\1\0\0\0\2\0\0", NOWHERE),
	SERVER("mysql", "xx\x0d\0\0\1\xff\x28\4#42000wron", 2),
	SERVER("mysql", "xx\x0d\0\0\1\xff\x28\4.42000wron", NOWHERE),
	/* A record that another one follows, or the end. */
	SERVER("tls", "xx\x17\3\3\0\5abcde", 2),
	SERVER("tls", "xx\x17\3\3\0\5abcde\x17\3\3\0\1", 2),
	SERVER("tls", "xx\x17\3\3\0\5abcde\x17\4\3\0\1", NOWHERE),
	SERVER("tls", "xx\x17\3\3\0\4abcde", NOWHERE),
	SERVER("tls", "xx\x17\3\3\0\6abcde", NOWHERE),
	/* Several frames, or one that ends where the bytes do and is no data of a far stream. */
	SERVER("http2", "xx\0\0\4\x08\0\0\0\0\1\0\0\0\1", 2),
	SERVER("http2",
	       "xx\0\0\1\0\0\0\x0f\xff\xff"
	       "a",
	       2),
	SERVER("http2",
	       "xx\0\0\1\0\0\0\x10\0\0"
	       "a",
	       NOWHERE),
	SERVER("http2", "xx\0\0\4\x08\0\0\0\0\1\0\0\0", NOWHERE),
	SERVER("http2", "xx\0\0\4\x08\0\0\0\0\1\0\0\0\1\0\0\4\x08\0\0\0\0\1\0", 2),
	SERVER("http2", "xx\0\0\4\x08\0\0\0\0\1\0\0\0\1\0\0", NOWHERE),
	/* What fits the side, with a small tag, and a body that fits. */
	CLIENT("mux", "xx\0\0\0\4\x41\0\0\1", 2),
	CLIENT("mux", "xx\0\0\0\4\x41\1\0\0", NOWHERE),
	CLIENT("mux", "xx\0\0\0\x0a\xfe\0\0\1\0\0\0yes", NOWHERE),
	SERVER("mux", "xx\0\0\0\x0a\xfe\0\0\1\0\0\0yes", 2),
	SERVER("mux", "xx\0\0\0\x0a\xfe\0\0\1\3\0\0yes", NOWHERE),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\2\0\0yes", 2),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\3\0\0yes", NOWHERE),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\0\0\x20\0\1k", 2),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\0\0\x21\0\1k", NOWHERE),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\0\0\1\0\x80k", 2),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\0\0\1\0\x81k", NOWHERE),
	SERVER("mux", "xx\0\0\1\x0a\xfe\0\0\1\0\0\1\0\0k", NOWHERE),
	/* Three frames, or those up to the end. */
	SERVER("websocket", "\xff\xff\x81\1a\x81\1b\x81\1c\x81\1d", 2),
	SERVER("websocket", "\xff\xff\x81\1a\x83\1b\x81\1c\x81\1d\xff", NOWHERE),
	/* A line behind which there is nothing, or another one. */
	SERVER("nats", "lost\r\nMSG a 1 2\r\nhi\r\nPING\r\n", 6),
	SERVER("nats", "lost\r\nMSG a 1 2\r\nhi\r\n", 6),
	SERVER("nats", "lost\r\nMSG a 1 2\r\nhix\r\n", NOWHERE),
	SERVER("nats", "lost\r\nMSG a 1 2\r\nhi\r\nsome", NOWHERE),
	/* Whole frames end as they should. */
	CLIENT("amqp", "xx\x08\0\0\0\0\0\0\xce    ", 2),
	CLIENT("amqp", "xx\x08\0\0\0\0\0\0\xcd    ", NOWHERE),
	CLIENT("amqp", "xx\x08\0\1\0\0\0\0\xce    ", NOWHERE),
	SERVER("amqp", "xx\3\0\1\0\0\0\2hi\xce\x08\0\0\0\0\0\0\xce", 2),
	SERVER("amqp", "xx\3\0\1\0\0\0\2hi\xcd\x08\0\1\0\0\0\0\xce", NOWHERE),
};

static void beginnings(void **state)
{
	static const uint64_t fresh[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		const struct protocol *protocol = protocol_find(holes[i].protocol);
		struct cursor c = cursor_of(holes[i].bytes, holes[i].len);
		int at = NOWHERE;

		assert_non_null(protocol);
		if (protocol->framing.resync((void *)(uintptr_t)fresh, holes[i].side, &c))
			at = (int)cursor_position(&c);
		if (at != holes[i].at)
			fail_msg("%s, hole %zu: %d, not %d", holes[i].protocol, i, at, holes[i].at);
	}
}

static bool looks(enum side side, char type, struct span payload, bool whole)
{
	return pgsql_looks_like(side, (uint8_t)type, payload, whole);
}

/* PostgreSQL's documentation, "Message Formats". */
static void payloads_of_pgsql(void **state)
{
	(void)state;
	assert_true(looks(SIDE_SERVER, 'D', BYTES("\0\1\0\0\0\1x"), true));
	assert_true(looks(SIDE_SERVER, 'D', BYTES("\0\1\xff\xff\xff\xff"), true));
	assert_false(looks(SIDE_SERVER, 'D', BYTES("\0\1\xff\xff\xff\xfe"), true));
	assert_false(looks(SIDE_SERVER, 'D', BYTES("\0\1\0\0\0\2x"), true));
	assert_true(looks(SIDE_SERVER, 'D', BYTES("\0\1\0\0\0\2x"), false));
	assert_false(looks(SIDE_SERVER, 'D', BYTES("\0\1\0\0\0\1xy"), true));
	assert_false(looks(SIDE_SERVER, 'D', BYTES("\0\2\0\0\0\1x"), true));
	assert_true(looks(SIDE_SERVER, 'D', BYTES("\0\2\0\0\0\1x"), false));
	assert_true(looks(SIDE_SERVER, 'T', BYTES("\0\1a\0................\0\1"), true));
	assert_false(looks(SIDE_SERVER, 'T', BYTES("\0\1a\0................\0\2"), true));
	assert_false(looks(SIDE_SERVER, 'T', BYTES("\0\1a\0................\0"), true));
	assert_true(looks(SIDE_SERVER, 'T', BYTES("\0\1a\0................\0"), false));
	assert_false(looks(SIDE_SERVER, 'T', BYTES("\0\1a\0................\0\1x"), true));
	assert_true(looks(SIDE_SERVER, 'R', BYTES("\0\0\0\x0e"), true));
	assert_false(looks(SIDE_SERVER, 'R', BYTES("\0\0\0\x0f"), true));
	assert_true(looks(SIDE_SERVER, 'E', BYTES("SERROR\0\0"), true));
	assert_false(looks(SIDE_SERVER, 'E', BYTES("SERROR\0\0x"), true));
	assert_false(looks(SIDE_SERVER, 'E', BYTES("\0"), true));
	assert_false(looks(SIDE_SERVER, 'E', BYTES("SERROR\0"), true));
	assert_true(looks(SIDE_SERVER, 'E', BYTES("SERROR\0"), false));
	assert_true(looks(SIDE_SERVER, 'E', BYTES("SERR"), false));
	assert_true(looks(SIDE_SERVER, 'C', BYTES("SELE"), false));
	assert_true(looks(SIDE_CLIENT, 'D', BYTES("Ssom"), false));
	assert_false(looks(SIDE_SERVER, 'E', BYTES("xERROR\0\0"), true));
	assert_true(looks(SIDE_CLIENT, 'E', BYTES("p\0\0\0\0\0"), true));
	assert_false(looks(SIDE_CLIENT, 'E', BYTES("p\0\0\0\0"), true));
	assert_true(looks(SIDE_CLIENT, 'D', BYTES("Ss\0"), true));
	assert_false(looks(SIDE_CLIENT, 'D', BYTES("Xs\0"), true));
	assert_false(looks(SIDE_CLIENT, 'D', BYTES("Ss\0s"), true));
	assert_false(looks(SIDE_CLIENT, 'Q', BYTES("SELECT 1\0x"), true));
	assert_false(looks(SIDE_CLIENT, 'Q', BYTES("SELECT 1"), true));
	assert_true(looks(SIDE_CLIENT, 'Q', BYTES("SELECT 1"), false));
	assert_true(looks(SIDE_CLIENT, 'Q', BYTES("SELECT\n\t\r\f1 \0"), true));
	assert_false(looks(SIDE_CLIENT, 'Q', BYTES("SELECT\0131\0"), true));
}

static enum frame_status line(enum side side, const char *text, struct nats_line *line)
{
	size_t scanned = 0;

	return nats_line_read(span_text(text), side, &scanned, line);
}

/* Arguments that a verb has at least and at most, lengths, and what no argument has. */
static void lines_of_nats(void **state)
{
	struct nats_line l;

	(void)state;
	assert_int_equal(line(SIDE_CLIENT, "PUB a 1\r\n", &l), FRAME_DONE);
	assert_int_equal(l.len, 9);
	assert_int_equal(l.total, 1);
	assert_int_equal(l.reply.len, 0);
	assert_int_equal(line(SIDE_CLIENT, "PUB a b 1\n", &l), FRAME_DONE);
	assert_int_equal(l.reply.len, 1);
	assert_int_equal(line(SIDE_CLIENT, "PUB 1\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a b c 1\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a 1073741824\r\n", &l), FRAME_DONE);
	assert_int_equal(l.total, 1 << 30);
	assert_int_equal(line(SIDE_CLIENT, "PUB a 1073741825\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a 00000000001\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a 1/\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a 1:\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a\x7f 1\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "PUB a\x1f 1\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "HPUB a 12 12\r\n", &l), FRAME_DONE);
	assert_int_equal(l.header_len, 12);
	assert_int_equal(line(SIDE_CLIENT, "HPUB a 13 12\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "HPUB a 12\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_SERVER, "HMSG a 1 r 12 13\r\n", &l), FRAME_DONE);
	assert_int_equal(line(SIDE_SERVER, "HMSG a 1 r s 12 13\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "SUB a 1\r\n", &l), FRAME_DONE);
	assert_int_equal(l.queue.len, 0);
	assert_int_equal(line(SIDE_CLIENT, "SUB a q 1\r\n", &l), FRAME_DONE);
	assert_int_equal(l.queue.len, 1);
	assert_int_equal(line(SIDE_CLIENT, "UNSUB 1\r\n", &l), FRAME_DONE);
	assert_false(l.has_max);
	assert_int_equal(line(SIDE_CLIENT, "UNSUB 1 5\r\n", &l), FRAME_DONE);
	assert_true(l.has_max);
	assert_int_equal(l.max, 5);
	assert_int_equal(line(SIDE_CLIENT, "UNSUB 1 x\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "CONNECT {}\r\n", &l), FRAME_DONE);
	assert_int_equal(line(SIDE_CLIENT, "CONNECT a:443\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_CLIENT, "CONNECT\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_SERVER, "-ERR 'wrong'\r\n", &l), FRAME_DONE);
	assert_int_equal(line(SIDE_CLIENT, "-ERR 'wrong'\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_SERVER, "PING\r\n", &l), FRAME_DONE);
	assert_int_equal(line(SIDE_SERVER, "PING", &l), FRAME_MORE);
	assert_int_equal(line(SIDE_SERVER, "PI", &l), FRAME_MORE);
	assert_int_equal(line(SIDE_SERVER, "PINGS\r\n", &l), FRAME_BAD);
	assert_int_equal(line(SIDE_SERVER, "PING x\r\n", &l), FRAME_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beginnings),
		cmocka_unit_test(payloads_of_pgsql),
		cmocka_unit_test(lines_of_nats),
	};

	return cmocka_run_group_tests_name("resync", tests, NULL, NULL);
}
