/* SPDX-License-Identifier: BSD-2-Clause */
/* Version 5: envelopes in segments, several in one, one in several; checksums, losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/cql/cql.h"
#include "protocols/cql/message.h"
#include "tests/unit/cql_build.h"
#include "tests/unit/http_case.h"

static const char *const one_row[] = {"a", NULL};

/* The bytes of the next envelope, without a segment. */
static struct span envelope(struct cql_talk *t, enum cql_opcode opcode, int stream)
{
	struct cql_talk bare = {.version = t->version, .body = t->body};

	cql_add(&bare, opcode, stream, 0);
	t->body = bare.body;
	return buffer_span(&bare.bytes[0]);
}

static void begin(struct cql_talk *t, bool lz4)
{
	t->version = CQL_V5;
	t->lz4 = lz4;
	cql_startup(t, 0, lz4 ? "lz4" : NULL);
	cql_ready(t, 0);
}

static void check(struct cql_talk *t, const char *const *records)
{
	struct feed feed = cql_feed(t);

	http_expect(&feed, records);
	feed_check(&feed, NULL);
	cql_free(t);
}

#define CHECK(talk, ...) check(talk, (const char *const[]){"STARTUP", __VA_ARGS__, NULL})

static void both_forms(void **state)
{
	(void)state;
	for (int lz4 = 0; lz4 < 2; lz4++) {
		struct cql_talk t = {0};

		begin(&t, lz4);
		cql_query(&t, 1, "SELECT v");
		cql_rows(&t, 1, true, one_row);
		CHECK(&t, lz4 ? "'statement':'SELECT v' | 'rows':1 | 'compression':'lz4'"
			      : "'statement':'SELECT v' | 'rows':1 | 'compression':null");
	}
}

/* ENVELOPES in one segment of their own. */
static void add_together(struct cql_talk *t, bool request, struct span first, struct span second,
			 bool lz4)
{
	struct buffer payload = {0}, segment = {0};

	buffer_append_span(&payload, first);
	buffer_append_span(&payload, second);
	cql_append_segment(&segment, buffer_span(&payload), true, lz4);
	cql_add_bytes(t, request, buffer_span(&segment));
	buffer_free(&payload);
	buffer_free(&segment);
	free((void *)(uintptr_t)first.data);
	free((void *)(uintptr_t)second.data);
}

static void put_query(struct cql_talk *t, const char *statement)
{
	cql_put_long_string(&t->body, statement);
	cql_put16(&t->body, 1);
	cql_put32(&t->body, 0);
}

static void several_in_one(void **state)
{
	(void)state;
	for (int lz4 = 0; lz4 < 2; lz4++) {
		struct cql_talk t = {0};
		struct span first, second;

		begin(&t, lz4);
		put_query(&t, "SELECT 1");
		first = envelope(&t, CQL_QUERY, 1);
		put_query(&t, "SELECT 2");
		second = envelope(&t, CQL_QUERY, 2);
		add_together(&t, true, first, second, lz4);
		cql_put32(&t.body, CQL_RESULT_VOID);
		first = envelope(&t, CQL_RESULT, 2);
		cql_put32(&t.body, CQL_RESULT_VOID);
		second = envelope(&t, CQL_RESULT, 1);
		add_together(&t, false, first, second, lz4);
		CHECK(&t, "'statement':'SELECT 2' | 'stream_id':2",
		      "'statement':'SELECT 1' | 'stream_id':1");
	}
}

/* A query of LEN bytes, in segments of at most PIECE. */
static void add_long(struct cql_talk *t, int stream, size_t len, size_t piece, bool lz4)
{
	struct buffer statement = {0};
	struct span bytes, rest;

	buffer_append_text(&statement, "SELECT ");
	while (statement.len < len)
		buffer_append_char(&statement, 'x');
	buffer_append_char(&statement, 0);
	put_query(t, statement.data);
	bytes = rest = envelope(t, CQL_QUERY, stream);
	while (rest.len) {
		size_t n = rest.len < piece ? rest.len : piece;
		struct buffer segment = {0};

		cql_append_segment(&segment, span_of(rest.data, n), false, lz4);
		cql_add_bytes(t, true, buffer_span(&segment));
		buffer_free(&segment);
		rest = span_of(rest.data + n, rest.len - n);
	}
	free((void *)(uintptr_t)bytes.data);
	buffer_free(&statement);
}

static void one_in_several(void **state)
{
	(void)state;
	for (int lz4 = 0; lz4 < 2; lz4++) {
		struct cql_talk t = {0};

		begin(&t, lz4);
		/* Not even its header is in the first. */
		add_long(&t, 1, 60, 5, lz4);
		cql_void(&t, 1);
		cql_query(&t, 2, "SELECT 2");
		cql_void(&t, 2);
		CHECK(&t,
		      "'outcome':'ok','opcode':'QUERY','statement':'SELECT xxxx | "
		      "'req_bytes':79 | 'note':''",
		      "'statement':'SELECT 2' | 'note':''");
	}
}

