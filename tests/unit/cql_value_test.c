/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of every type as JSON, and types as CQL writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/cql/value.h"
#include "protocols/value/date.h"
#include "tests/unit/cql_build.h"

#define MARSHAL "org.apache.cassandra.db.marshal."

static void check_type(struct span type, struct span value, const char *name, const char *json,
		       bool damaged)
{
	struct buffer compiled = {0}, out = {0};
	struct cql_writer w = {.out = &out, .limit = 1 << 20};
	struct cursor c = cursor_of(type.data, type.len);

	cql_type_compile(&c, &compiled);
	assert_false(c.failed);
	assert_int_equal(cursor_left(&c), 0);
	c = cursor_of(compiled.data, compiled.len);
	cql_type_name(&c, &out);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, name);
	assert_int_equal(cursor_left(&c), 0);
	buffer_clear(&out);
	c = cursor_of(compiled.data, compiled.len);
	cql_value_json(&w, &c, value);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	assert_int_equal(w.damaged, damaged);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.failed);
	buffer_free(&compiled);
	buffer_free(&out);
}

#define CHECK(type, value, name, json)	 check_type(BYTES(type), BYTES(value), name, json, false)
#define DAMAGED(type, value, name, json) check_type(BYTES(type), BYTES(value), name, json, true)

static void numbers(void **state)
{
	(void)state;
	CHECK("\0\2", "\x80\0\0\0\0\0\0\0", "bigint", "-9223372036854775808");
	CHECK("\0\5", "\0\0\0\0\0\0\0\7", "counter", "7");
	CHECK("\0\x09", "\xff\xff\xff\xfe", "int", "-2");
	CHECK("\0\x13", "\x80\0", "smallint", "-32768");
	CHECK("\0\x14", "\xff", "tinyint", "-1");
	CHECK("\0\4", "\0", "boolean", "false");
	CHECK("\0\4", "\2", "boolean", "true");
	CHECK("\0\7", "\x3f\xb9\x99\x99\x99\x99\x99\x9a", "double", "0.1");
	CHECK("\0\7", "\xc0\x0c\0\0\0\0\0\0", "double", "-3.5");
	CHECK("\0\7", "\x40\x5e\xdd\x2f\x1a\x9f\xbe\x77", "double", "123.456");
	CHECK("\0\7", "\x3f\x1a\x36\xe2\xeb\x1c\x43\x2d", "double", "0.0001");
	CHECK("\0\7", "\x3f\x50\x62\x4d\xd2\xf1\xa9\xfc", "double", "0.001");
	CHECK("\0\7", "\x80\0\0\0\0\0\0\0", "double", "-0");
	CHECK("\0\7", "\x3f\xd5\x55\x55\x55\x55\x55\x55", "double", "0.3333333333333333");
	CHECK("\0\7", "\x54\xb2\x49\xad\x25\x94\xc3\x7d", "double", "1e+100");
	CHECK("\0\7", "\x7f\xf0\0\0\0\0\0\0", "double", "\"Infinity\"");
	CHECK("\0\x08", "\x3d\xcc\xcc\xcd", "float", "0.1");
	CHECK("\0\x08", "\xff\xc0\0\0", "float", "\"NaN\"");
	DAMAGED("\0\x09", "\1\2", "int", "\"0x0102\"");
	CHECK("\0\x09", "", "int", "\"\"");
}

/* The examples of the specification's section 6.24, and longer ones. */
static void large_numbers(void **state)
{
	(void)state;
	CHECK("\0\x0e", "\0", "varint", "0");
	CHECK("\0\x0e", "\x7f", "varint", "127");
	CHECK("\0\x0e", "\0\x80", "varint", "128");
	CHECK("\0\x0e", "\0\x81", "varint", "129");
	CHECK("\0\x0e", "\xff", "varint", "-1");
	CHECK("\0\x0e", "\x80", "varint", "-128");
	CHECK("\0\x0e", "\xff\x7f", "varint", "-129");
	CHECK("\0\x0e", "\x80\0\0\0\0\0\0\0", "varint", "-9223372036854775808");
	CHECK("\0\x0e", "\0\x80\0\0\0\0\0\0\0", "varint", "\"9223372036854775808\"");
	CHECK("\0\x0e", "\xf0\0\0\0\0\0\0\0\0\0\0\0\0", "varint",
	      "\"-1267650600228229401496703205376\"");
	CHECK("\0\6", "\0\0\0\0\x0c", "decimal", "12");
	CHECK("\0\6", "\0\0\0\2\xfb\x2e", "decimal", "-12.34");
	CHECK("\0\6", "\0\0\0\4\x0c", "decimal", "0.0012");
	CHECK("\0\6", "\0\0\0\x0a\x0c", "decimal", "1.2E-9");
	CHECK("\0\6", "\xff\xff\xff\xfd\x05", "decimal", "5E+3");
	CHECK("\0\6", "\x7f\xff\xff\xff\x05", "decimal", "\"5E-2147483647\"");
	DAMAGED("\0\6", "\0\0\0\4", "decimal", "\"0x00000004\"");
}

