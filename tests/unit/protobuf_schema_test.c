/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages with their definition, which is a descriptor set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "protocols/protobuf/view.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

/* ---- descriptor.proto, as protoc writes it ---- */

static void put_varint(struct buffer *out, uint64_t value)
{
	for (; value > 127; value >>= 7)
		buffer_append_char(out, (char)(value | 128));
	buffer_append_char(out, (char)value);
}

static void put_number(struct buffer *out, unsigned field, uint64_t value)
{
	put_varint(out, field << 3);
	put_varint(out, value);
}

static void put_span(struct buffer *out, unsigned field, struct span bytes)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, bytes.len);
	buffer_append_span(out, bytes);
}

static void put_text(struct buffer *out, unsigned field, const char *text)
{
	put_span(out, field, span_text(text));
}

/* What was built goes into OUT as its field, and is empty again. */
static void put_built(struct buffer *out, unsigned field, struct buffer *built)
{
	put_span(out, field, buffer_span(built));
	buffer_free(built);
}

struct declared {
	unsigned number;
	const char *name;
	enum protobuf_type type;
	bool repeated;
	const char *type_name;
};

static void put_message(struct buffer *out, unsigned field, const char *name,
			const struct declared *members, size_t count, bool entry)
{
	struct buffer message = {0}, member = {0}, options = {0};

	put_text(&message, 1, name);
	for (size_t i = 0; i < count; i++) {
		put_text(&member, 1, members[i].name);
		put_number(&member, 3, members[i].number);
		put_number(&member, 4, members[i].repeated ? 3 : 1);
		put_number(&member, 5, members[i].type);
		if (members[i].type_name)
			put_text(&member, 6, members[i].type_name);
		put_built(&message, 2, &member);
	}
	if (entry) {
		put_number(&options, 7, 1);
		put_built(&message, 7, &options);
	}
	if (field == 4 && strcmp(name, "Order") == 0) {
		const struct declared halves[] = {{1, "key", PROTOBUF_TYPE_STRING, false, NULL},
						  {2, "value", PROTOBUF_TYPE_SINT32, false, NULL}};

		put_message(&message, 3, "AttrsEntry", halves, 2, true);
	}
	put_built(out, field, &message);
}

static void put_enum(struct buffer *file)
{
	static const char *const names[] = {"UNKNOWN", "OPEN", "LOST"};
	struct buffer e = {0}, value = {0};

	put_text(&e, 1, "State");
	for (int i = 0; i < 3; i++) {
		put_text(&value, 1, names[i]);
		put_number(&value, 2, i < 2 ? (uint64_t)i : UINT64_MAX);
		put_built(&e, 2, &value);
	}
	put_built(file, 5, &e);
}

