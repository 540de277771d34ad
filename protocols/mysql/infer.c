/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "protocols/mysql/state.h"

enum {
	SCORE_GREETING = 97,
	SCORE_REFUSAL = 88, /* an error in place of the greeting */
	SCORE_LOGIN = 88,   /* the client's, where the greeting is missing */
	SCORE_BOTH = 86,    /* a command and an answer with the next number */
	SCORE_ROW = 82,	    /* statements in a row, whatever the server says */
	SCORE_ONE = 60	    /* a command that is a statement */
};

/* Words that statements begin with. */
static bool is_statement(struct span text)
{
	static const char *const verbs[] = {
		"select", "insert",    "update",  "delete",   "replace", "create",   "drop",
		"alter",  "set",       "show",	  "begin",    "commit",	 "rollback", "start",
		"use",	  "call",      "with",	  "explain",  "desc",	 "truncate", "lock",
		"unlock", "load",      "grant",	  "revoke",   "analyze", "do",	     "flush",
		"kill",	  "savepoint", "release", "optimize",
	};

	while (text.len && (isspace((unsigned char)*text.data) || *text.data == '('))
		text = span_of(text.data + 1, text.len - 1);
	if (text.len > 2 && !memcmp(text.data, "/*", 2))
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t len = strlen(verbs[i]);

		if (text.len >= len && !strncasecmp(text.data, verbs[i], len) &&
		    (text.len == len || !isalnum((unsigned char)text.data[len])))
			return true;
	}
	return false;
}

enum match {
	MATCH_NO,
	MATCH_COMMAND,	/* its form fits */
	MATCH_STATEMENT /* and what it says */
};

static enum match match_command(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c), command = cursor_u8(&c);
	struct span rest = cursor_rest(&c);

	if (c.failed || seq != 0 || !len)
		return MATCH_NO;
	if (rest.len > len - 1)
		rest.len = len - 1;
	switch (command) {
	case MYSQL_QUERY:
	case MYSQL_PREPARE:
		/* Query attributes, none of them. */
		if (rest.len > 2 && !memcmp(rest.data, "\0\1", 2))
			rest = span_of(rest.data + 2, rest.len - 2);
		return is_statement(rest) ? MATCH_STATEMENT : MATCH_NO;
	case MYSQL_EXECUTE:
		return len >= 10 && rest.len >= 9 && !memcmp(rest.data + 5, "\1\0\0\0", 4) &&
				       !((uint8_t)rest.data[4] & 0xf0)
			       ? MATCH_COMMAND
			       : MATCH_NO;
	case MYSQL_PING:
	case MYSQL_QUIT:
	case MYSQL_STATISTICS:
	case MYSQL_RESET_CONNECTION:
		return len == 1 ? MATCH_COMMAND : MATCH_NO;
	case MYSQL_CLOSE:
	case MYSQL_RESET:
		return len == 5 ? MATCH_COMMAND : MATCH_NO;
	default:
		return MATCH_NO;
	}
}

/* The first packet of an answer. */
static bool is_answer(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c), first = cursor_u8(&c);

	if (c.failed || seq != 1 || !len)
		return false;
	switch (first) {
	case 0x00:
		return len >= 7;
	case 0xff:
		return len > 8 && cursor_left(&c) > 3 && c.pos[2] == '#';
	case 0xfb:
		return true;
	default:
		/*
		 * A number of columns, and their definitions behind it; MariaDB tells between them
		 * whether those come (MARIADB_CLIENT_CACHE_METADATA).
		 */
		if (len == 2 && cursor_left(&c))
			len -= cursor_u8(&c) <= 1;
		if (len != 1 || cursor_left(&c) < MYSQL_HEADER_LEN)
			return len == 1 && !cursor_left(&c);
		cursor_le24(&c);
		return cursor_u8(&c) == 2;
	}
}

/* Statements, two at least, in packets that follow each other from the beginning to the end. */
static bool is_statements(struct span bytes)
{
	unsigned statements = 0;

	while (bytes.len > MYSQL_HEADER_LEN) {
		struct cursor c = cursor_of(bytes.data, bytes.len);
		uint32_t len = cursor_le24(&c);
		enum match match = match_command(bytes);

		if (match == MATCH_NO)
			return false;
		statements += match == MATCH_STATEMENT;
		cursor_skip(&c, 1);
		if (len > cursor_left(&c))
			break;
		cursor_skip(&c, len);
		bytes = cursor_rest(&c);
	}
	return statements >= 2;
}

