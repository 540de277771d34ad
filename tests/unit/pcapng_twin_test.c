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
	facts_init(&x->facts, 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair),	   cmocka_unit_test(test_the_better_end_is_kept),
		cmocka_unit_test(test_no_pair),	   cmocka_unit_test(test_unread_bytes),
		cmocka_unit_test(test_namespaces), cmocka_unit_test(test_reused_ports),
		cmocka_unit_test(test_wildcards),  cmocka_unit_test(test_places_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
