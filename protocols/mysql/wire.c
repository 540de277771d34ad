/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/mysql/wire.h"

const char *mysql_command_name(unsigned command)
{
	static const char *const names[] = {
		"sleep",
		"quit",
		"init_db",
		"query",
		"field_list",
		"create_db",
		"drop_db",
		"refresh",
		"shutdown",
		"statistics",
		"process_info",
		"connect",
		"process_kill",
		"debug",
		"ping",
		"time",
		"delayed_insert",
		"change_user",
		"binlog_dump",
		"table_dump",
		"connect_out",
		"register_replica",
		"prepare",
		"execute",
		"long_data",
		"close",
		"reset",
		"set_option",
		"fetch",
		"daemon",
		"binlog_dump_gtid",
		"reset_connection",
		"clone",
		"subscribe_group_replication_stream",
	};

	switch (command) {
	case MYSQL_BULK_EXECUTE:
		return "bulk_execute";
	case MYSQL_LOGIN:
		return "login";
	case MYSQL_UNKNOWN:
		return "unknown";
	default:
		return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
	}
}

uint64_t mysql_lenenc(struct cursor *c)
{
	uint8_t first = cursor_u8(c);

	switch (first) {
	case 0xfb:
	case 0xff:
		c->failed = true;
		return 0;
	case 0xfc:
		return cursor_le16(c);
	case 0xfd:
		return cursor_le24(c);
	case 0xfe:
		return cursor_le64(c);
	default:
		return first;
	}
}

struct span mysql_lenenc_span(struct cursor *c)
{
	uint64_t len = mysql_lenenc(c);

	if (len > cursor_left(c))
		c->failed = true;
	return !c->failed ? cursor_span(c, (size_t)len) : (struct span){0};
}

/* Types of what changes in a session ("OK_Packet", Session State Information). */
#define SESSION_SCHEMA 1

/* The database among what changed. */
static struct span changed_database(struct span state)
{
	struct cursor c = cursor_of(state.data, state.len);

	while (cursor_left(&c)) {
		uint8_t type = cursor_u8(&c);
		struct span change = mysql_lenenc_span(&c);
		struct cursor in = cursor_of(change.data, change.len);

		if (type == SESSION_SCHEMA && !c.failed)
			return mysql_lenenc_span(&in);
	}
	return (struct span){0};
}

struct mysql_ok mysql_ok_read(struct span payload, bool old)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct mysql_ok ok = {0};

	cursor_skip(&c, 1);
	ok.affected = mysql_lenenc(&c);
	ok.insert_id = mysql_lenenc(&c);
	ok.status = cursor_le16(&c);
	if (!old)
		ok.warnings = cursor_le16(&c);
	/* With session tracking it has a length before it; without, it is the rest. */
	if (cursor_left(&c)) {
		struct cursor rest = c;

		ok.info = mysql_lenenc_span(&c);
		if (c.failed)
			ok.info = cursor_rest(&rest);
		else if (ok.status & MYSQL_STATUS_SESSION)
			ok.database = changed_database(mysql_lenenc_span(&c));
	}
	return ok;
}

struct mysql_ok mysql_eof_read(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct mysql_ok ok = {0};

	cursor_skip(&c, 1);
	ok.warnings = cursor_le16(&c);
	ok.status = cursor_le16(&c);
	return ok;
}

struct mysql_error mysql_error_read(struct span payload)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	struct mysql_error error = {0};

	cursor_skip(&c, 1);
	error.code = cursor_le16(&c);
	if (cursor_left(&c) >= 6 && *c.pos == '#') {
		cursor_skip(&c, 1);
		error.sqlstate = cursor_span(&c, 5);
	}
	error.message = cursor_rest(&c);
	return error;
}

/* Of what all columns have behind their names: 12 bytes, and their number before them. */
#define FIXED_LEN 13

/*
 * MariaDB may tell more of the type before what is fixed, and FIELD_LIST tells the default value
 * behind it. What is fixed ends with two zeros.
 */
static bool has_more_of_type(const struct cursor *c)
{
	const uint8_t *p = c->pos;

	return cursor_left(c) > FIXED_LEN &&
	       !(p[0] == FIXED_LEN - 1 && !p[FIXED_LEN - 2] && !p[FIXED_LEN - 1]);
}

/* Table, name, then length, type and flags with their own lengths before them. */
bool mysql_old_column_read(struct span payload, struct mysql_column *column)
{
	struct cursor c = cursor_of(payload.data, payload.len), type, flags;
	struct span bytes;

	*column = (struct mysql_column){0};
	mysql_lenenc_span(&c);
	column->name = mysql_lenenc_span(&c);
	mysql_lenenc_span(&c);
	bytes = mysql_lenenc_span(&c);
	type = cursor_of(bytes.data, bytes.len);
	column->type = cursor_u8(&type);
	bytes = mysql_lenenc_span(&c);
	flags = cursor_of(bytes.data, bytes.len);
	column->flags = bytes.len > 2 ? cursor_le16(&flags) : cursor_u8(&flags);
	return !c.failed && !type.failed && !flags.failed;
}

