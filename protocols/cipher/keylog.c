/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cipher/keylog.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "format/hash.h"
#include "format/map.h"
#include "protocols/value/ascii.h"
#include "protocols/value/hex.h"

/* Secrets get at most one part in so many of the budget. */
#define KEYLOG_SHARE 4

struct keylog {
	struct budget *budget;
	struct keylog *also;
	struct map randoms;  /* lists of struct secrets, by the hash of their names */
	struct map sessions; /* the same; a name is the digest of a session id or ticket */
	uint64_t charged;
	uint64_t seed; /* of the hashes: names come from others */
	bool used;
};

struct keylog *keylog_new(struct budget *budget, struct keylog *also)
{
	struct keylog *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->budget = budget;
	k->also = also;
	k->seed = hash_seed();
	return k;
}

/* ---- what is kept ---- */

static uint64_t hash_of(const struct keylog *k, const uint8_t name[SECRET_NAME_LEN])
{
	return hash_bytes(k->seed, name, SECRET_NAME_LEN);
}

static struct secrets *find(const struct keylog *k, const struct map *m,
			    const uint8_t name[SECRET_NAME_LEN])
{
	struct secrets *s = map_get(m, hash_of(k, name));

	while (s && memcmp(s->name, name, SECRET_NAME_LEN) != 0)
		s = s->same_hash;
	return s;
}

static bool charge(struct keylog *k, uint64_t n)
{
	/* Whoever reads secrets tells of those that are not kept: they are no bytes of messages. */
	if (k->budget && k->charged + n > k->budget->limit / KEYLOG_SHARE)
		return false;
	if (!budget_has(k->budget, n))
		return false;
	budget_add(k->budget, n);
	k->charged += n;
	return true;
}

/* The one of NAME, which is made when there is none. NULL: no memory. */
static struct secrets *get(struct keylog *k, struct map *m, const uint8_t name[SECRET_NAME_LEN])
{
	const uint64_t size = sizeof(struct secrets) + BUDGET_OVERHEAD + sizeof(struct map_entry);
	struct secrets *s = find(k, m, name);

	if (s || !charge(k, size))
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	memcpy(s->name, name, SECRET_NAME_LEN);
	s->same_hash = map_get(m, hash_of(k, name));
	if (!map_put(m, hash_of(k, name), s)) {
		free(s);
		return NULL;
	}
	return s;
}

