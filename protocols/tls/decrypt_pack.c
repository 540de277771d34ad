/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/crypto.h>

#include "format/pack.h"
#include "protocols/tls/decrypt_private.h"

/*
 * What is put aside has no secret in it, as it goes to a file: the key log stays in memory, and
 * keys are made of it again. Whether they are the same is tried before.
 */

/* Each KeyUpdate has to be gone through again, each time: of more than so many it isn't tried. */
#define UPDATES_AGAIN_MAX 32

/* The secret of DIR's opener, in TLS 1.3. False: it can't be had any more. */
static bool secret_again(const struct tls_decrypt *d, const struct tls_direction *dir,
			 struct secret *secret)
{
	const struct secret *first = tls_decrypt_secret(d, dir, dir->stage);

	if (!first || dir->updates > UPDATES_AGAIN_MAX)
		return false;
	*secret = *first;
	for (unsigned i = 0; i < dir->updates; i++)
		if (!secret_update(&dir->suite, secret))
			return false;
	return true;
}

/* An opener of VERSION, made of what isn't secret in D, and the key log. NULL: that doesn't do. */
static struct opener *opener_again(const struct tls_decrypt *d, const struct tls_direction *dir,
				   const struct suite *suite, uint16_t version)
{
	struct opener *o = NULL;
	struct secret secret;

	if (version < TLS_1_3)
		return tls_decrypt_opener(d, dir, suite, version);
	if (secret_again(d, dir, &secret))
		o = opener_of_secret(suite, &secret);
	OPENSSL_cleanse(&secret, sizeof(secret));
	return o;
}

/* Whether O, which may be NULL, would be the same. */
static bool comes_again(const struct tls_decrypt *d, const struct tls_direction *dir,
			const struct suite *suite, const struct opener *o)
{
	struct opener *again = o ? opener_again(d, dir, suite, opener_version(o)) : NULL;
	bool same = !o || (again && opener_equal(o, again));

	opener_free(again);
	return same;
}

static bool master_comes_again(const struct tls_decrypt *d)
{
	const struct secret *master = tls_decrypt_master(d);

	return !d->master.len || (master && master->len == d->master.len &&
				  CRYPTO_memcmp(master->bytes, d->master.bytes, master->len) == 0);
}

static void forget_secret(struct secret *secret)
{
	OPENSSL_cleanse(secret->bytes, sizeof(secret->bytes));
}

/* Pointers into the key log stay: it doesn't move, and outlives all connections. */
static void pack_numbers(const struct tls_decrypt *d, struct buffer *out)
{
	struct tls_decrypt copy = *d;

	copy.session = NULL;
	copy.keylog = NULL;
	copy.charged = 0;
	forget_secret(&copy.master);
	for (int i = 0; i < 2; i++) {
		forget_secret(&copy.directions[i].secret);
		copy.directions[i].opener = copy.directions[i].next = NULL;
	}
	buffer_append(out, &copy, sizeof(copy));
}

bool tls_decrypt_pack(const struct tls_decrypt *d, struct buffer *out)
{
	if (!master_comes_again(d))
		return false;
	pack_numbers(d, out);
	for (int i = 0; i < 2; i++) {
		const struct tls_direction *dir = &d->directions[i];

		if (!comes_again(d, dir, &dir->suite, dir->opener) ||
		    !comes_again(d, dir, &d->suite, dir->next))
			return false;
		pack_u64(out, dir->opener ? opener_version(dir->opener) : 0);
		pack_u64(out, dir->next ? opener_version(dir->next) : 0);
		if (dir->opener)
			opener_pack(dir->opener, out);
	}
	return true;
}

static bool unpack_direction(struct tls_decrypt *d, struct tls_direction *dir, struct unpack *in)
{
	uint16_t version = (uint16_t)unpack_u64(in), next = (uint16_t)unpack_u64(in);

	if (version) {
		if (version >= TLS_1_3 && !secret_again(d, dir, &dir->secret))
			return false;
		dir->opener = opener_again(d, dir, &dir->suite, version);
		if (!dir->opener)
			return false;
		opener_unpack(dir->opener, in);
	}
	if (!next)
		return true;
	dir->next = opener_again(d, dir, &d->suite, next);
	return dir->next != NULL;
}

struct tls_decrypt *tls_decrypt_unpack(struct session *s, struct unpack *in)
{
	struct tls_decrypt *d = tls_decrypt_new(s), packed;

	if (!d)
		return NULL;
	unpack_bytes(in, &packed, sizeof(packed));
	packed.session = d->session;
	packed.keylog = d->keylog;
	packed.charged = d->charged;
	*d = packed;
	if (d->master.len)
		d->master = *tls_decrypt_master(d);
	for (int i = 0; i < 2; i++) {
		if (!in->failed && unpack_direction(d, &d->directions[i], in))
			continue;
		tls_decrypt_free(d);
		return NULL;
	}
	tls_decrypt_recharge(d);
	return d;
}
