/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/cql/cql.h"
#include "protocols/cql/message.h"
#include "protocols/cql/state.h"
#include "tests/unit/cql_build.h"
#include "tests/unit/http_case.h"

#define CHECK(talk, ...) check(talk, (const char *const[]){__VA_ARGS__, NULL})

/* Every way that feed_check() knows, and what is expected; then the talk is over. */
static void check(struct cql_talk *t, const char *const *records)
{
	struct feed feed = cql_feed(t);

	http_expect(&feed, records);
	feed_check(&feed, NULL);
	cql_free(t);
}

static const char *const one_row[] = {"a", NULL};

static void answers_by_their_stream(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_query(&t, 1, "SELECT v FROM shop.orders");
	cql_query(&t, 2, "INSERT 1");
	cql_join(&t);
	cql_void(&t, 2);
	cql_rows(&t, 1, true, one_row);
	cql_join(&t);
	CHECK(&t,
	      "'outcome':'ok','opcode':'QUERY','statement':'INSERT 1' | "
	      "'consistency':'LOCAL_QUORUM' | 'result':'void','rows':null | 'stream_id':2",
	      "'outcome':'ok' | SELECT v | 'keyspace':'shop','table_name':'orders' | "
	      "'result':'rows','rows':1,'columns':['v'],'column_types':['text'],'row_data':[['a']] "
	      "| 'version':4,'compression':null,'stream_id':1,'req_bytes':41,'resp_bytes':49");
}

static void prepared_statements(void **state)
{
	static const unsigned versions[] = {CQL_V3, CQL_V4, CQL_V5};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct cql_talk t = {.version = versions[i]};

		cql_startup(&t, 0, NULL);
		cql_ready(&t, 0);
		cql_prepare(&t, 0, "SELECT v FROM orders WHERE n=?");
		cql_prepared(&t, 0, "id");
		cql_execute(&t, 0, "id", -7);
		cql_rows(&t, 0, false, one_row);
		CHECK(&t,
		      "'opcode':'STARTUP' | 'result':'READY' | 'options':{'CQL_VERSION':'3.0.0'}",
		      "'opcode':'PREPARE','statement':'SELECT v FROM orders WHERE n=?',"
		      "'statement_id':'6964' | 'result':'prepared' | 'columns':['v']",
		      "'outcome':'ok','opcode':'EXECUTE','statement':'SELECT v FROM orders WHERE "
		      "n=?',"
		      "'statement_id':'6964','params':[-7] | "
		      "'keyspace':'shop','table_name':'orders' | "
		      "'rows':1,'columns':['v'],'column_types':['text'],'row_data':[['a']] | "
		      "'note':''");
	}
}

/* Nobody told what is behind the id: values are bytes, and the row says so. */
static void a_statement_that_is_not_known(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_execute(&t, 3, "id", 258);
	cql_rows(&t, 3, false, one_row);
	CHECK(&t, "'statement':null,'statement_id':'6964','params':['0x00000102'] | 'rows':1 | "
		  "'row_data':[['0x61']] | not known are shown as bytes");
}

/* Of a statement that was cut only a part is known: it isn't taken for what is behind the id. */
static void a_prepared_statement_that_is_cut(void **state)
{
	struct cql_talk t = {.version = CQL_V4};
	struct feed feed;

	(void)state;
	cql_prepare(&t, 0, "SELECT v FROM orders WHERE n=?");
	cql_query(&t, 2, "SELECT 2");
	cql_prepared(&t, 0, "id");
	cql_void(&t, 2);
	cql_execute(&t, 1, "id", 7);
	cql_void(&t, 1);
	feed = cql_feed(&t);
	feed.lose = 1;
	feed.lose_from = 20;
	http_expect(&feed, (const char *const[]){
				   "'outcome':'partial' | 'result':'prepared' | not all of the "
				   "request",
				   "SELECT 2",
				   "'statement':null,'statement_id':'6964','params':[7] | "
				   "'result':'void'",
				   NULL});
	cql_free(&t);
}