/* The client's first packet, whose number goes on behind the greeting's. */
static bool is_login(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c);

	return !c.failed && seq == 1 && len == cursor_left(&c) && mysql_is_login(cursor_rest(&c));
}

/* What is in a compressed packet; a decompressed one is put in PLAIN. */
static bool open_packet(struct span bytes, struct codec_contexts *codecs, struct buffer *plain,
			struct span *inside)
{
	uint32_t plain_len;

	if (!mysql_is_compressed(bytes, inside, &plain_len))
		return false;
	if (plain_len)
		*inside = mysql_decompress(codecs, *inside, plain_len < 4096 ? plain_len : 4096,
					   plain);
	return inside->len > 0;
}

/* A command in a compressed packet that is numbered 0, and an answer in one numbered 1. */
static enum match match_compressed(struct span asked, struct span answered, bool *is_answered)
{
	struct codec_contexts codecs = {0};
	struct buffer plain = {0};
	enum match match = MATCH_NO;
	struct span inside;

	*is_answered = false;
	if (asked.len > MYSQL_COMPRESSED_HEADER_LEN && !asked.data[3] &&
	    open_packet(asked, &codecs, &plain, &inside))
		match = match_command(inside);
	if (match != MATCH_NO && answered.len > MYSQL_COMPRESSED_HEADER_LEN &&
	    answered.data[3] == 1 && open_packet(answered, &codecs, &plain, &inside))
		*is_answered = is_answer(inside);
	buffer_free(&plain);
	codec_free(&codecs);
	return match;
}

static bool is_greeting(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c);
	struct mysql_greeting greeting;
	struct span payload = cursor_rest(&c);

	if (c.failed || seq != 0 || len < 20 || len > 1024)
		return false;
	if (payload.len > len)
		payload.len = len;
	return mysql_greeting_read(payload, &greeting);
}

/*
 * The server is full, or doesn't talk to that host: an error packet, all that ever comes. Its
 * number and text, behind a state from 4.1 on.
 */
static bool is_refusal(struct span bytes)
{
	struct cursor c = cursor_of(bytes.data, bytes.len);
	uint32_t len = cursor_le24(&c);
	uint8_t seq = cursor_u8(&c), first = cursor_u8(&c);
	uint16_t code = cursor_le16(&c);
	struct span text = cursor_rest(&c);

	if (c.failed || seq != 0 || first != 0xff || code < 1000 || code > 4999 || len < 16 ||
	    len != bytes.len - MYSQL_HEADER_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.data[i] < ' ')
			return false;
	return true;
}

static void tell(struct verdict *verdict, int score, int client, const char *reason)
{
	if (score <= verdict->score)
		return;
	verdict->score = score;
	verdict->role = client == DIRECTION_SENT ? ROLE_CLIENT : ROLE_SERVER;
	snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

static void infer_compressed(struct verdict *verdict, int client, struct span asked,
			     struct span answered)
{
	bool is_answered;
	enum match match = match_compressed(asked, answered, &is_answered);

	if (match != MATCH_NO && is_answered)
		tell(verdict, SCORE_BOTH, client,
		     "compressed: a command numbered 0, and an answer numbered 1");
	else if (match == MATCH_STATEMENT)
		tell(verdict, SCORE_ONE, client,
		     "compressed: a command numbered 0 that is a statement");
}

void mysql_infer(const struct sample *sample, struct verdict *verdict)
{
	for (int client = 0; client < 2; client++) {
		struct span asked = sample->bytes[client], answered = sample->bytes[!client];
		enum match match;

		if (is_greeting(answered)) {
			tell(verdict, SCORE_GREETING, client,
			     "the server's greeting of version 10 comes first");
			continue;
		}
		if (!sample->midstream && !asked.len && is_refusal(answered)) {
			tell(verdict, SCORE_REFUSAL, client,
			     "the server begins with an error and says no more");
			continue;
		}
		if (is_login(asked)) {
			tell(verdict, answered.len ? SCORE_LOGIN : SCORE_ONE, client,
			     "a login of protocol 4.1, numbered 1");
			continue;
		}
		match = match_command(asked);
		if (match == MATCH_NO) {
			if (sample->midstream)
				infer_compressed(verdict, client, asked, answered);
			continue;
		}
		if (is_answer(answered))
			tell(verdict, SCORE_BOTH, client,
			     "a command numbered 0, and an answer numbered 1");
		else if (sample->midstream && is_statements(asked))
			tell(verdict, SCORE_ROW, client, "statements in a row, each numbered 0");
		else if (match == MATCH_STATEMENT && !answered.len)
			tell(verdict, SCORE_ONE, client,
			     "a command numbered 0 that is a statement");
	}
}
