/* SPDX-License-Identifier: BSD-2-Clause */
/* The lengths that a message may say it has: the shortest and the longest, and one more or less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/http2/wire.h"
#include "protocols/mysql/state.h"
#include "protocols/pgsql/state.h"
#include "protocols/pgsql/wire.h"
#include "protocols/quic/packet.h"
#include "protocols/redis/resp.h"
#include "protocols/websocket/wire.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

struct head {
	const char *protocol;
	enum side side;
	struct span bytes;
	enum frame_status status;
	uint64_t len;
};

#define CLIENT(name, bytes, len)                                                                   \
	{                                                                                          \
		name, SIDE_CLIENT, {bytes, sizeof(bytes) - 1}, FRAME_DONE, len                     \
	}
#define SERVER(name, bytes, len)                                                                   \
	{                                                                                          \
		name, SIDE_SERVER, {bytes, sizeof(bytes) - 1}, FRAME_DONE, len                     \
	}
#define BAD_OF_CLIENT(name, bytes)                                                                 \
	{                                                                                          \
		name, SIDE_CLIENT, {bytes, sizeof(bytes) - 1}, FRAME_BAD, 0                        \
	}
#define BAD_OF_SERVER(name, bytes)                                                                 \
	{                                                                                          \
		name, SIDE_SERVER, {bytes, sizeof(bytes) - 1}, FRAME_BAD, 0                        \
	}
#define MORE_OF_CLIENT(name, bytes)                                                                \
	{                                                                                          \
		name, SIDE_CLIENT, {bytes, sizeof(bytes) - 1}, FRAME_MORE, 0                       \
	}
#define MORE_OF_SERVER(name, bytes)                                                                \
	{                                                                                          \
		name, SIDE_SERVER, {bytes, sizeof(bytes) - 1}, FRAME_MORE, 0                       \
	}

static const struct head heads[] = {
	/* Method, content's header, body, heartbeat: AMQP 0-9-1, section 2.3. */
	MORE_OF_CLIENT("amqp", "\1\0\0\0\0\0"),
	CLIENT("amqp", "\1\0\0\0\0\0\4", 12),
	BAD_OF_CLIENT("amqp", "\1\0\0\0\0\0\3"),
	CLIENT("amqp", "\2\0\0\0\0\0\x0e", 22),
	BAD_OF_CLIENT("amqp", "\2\0\0\0\0\0\x0d"),
	CLIENT("amqp", "\3\0\0\0\0\0\0", 8),
	CLIENT("amqp", "\3\0\0\1\0\0\0", (16 << 20) + 8),
	BAD_OF_CLIENT("amqp", "\3\0\0\1\0\0\1"),
	CLIENT("amqp", "\x08\0\0\0\0\0\0", 8),
	BAD_OF_CLIENT("amqp", "\x08\0\0\0\0\0\1"),
	BAD_OF_CLIENT("amqp", "\4\0\0\0\0\0\4"),
	MORE_OF_CLIENT("amqp", "AMQP\0\0\x09"),
	CLIENT("amqp", "AMQP\0\0\x09\1", 8),
	BAD_OF_CLIENT("amqp", "AMQX\0\0\x09\1"),
	/* All are at least a header; maxMessageSizeBytes, and a head. */
	MORE_OF_CLIENT("mongodb", "\x10\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0"),
	CLIENT("mongodb", "\x10\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0", 16),
	BAD_OF_CLIENT("mongodb", "\x0f\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0"),
	CLIENT("mongodb", "\0\xac\xdc\2\1\0\0\0\0\0\0\0\xdd\7\0\0", 48016384),
	BAD_OF_CLIENT("mongodb", "\1\xac\xdc\2\1\0\0\0\0\0\0\0\xdd\7\0\0"),
	/* A type and a tag are behind the length. */
	MORE_OF_CLIENT("mux", "\0\0\0\4\x41\0\0"),
	CLIENT("mux", "\0\0\0\4\x41\0\0\1", 8),
	BAD_OF_CLIENT("mux", "\0\0\0\3\x41\0\0\1"),
	CLIENT("mux", "\x10\0\0\0\2\0\0\1", (256 << 20) + 4),
	BAD_OF_CLIENT("mux", "\x10\0\0\1\2\0\0\1"),
	/* ApiVersions has the shortest header; answers have a correlation id. */
	MORE_OF_CLIENT("kafka", "\0\0\0\x08\0\x12\0"),
	CLIENT("kafka", "\0\0\0\x08\0\x12\0\0", 12),
	BAD_OF_CLIENT("kafka", "\0\0\0\7\0\x12\0\0"),
	CLIENT("kafka", "\6\x40\0\0\0\x12\0\0", (100 << 20) + 4),
	BAD_OF_CLIENT("kafka", "\6\x40\0\1\0\x12\0\0"),
	MORE_OF_SERVER("kafka", "\0\0\0"),
	SERVER("kafka", "\0\0\0\4", 8),
	BAD_OF_SERVER("kafka", "\0\0\0\3"),
	SERVER("kafka", "\x7f\xff\xff\xff", 0x80000003),
	BAD_OF_SERVER("kafka", "\x80\0\0\0"),
	/* With a length before the strict form of a message. */
	MORE_OF_CLIENT("thrift", "\0\0\0"),
	CLIENT("thrift", "\0\0\0\x11\x80\1\0\1\0\0\0\4ping\0\0\0\1\0", 21),
	CLIENT("thrift", "\x10\0\0\0\x80\1\0\1\0\0\0\4ping\0\0\0\1\0", (256 << 20) + 4),
	BAD_OF_CLIENT("thrift", "\x10\0\0\1\x80\1\0\1\0\0\0\4ping\0\0\0\1\0"),
	/* RFC 6455, section 5.2: three forms of the length. */
	MORE_OF_SERVER("websocket", "\x82"),
	SERVER("websocket", "\x82\x7d", 127),
	MORE_OF_SERVER("websocket", "\x82\x7e\0"),
	SERVER("websocket", "\x82\x7e\0\x7e", 130),
	MORE_OF_SERVER("websocket", "\x82\x7f\0\0\0\0\0\1\0"),
	SERVER("websocket", "\x82\x7f\0\0\0\0\0\1\0\0", 65546),
	BAD_OF_SERVER("websocket", "\x82\x7f\x80\0\0\0\0\0\0\0"),
	MORE_OF_CLIENT("websocket", "\x82\xfd\1\2\3"),
	CLIENT("websocket", "\x82\xfd\1\2\3\4", 131),
	BAD_OF_SERVER("websocket", "\x83\1"),
	BAD_OF_SERVER("websocket", "\x8b\1"),
	SERVER("websocket", "\x88\2", 4),
	SERVER("websocket", "\x8a\2", 4),
	/* Change of the cipher to heartbeat; SSL 3.0 to TLS 1.3; a record and what encryption adds.
	 */
	MORE_OF_SERVER("tls", "\x16\3\3\0"),
	SERVER("tls", "\x14\3\0\0\1", 6),
	SERVER("tls", "\x18\3\4\0\1", 6),
	BAD_OF_SERVER("tls", "\x13\3\3\0\1"),
	BAD_OF_SERVER("tls", "\x19\3\3\0\1"),
	BAD_OF_SERVER("tls", "\x16\2\xff\0\1"),
	BAD_OF_SERVER("tls", "\x16\3\5\0\1"),
	SERVER("tls", "\x16\3\3\x48\0", 18437),
	BAD_OF_SERVER("tls", "\x16\3\3\x48\1"),
	/* MAX_STARTUP_PACKET_LENGTH; of what follows pgsql_lengths() tells more. */
	MORE_OF_CLIENT("pgsql", "\0\0\0\x08\x04\xd2\x16"),
	CLIENT("pgsql", "\0\0\0\x08\x04\xd2\x16\x2f", 8),
	BAD_OF_CLIENT("pgsql", "\0\0\0\7\x04\xd2\x16\x2f"),
	CLIENT("pgsql", "\0\0\x27\x10\0\3\0\0", 10000),
	BAD_OF_CLIENT("pgsql", "\0\0\x27\x11\0\3\0\0"),
	BAD_OF_CLIENT("pgsql", "\0\0\x27\x10\0\2\0\0"),
	MORE_OF_SERVER("pgsql", "Z\0\0\0"),
	SERVER("pgsql", "Z\0\0\0\5", 6),
	BAD_OF_SERVER("pgsql", "Z\0\0\0\6"),
	/* Section 2.4.1.5 of CQL's specification, version 4. */
	MORE_OF_SERVER("cql", "\x84\0\0\1\x08\0\0\0"),
	SERVER("cql", "\x84\0\0\1\x08\0\0\0\0", 9),
	SERVER("cql", "\x84\0\0\1\x08\x10\0\0\0", (256 << 20) + 9),
	BAD_OF_SERVER("cql", "\x84\0\0\1\x08\x10\0\0\1"),
	BAD_OF_SERVER("cql", "\4\0\0\1\7\0\0\0\0"),
	/* RFC 9113, section 6: PING has 8 bytes; a type that nobody knows is as long as any. */
	MORE_OF_SERVER("http2", "\0\0\x08\6\0\0\0\0"),
	SERVER("http2", "\0\0\x08\6\0\0\0\0\0", 17),
	SERVER("http2", "\0\x40\0\x20\0\0\0\0\0", 16393),
	BAD_OF_SERVER("http2", "\0\x40\1\x20\0\0\0\0\0"),
};

