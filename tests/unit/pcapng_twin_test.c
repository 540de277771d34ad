/* SPDX-License-Identifier: BSD-2-Clause */
/* Which connections are two ends of one, and where connections are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analyze/pcapng/place.h"
#include "analyze/pcapng/twin.h"
#include "tests/unit/tape_build.h"

#define SECOND 1000000000ll

struct fixture {
	struct facts facts;
	struct facts_conn *conns[64];
	uint64_t pairs;
};

static void begin(struct fixture *x)
{
	*x = (struct fixture){0};
	facts_init(&x->facts, NULL, 0);
}

/* Connection ID, which lived from START to END and moved 10 bytes and 20 bytes as a client. */
static struct facts_conn *add(struct fixture *x, uint64_t id, enum role role, const char *local,
			      const char *remote, int64_t start, int64_t end)
{
	struct facts_conn *c = calloc(1, sizeof(*c));
	struct facts_end *e = calloc(1, sizeof(*e));

	assert_non_null(c);
	assert_non_null(e);
	c->id = id;
	c->transport = TRANSPORT_TCP;
	c->role = role;
	c->opened = true;
	c->whole = true;
	c->closed = true;
	c->wanted = true;
	c->netns = 1;
	c->local = tape_build_address(local);
	c->ends = e;
	e->conn = c;
	e->remote = tape_build_address(remote);
	e->moved[role == ROLE_SERVER] = 10;
	e->moved[role != ROLE_SERVER] = 20;
	e->start_ts = start;
	e->end_ts = end;
	assert_true(map_put(&x->facts.conns, id, c));
	x->conns[id] = c;
	return c;
}