/* More than a MiB, in the largest segments. */
static void very_long_ones(void **state)
{
	struct cql_talk t = {0};
	struct feed feed;

	(void)state;
	begin(&t, true);
	add_long(&t, 1, 1400000, CQL_SEGMENT_PAYLOAD_MAX, true);
	cql_void(&t, 1);
	feed = cql_feed(&t);
	feed.keep = 100;
	http_expect(&feed,
		    (const char *const[]){"STARTUP", "'outcome':'ok' | 'req_bytes':1400019", NULL});
	cql_free(&t);
}

#define ONLY_ANSWER "'outcome':'partial','opcode':null | 'result':'void'"
#define SOME	    "'outcome':'partial','opcode':'QUERY','statement':'SELECT  | not all of the request"
#define BEHIND	    "'outcome':'ok' | 'statement':'SELECT 2' | 'note':''"

/* A segment of a long one is missing: that is partial, and what comes behind it is whole. */
static void losses(void **state)
{
	/* That the last is missing shows when the answer is there already. */
	static const char *const expected[][5] = {
		{"STARTUP", ONLY_ANSWER, BEHIND, NULL},
		{"STARTUP", SOME, BEHIND, NULL},
		{"STARTUP", SOME, BEHIND, NULL},
		{"STARTUP", ONLY_ANSWER, BEHIND, SOME, NULL},
	};

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct cql_talk t = {0};
		struct feed feed;
		bool lz4 = i >= 4;

		begin(&t, lz4);
		add_long(&t, 1, 60, 20, lz4);
		cql_void(&t, 1);
		cql_query(&t, 2, "SELECT 2");
		cql_void(&t, 2);
		feed = cql_feed(&t);
		feed.lose = 3 + (size_t)i % 4;
		http_expect(&feed, expected[i % 4]);
		cql_free(&t);
	}
}

/* Only a checksum is missing: what was checked by it is there, all of it. */
static void a_checksum_is_missing(void **state)
{
	(void)state;
	for (size_t missing = CQL_SEGMENT_TRAILER_LEN; missing <= CQL_SEGMENT_TRAILER_LEN + 1;
	     missing++) {
		struct cql_talk t = {0};
		struct feed feed;

		begin(&t, false);
		cql_query(&t, 1, "SELECT 1");
		cql_query(&t, 2, "SELECT 2");
		cql_void(&t, 1);
		cql_void(&t, 2);
		feed = cql_feed(&t);
		feed.lose = 3;
		feed.lose_from = t.bytes[2].len - missing;
		http_expect(&feed,
			    (const char *const[]){
				    "STARTUP",
				    missing > CQL_SEGMENT_TRAILER_LEN
					    ? "'outcome':'partial','opcode':'QUERY' | not all of"
					    : "'opcode':'QUERY','statement':'SELECT 1' | "
					      "'req_bytes':27 | 'note':''",
				    "SELECT 2", NULL});
		cql_free(&t);
	}
}

static void checksums(void **state)
{
	struct cql_talk t = {0};

	(void)state;
	begin(&t, false);
	cql_query(&t, 1, "SELECT 1");
	t.bytes[2].data[t.bytes[2].len - 1] ^= 1;
	cql_void(&t, 1);
	CHECK(&t, "SELECT 1 | s checksum is wrong");
}

/* Java's driver sets the flag where segments are compressed; that says nothing of the envelope. */
static void the_flag_of_compression(void **state)
{
	struct cql_talk t = {0};

	(void)state;
	begin(&t, true);
	put_query(&t, "SELECT 1");
	cql_add(&t, CQL_QUERY, 1, CQL_FLAG_COMPRESSED);
	cql_void(&t, 1);
	CHECK(&t, "'statement':'SELECT 1' | 'result':'void' | 'compression':'lz4' | 'note':''");
}

/* Beta versions of version 5 had no segments yet. */
static void without_segments(void **state)
{
	struct cql_talk t = {.version = CQL_V5};

	(void)state;
	cql_startup(&t, 0, NULL);
	cql_ready(&t, 0);
	t.segmented = false;
	cql_query(&t, 1, "SELECT 1");
	cql_void(&t, 1);
	CHECK(&t, "'statement':'SELECT 1' | 'result':'void' | 'note':''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms),
		cmocka_unit_test(several_in_one),
		cmocka_unit_test(one_in_several),
		cmocka_unit_test(very_long_ones),
		cmocka_unit_test(losses),
		cmocka_unit_test(checksums),
		cmocka_unit_test(a_checksum_is_missing),
		cmocka_unit_test(without_segments),
		cmocka_unit_test(the_flag_of_compression),
	};

	return cmocka_run_group_tests_name("cql_segment", tests, NULL, NULL);
}