static enum frame_status ask(const struct head *head, const void *state, uint64_t *len)
{
	const struct protocol *protocol = protocol_find(head->protocol);
	struct cursor c = cursor_of(head->bytes.data, head->bytes.len);
	uint64_t memo[512] = {0};
	struct frame frame = {.memo = memo, .side = head->side};
	enum frame_status status;

	assert_non_null(protocol);
	assert_true(protocol->framing.memo_size <= sizeof(memo));
	status = protocol->framing.frame(state, head->side, &c, &frame);
	*len = frame.len;
	return status;
}

static void lengths_of_frames(void **state)
{
	static const uint64_t fresh[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		uint64_t len;
		enum frame_status status = ask(&heads[i], fresh, &len);

		if (status != heads[i].status || (status == FRAME_DONE && len != heads[i].len))
			fail_msg("%s, head %zu: %d, %llu", heads[i].protocol, i, status,
				 (unsigned long long)len);
	}
}

/* The longest that servers take, and the shortest that have what belongs into them. */
static void pgsql_lengths(void **state)
{
	static const struct {
		enum side side;
		char type;
		uint32_t least;
		uint32_t most;
	} types[] = {
		{SIDE_CLIENT, 'Q', 5, 1 << 30},	 {SIDE_CLIENT, 'P', 8, 1 << 30},
		{SIDE_CLIENT, 'B', 12, 1 << 30}, {SIDE_CLIENT, 'E', 9, 1024},
		{SIDE_CLIENT, 'S', 4, 4},	 {SIDE_CLIENT, 'f', 5, 1 << 16},
		{SIDE_SERVER, 'R', 8, 1 << 16},	 {SIDE_SERVER, 'K', 12, 264},
		{SIDE_SERVER, 'Z', 5, 5},	 {SIDE_SERVER, 'T', 6, 1 << 24},
		{SIDE_SERVER, 'C', 5, 256},	 {SIDE_SERVER, 'E', 5, 1 << 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enum side side = types[i].side;
		uint8_t type = (uint8_t)types[i].type;

		assert_true(pgsql_may_be(side, type, types[i].least));
		assert_true(pgsql_may_be(side, type, types[i].most));
		assert_false(pgsql_may_be(side, type, types[i].least - 1));
		assert_false(pgsql_may_be(side, type, types[i].most + 1));
	}
	assert_false(pgsql_may_be(SIDE_SERVER, 'Q', 100));
}

static void ask_all(const struct head *all, size_t count, const void *state)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t len;

		assert_int_equal(ask(&all[i], state, &len), all[i].status);
		if (all[i].status == FRAME_DONE)
			assert_int_equal(len, all[i].len);
	}
}