static void add_pair(struct fixture *x, int64_t start)
{
	add(x, 1, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.1:80", start, start + SECOND);
	add(x, 2, ROLE_SERVER, "10.0.0.1:80", "10.0.0.1:40000", start, start + SECOND);
}

static void end(struct fixture *x)
{
	facts_free(&x->facts);
}

static void find(struct fixture *x)
{
	assert_int_equal(twin_find(&x->facts, &x->pairs), TAPE_OK);
}

static void test_pair(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add_pair(&x, 0);
	find(&x);
	assert_int_equal(x.pairs, 1);
	assert_ptr_equal(x.conns[1]->ends->twin, x.conns[2]->ends);
	assert_false(x.conns[1]->ends->left_out);
	assert_true(x.conns[2]->ends->left_out);
	end(&x);
}

static void test_the_better_end_is_kept(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add_pair(&x, 0);
	x.conns[1]->lost_bytes = 5;
	find(&x);
	assert_true(x.conns[1]->ends->left_out);
	end(&x);

	begin(&x);
	add_pair(&x, 0);
	x.conns[2]->lost_bytes = 5;
	x.conns[2]->has_plaintext = true;
	find(&x);
	assert_true(x.conns[1]->ends->left_out);
	end(&x);
}

/* What looks alike and isn't: each of these differs in one thing. */
static void test_no_pair(void **state)
{
	(void)state;
	for (int what = 0; what < 6; what++) {
		struct fixture x;
		struct facts_conn *server;

		begin(&x);
		add_pair(&x, 0);
		server = x.conns[2];
		if (what == 0)
			server->ends->remote.port = 40001;
		else if (what == 1)
			server->ends->remote.ip[3] = 9;
		else if (what == 2)
			server->transport = TRANSPORT_UDP;
		else if (what == 3)
			server->ends->start_ts = server->ends->end_ts = 3 * SECOND;
		else if (what == 4)
			server->ends->moved[DIRECTION_RECEIVED] = 11; /* more than was sent */
		else
			server->wanted = false;
		find(&x);
		assert_int_equal(x.pairs, 0);
		end(&x);
	}
}

/* The server closed before it read everything: still the same connection. */
static void test_unread_bytes(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add_pair(&x, 0);
	x.conns[2]->ends->moved[DIRECTION_RECEIVED] = 4;
	find(&x);
	assert_int_equal(x.pairs, 1);
	end(&x);
}

/* Where the kernel makes the records, its end has bytes of plaintext, and the other more of the
 * wire's. */
static void test_records_that_the_kernel_makes(void **state)
{
	struct fixture x;

	(void)state;
	for (int both = 0; both < 2; both++) {
		begin(&x);
		add_pair(&x, 0);
		x.conns[1]->by_kernel = both;
		x.conns[2]->by_kernel = true;
		x.conns[2]->ends->moved[DIRECTION_SENT] -= both ? 0 : 5;
		x.conns[2]->ends->moved[DIRECTION_RECEIVED] -= both ? 0 : 5;
		find(&x);
		assert_int_equal(x.pairs, 1);
		assert_int_equal(x.conns[1]->ends->joined[LAYER_WIRE], both);
		assert_true(x.conns[1]->ends->joined[LAYER_TLS]);
		end(&x);
	}
}

/* What was kept of a stream: TEXT, from position 0 on. */
static void begins(struct facts_conn *c, enum direction direction, const char *text)
{
	struct facts_stream *s = &c->streams[LAYER_WIRE][direction];
	size_t len = strlen(text);

	s->lowest = len ? 0 : UINT64_MAX;
	s->high = s->there = len;
	s->prefix_len = (uint8_t)(len < FACTS_PREFIX ? len : FACTS_PREFIX);
	memcpy(s->prefix, text, s->prefix_len);
	c->ends->moved[direction] = len;
}

/* A connection of a Unix socket: REMOTE and LOCAL 0 is unnamed. */
static struct facts_conn *add_unix(struct fixture *x, uint64_t id, enum role role, uint8_t local,
				   uint8_t remote, const char *sent, const char *received)
{
	struct facts_conn *c = add(x, id, role, "10.0.0.1:1", "10.0.0.1:2", 0, SECOND);

	c->transport = TRANSPORT_UNIX_STREAM;
	c->local = (struct address){.family = ADDRESS_UNIX, .ip = {[15] = local}};
	c->ends->remote = (struct address){.family = ADDRESS_UNIX, .ip = {[15] = remote}};
	begins(c, DIRECTION_SENT, sent);
	begins(c, DIRECTION_RECEIVED, received);
	return c;
}

/* socketpair(2): nothing but the bytes tells which two belong together. */
static void test_socketpairs(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add_unix(&x, 1, ROLE_CLIENT, 0, 0, "GET /a", "200 a");
	add_unix(&x, 2, ROLE_CLIENT, 0, 0, "GET /b", "200 b");
	add_unix(&x, 3, ROLE_SERVER, 0, 0, "200 b", "GET /b");
	add_unix(&x, 4, ROLE_SERVER, 0, 0, "200 a", "GET /a");
	add_unix(&x, 5, ROLE_UNKNOWN, 0, 0, "", "");
	add_unix(&x, 6, ROLE_UNKNOWN, 0, 0, "", "");
	find(&x);
	assert_int_equal(x.pairs, 2);
	assert_ptr_equal(x.conns[1]->ends->twin, x.conns[4]->ends);
	assert_ptr_equal(x.conns[2]->ends->twin, x.conns[3]->ends);
	assert_true(x.conns[4]->ends->left_out);
	assert_true(x.conns[1]->ends->joined[LAYER_WIRE]);
	/* That nothing was said on both is no reason. */
	assert_null(x.conns[5]->ends->twin);
	end(&x);
}

/* Of two clients of one path, one got less than was sent: the other's server isn't taken for it. */
static void test_unread_bytes_of_unix(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add_unix(&x, 1, ROLE_CLIENT, 0, 9, "GET", "200 ");
	add_unix(&x, 2, ROLE_CLIENT, 0, 9, "GET", "200 and more");
	add_unix(&x, 3, ROLE_SERVER, 9, 0, "200 and more", "GET");
	add_unix(&x, 4, ROLE_SERVER, 9, 0, "200 but less", "GET");
	find(&x);
	assert_int_equal(x.pairs, 2);
	assert_ptr_equal(x.conns[2]->ends->twin, x.conns[3]->ends);
	assert_ptr_equal(x.conns[1]->ends->twin, x.conns[4]->ends);
	end(&x);

	/* Other bytes are another connection, however many there are. */
	begin(&x);
	add_unix(&x, 1, ROLE_CLIENT, 0, 9, "GET", "200 a");
	add_unix(&x, 2, ROLE_SERVER, 9, 0, "200 b", "GET");
	find(&x);
	assert_int_equal(x.pairs, 0);
	end(&x);
}

/* Before its beginning was seen, the positions of a connection mean the same only if bytes do. */
static void test_positions_of_joined_ends(void **state)
{
	static const struct {
		const char *sent;
		const char *received;
		bool joined;
	} cases[] = {{"0123456789", "0123456789", true},
		     {"0123456789", "9012345678", false},
		     {"0123456789", "", false}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fixture x;

		begin(&x);
		add_pair(&x, 0);
		x.conns[1]->opened = x.conns[1]->whole = false;
		begins(x.conns[1], DIRECTION_SENT, cases[i].sent);
		begins(x.conns[2], DIRECTION_RECEIVED, cases[i].received);
		begins(x.conns[1], DIRECTION_RECEIVED, "");
		begins(x.conns[2], DIRECTION_SENT, "");
		find(&x);
		assert_int_equal(x.pairs, 1);
		assert_int_equal(x.conns[1]->ends->joined[LAYER_WIRE], cases[i].joined);
		assert_int_equal(x.conns[2]->ends->joined[LAYER_WIRE], cases[i].joined);
		end(&x);
	}
}

/* Datagrams that were sent and never received are taken from the end that sent them. */
static void test_datagrams_that_were_not_received(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add_pair(&x, 0);
	x.conns[1]->transport = x.conns[2]->transport = TRANSPORT_UDP;
	x.conns[2]->ends->moved[DIRECTION_SENT] = 21;
	find(&x);
	assert_int_equal(x.pairs, 1);
	assert_true(x.conns[1]->ends->from_twin[DIRECTION_RECEIVED]);
	assert_false(x.conns[1]->ends->from_twin[DIRECTION_SENT]);
	end(&x);
}

/* A second before the other end began is still the same life, a nanosecond more is not. */
static void test_slack(void **state)
{
	(void)state;
	for (int64_t more = 0; more < 2; more++) {
		struct fixture x;

		begin(&x);
		add(&x, 1, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.1:80", 0, 5 * SECOND);
		add(&x, 2, ROLE_SERVER, "10.0.0.1:80", "10.0.0.1:40000", 6 * SECOND + more,
		    7 * SECOND);
		find(&x);
		assert_int_equal(x.pairs, !more);
		end(&x);
	}
}

/* Loopback of another network namespace is another network; other addresses may be shared. */
static void test_namespaces(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	add(&x, 1, ROLE_CLIENT, "127.0.0.1:40000", "127.0.0.1:80", 0, SECOND);
	add(&x, 2, ROLE_SERVER, "127.0.0.1:80", "127.0.0.1:40000", 0, SECOND)->netns = 2;
	find(&x);
	assert_int_equal(x.pairs, 0);
	end(&x);

	begin(&x);
	add_pair(&x, 0);
	x.conns[2]->netns = 2;
	find(&x);
	assert_int_equal(x.pairs, 1);
	end(&x);
}

/* The same ports again and again, each time with its own partner. */
static void test_reused_ports(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	for (uint64_t i = 0; i < 20; i++) {
		int64_t start = (int64_t)i * 60 * SECOND;

		add(&x, 1 + i, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.1:80", start, start + 1);
		add(&x, 41 + i, ROLE_SERVER, "10.0.0.1:80", "10.0.0.1:40000", start + 5, start + 6);
	}
	find(&x);
	assert_int_equal(x.pairs, 20);
	for (uint64_t i = 0; i < 20; i++)
		assert_ptr_equal(x.conns[1 + i]->ends->twin, x.conns[41 + i]->ends);
	end(&x);
}

/* A socket bound to all addresses: only an address of this host can be meant. */
static void test_wildcards(void **state)
{
	static const struct {
		const char *client;
		size_t pairs;
	} cases[] = {{"127.0.0.1:40000", 1}, {"10.0.0.1:40000", 1}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fixture x;

		begin(&x);
		add(&x, 1, ROLE_CLIENT, cases[i].client, "127.0.0.1:53", 0, SECOND);
		add(&x, 2, ROLE_SERVER, "0.0.0.0:53", cases[i].client, 0, SECOND);
		find(&x);
		assert_int_equal(x.pairs, cases[i].pairs);
		end(&x);
	}
	{
		struct fixture x;

		/* Both are bound to all addresses, and the peer is another host. */
		begin(&x);
		add(&x, 1, ROLE_CLIENT, "0.0.0.0:5353", "224.0.0.251:5353", 0, SECOND);
		add(&x, 2, ROLE_SERVER, "0.0.0.0:5353", "10.0.0.9:5353", 0, SECOND);
		find(&x);
		assert_int_equal(x.pairs, 0);
		end(&x);
	}
}

/* However many connections want the same addresses and ports, each gets a place of its own. */
static void test_places_are_unique(void **state)
{
	struct places *places = places_new(1, true);
	static struct place all[300];
	struct fixture x;

	(void)state;
	assert_non_null(places);
	begin(&x);
	add(&x, 1, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.2:80", 0, SECOND);
	for (size_t i = 0; i < 300; i++) {
		assert_true(place_assign(places, x.conns[1]->ends, LAYER_WIRE, &all[i]));
		assert_int_equal(all[i].server.port, 80);
		assert_true(all[i].local_is_client);
		for (size_t j = 0; j < i; j++)
			assert_false(address_equal(&all[i].client, &all[j].client));
	}
	assert_int_equal(all[0].client.port, 40000);
	places_free(places);
	end(&x);
}

/* RFC 2544 sets 198.18.0.0/15 aside: two times 65,536 made-up clients. */
static void test_made_up_clients(void **state)
{
	struct places *places = places_new(1, true);
	struct place place;
	bool second = false;
	struct fixture x;

	(void)state;
	assert_non_null(places);
	begin(&x);
	add(&x, 1, ROLE_CLIENT, "10.0.0.1:40000", "10.0.0.2:80", 0, SECOND);
	for (size_t i = 0; i < 65 + 65536 + 1; i++) {
		assert_true(place_assign(places, x.conns[1]->ends, LAYER_WIRE, &place));
		if (place.client.ip[0] != 198)
			continue;
		assert_true(place.client.ip[1] == 18 || place.client.ip[1] == 19);
		second |= place.client.ip[1] == 19;
	}
	assert_true(second);
	places_free(places);
	end(&x);
}

/* What began in the middle isn't known by its first line: then the whole server moves. */
static void test_one_server_stands_under_one_port(void **state)
{
	const struct protocol *http = protocol_find("http");
	struct places *places = places_new(1, true);
	struct place place;
	struct fixture x;

	(void)state;
	assert_non_null(places);
	begin(&x);
	for (uint64_t id = 1; id <= 4; id++) {
		add(&x, id, ROLE_CLIENT, "10.0.0.1:40000",
		    id == 4 ? "10.0.0.3:18081" : "10.0.0.2:18081", 0, SECOND);
		x.conns[id]->protocol[LAYER_WIRE] = id == 3 ? NULL : http;
		x.conns[id]->starts_with_line = true;
	}
	x.conns[2]->whole = false;
	for (uint64_t id = 1; id <= 4; id++)
		assert_true(places_learn(places, x.conns[id]->ends, LAYER_WIRE));
	for (uint64_t id = 1; id <= 4; id++) {
		assert_true(place_assign(places, x.conns[id]->ends, LAYER_WIRE, &place));
		assert_int_equal(place.server.port, id == 4 ? 18081 : 80);
	}
	places_free(places);
	end(&x);
}

/* A server that moves to the port of a client at its own address doesn't become that client. */
static void test_ends_stay_apart(void **state)
{
	struct places *places = places_new(1, true);
	struct place place;
	struct fixture x;

	(void)state;
	assert_non_null(places);
	begin(&x);
	add(&x, 1, ROLE_CLIENT, "10.0.0.1:80", "10.0.0.1:18081", 0, SECOND);
	x.conns[1]->protocol[LAYER_WIRE] = protocol_find("http");
	x.conns[1]->whole = false;
	assert_true(places_learn(places, x.conns[1]->ends, LAYER_WIRE));
	assert_true(place_assign(places, x.conns[1]->ends, LAYER_WIRE, &place));
	assert_int_equal(place.server.port, 80);
	assert_false(address_equal(&place.client, &place.server));
	places_free(places);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_the_better_end_is_kept),
		cmocka_unit_test(test_no_pair),
		cmocka_unit_test(test_unread_bytes),
		cmocka_unit_test(test_records_that_the_kernel_makes),
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_reused_ports),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_places_are_unique),
		cmocka_unit_test(test_socketpairs),
		cmocka_unit_test(test_unread_bytes_of_unix),
		cmocka_unit_test(test_positions_of_joined_ends),
		cmocka_unit_test(test_datagrams_that_were_not_received),
		cmocka_unit_test(test_slack),
		cmocka_unit_test(test_made_up_clients),
		cmocka_unit_test(test_one_server_stands_under_one_port),
		cmocka_unit_test(test_ends_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
