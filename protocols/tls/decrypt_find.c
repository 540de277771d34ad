/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <openssl/crypto.h>

#include "protocols/tls/decrypt_private.h"
#include "protocols/tls/state.h"

/* What making a key costs, and what each try does, beside the bytes. */
#define COST_KEY 4096
#define COST_TRY 256

/* Numbers that are tried: of a key that is known to belong here, and of any. */
#define COUNT_KNOWN (1u << 17)
#define COUNT_ANY   256

/* Times that a record is gone through to compute its number. */
#define PASSES 4

/* KeyUpdates that may be in a hole. */
#define UPDATES_MAX 2

/* ---- one key ---- */

static bool try(struct opener *o, uint64_t seq, struct tls_direction *dir, struct tls_attempt *a)
{
	dir->effort -= (int64_t)a->record.len + COST_TRY;
	if (!opener_open(o, seq, a->record, &a->opened))
		return false;
	a->seq = seq;
	return true;
}

/* The records that fit into what is missing can have had so many numbers. */
static uint64_t numbers(const struct suite *suite, uint16_t version, uint64_t missing, uint64_t max)
{
	uint64_t n = missing == TLS_END_UNKNOWN ? max : missing / suite_overhead(suite, version);

	return n < max ? n : max;
}

/* Number FIRST, or where something is missing a later one. */
static bool try_key(struct opener *o, const struct suite *suite, uint16_t version, uint64_t first,
		    uint64_t max, struct tls_direction *dir, struct tls_attempt *a)
{
	uint64_t seq, count;

	if (try(o, first, dir, a))
		return true;
	if (!a->missing)
		return false;
	if (version < TLS_1_3)
		dir->effort -= PASSES * (int64_t)a->record.len;
	for (unsigned n = 0; opener_number(o, a->record, n, &seq); n++)
		if (seq != first && try(o, seq, dir, a))
			return true;
	if (!opener_may_count(o))
		return false;
	count = numbers(suite, version, a->missing, max);
	for (uint64_t i = 1; i <= count && dir->effort > 0; i++)
		if (try(o, first + i, dir, a))
			return true;
	return false;
}

/* ---- TLS 1.3 ---- */

static const struct secret *secret_of(const struct secrets *s, enum side side, enum tls_stage stage)
{
	static const enum secret_kind kinds[2][3] = {
		[SIDE_CLIENT] = {SECRET_EARLY, SECRET_CLIENT_HANDSHAKE, SECRET_CLIENT_TRAFFIC},
		[SIDE_SERVER] = {SECRET_KINDS, SECRET_SERVER_HANDSHAKE, SECRET_SERVER_TRAFFIC},
	};
	enum secret_kind kind = kinds[side][stage];

	return kind != SECRET_KINDS && s->of[kind].len ? &s->of[kind] : NULL;
}

const struct secret *tls_decrypt_secret(const struct tls_decrypt *d,
					const struct tls_direction *dir, enum tls_stage stage)
{
	enum side side = d->swapped ? side_opposite(dir->side) : dir->side;

	return d->secrets ? secret_of(d->secrets, side, stage) : NULL;
}

static void adopt(struct tls_direction *dir, struct opener *o, const struct suite *suite,
		  const struct secret *secret, enum tls_stage stage)
{
	opener_free(dir->opener);
	dir->opener = o;
	dir->suite = *suite;
	dir->secret = *secret;
	dir->updates = 0;
	dir->stage = stage;
}

/* SECRET under SUITE. */
static bool try_suite(struct tls_direction *dir, struct tls_attempt *a, const struct suite *suite,
		      const struct secret *secret, enum tls_stage stage, uint64_t max)
{
	struct opener *o = opener_of_secret(suite, secret);

	dir->effort -= COST_KEY;
	if (o && try_key(o, suite, TLS_1_3, 0, max, dir, a)) {
		adopt(dir, o, suite, secret, stage);
		return true;
	}
	opener_free(o);
	return false;
}

/* SECRET, under the suite that was chosen, or where that isn't known under each. */
static bool try_secret(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a,
		       const struct secret *secret, enum tls_stage stage, uint64_t max)
{
	struct suite suite;
	const char *name;

	if (d->suite_known)
		return try_suite(dir, a, &d->suite, secret, stage, max);
	for (size_t n = 0; (name = suite_guess(secret->len, n)) != NULL; n++)
		if (suite_read(name, TLS_1_3, &suite) &&
		    try_suite(dir, a, &suite, secret, stage, max))
			return true;
	return false;
}