static void texts_and_bytes(void **state)
{
	(void)state;
	CHECK("\0\1", "a\"b", "ascii", "\"a\\\"b\"");
	CHECK("\0\x0a", "x", "text", "\"x\"");
	CHECK("\0\x0d", "\xc3\xbc", "text", "\"\xc3\xbc\"");
	CHECK("\0\x0d", "", "text", "\"\"");
	CHECK("\0\3", "\0\xff", "blob", "\"0x00ff\"");
	CHECK("\0\3", "", "blob", "\"0x\"");
	CHECK("\0\x10", "\x0a\1\2\3", "inet", "\"10.1.2.3\"");
	CHECK("\0\x10", "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", "inet", "\"2001:db8::1\"");
	DAMAGED("\0\x10", "\1\2\3", "inet", "\"0x010203\"");
	CHECK("\0\x0c", "\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", "uuid",
	      "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"");
	CHECK("\0\x0f", "\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", "timeuuid",
	      "\"00010203-0405-0607-0809-0a0b0c0d0e0f\"");
}

/* Dates are those of the specification's section 6.5. */
static void times(void **state)
{
	(void)state;
	CHECK("\0\x0b", "\0\0\0\0\0\0\0\0", "timestamp", "\"1970-01-01T00:00:00.000Z\"");
	CHECK("\0\x0b", "\xff\xff\xff\xff\xff\xff\xff\xff", "timestamp",
	      "\"1969-12-31T23:59:59.999Z\"");
	CHECK("\0\x11", "\x80\0\0\0", "date", "\"1970-01-01\"");
	CHECK("\0\x11", "\0\0\0\0", "date", "\"-5877641-06-23\"");
	CHECK("\0\x11", "\xff\xff\xff\xff", "date", "\"5881580-07-11\"");
	CHECK("\0\x12", "\0\0\x4e\x94\x91\x4e\xff\xff", "time", "\"23:59:59.999999999\"");
	DAMAGED("\0\x12", "\0\0\x4e\x94\x91\x4f\0\0", "time", "\"0x00004e94914f0000\"");
	CHECK("\0\x15", "\0\0\0", "duration", "\"0ns\"");
	CHECK("\0\x15", "\x1c\6\x04", "duration", "\"1y2mo3d2ns\"");
	CHECK("\0\x15", "\1\3\5", "duration", "\"-1mo2d3ns\"");
	/* 256,000, as in section 3; then nine bytes. */
	CHECK("\0\x15", "\0\0\xc7\xd0\0", "duration", "\"256us\"");
	CHECK("\0\x15", "\0\0\xff\0\0\0\2\x54\x0b\xe4\0", "duration", "\"5s\"");
	DAMAGED("\0\x15", "\0\0", "duration", "\"0x0000\"");
}

static void collections(void **state)
{
	(void)state;
	CHECK("\0\x20\0\x09", "\0\0\0\2\0\0\0\4\0\0\0\1\xff\xff\xff\xff", "list<int>", "[1,null]");
	CHECK("\0\x22\0\x0d", "\0\0\0\1\0\0\0\1x", "set<text>", "[\"x\"]");
	CHECK("\0\x21\0\x0d\0\x09", "\0\0\0\1\0\0\0\1k\0\0\0\4\0\0\0\5", "map<text, int>",
	      "{\"k\":5}");
	CHECK("\0\x21\0\x09\0\x0d", "\0\0\0\1\0\0\0\4\0\0\0\5\0\0\0\1v", "map<int, text>",
	      "{\"5\":\"v\"}");
	CHECK("\0\x31\0\2\0\x09\0\x0d", "\0\0\0\4\0\0\0\1", "tuple<int, text>", "[1,null]");
	CHECK("\0\x30\0\2ks\0\1u\0\2\0\1a\0\x09\0\1b\0\x20\0\x0d", "\0\0\0\4\0\0\0\1", "ks.u",
	      "{\"a\":1,\"b\":null}");
	CHECK("\0\x20\0\x20\0\x14", "\0\0\0\1\0\0\0\x09\0\0\0\1\0\0\0\1\7", "list<list<tinyint>>",
	      "[[7]]");
	/* A count that the bytes don't have. */
	DAMAGED("\0\x20\0\x09", "\0\0\0\2\0\0\0\4\0\0", "list<int>", "[\"0x0000\"]");
	DAMAGED("\0\x20\0\x09", "\0", "list<int>", "[]");
}

static void check_class(const char *class, struct span value, const char *name, const char *json)
{
	struct buffer type = {0};

	cql_put16(&type, CQL_TYPE_CUSTOM);
	cql_put_string(&type, class);
	check_type(buffer_span(&type), value, name, json, false);
	buffer_free(&type);
}

/* Classes that are nested deeper than any that is used are shown as they are called. */
static void check_nested(const char *begin, const char *end)
{
	struct buffer class = {0};

	for (int i = 0; i < CQL_TYPE_DEPTH_MAX + 1; i++)
		buffer_append_text(&class, begin);
	buffer_append_text(&class, "Int32Type");
	for (int i = 0; i < CQL_TYPE_DEPTH_MAX + 1; i++)
		buffer_append_text(&class, end);
	buffer_append_char(&class, '\0');
	check_class(class.data, BYTES("\1"), class.data, "\"0x01\"");
	buffer_free(&class);
}

/* What older versions have no number for is told by the name of a class. */
static void classes(void **state)
{
	(void)state;
	check_class(MARSHAL "ShortType", BYTES("\0\5"), "smallint", "5");
	check_class(MARSHAL "DurationType", BYTES("\0\2\0"), "duration", "\"1d\"");
	check_class(MARSHAL "VectorType(" MARSHAL "FloatType, 2)", BYTES("\x3f\x80\0\0\xbf\0\0\0"),
		    "vector<float, 2>", "[1,-0.5]");
	check_class(MARSHAL "VectorType(" MARSHAL "UTF8Type , 2)", BYTES("\1a\2bc"),
		    "vector<text, 2>", "[\"a\",\"bc\"]");
	/* Cassandra counts these, though they always are as long. */
	check_class(MARSHAL "VectorType(" MARSHAL "ShortType, 2)", BYTES("\2\0\1\2\0\2"),
		    "vector<smallint, 2>", "[1,2]");
	check_class(MARSHAL "MapType(" MARSHAL "Int32Type," MARSHAL "FrozenType(" MARSHAL
			    "ListType(" MARSHAL "LongType)))",
		    BYTES("\0\0\0\0"), "map<int, list<bigint>>", "{}");
	check_class(MARSHAL "TupleType(" MARSHAL "BooleanType," MARSHAL "AsciiType)",
		    BYTES("\0\0\0\1\1\0\0\0\1z"), "tuple<boolean, ascii>", "[true,\"z\"]");
	check_class(MARSHAL "UserType(ks,75,61:" MARSHAL "Int32Type)", BYTES("\0\0\0\4\0\0\0\1"),
		    "ks.u", "{\"a\":1}");
	check_class("com.example.Odd(x", BYTES("\1"), "com.example.Odd(x", "\"0x01\"");
	check_class(MARSHAL "ListType(", BYTES("\1"), MARSHAL "ListType(", "\"0x01\"");
	check_nested("ListType(", ")");
	check_nested("SetType(", ")");
	check_nested("FrozenType(", ")");
	check_nested("TupleType(", ")");
	check_nested("VectorType(", ",1)");
	check_nested("MapType(Int32Type,", ")");
	check_nested("UserType(k,75,61:", ")");
}

/* Types in types without end are none, and take no stack. */
static void depth(void **state)
{
	struct buffer type = {0}, out = {0};
	struct cursor c;

	(void)state;
	for (int i = 0; i < 100000; i++)
		cql_put16(&type, CQL_TYPE_LIST);
	cql_put16(&type, CQL_TYPE_INT);
	c = cursor_of(type.data, type.len);
	cql_type_skip(&c);
	assert_true(c.failed);
	buffer_clear(&type);
	cql_put16(&type, CQL_TYPE_CUSTOM);
	cql_put16(&type, 60000);
	for (int i = 0; i < 6000; i++)
		buffer_append_text(&type, "SetType(AA");
	c = cursor_of(type.data, type.len);
	cql_type_compile(&c, &out);
	assert_false(c.failed);
	assert_int_equal(out.len, type.len);
	buffer_free(&type);
	buffer_free(&out);
}

static void check_limit(struct span type, struct span value, size_t limit, const char *json)
{
	struct buffer out = {0};
	struct cql_writer w = {.out = &out, .limit = limit};
	struct cursor c = cursor_of(type.data, type.len);

	cql_value_json(&w, &c, value);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, json);
	assert_true(w.cut);
	buffer_free(&out);
}

