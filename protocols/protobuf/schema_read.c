/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/protobuf/schema_private.h"
#include "protocols/protobuf/wire.h"

/* Messages are declared inside messages; not deeper than this. */
#define DEPTH_MAX 32

/* The numbers of fields in google/protobuf/descriptor.proto. */
enum {
	SET_FILE = 1,

	FILE_PACKAGE = 2,
	FILE_MESSAGE = 4,
	FILE_ENUM = 5,
	FILE_SERVICE = 6,

	MESSAGE_NAME = 1,
	MESSAGE_FIELD = 2,
	MESSAGE_NESTED = 3,
	MESSAGE_ENUM = 4,
	MESSAGE_OPTIONS = 7,
	MESSAGE_OPTION_MAP_ENTRY = 7,

	FIELD_NAME = 1,
	FIELD_NUMBER = 3,
	FIELD_LABEL = 4,
	FIELD_TYPE = 5,
	FIELD_TYPE_NAME = 6,
	LABEL_REPEATED = 3,

	ENUM_NAME = 1,
	ENUM_VALUE = 2,
	VALUE_NAME = 1,
	VALUE_NUMBER = 2,

	SERVICE_NAME = 1,
	SERVICE_METHOD = 2,
	METHOD_NAME = 1,
	METHOD_INPUT = 2,
	METHOD_OUTPUT = 3,
};

static struct span text_of(struct span message, uint32_t number)
{
	return protobuf_last_field(message, number).bytes;
}

/* The next field NUMBER that has bytes; false behind the last. */
static bool next_of(struct cursor *c, uint32_t number, struct span *bytes)
{
	struct protobuf_field field;

	while (cursor_left(c) && protobuf_read_field(c, &field)) {
		if (field.number != number || field.wire != PROTOBUF_LEN)
			continue;
		*bytes = field.bytes;
		return true;
	}
	return false;
}

/* References begin with a point, which says that the name is whole. */
static struct span reference(struct span name)
{
	return name.len && *name.data == '.' ? span_of(name.data + 1, name.len - 1) : name;
}

/* A new one of SIZE bytes at the end of LIST: "OUTER.NAME". NULL: no memory. */
static void *add(struct protobuf_schema *s, struct named_list *list, size_t size, struct span outer,
		 struct span name)
{
	struct named *item = calloc(1, size);

	if (!item) {
		s->failed = true;
		return NULL;
	}
	item->order = list->count;
	buffer_append_span(&item->name, outer);
	if (outer.len)
		buffer_append_char(&item->name, '.');
	buffer_append_span(&item->name, name);
	buffer_append(&list->items, &item, sizeof(void *));
	if (list->items.failed || item->name.failed) {
		list->items.failed = false;
		s->failed = true;
		buffer_free(&item->name);
		free(item);
		return NULL;
	}
	list->count++;
	return item;
}

static void read_enum(struct protobuf_schema *s, struct span outer, struct span declared)
{
	struct cursor c = cursor_of(declared.data, declared.len);
	struct protobuf_enum *e = add(s, &s->enums, sizeof(*e), outer,
				      text_of(declared, ENUM_NAME));
	struct span value;

	while (e && next_of(&c, ENUM_VALUE, &value)) {
		struct enum_value known = {
			.name = text_of(value, VALUE_NAME),
			.number = (int32_t)protobuf_last_field(value, VALUE_NUMBER).integer,
		};

		buffer_append(&e->named.parts, &known, sizeof(known));
		s->failed |= e->named.parts.failed;
	}
}

static struct protobuf_member read_member(struct span field)
{
	return (struct protobuf_member){
		.number = (uint32_t)protobuf_last_field(field, FIELD_NUMBER).integer,
		.type = (enum protobuf_type)protobuf_last_field(field, FIELD_TYPE).integer,
		.repeated = protobuf_last_field(field, FIELD_LABEL).integer == LABEL_REPEATED,
		.name = text_of(field, FIELD_NAME),
		.type_name = reference(text_of(field, FIELD_TYPE_NAME)),
	};
}

static void read_message(struct protobuf_schema *s, struct span outer, struct span declared,
			 unsigned depth)
{
	struct cursor c = cursor_of(declared.data, declared.len);
	struct span options = text_of(declared, MESSAGE_OPTIONS);
	struct protobuf_message *m = add(s, &s->messages, sizeof(*m), outer,
					 text_of(declared, MESSAGE_NAME));
	struct protobuf_field field;

	if (!m)
		return;
	m->schema = s;
	m->entry = protobuf_last_field(options, MESSAGE_OPTION_MAP_ENTRY).integer;
	while (!s->failed && cursor_left(&c) && protobuf_read_field(&c, &field)) {
		struct protobuf_member member;

		if (field.wire != PROTOBUF_LEN)
			continue;
		if (field.number == MESSAGE_FIELD) {
			member = read_member(field.bytes);
			buffer_append(&m->named.parts, &member, sizeof(member));
			s->failed |= m->named.parts.failed;
		} else if (field.number == MESSAGE_ENUM) {
			read_enum(s, buffer_span(&m->named.name), field.bytes);
		} else if (field.number == MESSAGE_NESTED && depth < DEPTH_MAX) {
			read_message(s, buffer_span(&m->named.name), field.bytes, depth + 1);
		}
	}
}

/* gRPC calls it "/package.Service/Method" (grpc/grpc, doc/PROTOCOL-HTTP2.md, Path). */
static void read_service(struct protobuf_schema *s, struct span package, struct span declared)
{
	struct cursor c = cursor_of(declared.data, declared.len);
	struct buffer path = {0};
	struct span method;
	size_t len;

	buffer_append_char(&path, '/');
	buffer_append_span(&path, package);
	if (package.len)
		buffer_append_char(&path, '.');
	buffer_append_span(&path, text_of(declared, SERVICE_NAME));
	buffer_append_char(&path, '/');
	len = path.len;
	while (!s->failed && next_of(&c, SERVICE_METHOD, &method)) {
		struct method *m;

		path.len = len;
		buffer_append_span(&path, text_of(method, METHOD_NAME));
		m = add(s, &s->methods, sizeof(*m), (struct span){0}, buffer_span(&path));
		if (!m)
			break;
		m->input = reference(text_of(method, METHOD_INPUT));
		m->output = reference(text_of(method, METHOD_OUTPUT));
	}
	s->failed |= path.failed;
	buffer_free(&path);
}

static void read_file(struct protobuf_schema *s, struct span file)
{
	struct cursor c = cursor_of(file.data, file.len);
	struct span package = text_of(file, FILE_PACKAGE);
	struct protobuf_field field;

	while (!s->failed && cursor_left(&c) && protobuf_read_field(&c, &field)) {
		if (field.wire != PROTOBUF_LEN)
			continue;
		if (field.number == FILE_MESSAGE)
			read_message(s, package, field.bytes, 0);
		else if (field.number == FILE_ENUM)
			read_enum(s, package, field.bytes);
		else if (field.number == FILE_SERVICE)
			read_service(s, package, field.bytes);
	}
}

bool protobuf_schema_read(struct protobuf_schema *s, struct span set)
{
	struct named *copy;
	struct cursor c;
	struct span file;

	if (!protobuf_is_message(set))
		return false;
	copy = add(s, &s->sets, sizeof(*copy), (struct span){0}, set);
	if (!copy)
		return false;
	c = cursor_of(copy->name.data, copy->name.len);
	while (next_of(&c, SET_FILE, &file)) {
		if (!protobuf_is_message(file))
			return false;
		read_file(s, file);
	}
	return true;
}