static void lengths_of_what_is_encrypted(void **state)
{
	static const struct head sealed[] = {
		MORE_OF_CLIENT("pgsql", "\0\0\0"),    CLIENT("pgsql", "\0\0\0\1", 5),
		BAD_OF_CLIENT("pgsql", "\0\0\0\0"),   CLIENT("pgsql", "\0\0\x40\0", 16388),
		BAD_OF_CLIENT("pgsql", "\0\0\x40\1"),
	};
	const struct pgsql_state st = {.sealed = true};

	(void)state;
	ask_all(sealed, sizeof(sealed) / sizeof(sealed[0]), &st);
}

/* What compression makes longer, it makes little longer; 0: it isn't compressed. */
static void lengths_of_what_is_compressed(void **state)
{
	static const struct head packets[] = {
		MORE_OF_CLIENT("mysql", "\2\4\0\0\1\0"),
		CLIENT("mysql", "\2\4\0\0\1\0\0", 1033),
		BAD_OF_CLIENT("mysql", "\3\4\0\0\1\0\0"),
		CLIENT("mysql", "\3\4\0\0\0\0\0", 1034),
	};
	const struct mysql_state st = {.compressed = true};

	(void)state;
	ask_all(packets, sizeof(packets) / sizeof(packets[0]), &st);
}

