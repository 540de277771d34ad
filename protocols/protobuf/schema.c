/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/protobuf/schema.h"

#include <stdlib.h>

#include "protocols/protobuf/schema_private.h"

/* ---- lists of what has a name ---- */

static int compare_spans(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_named(const void *a, const void *b)
{
	const struct named *x = *(struct named *const *)a, *y = *(struct named *const *)b;
	int order = compare_spans(buffer_span(&x->name), buffer_span(&y->name));

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void sort_list(struct named_list *list)
{
	if (list->count)
		qsort(list->items.data, list->count, sizeof(struct named *), compare_named);
}

/* The one that was declared first, where several have the name. */
static struct named *find(const struct named_list *list, struct span name)
{
	struct named **items = (struct named **)list->items.data;
	size_t low = 0, high = list->count;

	if (!name.len)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_spans(buffer_span(&items[middle]->name), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && span_equal(buffer_span(&items[low]->name), name) ? items[low]
										     : NULL;
}

static void free_list(struct named_list *list)
{
	struct named **items = (struct named **)list->items.data;

	for (size_t i = 0; i < list->count; i++) {
		buffer_free(&items[i]->name);
		buffer_free(&items[i]->parts);
		free(items[i]);
	}
	buffer_free(&list->items);
}

/* ---- what is declared, by number ---- */

static int compare_members(const void *a, const void *b)
{
	const struct protobuf_member *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

const struct protobuf_member *protobuf_message_member(const struct protobuf_message *m,
						      uint32_t number)
{
	const struct protobuf_member key = {.number = number};
	size_t count = m->named.parts.len / sizeof(key);

	return count ? bsearch(&key, m->named.parts.data, count, sizeof(key), compare_members)
		     : NULL;
}

const struct protobuf_message *protobuf_message_beside(const struct protobuf_message *m,
						       struct span name)
{
	return protobuf_schema_message(m->schema, name);
}

bool protobuf_message_is_entry(const struct protobuf_message *m)
{
	return m->entry;
}

bool protobuf_message_is_any(const struct protobuf_message *m)
{
	return span_is(buffer_span(&m->named.name), "google.protobuf.Any");
}

struct span protobuf_enum_name(const struct protobuf_enum *e, int32_t number)
{
	const struct enum_value *values = (const struct enum_value *)e->named.parts.data;

	for (size_t i = 0; i < e->named.parts.len / sizeof(*values); i++)
		if (values[i].number == number)
			return values[i].name;
	return (struct span){0};
}

/* ---- the schema ---- */

struct protobuf_schema *protobuf_schema_new(void)
{
	return calloc(1, sizeof(struct protobuf_schema));
}

const struct protobuf_message *protobuf_schema_message(const struct protobuf_schema *s,
						       struct span name)
{
	return s ? (const struct protobuf_message *)find(&s->messages, name) : NULL;
}

const struct protobuf_message *protobuf_schema_method(struct protobuf_schema *s, struct span path,
						      bool response)
{
	struct method *method = s ? (struct method *)find(&s->methods, path) : NULL;

	if (!method)
		return NULL;
	s->used = true;
	return protobuf_schema_message(s, response ? method->output : method->input);
}

bool protobuf_schema_was_used(const struct protobuf_schema *s)
{
	return s->used;
}

static void resolve(struct protobuf_schema *s, struct protobuf_message *message)
{
	struct protobuf_member *members = (struct protobuf_member *)message->named.parts.data;
	size_t count = message->named.parts.len / sizeof(*members);

	if (count)
		qsort(members, count, sizeof(*members), compare_members);
	for (size_t i = 0; i < count; i++) {
		struct span name = members[i].type_name;

		members[i].message = protobuf_schema_message(s, name);
		members[i].values = (const struct protobuf_enum *)find(&s->enums, name);
	}
}

enum protobuf_schema_answer protobuf_schema_add(struct protobuf_schema *s, struct span set)
{
	size_t before = s->messages.count + s->methods.count;
	struct protobuf_message **messages;
	bool is_set;

	is_set = protobuf_schema_read(s, set);
	if (s->failed)
		return PROTOBUF_SCHEMA_NO_MEMORY;
	sort_list(&s->messages);
	sort_list(&s->enums);
	sort_list(&s->methods);
	messages = (struct protobuf_message **)s->messages.items.data;
	for (size_t i = 0; i < s->messages.count; i++)
		resolve(s, messages[i]);
	return is_set && s->messages.count + s->methods.count > before ? PROTOBUF_SCHEMA_TAKEN
								       : PROTOBUF_SCHEMA_NONE;
}

void protobuf_schema_free(struct protobuf_schema *s)
{
	if (!s)
		return;
	free_list(&s->messages);
	free_list(&s->enums);
	free_list(&s->methods);
	free_list(&s->sets);
	free(s);
}