/* What is cut is valid all the same, and whole characters. */
static void limits(void **state)
{
	(void)state;
	check_limit(BYTES("\0\3"), BYTES("abcd"), 4, "\"0x6162\"");
	check_limit(BYTES("\0\x0d"), BYTES("ab\xc3\xbc"), 3, "\"ab\"");
	check_limit(BYTES("\0\x20\0\x09"), BYTES("\0\0\0\3\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\1"), 2,
		    "[1]");
}

static void dates(void **state)
{
	static const struct {
		int64_t days;
		const char *text;
	} cases[] = {
		{0, "1970-01-01"},	  {-1, "1969-12-31"},	   {11016, "2000-02-29"},
		{-719528, "0000-01-01"},  {2932896, "9999-12-31"}, {2932897, "10000-01-01"},
		{-719529, "-0001-12-31"},
	};
	struct buffer out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&out);
		date_append(&out, cases[i].days);
		buffer_append_char(&out, 0);
		assert_string_equal(out.data, cases[i].text);
	}
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),	   cmocka_unit_test(large_numbers),
		cmocka_unit_test(texts_and_bytes), cmocka_unit_test(times),
		cmocka_unit_test(collections),	   cmocka_unit_test(classes),
		cmocka_unit_test(depth),	   cmocka_unit_test(limits),
		cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests_name("cql_value", tests, NULL, NULL);
}
