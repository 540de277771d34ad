/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_MYSQL_WIRE_H
#define SOCKTAPE_PROTOCOLS_MYSQL_WIRE_H

#include "protocols/protocol.h"

/*
 * The client/server protocol of MySQL and MariaDB ("Client/Server Protocol" of both's internals
 * manuals): packets of three bytes of length and one of sequence number.
 */
#define MYSQL_HEADER_LEN 4
#define MYSQL_PACKET_MAX 0xffffff /* one that long goes on in the next */

/* Compressed packets: length, sequence number, length before compression. */
#define MYSQL_COMPRESSED_HEADER_LEN 7

enum mysql_command {
	MYSQL_SLEEP = 0x00,
	MYSQL_QUIT = 0x01,
	MYSQL_INIT_DB = 0x02,
	MYSQL_QUERY = 0x03,
	MYSQL_FIELD_LIST = 0x04,
	MYSQL_STATISTICS = 0x09,
	MYSQL_PROCESS_INFO = 0x0a,
	MYSQL_PROCESS_KILL = 0x0c,
	MYSQL_PING = 0x0e,
	MYSQL_CHANGE_USER = 0x11,
	MYSQL_BINLOG_DUMP = 0x12,
	MYSQL_REGISTER_REPLICA = 0x15,
	MYSQL_PREPARE = 0x16,
	MYSQL_EXECUTE = 0x17,
	MYSQL_LONG_DATA = 0x18,
	MYSQL_CLOSE = 0x19,
	MYSQL_RESET = 0x1a,
	MYSQL_SET_OPTION = 0x1b,
	MYSQL_FETCH = 0x1c,
	MYSQL_BINLOG_DUMP_GTID = 0x1e,
	MYSQL_RESET_CONNECTION = 0x1f,
	MYSQL_CLONE = 0x20,
	MYSQL_GROUP_REPLICATION = 0x21,
	MYSQL_BULK_EXECUTE = 0xfa, /* MariaDB's */
	MYSQL_LOGIN = 0x100,	   /* no command: the client's first packet */
	MYSQL_UNKNOWN = 0x101	   /* what was asked was not seen */
};

/* "query"; NULL: nobody has defined it. */
const char *mysql_command_name(unsigned command);

/* Capabilities that change what packets look like. */
#define MYSQL_CAP_CONNECT_WITH_DB  (1u << 3)
#define MYSQL_CAP_COMPRESS	   (1u << 5)
#define MYSQL_CAP_PROTOCOL_41	   (1u << 9)
#define MYSQL_CAP_SSL		   (1u << 11)
#define MYSQL_CAP_SECURE_AUTH	   (1u << 15)
#define MYSQL_CAP_PLUGIN_AUTH	   (1u << 19)
#define MYSQL_CAP_CONNECT_ATTRS	   (1u << 20)
#define MYSQL_CAP_LENENC_AUTH	   (1u << 21)
#define MYSQL_CAP_DEPRECATE_EOF	   (1u << 24)
#define MYSQL_CAP_ZSTD		   (1u << 26)
#define MYSQL_CAP_QUERY_ATTRIBUTES (1u << 27)

/* Status flags of the server. */
#define MYSQL_STATUS_IN_TRANSACTION 0x0001
#define MYSQL_STATUS_MORE_RESULTS   0x0008
#define MYSQL_STATUS_CURSOR	    0x0040
#define MYSQL_STATUS_LAST_ROW	    0x0080
#define MYSQL_STATUS_SESSION	    0x4000 /* what changed in it stands behind the info */

/* Column types ("Column Definition"). */
enum mysql_type {
	MYSQL_TYPE_DECIMAL = 0x00,
	MYSQL_TYPE_TINY = 0x01,
	MYSQL_TYPE_SHORT = 0x02,
	MYSQL_TYPE_LONG = 0x03,
	MYSQL_TYPE_FLOAT = 0x04,
	MYSQL_TYPE_DOUBLE = 0x05,
	MYSQL_TYPE_NULL = 0x06,
	MYSQL_TYPE_TIMESTAMP = 0x07,
	MYSQL_TYPE_LONGLONG = 0x08,
	MYSQL_TYPE_INT24 = 0x09,
	MYSQL_TYPE_DATE = 0x0a,
	MYSQL_TYPE_TIME = 0x0b,
	MYSQL_TYPE_DATETIME = 0x0c,
	MYSQL_TYPE_YEAR = 0x0d,
	MYSQL_TYPE_BIT = 0x10,
	MYSQL_TYPE_NEWDECIMAL = 0xf6
};

#define MYSQL_FLAG_UNSIGNED 0x20 /* of a column */

/* Length-encoded integer; failed for 0xfb (NULL) and 0xff (an error). */
uint64_t mysql_lenenc(struct cursor *c);

/* Bytes with such a length before them. */
struct span mysql_lenenc_span(struct cursor *c);

/* OK, or EOF in its place. */
struct mysql_ok {
	uint64_t affected;
	uint64_t insert_id;
	uint16_t status;
	uint16_t warnings;
	struct span info;
	struct span database; /* that the session has from now on; empty: the same */
};

/* OLD: from before protocol 4.1. */
struct mysql_ok mysql_ok_read(struct span payload, bool old);

/* The older EOF: warnings and status. */
struct mysql_ok mysql_eof_read(struct span payload);

struct mysql_error {
	uint16_t code;
	struct span sqlstate; /* empty: it has none */
	struct span message;
};

struct mysql_error mysql_error_read(struct span payload);

struct mysql_column {
	struct span name;
	uint8_t type;
	uint16_t flags;
	uint16_t charset;
};

bool mysql_column_read(struct span payload, struct mysql_column *column);

/* The same of servers and clients from before protocol 4.1. */
bool mysql_old_column_read(struct span payload, struct mysql_column *column);

/* The server's first packet (version 10). */
struct mysql_greeting {
	struct span version;
	uint32_t connection_id;
	uint32_t capabilities;
	struct span plugin;
};

bool mysql_greeting_read(struct span payload, struct mysql_greeting *greeting);

/* The client's answer to it. */
struct mysql_login {
	uint32_t capabilities;
	bool is_ssl_request; /* TLS begins behind it */
	struct span user, database, plugin, attributes;
};

/* Whether it is the client's first packet, of protocol 4.1. */
bool mysql_is_login(struct span payload);

bool mysql_login_read(struct span payload, struct mysql_login *login);

/* COM_CHANGE_USER, behind the command. CAPABILITIES: of the connection; they are not read. */
bool mysql_change_user_read(struct span payload, uint32_t capabilities, struct mysql_login *login);

#endif