/* The keys that follow those in use: of the next stages, and of updates. */
static bool try_later(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a)
{
	unsigned stage = dir->opener ? dir->stage + 1u : dir->stage;
	unsigned updates = dir->updates;
	struct secret updated = dir->secret;
	bool found = false;

	for (; stage <= TLS_STAGE_TRAFFIC; stage++) {
		const struct secret *secret = tls_decrypt_secret(d, dir, (enum tls_stage)stage);

		if (secret && try_secret(d, dir, a, secret, (enum tls_stage)stage, COUNT_KNOWN))
			return true;
	}
	if (!dir->opener || dir->stage != TLS_STAGE_TRAFFIC)
		return false;
	for (int i = 0; i < UPDATES_MAX && !found && dir->effort > 0; i++, updates++)
		found = secret_update(&dir->suite, &updated) &&
			try_suite(dir, a, &dir->suite, &updated, TLS_STAGE_TRAFFIC, COUNT_ANY);
	if (found)
		dir->updates = updates;
	OPENSSL_cleanse(&updated, sizeof(updated));
	return found;
}

/* ---- a connection whose hello is missing ---- */

/* Both directions' keys: which end is the client may not be known either. */
static bool tie(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a,
		const struct secrets *s, uint64_t max)
{
	enum tls_stage stage = d->has_server_hello ? TLS_STAGE_HANDSHAKE : TLS_STAGE_TRAFFIC;

	for (int i = 0; i < 2; i++) {
		enum side side = i ? side_opposite(dir->side) : dir->side;
		const struct secret *secret = secret_of(s, side, stage);

		if (!secret || !try_secret(d, dir, a, secret, stage, max))
			continue;
		keylog_use(d->keylog);
		d->secrets = s;
		d->swapped = i != 0;
		d->version = TLS_1_3;
		d->suite = dir->suite;
		d->suite_known = true;
		d->directions[side_opposite(dir->side)].stage = stage;
		return true;
	}
	return false;
}

/* O opens what DIR has; the other direction has keys of the same. */
static void take_older(struct tls_decrypt *d, struct tls_direction *dir, const struct suite *suite,
		       struct opener *o)
{
	struct tls_direction *back = &d->directions[side_opposite(dir->side)];

	opener_free(dir->opener);
	opener_free(back->opener);
	dir->opener = o;
	back->opener = tls_decrypt_opener(d, back, suite, TLS_1_2);
	dir->suite = back->suite = *suite;
	dir->stage = back->stage = TLS_STAGE_TRAFFIC;
}

/*
 * A MAC of what is encrypted (RFC 7366) proves its own key alone, which suites that differ in the
 * length of the cipher's key have in common; and under a wrong one, one record in 256 seems to end
 * with a padding of one byte. So of the two the one that finds more padding is believed.
 */
static void choose_key_length(struct tls_decrypt *d, struct tls_direction *dir,
			      struct tls_attempt *a, struct suite *suite)
{
	struct opened opened;
	struct suite other;
	const char *name;

	for (size_t n = 0; (name = suite_guess_older(n)) != NULL; n++) {
		struct opener *o;

		if (!suite_read(name, TLS_1_2, &other) || other.kind != SUITE_CBC ||
		    other.mac_len != suite->mac_len || strcmp(other.hash, suite->hash) != 0 ||
		    other.key_len == suite->key_len)
			continue;
		o = tls_decrypt_opener(d, dir, &other, TLS_1_2);
		dir->effort -= COST_KEY + COST_TRY + (int64_t)a->record.len;
		if (o && opener_open(o, a->seq, a->record, &opened) &&
		    opened.bytes.len < a->opened.bytes.len) {
			*suite = other;
			a->opened = opened;
			take_older(d, dir, suite, o);
		} else {
			opener_free(o);
		}
	}
}

/* Parts of the effort, of which each suite that has to be counted through may take one. */
#define SHARES 16

