/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_PROTOCOLS_REDIS_SECRET_H
#define SOCKTAPE_PROTOCOLS_REDIS_SECRET_H

#include "format/buffer.h"

/*
 * Passwords in requests and replies: REDIS_HIDDEN stands for them in what is shown. Where they
 * stand is told by the pages of the commands ("AUTH", "HELLO", "CONFIG SET", "ACL SETUSER",
 * "MIGRATE"; "High availability with Redis Sentinel").
 */
#define REDIS_HIDDEN "***"

enum redis_secret_rule {
	SECRET_NOTHING,
	SECRET_AUTH,	/* password, or user and password */
	SECRET_HELLO,	/* behind AUTH and a user */
	SECRET_MIGRATE, /* behind AUTH, or AUTH2 and a user */
	SECRET_PAIRS,	/* the values of names that say so */
	SECRET_USER,	/* behind the sign of a rule: >password */
	SECRET_REPLY,	/* of the reply such values, and hashes of passwords */
	SECRET_ALL,	/* the reply is one */
};

struct redis_secret {
	enum redis_secret_rule rule;
	uint8_t first; /* the word that the first name of SECRET_PAIRS is */
	uint8_t left;  /* words of an option that still come */
	bool hides;    /* the last of them is secret */
};

/* What COMMAND, in upper case and with its subcommand, says that is secret. */
struct redis_secret redis_secret_of(struct span command);

/*
 * Takes the words of a request in their order, INDEX counted from 0 for the command's name. Returns
 * what is shown instead of WORD, or NULL: it may be shown. AUTH's first argument may be either;
 * that is known at the end.
 */
const char *redis_secret_word(struct redis_secret *secret, uint64_t index, struct span word);

/*
 * Appends the JSON of a reply to such a command without what is secret in it. False, and nothing
 * appended: nothing is.
 */
bool redis_secret_reply(enum redis_secret_rule rule, struct span json, struct buffer *out);

#endif