/* So much is waited for to know whether a packet is compressed, of which its end would tell. */
static void mysql_undecided(void **state)
{
	static const struct head packets[] = {
		MORE_OF_CLIENT("mysql", "\xff\xff\0\0\0\0\0\0\0"),
		MORE_OF_CLIENT("mysql", "\0\0\1\0\0\0\0\0\0"),
		CLIENT("mysql", "\1\0\1\0\0\0\0\0\0", 0x10005),
	};
	const struct mysql_state st = {.undecided = true};

	(void)state;
	ask_all(packets, sizeof(packets) / sizeof(packets[0]), &st);
}

static bool is_odd(struct span bytes, enum side side)
{
	struct websocket_head head;

	assert_int_equal(websocket_head_read(bytes, side, &head), WEBSOCKET_IS);
	return head.odd;
}

/* RFC 6455, sections 5.1, 5.2 and 5.5. */
static void websocket_rules(void **state)
{
	(void)state;
	assert_false(is_odd(BYTES("\x89\x7d"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\x89\x7e\0\x7e"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\x09\1"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\xc9\1"), SIDE_SERVER));
	assert_false(is_odd(BYTES("\xc1\1"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\xc0\1"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\x81\x7e\0\x7d"), SIDE_SERVER));
	assert_false(is_odd(BYTES("\x81\x7e\0\x7e"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\x81\x7f\0\0\0\0\0\0\xff\xff"), SIDE_SERVER));
	assert_false(is_odd(BYTES("\x81\x7f\0\0\0\0\0\1\0\0"), SIDE_SERVER));
	assert_true(is_odd(BYTES("\x81\x81\0\0\0\0"), SIDE_SERVER));
	assert_false(is_odd(BYTES("\x81\x81\0\0\0\0"), SIDE_CLIENT));
	assert_true(is_odd(BYTES("\x81\1"), SIDE_CLIENT));
}

static bool is_valid(enum http2_type type, uint8_t flags, uint32_t stream, uint32_t len)
{
	const struct http2_header h = {
		.len = len, .type = (uint8_t)type, .flags = flags, .stream = stream};

	return http2_header_valid(&h, false);
}

/* RFC 9113, section 6; RFC 7838, 8336 and 9218 for the last ones. */
static void http2_rules(void **state)
{
	static const struct {
		enum http2_type type;
		uint32_t stream;
		uint32_t least;
		uint32_t most;
	} types[] = {
		{HTTP2_PRIORITY, 1, 5, 5},	{HTTP2_RST_STREAM, 1, 4, 4},
		{HTTP2_PING, 0, 8, 8},		{HTTP2_GOAWAY, 0, 8, 65536},
		{HTTP2_WINDOW_UPDATE, 0, 4, 4}, {HTTP2_WINDOW_UPDATE, 1, 4, 4},
		{HTTP2_ALTSVC, 0, 2, 65536},	{HTTP2_PRIORITY_UPDATE, 0, 4, 65536},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_true(is_valid(types[i].type, 0, types[i].stream, types[i].least));
		assert_true(is_valid(types[i].type, 0, types[i].stream, types[i].most));
		assert_false(is_valid(types[i].type, 0, types[i].stream, types[i].least - 1));
		assert_false(is_valid(types[i].type, 0, types[i].stream, types[i].most + 1));
		assert_false(is_valid(types[i].type, 2, types[i].stream, types[i].least));
	}
	assert_true(is_valid(HTTP2_SETTINGS, 0, 0, 6));
	assert_false(is_valid(HTTP2_SETTINGS, 0, 0, 7));
	assert_false(is_valid(HTTP2_SETTINGS, 0, 1, 6));
	assert_true(is_valid(HTTP2_SETTINGS, HTTP2_FLAG_ACK, 0, 0));
	assert_false(is_valid(HTTP2_SETTINGS, HTTP2_FLAG_ACK, 0, 6));
	assert_false(is_valid(HTTP2_DATA, 0, 0, 1));
	assert_true(is_valid(HTTP2_DATA, 0, 1, 0));
	assert_false(is_valid(HTTP2_PING, 0, 1, 8));
	assert_false(is_valid((enum http2_type)(HTTP2_PRIORITY_UPDATE + 1), 0, 0, 4));
}

static enum frame_status token(struct span bytes, struct resp_token *token)
{
	return resp_token((const uint8_t *)bytes.data, bytes.len, token);
}

/* Numbers of RESP are 64 bits with a sign. */
static void redis_numbers(void **state)
{
	struct resp_token t;

	(void)state;
	assert_int_equal(token(BYTES(":9223372036854775807\r\n"), &t), FRAME_DONE);
	assert_true(t.number == INT64_MAX);
	assert_int_equal(token(BYTES(":9223372036854775808\r\n"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":-9223372036854775808\r\n"), &t), FRAME_DONE);
	assert_true(t.number == INT64_MIN);
	assert_int_equal(token(BYTES(":-9223372036854775809\r\n"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":18446744073709551617\r\n"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":+0\r\n"), &t), FRAME_DONE);
	assert_int_equal(t.size, 5);
	assert_int_equal(token(BYTES(":-\r\n"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":1/\r\n"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":12:\r\n"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":12\rx"), &t), FRAME_BAD);
	assert_int_equal(token(BYTES(":12\r"), &t), FRAME_MORE);
	assert_int_equal(token(BYTES(":12"), &t), FRAME_MORE);
	assert_int_equal(token(BYTES(":"), &t), FRAME_MORE);
}

static void check_quic(struct span head, size_t len, bool is, bool whole)
{
	uint8_t bytes[128] = {0};
	struct quic_packet packet;

	assert_true(len <= sizeof(bytes));
	memcpy(bytes, head.data, head.len);
	assert_int_equal(quic_packet_read(span_of(bytes, len), &packet), is);
	if (is)
		assert_int_equal(packet.whole, whole);
}

/* RFC 9000, section 17.2: ids of 20 bytes at most, a tag of 16 bytes, pairs of versions. */
static void quic_lengths(void **state)
{
	static const char id_20[] = "\xe0\0\0\0\1\x14"
				    "12345678901234567890"
				    "\0\x10";
	static const char id_21[] = "\xe0\0\0\0\1\x15"
				    "123456789012345678901"
				    "\0\x10";
	static const char from_20[] = "\xe0\0\0\0\1\0\x14"
				      "12345678901234567890"
				      "\x10";
	static const char from_21[] = "\xe0\0\0\0\1\0\x15"
				      "123456789012345678901"
				      "\x10";

	(void)state;
	check_quic(BYTES(id_20), sizeof(id_20) - 1 + 16, true, true);
	check_quic(BYTES(id_20), sizeof(id_20) - 1 + 15, true, false);
	check_quic(BYTES(id_21), sizeof(id_21) - 1 + 16, false, false);
	check_quic(BYTES(from_20), sizeof(from_20) - 1 + 16, true, true);
	check_quic(BYTES(from_21), sizeof(from_21) - 1 + 16, false, false);
	check_quic(BYTES("\xe0\0\0\0\1\0\0\x0f"), 8 + 15, true, false);
	check_quic(BYTES("\xe0\0\0\0\1\0\0\x11"), 8 + 17, true, true);
	/* The token of an Initial, and what is behind it. */
	check_quic(BYTES("\xc0\0\0\0\1\0\0\2xy\x10"), 11 + 16, true, true);
	check_quic(BYTES("\xc0\0\0\0\1\0\0\2xy\x10"), 11 + 15, true, false);
	check_quic(BYTES("\xc0\0\0\0\1\0\0\2xy"), 9, true, false);
	/* A Retry; a Negotiation of one version, of none, and of a part of one. */
	check_quic(BYTES("\xf0\0\0\0\1\0\0"), 7 + 16, true, true);
	check_quic(BYTES("\xf0\0\0\0\1\0\0"), 7 + 15, true, false);
	check_quic(BYTES("\x80\0\0\0\0\0\0\0\0\0\1"), 11, true, true);
	check_quic(BYTES("\x80\0\0\0\0\0\0"), 7, false, false);
	check_quic(BYTES("\x80\0\0\0\0\0\0\0\0\0\1"), 10, false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_of_frames),
		cmocka_unit_test(pgsql_lengths),
		cmocka_unit_test(lengths_of_what_is_encrypted),
		cmocka_unit_test(lengths_of_what_is_compressed),
		cmocka_unit_test(mysql_undecided),
		cmocka_unit_test(websocket_rules),
		cmocka_unit_test(http2_rules),
		cmocka_unit_test(redis_numbers),
		cmocka_unit_test(quic_lengths),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