/* One suite: who seemed the client may be the server. */
static bool tie_older_suite(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a,
			    const struct suite *suite, uint64_t max)
{
	uint64_t share = (uint64_t)dir->effort / SHARES / (a->record.len + COST_TRY);

	max = share < max ? share : max;

	for (int i = 0; i < 4; i++) {
		struct opener *o;

		d->swapped = i & 1;
		d->encrypt_then_mac = i > 1;
		if (d->encrypt_then_mac && suite->kind != SUITE_CBC)
			break;
		o = tls_decrypt_opener(d, dir, suite, TLS_1_2);
		dir->effort -= COST_KEY;
		if (o && try_key(o, suite, TLS_1_2, 0, max, dir, a)) {
			take_older(d, dir, suite, o);
			return true;
		}
		opener_free(o);
	}
	d->swapped = d->encrypt_then_mac = false;
	return false;
}

/* The keys that may be in use are made of S. */
static void suppose(struct tls_decrypt *d, const struct secrets *s)
{
	d->master = s->of[SECRET_MASTER];
	memcpy(d->client_random, s->name, SECRET_NAME_LEN);
	memcpy(d->server_random, s->of[SECRET_SERVER_RANDOM].bytes, SECRET_NAME_LEN);
}

/* Keys of TLS 1.2, where the recorder knew both randoms: which suite it is may be all that isn't.
 */
static bool tie_older(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a,
		      const struct secrets *s, uint64_t max)
{
	uint8_t client_random[SECRET_NAME_LEN];
	struct suite suite;
	const char *name;

	if (!s->of[SECRET_MASTER].len || s->of[SECRET_SERVER_RANDOM].len != SECRET_NAME_LEN ||
	    d->has_server_hello)
		return false;
	memcpy(client_random, d->client_random, sizeof(client_random));
	suppose(d, s);
	for (size_t n = 0; (name = suite_guess_older(n)) && dir->effort > 0; n++) {
		if (!suite_read(name, TLS_1_2, &suite) || !tie_older_suite(d, dir, a, &suite, max))
			continue;
		if (d->encrypt_then_mac)
			choose_key_length(d, dir, a, &suite);
		keylog_use(d->keylog);
		d->secrets = s;
		d->version = TLS_1_2;
		d->suite = suite;
		d->suite_known = true;
		return true;
	}
	d->master.len = 0;
	memcpy(d->client_random, client_random, sizeof(client_random));
	return false;
}

/* The secrets that were told on this connection first; then, as far as it goes, any. */
static bool tie_to_any(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a)
{
	uint64_t conn = session_conn(d->session);
	const struct secrets *s;

	for (size_t at = 0; conn && (s = keylog_next(d->keylog, &at)) != NULL;)
		if (s->conn == conn &&
		    (tie(d, dir, a, s, COUNT_KNOWN) || tie_older(d, dir, a, s, COUNT_KNOWN)))
			return true;
	while (dir->effort > 0 && (s = keylog_next(d->keylog, &dir->tied_from)) != NULL)
		if (tie(d, dir, a, s, COUNT_ANY) || tie_older(d, dir, a, s, COUNT_ANY))
			return true;
	return false;
}

/* The random is missing, or another's (Encrypted Client Hello). */
static bool may_tie(const struct tls_decrypt *d)
{
	return (!d->has_client_hello || d->hidden_name) && (!d->version || d->version >= TLS_1_3);
}

/* ---- TLS 1.2 ---- */

static bool find_older(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *a)
{
	if (dir->opener &&
	    try_key(dir->opener, &d->suite, d->version, dir->seq, COUNT_KNOWN, dir, a))
		return true;
	/* The ChangeCipherSpec is missing. */
	if (!dir->next || !try_key(dir->next, &d->suite, d->version, 0, COUNT_KNOWN, dir, a))
		return false;
	tls_decrypt_take_next(d, dir);
	return true;
}

bool tls_decrypt_find(struct tls_decrypt *d, struct tls_direction *dir, struct tls_attempt *attempt)
{
	if (dir->effort <= 0)
		attempt->missing = 0;
	if (d->version && d->version < TLS_1_3)
		return find_older(d, dir, attempt);
	if (attempt->record.data[0] != TLS_APPLICATION_DATA)
		return false;
	if (dir->opener &&
	    try_key(dir->opener, &dir->suite, TLS_1_3, dir->seq, COUNT_KNOWN, dir, attempt))
		return true;
	if (!d->secrets)
		return may_tie(d) && tie_to_any(d, dir, attempt);
	return try_later(d, dir, attempt);
}
