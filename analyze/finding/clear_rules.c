/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <strings.h>

#include "analyze/finding/rules.h"
#include "protocols/value/json_read.h"

/* ---- secrets that cross a socket in the clear ---- */

/* What never leaves the host by itself is a socket of the file system. */
static bool is_in_clear(const struct look *look)
{
	return !look->row->end->tls && look->row->end->transport == TRANSPORT_TCP;
}

/* RFC 7617 and RFC 6750: the secret itself is in the header. */
static void look_http(const struct look *look)
{
	struct span name, value, headers = look->values[0]->text;
	size_t at = 0;

	if (!is_in_clear(look) || look->values[0]->type != VALUE_JSON)
		return;
	while (json_next_member(headers, &at, &name, &value)) {
		if (name.len != 13 || strncasecmp(name.data, "authorization", 13) != 0)
			continue;
		if (value.len > 8 && (strncasecmp(value.data, "\"Basic ", 7) == 0 ||
				      strncasecmp(value.data, "\"Bearer ", 8) == 0))
			look->found(look, FINDING_CREDENTIALS, look->line);
	}
}

/* Commands in which a password may stand. In their arguments its place is kept. */
static void look_redis(const struct look *look)
{
	static const char *const commands[] = {"AUTH",		 "HELLO",   "CONFIG SET",
					       "ACL SETUSER",	 "MIGRATE", "SENTINEL SET",
					       "SENTINEL CONFIG"};
	const struct value *command = look->values[0], *args = look->values[1];
	char text[64];

	if (!is_in_clear(look) || !value_has_text(command) || args->type != VALUE_JSON ||
	    !args->text.len || !memmem(args->text.data, args->text.len, "***\"", 4))
		return;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!span_is(command->text, commands[i]))
			continue;
		snprintf(text, sizeof(text), "%s with a password", commands[i]);
		look->found(look, FINDING_CREDENTIALS, span_text(text));
	}
}

/* mysql_clear_password sends what it is named after. */
static void look_mysql(const struct look *look)
{
	const struct value *plugin = look->values[0];

	if (is_in_clear(look) && value_has_text(plugin) &&
	    span_is(plugin->text, "mysql_clear_password"))
		look->found(look, FINDING_CREDENTIALS, look->line);
}

/* SASL's PLAIN (RFC 4616) and its like. */
static void look_plain(const struct look *look)
{
	const struct value *said = look->values[0];

	if (is_in_clear(look) && said->type == VALUE_JSON && said->text.len &&
	    (memmem(said->text.data, said->text.len, "\"PLAIN\"", 7) ||
	     memmem(said->text.data, said->text.len, "\"AMQPLAIN\"", 10)))
		look->found(look, FINDING_CREDENTIALS, look->line);
}

/* Who tells a user's name tells the password behind it (RFC 1929). */
static void look_socks(const struct look *look)
{
	if (is_in_clear(look) && value_has_text(look->values[0]) && look->values[0]->text.len)
		look->found(look, FINDING_CREDENTIALS, look->line);
}

const struct rule clear_rules[] = {
	{"http", {"req_headers"}, look_http},	{"http2", {"req_headers"}, look_http},
	{"grpc", {"req_metadata"}, look_http},	{"redis", {"command", "args"}, look_redis},
	{"mysql", {"auth_plugin"}, look_mysql}, {"amqp", {"response"}, look_plain},
	{"kafka", {"request"}, look_plain},	{"mongodb", {"request"}, look_plain},
	{"socks", {"user"}, look_socks},	{0},
};
