/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/redis/secret.h"

#include <ctype.h>
#include <strings.h>

/* The first option of MIGRATE stands behind host, port, key, database and timeout. */
#define MIGRATE_OPTIONS 6
/* Passwords are kept as SHA-256, in hexadecimal. */
#define HASH_LEN 64

struct redis_secret redis_secret_of(struct span command)
{
	static const struct {
		const char *name;
		enum redis_secret_rule rule;
		uint8_t first;
	} rules[] = {
		{"AUTH", SECRET_AUTH, 0},
		{"HELLO", SECRET_HELLO, 0},
		{"MIGRATE", SECRET_MIGRATE, 0},
		{"CONFIG SET", SECRET_PAIRS, 2},
		{"CONFIG GET", SECRET_REPLY, 0},
		{"SENTINEL SET", SECRET_PAIRS, 3},
		{"SENTINEL CONFIG", SECRET_PAIRS, 3},
		{"ACL SETUSER", SECRET_USER, 0},
		{"ACL GETUSER", SECRET_REPLY, 0},
		{"ACL LIST", SECRET_REPLY, 0},
		{"ACL GENPASS", SECRET_ALL, 0},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (span_is(command, rules[i].name))
			return (struct redis_secret){.rule = rules[i].rule,
						     .first = rules[i].first};
	return (struct redis_secret){0};
}

/* ---- requests ---- */

static bool is_word(struct span word, const char *name)
{
	return word.len == strlen(name) && strncasecmp(word.data, name, word.len) == 0;
}

/* requirepass, masterauth, auth-pass, tls-key-file-pass, and what relatives of Redis call theirs.
 */
static bool names_secret(struct span name)
{
	static const char *const ends[] = {"pass", "auth", "password"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = strlen(ends[i]);

		if (name.len >= len && strncasecmp(name.data + name.len - len, ends[i], len) == 0)
			return true;
	}
	return false;
}

static void expect(struct redis_secret *secret, uint8_t words, bool hides)
{
	secret->left = words;
	secret->hides = hides;
}

static void take_option(struct redis_secret *secret, struct span word)
{
	if (is_word(word, "AUTH"))
		expect(secret, secret->rule == SECRET_HELLO ? 2 : 1, true);
	else if (secret->rule == SECRET_HELLO && is_word(word, "SETNAME"))
		expect(secret, 1, false);
	else if (secret->rule == SECRET_MIGRATE && is_word(word, "AUTH2"))
		expect(secret, 2, true);
	else if (secret->rule == SECRET_MIGRATE && is_word(word, "KEYS"))
		secret->rule = SECRET_NOTHING; /* keys are all that follows */
}

/* What stands for a rule of ACL SETUSER: it begins with the sign that says what it does. */
static const char *hide_rule(struct span word)
{
	switch (word.len ? *word.data : 0) {
	case '>':
		return ">" REDIS_HIDDEN;
	case '<':
		return "<" REDIS_HIDDEN;
	case '#':
		return "#" REDIS_HIDDEN;
	case '!':
		return "!" REDIS_HIDDEN;
	default:
		return NULL;
	}
}

const char *redis_secret_word(struct redis_secret *secret, uint64_t index, struct span word)
{
	if (secret->left)
		return --secret->left == 0 && secret->hides ? REDIS_HIDDEN : NULL;
	switch (secret->rule) {
	case SECRET_AUTH:
		return index >= 2 ? REDIS_HIDDEN : NULL;
	case SECRET_HELLO:
		if (index >= 2)
			take_option(secret, word);
		return NULL;
	case SECRET_MIGRATE:
		if (index >= MIGRATE_OPTIONS)
			take_option(secret, word);
		return NULL;
	case SECRET_PAIRS:
		if (index >= secret->first)
			expect(secret, 1, names_secret(word));
		return NULL;
	case SECRET_USER:
		return index > 2 ? hide_rule(word) : NULL;
	default:
		return NULL;
	}
}

/* ---- replies ---- */

/* Where the string ends whose opening quote is at AT: at its other quote. */
static size_t string_end(struct span json, size_t at)
{
	do
		at += json.data[at] == '\\' ? 2 : 1;
	while (at < json.len && json.data[at] != '"');
	return at < json.len ? at : json.len;
}

/* A string without its quotes, the hashes in it hidden. */
static bool append_without_hashes(struct span text, struct buffer *out)
{
	size_t from = 0, at = 0;
	bool hidden = false;

	while (at < text.len) {
		size_t start = at;

		while (at < text.len && isxdigit((unsigned char)text.data[at]))
			at++;
		if (at - start >= HASH_LEN) {
			buffer_append(out, text.data + from, start - from);
			buffer_append_text(out, REDIS_HIDDEN);
			from = at;
			hidden = true;
		}
		at += at == start;
	}
	buffer_append(out, text.data + from, text.len - from);
	return hidden;
}

/*
 * Whatever holds it, an array, a map or the replies of a transaction: a secret is the string behind
 * its name. That a value may look like a name hides one more.
 */
bool redis_secret_reply(enum redis_secret_rule rule, struct span json, struct buffer *out)
{
	size_t before = out->len, from = 0;
	bool named = rule == SECRET_ALL, hidden = false;

	if (rule < SECRET_PAIRS || rule == SECRET_USER)
		return false;
	for (size_t at = 0; at < json.len; at++) {
		struct span text;

		if (json.data[at] != '"')
			continue;
		text = span_of(json.data + at + 1, string_end(json, at) - at - 1);
		buffer_append(out, json.data + from, at + 1 - from);
		if (named && text.len) {
			buffer_append_text(out, REDIS_HIDDEN);
			hidden = true;
		} else {
			hidden |= append_without_hashes(text, out);
		}
		named = rule == SECRET_ALL || names_secret(text);
		from = at += 1 + text.len;
	}
	buffer_append(out, json.data + from, json.len - from);
	if (!hidden)
		out->len = before;
	return hidden;
}