bool mysql_column_read(struct span payload, struct mysql_column *column)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	*column = (struct mysql_column){0};
	for (int i = 0; i < 4; i++) /* catalog, schema, table, original table */
		mysql_lenenc_span(&c);
	column->name = mysql_lenenc_span(&c);
	mysql_lenenc_span(&c); /* original name */
	if (!c.failed && has_more_of_type(&c))
		mysql_lenenc_span(&c);
	mysql_lenenc(&c);
	column->charset = cursor_le16(&c);
	cursor_skip(&c, 4);
	column->type = cursor_u8(&c);
	column->flags = cursor_le16(&c);
	return !c.failed;
}

static bool is_version(struct span version)
{
	if (version.len < 3 || version.len > 128)
		return false;
	for (size_t i = 0; i < version.len; i++)
		if (version.data[i] < ' ' || version.data[i] > '~')
			return false;
	return true;
}

#define GREETING_VERSION 10

bool mysql_greeting_read(struct span payload, struct mysql_greeting *greeting)
{
	struct cursor c = cursor_of(payload.data, payload.len);
	uint8_t salt;

	*greeting = (struct mysql_greeting){0};
	if (cursor_u8(&c) != GREETING_VERSION)
		return false;
	greeting->version = cursor_until(&c, 0);
	greeting->connection_id = cursor_le32(&c);
	cursor_skip(&c, 8); /* of the salt */
	if (cursor_u8(&c) != 0)
		return false;
	greeting->capabilities = cursor_le16(&c);
	if (c.failed || !is_version(greeting->version))
		return false;
	if (!cursor_left(&c))
		return true;
	cursor_skip(&c, 3); /* charset, status */
	greeting->capabilities |= (uint32_t)cursor_le16(&c) << 16;
	salt = cursor_u8(&c);
	cursor_skip(&c, 10);
	cursor_skip(&c, salt > 21 ? salt - 8 : 13);
	if (greeting->capabilities & MYSQL_CAP_PLUGIN_AUTH && !c.failed)
		greeting->plugin = cursor_until(&c, 0);
	return true;
}

/* Capabilities, packet size, charset, filler: all of a request for TLS. */
#define LOGIN_FIXED 32

static void skip_auth(struct cursor *c, uint32_t capabilities)
{
	if (capabilities & MYSQL_CAP_LENENC_AUTH)
		mysql_lenenc_span(c);
	else if (capabilities & MYSQL_CAP_SECURE_AUTH)
		cursor_skip(c, cursor_u8(c));
	else
		cursor_until(c, 0);
}

/* HandshakeResponse41: capabilities, the longest packet, a character set, and 19 bytes of nothing.
 */
bool mysql_is_login(struct span payload)
{
	static const uint8_t zeros[19];
	struct cursor c = cursor_of(payload.data, payload.len);
	uint32_t capabilities = cursor_le32(&c), most = cursor_le32(&c);
	struct span filler;

	cursor_skip(&c, 1);
	filler = cursor_span(&c, sizeof(zeros));
	return !c.failed && payload.len >= LOGIN_FIXED && payload.len < 4096 &&
	       capabilities & MYSQL_CAP_PROTOCOL_41 && most <= 1u << 30 &&
	       !memcmp(filler.data, zeros, sizeof(zeros));
}

bool mysql_login_read(struct span payload, struct mysql_login *login)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	*login = (struct mysql_login){.capabilities = cursor_le16(&c)};
	if (!(login->capabilities & MYSQL_CAP_PROTOCOL_41)) {
		/* Before 4.1: packet size, user, auth, database. */
		cursor_skip(&c, 3);
		login->user = cursor_until(&c, 0);
		if (c.failed || !(login->capabilities & MYSQL_CAP_CONNECT_WITH_DB))
			return !c.failed;
		cursor_until(&c, 0);
		login->database = cursor_left(&c) ? cursor_until(&c, 0) : (struct span){0};
		return true;
	}
	login->capabilities |= (uint32_t)cursor_le16(&c) << 16;
	cursor_skip(&c, LOGIN_FIXED - 4);
	if (c.failed)
		return false;
	login->is_ssl_request = login->capabilities & MYSQL_CAP_SSL && !cursor_left(&c);
	if (login->is_ssl_request)
		return true;
	login->user = cursor_until(&c, 0);
	skip_auth(&c, login->capabilities);
	if (login->capabilities & MYSQL_CAP_CONNECT_WITH_DB && cursor_left(&c))
		login->database = cursor_until(&c, 0);
	if (login->capabilities & MYSQL_CAP_PLUGIN_AUTH && cursor_left(&c))
		login->plugin = cursor_until(&c, 0);
	if (login->capabilities & MYSQL_CAP_CONNECT_ATTRS && cursor_left(&c))
		login->attributes = mysql_lenenc_span(&c);
	return true;
}

bool mysql_change_user_read(struct span payload, uint32_t capabilities, struct mysql_login *login)
{
	struct cursor c = cursor_of(payload.data, payload.len);

	*login = (struct mysql_login){.user = cursor_until(&c, 0)};
	skip_auth(&c, capabilities & ~MYSQL_CAP_LENENC_AUTH);
	login->database = cursor_until(&c, 0);
	cursor_skip(&c, cursor_left(&c) ? 2 : 0); /* charset */
	if (c.failed)
		return false;
	if (capabilities & MYSQL_CAP_PLUGIN_AUTH && cursor_left(&c))
		login->plugin = cursor_until(&c, 0);
	return true;
}