static void errors_have_their_details(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_query(&t, 0, "SELECT 1");
	cql_put32(&t.body, CQL_ERROR_UNAVAILABLE);
	cql_put_string(&t.body, "too few");
	cql_put16(&t.body, 4);
	cql_put32(&t.body, 2);
	cql_put32(&t.body, 1);
	cql_add(&t, CQL_ERROR, 0, 0);
	cql_query(&t, 0, "SELECT 2");
	cql_put32(&t.body, CQL_ERROR_READ_FAILURE);
	cql_put_string(&t.body, "failed");
	cql_put16(&t.body, 1);
	cql_put32(&t.body, 0);
	cql_put32(&t.body, 1);
	cql_put32(&t.body, 1);
	cql_put8(&t.body, 1);
	cql_add(&t, CQL_ERROR, 0, 0);
	CHECK(&t,
	      "'outcome':'error' | 'result':'ERROR' | "
	      "'error_code':4096,'error_name':'Unavailable','error':'too few',"
	      "'error_details':{'consistency':'QUORUM','required':2,'alive':1}",
	      "'error_name':'ReadFailure' | 'error_details':{'consistency':'ONE','received':0,"
	      "'block_for':1,'failures':1,'data_present':true}");
}

/* Version 5 says why each replica failed, and how often a condition was contended. */
static void errors_of_version_5(void **state)
{
	struct cql_talk t = {.version = CQL_V5};

	(void)state;
	cql_startup(&t, 0, NULL);
	cql_ready(&t, 0);
	cql_query(&t, 0, "SELECT 1");
	cql_put32(&t.body, CQL_ERROR_WRITE_FAILURE);
	cql_put_string(&t.body, "failed");
	cql_put16(&t.body, 1);
	cql_put32(&t.body, 0);
	cql_put32(&t.body, 1);
	cql_put32(&t.body, 1);
	cql_put8(&t.body, 4);
	buffer_append(&t.body, "\x7f\0\0\1", 4);
	cql_put16(&t.body, 2);
	cql_put_string(&t.body, "SIMPLE");
	cql_add(&t, CQL_ERROR, 0, 0);
	cql_query(&t, 0, "UPDATE 1");
	cql_put32(&t.body, CQL_ERROR_WRITE_TIMEOUT);
	cql_put_string(&t.body, "late");
	cql_put16(&t.body, 8);
	cql_put32(&t.body, 0);
	cql_put32(&t.body, 1);
	cql_put_string(&t.body, "CAS");
	cql_put16(&t.body, 3);
	cql_add(&t, CQL_ERROR, 0, 0);
	CHECK(&t, "READY",
	      "'error_details':{'consistency':'ONE','received':0,'block_for':1,"
	      "'failures':{'127.0.0.1':2},'write_type':'SIMPLE'}",
	      "'error_details':{'consistency':'SERIAL','received':0,'block_for':1,"
	      "'write_type':'CAS','contentions':3}");
}

static void events_stand_alone(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_put16(&t.body, 1);
	cql_put_string(&t.body, "STATUS_CHANGE");
	cql_add(&t, CQL_REGISTER, 5, 0);
	cql_ready(&t, 5);
	cql_put_string(&t.body, "STATUS_CHANGE");
	cql_put_string(&t.body, "UP");
	cql_put8(&t.body, 4);
	buffer_append(&t.body, "\x0a\0\0\1", 4);
	cql_put32(&t.body, 9042);
	cql_add(&t, CQL_EVENT, -1, 0);
	cql_put_string(&t.body, "SCHEMA_CHANGE");
	cql_put_string(&t.body, "CREATED");
	cql_put_string(&t.body, "FUNCTION");
	cql_put_string(&t.body, "shop");
	cql_put_string(&t.body, "f");
	cql_put16(&t.body, 1);
	cql_put_string(&t.body, "int");
	cql_add(&t, CQL_EVENT, -1, 0);
	CHECK(&t, "'opcode':'REGISTER' | 'options':['STATUS_CHANGE']",
	      "'outcome':'ok','opcode':'EVENT' | 'change':{'event':'STATUS_CHANGE','change':'UP',"
	      "'address':'10.0.0.1','port':9042} | 'stream_id':-1,'req_bytes':null",
	      "'change':{'event':'SCHEMA_CHANGE','change':'CREATED','target':'FUNCTION',"
	      "'keyspace':'shop','name':'f','argument_types':['int']}");
}