static void put_service(struct buffer *file)
{
	struct buffer service = {0}, method = {0};

	put_text(&service, 1, "Orders");
	put_text(&method, 1, "Get");
	put_text(&method, 2, ".shop.v1.Order");
	put_text(&method, 3, ".shop.v1.Reply");
	put_built(&service, 2, &method);
	put_built(file, 6, &service);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_shop(struct buffer *set)
{
	static const struct declared order[] = {
		{16, "parent", PROTOBUF_TYPE_MESSAGE, false, ".shop.v1.Order"},
		{1, "id", PROTOBUF_TYPE_INT64, false, NULL},
		{2, "name", PROTOBUF_TYPE_STRING, false, NULL},
		{3, "total", PROTOBUF_TYPE_DOUBLE, false, NULL},
		{4, "share", PROTOBUF_TYPE_FLOAT, false, NULL},
		{5, "lines", PROTOBUF_TYPE_STRING, true, NULL},
		{6, "sizes", PROTOBUF_TYPE_INT32, true, NULL},
		{7, "attrs", PROTOBUF_TYPE_MESSAGE, true, ".shop.v1.Order.AttrsEntry"},
		{8, "body", PROTOBUF_TYPE_BYTES, false, NULL},
		{9, "delta", PROTOBUF_TYPE_SINT32, false, NULL},
		{10, "state", PROTOBUF_TYPE_ENUM, false, ".shop.v1.State"},
		{11, "paid", PROTOBUF_TYPE_BOOL, false, NULL},
		{12, "key", PROTOBUF_TYPE_FIXED64, false, NULL},
		{13, "low", PROTOBUF_TYPE_SFIXED32, false, NULL},
		{14, "extra", PROTOBUF_TYPE_MESSAGE, false, ".google.protobuf.Any"},
		{15, "other", PROTOBUF_TYPE_MESSAGE, false, ".elsewhere.Thing"},
	};
	static const struct declared reply[] = {
		{1, "state", PROTOBUF_TYPE_ENUM, false, ".shop.v1.State"}};
	static const struct declared any[] = {{1, "type_url", PROTOBUF_TYPE_STRING, false, NULL},
					      {2, "value", PROTOBUF_TYPE_BYTES, false, NULL}};
	struct buffer file = {0};

	put_text(&file, 1, "shop.proto");
	put_text(&file, 2, "shop.v1");
	put_message(&file, 4, "Order", order, COUNT(order), false);
	put_message(&file, 4, "Reply", reply, COUNT(reply), false);
	put_enum(&file);
	put_service(&file);
	put_text(&file, 12, "proto3");
	put_built(set, 1, &file);
	put_text(&file, 1, "google/protobuf/any.proto");
	put_text(&file, 2, "google.protobuf");
	put_message(&file, 4, "Any", any, COUNT(any), false);
	put_built(set, 1, &file);
}

static int setup(void **state)
{
	struct protobuf_schema *schema = protobuf_schema_new();
	struct buffer set = {0};

	put_shop(&set);
	assert_int_equal(protobuf_schema_add(schema, buffer_span(&set)), PROTOBUF_SCHEMA_TAKEN);
	buffer_free(&set);
	*state = schema;
	return 0;
}

static int teardown(void **state)
{
	protobuf_schema_free(*state);
	return 0;
}

static void check(struct protobuf_schema *schema, struct span message, const char *expected)
{
	const struct protobuf_message *type = protobuf_schema_message(schema,
								      span_text("shop.v1.Order"));
	struct buffer out = {0};
	bool cut = false;

	assert_non_null(type);
	assert_true(protobuf_view(message, type, 1 << 20, &out, &cut));
	assert_false(cut);
	buffer_append_char(&out, 0);
	assert_string_equal(out.data, expected);
	buffer_free(&out);
}

static void types(void **state)
{
	check(*state, BYTES(""), "{}");
	check(*state, BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "{\"id\":-1}");
	check(*state, BYTES("\x12\x02(3"), "{\"name\":\"(3\"}");
	check(*state, BYTES("\x12\0"), "{\"name\":\"\"}");
	check(*state, BYTES("\x19\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "{\"total\":0.1}");
	check(*state, BYTES("\x25\xcd\xcc\xcc\x3d"), "{\"share\":0.1}");
	check(*state, BYTES("\x25\0\0\x80\xff"), "{\"share\":\"-Infinity\"}");
	check(*state, BYTES("\x19\0\0\0\0\0\0\xf8\x7f"), "{\"total\":\"NaN\"}");
	check(*state, BYTES("\x42\x02\xff\0"), "{\"body\":\"/wA=\"}");
	check(*state, BYTES("\x48\x03"), "{\"delta\":-2}");
	check(*state, BYTES("\x58\x01"), "{\"paid\":true}");
	check(*state, BYTES("\x61\xff\xff\xff\xff\xff\xff\xff\xff"),
	      "{\"key\":18446744073709551615}");
	check(*state, BYTES("\x6d\xfe\xff\xff\xff"), "{\"low\":-2}");
	check(*state, BYTES("\x82\x01\x02\x08\x07"), "{\"parent\":{\"id\":7}}");
}

static void enumerations(void **state)
{
	check(*state, BYTES("\x50\x01"), "{\"state\":\"OPEN\"}");
	check(*state, BYTES("\x50\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	      "{\"state\":\"LOST\"}");
	check(*state, BYTES("\x50\x09"), "{\"state\":9}");
}

/* An array even of one; numbers may come packed or not, or both. */
static void repeated(void **state)
{
	check(*state,
	      BYTES("\x2a\x01"
		    "a"),
	      "{\"lines\":[\"a\"]}");
	check(*state, BYTES("\x32\x03\x01\xac\x02\x30\x05"), "{\"sizes\":[1,300,5]}");
	check(*state, BYTES("\x32\0"), "{\"sizes\":[]}");
}

/* Of what comes once the last counts; messages are merged (protobuf.dev, Last One Wins). */
static void again(void **state)
{
	check(*state, BYTES("\x08\x01\x08\x02"), "{\"id\":2}");
	check(*state, BYTES("\x82\x01\x02\x08\x07\x82\x01\x02\x48\x02"),
	      "{\"parent\":{\"id\":7,\"delta\":1}}");
}

static void maps(void **state)
{
	check(*state, BYTES("\x3a\x05\x0a\x01n\x10\x03\x3a\x02\x10\x04\x3a\x03\x0a\x01z"),
	      "{\"attrs\":{\"n\":-2,\"\":2,\"z\":0}}");
}

/* It names what it holds; what isn't known stays as it is. */
static void any(void **state)
{
	check(*state, BYTES("\x72\x18\x0a\x12x.io/shop.v1.Reply\x12\x02\x08\x01"),
	      "{\"extra\":{\"@type\":\"x.io/shop.v1.Reply\",\"state\":\"OPEN\"}}");
	check(*state, BYTES("\x72\x0c\x0a\x06x.io/y\x12\x02\x08\x01"),
	      "{\"extra\":{\"type_url\":\"x.io/y\",\"value\":\"CAE=\"}}");
}

/* By number: fields that it doesn't know, and those that aren't what it says. */
static void different(void **state)
{
	check(*state, BYTES("\x08\x01\x98\x06\x05"), "{\"id\":1,\"99\":5}");
	check(*state, BYTES("\x10\x07"), "{\"2\":7}");
	check(*state, BYTES("\x82\x01\x01\xff"), "{\"16\":{\"bytes\":\"/w==\"}}");
	check(*state, BYTES("\x32\x02\x01\xff"), "{\"6\":{\"bytes\":\"Af8=\"}}");
	check(*state, BYTES("\x7a\x02\x08\x07"), "{\"other\":{\"1\":7}}");
	check(*state, BYTES("\x12\x01\xff"), "{\"name\":\"\\\\xff\"}");
}

static void methods(void **state)
{
	const struct protobuf_message *order = protobuf_schema_message(*state,
								       span_text("shop.v1.Order"));
	const struct protobuf_message *reply = protobuf_schema_message(*state,
								       span_text("shop.v1.Reply"));

	assert_null(protobuf_schema_method(*state, span_text("/shop.v1.Orders/Put"), false));
	assert_null(protobuf_schema_method(NULL, span_text("/shop.v1.Orders/Get"), false));
	assert_false(protobuf_schema_was_used(*state));
	assert_ptr_equal(protobuf_schema_method(*state, span_text("/shop.v1.Orders/Get"), false),
			 order);
	assert_ptr_equal(protobuf_schema_method(*state, span_text("/shop.v1.Orders/Get"), true),
			 reply);
	assert_true(protobuf_schema_was_used(*state));
}

/* The same file in a second set changes nothing. */
static void added_twice(void **state)
{
	struct buffer set = {0};

	put_shop(&set);
	assert_int_equal(protobuf_schema_add(*state, buffer_span(&set)), PROTOBUF_SCHEMA_TAKEN);
	buffer_free(&set);
	check(*state, BYTES("\x50\x01\x3a\x05\x0a\x01n\x10\x03"),
	      "{\"attrs\":{\"n\":-2},\"state\":\"OPEN\"}");
}

/* What is cut, or is something else, is refused and leaves the rest usable. */
static void no_sets(void **state)
{
	struct buffer set = {0};

	assert_int_equal(protobuf_schema_add(*state, BYTES("")), PROTOBUF_SCHEMA_NONE);
	assert_int_equal(protobuf_schema_add(*state, BYTES("syntax = \"proto3\";")),
			 PROTOBUF_SCHEMA_NONE);
	assert_int_equal(protobuf_schema_add(*state, BYTES("\x0a\x03xyz")), PROTOBUF_SCHEMA_NONE);
	put_shop(&set);
	for (size_t len = 0; len < set.len; len++) {
		char *copy = malloc(len + 1);

		memcpy(copy, set.data, len);
		(void)protobuf_schema_add(*state, span_of(copy, len));
		free(copy);
	}
	buffer_free(&set);
	check(*state, BYTES("\x50\x01"), "{\"state\":\"OPEN\"}");
}

static void bounds(void **state)
{
	const struct protobuf_message *type = protobuf_schema_message(*state,
								      span_text("shop.v1.Order"));
	struct buffer packed = {0}, message = {0}, deep = {0}, out = {0};
	bool cut = false;

	for (int i = 0; i < 100000; i++)
		buffer_append_char(&packed, 1);
	put_built(&message, 6, &packed);
	assert_true(protobuf_view(buffer_span(&message), type, 1000, &out, &cut));
	assert_true(cut);
	assert_true(out.len < 1100);
	for (int i = 0; i < 100; i++) {
		struct buffer outer = {0};

		put_built(&outer, 16, &deep);
		deep = outer;
	}
	buffer_clear(&out);
	cut = false;
	assert_true(protobuf_view(buffer_span(&deep), type, 1 << 20, &out, &cut));
	assert_false(cut);
	buffer_free(&message);
	buffer_free(&deep);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(types, setup, teardown),
		cmocka_unit_test_setup_teardown(enumerations, setup, teardown),
		cmocka_unit_test_setup_teardown(repeated, setup, teardown),
		cmocka_unit_test_setup_teardown(again, setup, teardown),
		cmocka_unit_test_setup_teardown(maps, setup, teardown),
		cmocka_unit_test_setup_teardown(any, setup, teardown),
		cmocka_unit_test_setup_teardown(different, setup, teardown),
		cmocka_unit_test_setup_teardown(methods, setup, teardown),
		cmocka_unit_test_setup_teardown(added_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(no_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
