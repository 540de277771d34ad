/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/map/service_name.h"

#include "format/event.h"

static const struct {
	const char *table;
	const char *column;
	bool host;
	const char *common[SERVICE_NAME_COMMON_MAX];
} names[] = {
	{"http", "host", true, {0}},
	{"http2", "authority", true, {0}},
	{"grpc", "authority", true, {0}},
	{"tls", "sni", true, {0}},
	{"pgsql", "database", false, {0}},
	{"mysql", "database", false, {"information_schema", "performance_schema", "mysql", "sys"}},
	{"mongodb", "database", false, {"admin", "local", "config"}},
	{"cql",
	 "keyspace",
	 false,
	 {"system", "system_schema", "system_auth", "system_virtual_schema"}},
	{"amqp", "vhost", false, {"/"}},
	{"amqp_messages", "vhost", false, {"/"}},
};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* Longest name that is taken; RFC 1035 has 253, and a port. */
#define NAME_MAX_LEN 260

struct service_name service_name_of(const struct table *table)
{
	struct service_name found = {.table = table, .column = -1};

	for (size_t i = 0; i < NAMES; i++) {
		if (strcmp(names[i].table, table->name) != 0)
			continue;
		found.column = table_column(table, names[i].column);
		found.host = names[i].host;
		found.common = names[i].common;
	}
	return found;
}

static bool is_common(const struct service_name *name, struct span text)
{
	for (size_t i = 0; i < SERVICE_NAME_COMMON_MAX && name->common[i]; i++)
		if (span_is(text, name->common[i]))
			return true;
	return false;
}

static bool takes_off(struct span *text, const char *end)
{
	size_t len = strlen(end);

	if (text->len < len || memcmp(text->data + text->len - len, end, len) != 0)
		return false;
	text->len -= len;
	return true;
}

static bool is_address(const char *text)
{
	struct address address;

	return address_parse(text, &address);
}

/* "localhost" with or without a port. */
static bool is_localhost(const char *text)
{
	size_t len = strcspn(text, ":");

	return len == 9 && memcmp(text, "localhost", 9) == 0;
}

static void append_host(struct span host, struct buffer *out)
{
	char text[NAME_MAX_LEN + 1];
	size_t len = 0;

	if (!takes_off(&host, ":80"))
		takes_off(&host, ":443");
	takes_off(&host, ".");
	if (host.len > NAME_MAX_LEN)
		host.len = NAME_MAX_LEN;
	for (; len < host.len; len++) {
		char c = host.data[len];

		text[len] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	text[len] = '\0';
	if (!is_address(text) && !is_localhost(text))
		buffer_append(out, text, len);
}

void service_name_append(const struct service_name *name, const struct value *values,
			 struct buffer *out)
{
	const struct value *v = name->column < 0 ? NULL : &values[name->column];
	struct span text;

	if (!v || !value_has_text(v) || !v->text.len)
		return;
	text = v->text;
	if (is_common(name, text))
		return;
	if (name->host) {
		append_host(text, out);
		return;
	}
	if (text.len > NAME_MAX_LEN)
		text.len = NAME_MAX_LEN;
	buffer_append_span(out, text);
}