/* ---- lines ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* How many bytes HEX stands for, at most MAX of which go to OUT; 0: it isn't that. */
static size_t unhex(struct span hex, uint8_t *out, size_t max)
{
	if (!hex.len || hex.len % 2 || hex.len / 2 > max)
		return 0;
	for (size_t i = 0; i < hex.len; i += 2) {
		int high = digit(hex.data[i]), low = digit(hex.data[i + 1]);

		if (high < 0 || low < 0)
			return 0;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return hex.len / 2;
}

/* The next word of LINE, which moves behind it. */
static struct span next_word(struct span *line)
{
	const char *at = line->data, *end = line->data + line->len, *from;

	while (at < end && ascii_is_blank_or_end(*at))
		at++;
	from = at;
	while (at < end && !ascii_is_blank_or_end(*at))
		at++;
	*line = span_of(at, (size_t)(end - at));
	return span_of(from, (size_t)(at - from));
}

static const struct {
	const char *label;
	enum secret_kind kind;
} labels[] = {
	{"CLIENT_RANDOM", SECRET_MASTER},
	{"CLIENT_EARLY_TRAFFIC_SECRET", SECRET_EARLY},
	{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", SECRET_CLIENT_HANDSHAKE},
	{"SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET_SERVER_HANDSHAKE},
	{"CLIENT_TRAFFIC_SECRET_0", SECRET_CLIENT_TRAFFIC},
	{"SERVER_TRAFFIC_SECRET_0", SECRET_SERVER_TRAFFIC},
	{"SERVER_RANDOM", SECRET_SERVER_RANDOM},
};

static bool skip_prefix(struct span *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (text->len < len || memcmp(text->data, prefix, len) != 0)
		return false;
	*text = span_of(text->data + len, text->len - len);
	return true;
}

/* "RSA Session-ID:<id> Master-Key:<master>", as older programs write it. */
static enum keylog_answer add_rsa(struct keylog *k, struct span rest)
{
	struct span first = next_word(&rest), second = next_word(&rest);
	struct secret master;
	uint8_t id[SECRET_NAME_LEN];
	size_t id_len;

	if (!skip_prefix(&first, "Session-ID:") || !skip_prefix(&second, "Master-Key:"))
		return first.len && second.len ? KEYLOG_IGNORED : KEYLOG_NO_LINE;
	id_len = unhex(first, id, sizeof(id));
	master.len = (uint8_t)unhex(second, master.bytes, sizeof(master.bytes));
	if (!id_len || !master.len)
		return KEYLOG_NO_LINE;
	keylog_add_session(k, span_of(id, id_len), &master);
	OPENSSL_cleanse(&master, sizeof(master));
	return KEYLOG_TAKEN;
}

static enum keylog_answer add_secret(struct keylog *k, enum secret_kind kind, struct span rest,
				     uint64_t conn)
{
	struct span random = next_word(&rest), hex = next_word(&rest);
	uint8_t name[SECRET_NAME_LEN], bytes[SECRET_LEN_MAX];
	struct secrets *s;
	size_t len;

	if (unhex(random, name, sizeof(name)) != SECRET_NAME_LEN)
		return KEYLOG_NO_LINE;
	len = unhex(hex, bytes, sizeof(bytes));
	if (!len)
		return KEYLOG_NO_LINE;
	s = get(k, &k->randoms, name);
	if (s) {
		s->conn = conn ? conn : s->conn;
		s->of[kind].len = (uint8_t)len;
		memcpy(s->of[kind].bytes, bytes, len);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return s ? KEYLOG_TAKEN : KEYLOG_NO_MEMORY;
}

/* A label that isn't needed here: of exporters, QUIC, updated keys. */
static bool is_other(struct span label, struct span rest)
{
	struct span random = next_word(&rest), hex = next_word(&rest);
	bool two = random.len && hex.len;

	for (size_t i = 0; i < label.len; i++)
		two &= strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789", label.data[i]) != NULL;
	for (size_t i = 0; i < random.len; i++)
		two &= digit(random.data[i]) >= 0;
	for (size_t i = 0; i < hex.len; i++)
		two &= digit(hex.data[i]) >= 0;
	return two;
}

enum keylog_answer keylog_add(struct keylog *k, struct span line, uint64_t conn)
{
	struct span rest = line, label = next_word(&rest);

	if (!label.len || label.data[0] == '#')
		return KEYLOG_IGNORED;
	if (span_is(label, "RSA"))
		return add_rsa(k, rest);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (span_is(label, labels[i].label))
			return add_secret(k, labels[i].kind, rest, conn);
	return is_other(label, rest) ? KEYLOG_IGNORED : KEYLOG_NO_LINE;
}

/* ---- sessions ---- */

static bool digest(struct span session, uint8_t name[SECRET_NAME_LEN])
{
	return session.len &&
	       EVP_Digest(session.data, session.len, name, NULL, EVP_sha256(), NULL) == 1;
}

void keylog_add_session(struct keylog *k, struct span session, const struct secret *master)
{
	uint8_t name[SECRET_NAME_LEN];
	struct secrets *s = digest(session, name) ? get(k, &k->sessions, name) : NULL;

	if (s)
		s->of[SECRET_MASTER] = *master;
}

const struct secret *keylog_find_session(struct keylog *k, struct span session)
{
	uint8_t name[SECRET_NAME_LEN];

	if (!digest(session, name))
		return NULL;
	for (; k; k = k->also) {
		const struct secrets *s = find(k, &k->sessions, name);

		k->used |= s != NULL;
		if (s)
			return &s->of[SECRET_MASTER];
	}
	return NULL;
}

/* ---- finding ---- */

const struct secrets *keylog_find(struct keylog *k, struct span random)
{
	if (random.len != SECRET_NAME_LEN)
		return NULL;
	for (; k; k = k->also) {
		const struct secrets *s = find(k, &k->randoms, (const uint8_t *)random.data);

		k->used |= s != NULL;
		if (s)
			return s;
	}
	return NULL;
}

bool keylog_write(const struct keylog *k, struct span random, struct buffer *out)
{
	const struct secrets *s = NULL;
	size_t before = out->len;

	if (random.len == SECRET_NAME_LEN)
		s = find(k, &k->randoms, (const uint8_t *)random.data);
	for (size_t i = 0; s && i < sizeof(labels) / sizeof(labels[0]); i++) {
		const struct secret *secret = &s->of[labels[i].kind];

		if (!secret->len || labels[i].kind == SECRET_SERVER_RANDOM)
			continue;
		buffer_append_text(out, labels[i].label);
		buffer_append_char(out, ' ');
		hex_append(out, span_of(s->name, SECRET_NAME_LEN));
		buffer_append_char(out, ' ');
		hex_append(out, span_of(secret->bytes, secret->len));
		buffer_append_char(out, '\n');
	}
	return out->len > before;
}

const struct secrets *keylog_next(const struct keylog *k, size_t *at)
{
	size_t before = 0; /* in the keylogs before K */

	for (; k; before += k->randoms.used, k = k->also) {
		size_t in_this = *at - before;
		const struct secrets *s;

		if (in_this >= k->randoms.used)
			continue;
		s = map_next(&k->randoms, &in_this);
		*at = before + in_this;
		return s;
	}
	return NULL;
}

size_t keylog_count(const struct keylog *k)
{
	size_t count = 0;

	for (; k; k = k->also)
		count += k->randoms.count + k->sessions.count;
	return count;
}

bool keylog_was_used(const struct keylog *k)
{
	return k->used;
}

void keylog_use(struct keylog *k)
{
	for (; k; k = k->also)
		k->used = true;
}

/* ---- the end ---- */

static void free_all(struct map *m)
{
	struct secrets *s;
	size_t at = 0;

	while ((s = map_next(m, &at)) != NULL) {
		while (s) {
			struct secrets *next = s->same_hash;

			OPENSSL_cleanse(s, sizeof(*s));
			free(s);
			s = next;
		}
	}
	map_free(m);
}

void keylog_free(struct keylog *k)
{
	if (!k)
		return;
	free_all(&k->randoms);
	free_all(&k->sessions);
	budget_give(k->budget, k->charged);
	free(k);
}