static void traces_warnings_and_payloads(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_put16(&t.body, 1);
	cql_put_string(&t.body, "key");
	cql_put_bytes(&t.body, BYTES("\1\2"));
	cql_put_long_string(&t.body, "SELECT 1");
	cql_put16(&t.body, 1);
	cql_put8(&t.body, 0);
	cql_add(&t, CQL_QUERY, 0, CQL_FLAG_TRACING | CQL_FLAG_PAYLOAD);
	buffer_append(&t.body, "\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 16);
	cql_put16(&t.body, 1);
	cql_put_string(&t.body, "careful");
	cql_put32(&t.body, CQL_RESULT_VOID);
	cql_add(&t, CQL_RESULT, 0, CQL_FLAG_TRACING | CQL_FLAG_WARNING);
	CHECK(&t, "'statement':'SELECT 1' | 'result':'void' | 'warnings':['careful'],"
		  "'tracing_id':'00010203-0405-0607-0809-0a0b0c0d0e0f',"
		  "'custom_payload':{'key':'0x0102'}");
}

static void batches_have_their_statements(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_prepare(&t, 0, "INSERT ?");
	cql_prepared(&t, 0, "id");
	cql_put8(&t.body, CQL_BATCH_UNLOGGED);
	cql_put16(&t.body, 2);
	cql_put8(&t.body, 1);
	cql_put_string(&t.body, "id");
	cql_put16(&t.body, 1);
	cql_put_bytes(&t.body, BYTES("\0\0\0\7"));
	cql_put8(&t.body, 0);
	cql_put_long_string(&t.body, "DELETE 1");
	cql_put16(&t.body, 0);
	cql_put16(&t.body, 1);
	cql_put8(&t.body, CQL_QUERY_SERIAL | CQL_QUERY_TIMESTAMP);
	cql_put16(&t.body, 9);
	cql_put64(&t.body, 1000);
	cql_add(&t, CQL_BATCH, 0, 0);
	cql_void(&t, 0);
	CHECK(&t, "PREPARE",
	      "'opcode':'BATCH' | 'batch_type':'unlogged','statements':2,'batch':["
	      "{'statement_id':'6964','statement':'INSERT ?','params':[7]},"
	      "{'statement':'DELETE 1','params':[]}] | 'consistency':'ONE',"
	      "'serial_consistency':'LOCAL_SERIAL' | 'timestamp_ns':1000000");
}

/* Servers refuse values with names there, as the flag stands behind them. */
static void batches_with_names(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_put8(&t.body, CQL_BATCH_LOGGED);
	cql_put16(&t.body, 2);
	for (int i = 0; i < 2; i++) {
		cql_put8(&t.body, 0);
		cql_put_long_string(&t.body, "INSERT :n");
		cql_put16(&t.body, 1);
		cql_put_string(&t.body, "n");
		cql_put_bytes(&t.body, BYTES("\0\0\0\7"));
	}
	cql_put16(&t.body, 1);
	cql_put8(&t.body, CQL_QUERY_NAMES);
	cql_add(&t, CQL_BATCH, 0, 0);
	cql_void(&t, 0);
	CHECK(&t, "'opcode':'BATCH' | 'statements':2,'batch':["
		  "{'statement':'INSERT :n','params':{'n':'0x00000007'}},"
		  "{'statement':'INSERT :n','params':{'n':'0x00000007'}}] | 'consistency':'ONE'");
}

/* What ScyllaDB says of a lightweight transaction among the flags of its bound values. */
static void prepared_by_scylladb(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_prepare(&t, 0, "UPDATE ? IF EXISTS");
	cql_put32(&t.body, CQL_RESULT_PREPARED);
	cql_put_string(&t.body, "id");
	cql_put32(&t.body, CQL_METADATA_LWT);
	cql_put32(&t.body, 0);
	cql_put32(&t.body, 0);
	cql_put32(&t.body, CQL_METADATA_NONE);
	cql_put32(&t.body, 0);
	cql_add(&t, CQL_RESULT, 0, 0);
	CHECK(&t, "'outcome':'ok','opcode':'PREPARE' | 'statement_id':'6964' | 'note':''");
}

/* A page that begins at STATE and ends at NEXT; empty: it is the first, or the last. */
static void add_page(struct cql_talk *t, struct span state, struct span next)
{
	cql_put_long_string(&t->body, "SELECT v");
	cql_put16(&t->body, 1);
	cql_put8(&t->body, CQL_QUERY_PAGE_SIZE | (state.len ? CQL_QUERY_PAGING_STATE : 0));
	cql_put32(&t->body, 10);
	if (state.len)
		cql_put_bytes(&t->body, state);
	cql_add(t, CQL_QUERY, 0, 0);
	cql_put32(&t->body, CQL_RESULT_ROWS);
	cql_put32(&t->body, CQL_METADATA_NONE | (next.len ? CQL_METADATA_MORE : 0));
	cql_put32(&t->body, 1);
	if (next.len)
		cql_put_bytes(&t->body, next);
	cql_put32(&t->body, 0);
	cql_add(t, CQL_RESULT, 0, 0);
}

static void pages(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	/* Where the first ended was not seen. */
	add_page(&t, BYTES("\1\2"), BYTES("\3\4"));
	add_page(&t, BYTES(""), BYTES("\5"));
	add_page(&t, BYTES("\5"), BYTES("\6"));
	add_page(&t, BYTES("\6"), BYTES(""));
	CHECK(&t, "'page_size':10,'page':null,'paging_state':'0102' | 'rows':0",
	      "'page':1,'paging_state':null,'next_paging_state':'05'",
	      "'page':2,'paging_state':'05','next_paging_state':'06'",
	      "'page':3,'paging_state':'06','next_paging_state':null");
}

/* What a client calls itself in STARTUP is told of all that follows. */
static void names_of_clients(void **state)
{
	static const char *const pairs[] = {
		"CQL_VERSION", "3.0.0",	      "APPLICATION_NAME", "shop",	    "CLIENT_ID",
		"c-7",	       "DRIVER_NAME", "Some driver",	  "DRIVER_VERSION", "4.1"};
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_put16(&t.body, 5);
	for (size_t i = 0; i < 10; i++)
		cql_put_string(&t.body, pairs[i]);
	cql_add(&t, CQL_STARTUP, 0, 0);
	cql_ready(&t, 0);
	cql_query(&t, 0, "SELECT v FROM shop.orders");
	cql_rows(&t, 0, false, one_row);
	CHECK(&t,
	      "'opcode':'STARTUP' | 'application':'shop','client_id':'c-7','driver':'Some driver "
	      "4.1'",
	      "'opcode':'QUERY' | 'application':'shop','client_id':'c-7','driver':'Some driver "
	      "4.1'");
}

/* The user's name is told, what proves it isn't. */
static void logins(void **state)
{
	struct cql_talk t = {.version = CQL_V4};
	struct buffer out = {0};
	struct feed feed;

	(void)state;
	cql_startup(&t, 0, NULL);
	cql_put_string(&t.body, "org.apache.cassandra.auth.PasswordAuthenticator");
	cql_add(&t, CQL_AUTHENTICATE, 0, 0);
	cql_put_bytes(&t.body, BYTES("\0bob\0hunter2"));
	cql_add(&t, CQL_AUTH_RESPONSE, 0, 0);
	cql_put32(&t.body, UINT32_MAX);
	cql_add(&t, CQL_AUTH_SUCCESS, 0, 0);
	feed = cql_feed(&t);
	feed_run(&feed, &out);
	assert_null(strstr(out.data, "hunter2"));
	buffer_free(&out);
	CHECK(&t,
	      "'result':'AUTHENTICATE' | "
	      "'authenticator':'org.apache.cassandra.auth.PasswordAuthenticator'",
	      "'opcode':'AUTH_RESPONSE' | 'result':'AUTH_SUCCESS' | 'user':'bob'");
}

static void a_keyspace_is_used(void **state)
{
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_query(&t, 0, "USE shop");
	cql_put32(&t.body, CQL_RESULT_SET_KEYSPACE);
	cql_put_string(&t.body, "shop");
	cql_add(&t, CQL_RESULT, 0, 0);
	cql_query(&t, 0, "TRUNCATE orders");
	cql_void(&t, 0);
	CHECK(&t, "'keyspace':'shop' | 'result':'set_keyspace'",
	      "'statement':'TRUNCATE orders' | 'keyspace':'shop'");
}

/* A stream whose answer was lost is used again: the next answer is the next request's. */
static void streams_are_used_again(void **state)
{
	struct cql_talk t = {.version = CQL_V4};
	struct feed feed;

	(void)state;
	for (int i = 0; i < 4; i++) {
		cql_query(&t, i & 1, i < 2 ? "SELECT 1" : "SELECT 2");
		cql_void(&t, i & 1);
	}
	feed = cql_feed(&t);
	feed.lose = 4;
	http_expect(&feed,
		    (const char *const[]){
			    "'outcome':'ok' | 'statement':'SELECT 1' | 'stream_id':0",
			    "'outcome':'ok' | 'statement':'SELECT 2' | 'stream_id':0",
			    "'outcome':'partial' | 'statement':'SELECT 1' | 'stream_id':1",
			    "'outcome':'ok' | 'statement':'SELECT 2' | 'stream_id':1", NULL});
	cql_free(&t);
}

/* What was lost before it was asked doesn't make it partial. */
static void unanswered_after_a_loss(void **state)
{
	struct cql_talk t = {.version = CQL_V4};
	struct feed feed;

	(void)state;
	cql_query(&t, 0, "SELECT 1");
	cql_void(&t, 0);
	cql_query(&t, 1, "SELECT 2");
	cql_void(&t, 1);
	cql_query(&t, 2, "SELECT 3");
	cql_void(&t, 2);
	cql_query(&t, 3, "SELECT 4");
	feed = cql_feed(&t);
	feed.lose = 4;
	http_expect(&feed, (const char *const[]){"SELECT 1", "'outcome':'ok' | SELECT 3",
						 "'outcome':'partial' | SELECT 2",
						 "'outcome':'unanswered' | SELECT 4", NULL});
	cql_free(&t);
}

static void no_more_than_is_kept(void **state)
{
	static const char *const rows[] = {"0123456789", "0123456789", "0123456789", NULL};
	struct cql_talk t = {.version = CQL_V4};
	struct feed feed;

	(void)state;
	cql_query(&t, 0, "SELECT v");
	cql_rows(&t, 0, true, rows);
	feed = cql_feed(&t);
	feed.keep = 20;
	http_expect(&feed,
		    (const char *const[]){
			    "'rows':3 | 'row_data':[['0123456789'],['012']] | not all", NULL});
	cql_free(&t);
}

static void expect_batch(const struct cql_talk *t, const char *kept, const char *record)
{
	struct feed feed = cql_feed(t);

	feed.keep = strlen(kept);
	http_expect(&feed, (const char *const[]){record, NULL});
}

/* Where all that is kept ends in a statement of a batch, behind it, or before the next. */
static void no_more_of_a_batch_than_is_kept(void **state)
{
	static const char all[] = "'statements':2,'batch':[{'statement':'a','params':[]},"
				  "{'statement':'0123456789','params':[]}] | 'note':''";
	struct cql_talk t = {.version = CQL_V4};

	(void)state;
	cql_put8(&t.body, CQL_BATCH_LOGGED);
	cql_put16(&t.body, 2);
	for (int i = 0; i < 2; i++) {
		cql_put8(&t.body, 0);
		cql_put_long_string(&t.body, i ? "0123456789" : "a");
		cql_put16(&t.body, 0);
	}
	cql_put16(&t.body, 1);
	cql_put8(&t.body, 0);
	cql_add(&t, CQL_BATCH, 0, 0);
	cql_void(&t, 0);
	expect_batch(&t, "[{'statement':'a','params':[]},{'statement':01234",
		     "'batch':[{'statement':'a','params':[]},{'statement':'01234','params':[]}] | "
		     "'note':'not all values are shown'");
	expect_batch(&t, "[{'statement':'a','params':[]}",
		     "'statements':2,'batch':[{'statement':'a','params':[]}] | "
		     "'note':'not all values are shown'");
	expect_batch(&t, "[{'statement':'a','params':[]},{'statement':'0123456789'", all);
	expect_batch(&t, "[{'statement':'a','params':[]},{'statement':'0123456789','params':[]}",
		     all);
	cql_free(&t);
}

/* After a hole: does a message of OPCODE begin with BODY, more of which is said to follow? */
static bool may_be_cut(enum cql_opcode opcode, struct span body)
{
	const uint8_t head[CQL_HEADER_LEN] = {0x84,
					      0,
					      opcode == CQL_EVENT ? 0xff : 0,
					      opcode == CQL_EVENT ? 0xff : 0,
					      (uint8_t)opcode,
					      0,
					      0,
					      0,
					      (uint8_t)(body.len + 100)};
	struct buffer bytes = {0};
	struct cql_header header;
	bool is;

	buffer_append(&bytes, head, sizeof(head));
	buffer_append_span(&bytes, body);
	is = cql_is_envelope(buffer_span(&bytes), SIDE_SERVER, CQL_V4, &header);
	buffer_free(&bytes);
	return is;
}

/* What ends with something that has no length may end anywhere; others say where they do. */
static void messages_that_may_be_cut(void **state)
{
	(void)state;
	assert_true(may_be_cut(CQL_ERROR, BYTES("\0\0\x10\0\0\1x\0\1\0\0"))); /* Unavailable */
	assert_true(may_be_cut(CQL_RESULT, BYTES("\0\0\0\5\0\7CREATED")));
	assert_true(may_be_cut(CQL_EVENT, BYTES("\0\15STATUS_CHANGE\0\2UP")));
	assert_true(may_be_cut(CQL_AUTHENTICATE, BYTES("\0\3a")));
	assert_false(may_be_cut(CQL_AUTHENTICATE, BYTES("\0\3abc")));
	assert_true(may_be_cut(CQL_SUPPORTED, BYTES("\0\1\0\1a\0")));
	assert_false(may_be_cut(CQL_SUPPORTED, BYTES("\0\1\0\1a\0\0")));
}

static struct verdict infer(struct span sent, struct span received, bool midstream)
{
	const struct sample sample = {
		.transport = TRANSPORT_TCP,
		.midstream = midstream,
		.began = !midstream,
		.bytes = {sent, received},
	};
	struct verdict verdict = {.role = ROLE_UNKNOWN};

	protocol_cql.infer(&sample, &verdict);
	return verdict;
}

#define OPTIONS	     "\4\0\0\0\5\0\0\0\0"
#define READY	     "\x84\0\0\0\2\0\0\0\0"
#define STATEMENT    "\4\0\0\0\7\0\0\0\x0f\0\0\0\x08SELECT 1\0\1\0"
#define SERVER_ERROR "\x84\0\0\0\0\0\0\0\x0b\0\0\0\0\0\5wrong"

static void inference(void **state)
{
	struct verdict v = infer(BYTES(OPTIONS), BYTES(""), false);

	(void)state;
	/* So little may be chance; and it isn't what an answer to it contradicts. */
	assert_in_range(v.score, INFER_PLAUSIBLE, INFER_CERTAIN - 1);
	assert_int_equal(v.role, ROLE_CLIENT);
	assert_int_equal(infer(BYTES(OPTIONS), BYTES("HTTP/1.1 400"), false).score, 0);
	assert_int_equal(infer(BYTES(OPTIONS), BYTES(READY), false).score, 0);
	assert_int_equal(infer(BYTES(OPTIONS), BYTES(""), true).score, 0);
	v = infer(BYTES(SERVER_ERROR), BYTES(OPTIONS), false);
	assert_true(v.score >= INFER_CERTAIN);
	assert_int_equal(v.role, ROLE_SERVER);
	assert_true(infer(BYTES(STATEMENT), BYTES(""), true).score >= INFER_CERTAIN);
	assert_true(infer(BYTES("\1" STATEMENT), BYTES(""), true).score >= INFER_CERTAIN);
	assert_int_equal(infer(BYTES("\1" STATEMENT), BYTES(""), false).score, 0);
	assert_int_equal(infer(BYTES(STATEMENT "y123456789"), BYTES(""), true).score, 0);
	/* Both can't be the client. */
	assert_int_equal(infer(BYTES(STATEMENT), BYTES(STATEMENT), true).score, 0);
}

/* A segment is known by its checksums, wherever it begins and whoever sent it. */
static void inference_of_segments(void **state)
{
	struct cql_talk t = {.version = CQL_V5};
	struct verdict v;
	struct span bytes;

	(void)state;
	for (int lz4 = 0; lz4 < 2; lz4++) {
		t.segmented = true;
		t.lz4 = lz4;
		cql_query(&t, 1, "SELECT 1 FROM a_table_with_a_name");
		bytes = buffer_span(&t.bytes[0]);
		v = infer(bytes, BYTES(""), false);
		assert_true(v.score >= INFER_CERTAIN);
		assert_int_equal(v.role, ROLE_CLIENT);
		t.bytes[0].data[bytes.len - 1] ^= 1;
		assert_int_equal(infer(bytes, BYTES(""), false).score, 0);
		cql_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_by_their_stream),
		cmocka_unit_test(prepared_statements),
		cmocka_unit_test(a_prepared_statement_that_is_cut),
		cmocka_unit_test(a_statement_that_is_not_known),
		cmocka_unit_test(errors_have_their_details),
		cmocka_unit_test(errors_of_version_5),
		cmocka_unit_test(events_stand_alone),
		cmocka_unit_test(traces_warnings_and_payloads),
		cmocka_unit_test(batches_have_their_statements),
		cmocka_unit_test(batches_with_names),
		cmocka_unit_test(prepared_by_scylladb),
		cmocka_unit_test(pages),
		cmocka_unit_test(names_of_clients),
		cmocka_unit_test(logins),
		cmocka_unit_test(a_keyspace_is_used),
		cmocka_unit_test(streams_are_used_again),
		cmocka_unit_test(unanswered_after_a_loss),
		cmocka_unit_test(no_more_than_is_kept),
		cmocka_unit_test(no_more_of_a_batch_than_is_kept),
		cmocka_unit_test(messages_that_may_be_cut),
		cmocka_unit_test(inference),
		cmocka_unit_test(inference_of_segments),
	};

	return cmocka_run_group_tests_name("cql", tests, NULL, NULL);
}
