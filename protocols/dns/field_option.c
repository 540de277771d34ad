/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/dns/field.h"

#include "protocols/dns/number.h"
#include "protocols/dns/schema.h"
#include "protocols/dns/text.h"

/* Fields of EDNS options and of service parameters. */

bool dns_cookie(struct cursor *c, struct buffer *out)
{
	struct span client = cursor_span(c, 8);
	struct span server = cursor_span(c, cursor_left(c));

	dns_append_hex(out, client);
	if (server.len > 0)
		buffer_append_char(out, ' ');
	dns_append_hex(out, server);
	return !c->failed && (server.len == 0 || (server.len >= 8 && server.len <= 32));
}

/* Tenths of a second; a client sends none. */
bool dns_keepalive(struct cursor *c, struct buffer *out)
{
	unsigned timeout;

	if (cursor_left(c) == 0)
		return true;
	timeout = cursor_be16(c);
	buffer_printf(out, "%u.%us", timeout / 10, timeout % 10);
	return !c->failed;
}

bool dns_padding(struct cursor *c, struct buffer *out)
{
	buffer_append_u64(out, cursor_left(c));
	buffer_append_text(out, " bytes");
	cursor_skip(c, cursor_left(c));
	return true;
}

bool dns_extended_error(struct cursor *c, struct buffer *out)
{
	uint16_t code = cursor_be16(c);
	const char *name = dns_number_name(&dns_extended_errors, code);
	struct span text = cursor_span(c, cursor_left(c));

	buffer_append_u64(out, code);
	if (name)
		buffer_printf(out, " (%s)", name);
	if (text.len > 0) {
		buffer_append_char(out, ' ');
		dns_append_quoted(out, text);
	}
	return !c->failed;
}

/* Empty in a query; the version is four octets of serial for type 0. */
bool dns_zone_version(struct cursor *c, struct buffer *out)
{
	unsigned labels, type;

	if (cursor_left(c) == 0)
		return true;
	labels = cursor_u8(c);
	type = cursor_u8(c);
	buffer_printf(out, "%u %u ", labels, type);
	if (c->failed)
		return false;
	return type == 0 && cursor_left(c) == 4 ? dns_u32(c, out) : dns_hex(c, out);
}

/* ---- service parameters ---- */

static bool service_key(struct cursor *c, struct buffer *out)
{
	dns_schema_append_name(out, &dns_service_keys, cursor_be16(c));
	return !c->failed;
}

bool dns_key_list(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, service_key, ',');
}

/* Stands in a list in a quoted string: escaped once as an item, once as text. */
static bool alpn_item(struct cursor *c, struct buffer *out)
{
	struct span item = cursor_span(c, cursor_u8(c));

	for (size_t i = 0; i < item.len; i++) {
		if (item.data[i] == ',' || item.data[i] == '\\')
			buffer_append_text(out, "\\\\");
		dns_append_escaped(out, span_of(item.data + i, 1));
	}
	return item.len > 0;
}

bool dns_alpn(struct cursor *c, struct buffer *out)
{
	buffer_append_char(out, '"');
	dns_list(c, out, alpn_item, ',');
	buffer_append_char(out, '"');
	return cursor_left(c) == 0;
}

/* VALUE of a key that isn't in the registry: text, as far as anyone knows. */
static bool append_unknown_value(struct cursor *value, struct buffer *out)
{
	buffer_append_char(out, '=');
	return dns_text(value, out);
}

static bool append_value(const struct dns_schema *schema, struct cursor *value, struct buffer *out)
{
	if (!schema->fields[0])
		return true;
	buffer_append_char(out, '=');
	return cursor_left(value) > 0 && schema->fields[0](value, out);
}

static bool service_param(struct cursor *c, struct buffer *out)
{
	uint16_t key = cursor_be16(c);
	const struct dns_schema *schema = dns_schema_find(&dns_service_keys, key);
	struct cursor value = cursor_part(c, cursor_be16(c));

	dns_schema_append_name(out, &dns_service_keys, key);
	if (c->failed)
		return false;
	if (schema)
		return append_value(schema, &value, out) && cursor_left(&value) == 0;
	return cursor_left(&value) == 0 || append_unknown_value(&value, out);
}

bool dns_service_params(struct cursor *c, struct buffer *out)
{
	return dns_list(c, out, service_param, ' ');
}
