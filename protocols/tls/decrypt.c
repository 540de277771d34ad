/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/tls/decrypt.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "protocols/engine/budget.h"
#include "protocols/tls/decrypt_private.h"
#include "protocols/tls/names.h"
#include "protocols/tls/state.h"

/*
 * How much may be decrypted to find a key or a number, in bytes: at first, and for each byte of the
 * connection. So looking takes time in proportion to the input, whatever is in it.
 */
#define EFFORT_MAX	(32 << 20)
#define EFFORT_PER_BYTE 16

/* ---- beginning and end ---- */

void tls_decrypt_recharge(struct tls_decrypt *d)
{
	uint64_t memory = sizeof(*d) + 2 * OPENER_SIZE;

	for (int i = 0; i < 2; i++)
		if (d->directions[i].opener)
			memory += opener_memory(d->directions[i].opener);
	budget_recharge(session_budget(d->session), memory, &d->charged);
}

struct tls_decrypt *tls_decrypt_new(struct session *s)
{
	struct tls_decrypt *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->session = s;
	d->keylog = session_keylog(s);
	for (int i = 0; i < 2; i++) {
		d->directions[i].side = (enum side)i;
		d->directions[i].stage = TLS_STAGE_HANDSHAKE;
		d->directions[i].end = TLS_END_UNKNOWN;
		d->directions[i].effort = EFFORT_MAX;
	}
	tls_decrypt_recharge(d);
	return d;
}

void tls_decrypt_free(struct tls_decrypt *d)
{
	if (!d)
		return;
	for (int i = 0; i < 2; i++) {
		opener_free(d->directions[i].opener);
		opener_free(d->directions[i].next);
	}
	budget_give(session_budget(d->session), d->charged);
	OPENSSL_cleanse(d, sizeof(*d));
	free(d);
}

/* ---- the handshake ---- */

void tls_decrypt_client_hello(struct tls_decrypt *d, const struct tls_client_hello *hello)
{
	if (hello->random.len != SECRET_NAME_LEN)
		return;
	d->has_client_hello = true;
	d->hidden_name = hello->has_ech;
	memcpy(d->client_random, hello->random.data, SECRET_NAME_LEN);
	d->secrets = keylog_find(d->keylog, hello->random);
	d->resumed = keylog_find_session(d->keylog, hello->ticket);
	if (!d->resumed)
		d->resumed = keylog_find_session(d->keylog, hello->session_id);
	d->early |= hello->has_early_data;
	if (d->early && !d->has_server_hello)
		d->directions[SIDE_CLIENT].stage = TLS_STAGE_EARLY;
}

struct opener *tls_decrypt_opener(const struct tls_decrypt *d, const struct tls_direction *dir,
				  const struct suite *suite, uint16_t version)
{
	const struct master_keys keys = {
		.version = version,
		.master = &d->master,
		.client_random = d->client_random,
		.server_random = d->server_random,
		.encrypt_then_mac = d->encrypt_then_mac,
	};

	return opener_of_master(suite, &keys, (dir->side == SIDE_SERVER) != d->swapped);
}

/* Keys for both directions, from their next ChangeCipherSpec on. */
static void prepare_older(struct tls_decrypt *d)
{
	for (int i = 0; i < 2; i++) {
		struct tls_direction *dir = &d->directions[i];

		opener_free(dir->next);
		dir->next = tls_decrypt_opener(d, dir, &d->suite, d->version);
		dir->stage = TLS_STAGE_TRAFFIC;
	}
}

void tls_decrypt_take_next(struct tls_decrypt *d, struct tls_direction *dir)
{
	opener_free(dir->opener);
	dir->opener = dir->next;
	dir->next = NULL;
	dir->suite = d->suite;
}

const struct secret *tls_decrypt_master(const struct tls_decrypt *d)
{
	if (d->secrets && d->secrets->of[SECRET_MASTER].len)
		return &d->secrets->of[SECRET_MASTER];
	return d->resumed;
}

static void choose_master(struct tls_decrypt *d, struct span session_id)
{
	const struct secret *master = tls_decrypt_master(d);

	d->master = master ? *master : (struct secret){0};
	if (!d->master.len)
		return;
	keylog_add_session(d->keylog, session_id, &d->master);
	if (d->suite_known && d->has_client_hello && !d->compresses)
		prepare_older(d);
}

void tls_decrypt_server_hello(struct tls_decrypt *d, const struct tls_server_hello *hello)
{
	if (hello->random.len != SECRET_NAME_LEN)
		return;
	d->has_server_hello = true;
	/* Drafts of TLS 1.3 have higher numbers. */
	d->version = hello->version > TLS_1_3 ? TLS_1_3 : hello->version;
	d->suite_known = suite_read(tls_suite_name(hello->suite), d->version, &d->suite);
	d->suite_unsupported = !d->suite_known;
	d->encrypt_then_mac = hello->encrypt_then_mac;
	d->compresses = hello->compresses;
	memcpy(d->server_random, hello->random.data, SECRET_NAME_LEN);
	if (d->version < TLS_1_3)
		choose_master(d, hello->session_id);
}

void tls_decrypt_ticket(struct tls_decrypt *d, struct span ticket)
{
	if (d->master.len && d->version < TLS_1_3)
		keylog_add_session(d->keylog, ticket, &d->master);
}

/* ---- records ---- */

static uint64_t end_of(const struct frame *frame)
{
	return frame->offset + frame->len;
}

void tls_decrypt_plain(struct tls_decrypt *d, const struct frame *frame)
{
	struct tls_direction *dir = &d->directions[frame->side];

	dir->end = dir->seen = end_of(frame);
	dir->snapped = false;
}

/* Wire bytes before FRAME that were not understood; TLS_END_UNKNOWN: it is the first. */
static uint64_t missing_before(const struct tls_direction *dir, const struct frame *frame)
{
	if (dir->end == TLS_END_UNKNOWN)
		return TLS_END_UNKNOWN;
	return frame->offset > dir->end ? frame->offset - dir->end : 0;
}

/* Of WIRE bytes in RECORDS records (0: not known how many): how much they held at most. */
static uint64_t plain_of(const struct tls_decrypt *d, const struct suite *suite, uint64_t wire,
			 uint64_t records)
{
	uint64_t overhead = records * suite_overhead(suite, d->version ? d->version : TLS_1_3);

	return wire > overhead ? wire - overhead : 0;
}

/* What MISSING bytes of the wire held, in which LOST records were. */
static uint64_t missing_plain(const struct tls_decrypt *d, const struct tls_direction *dir,
			      uint64_t missing, uint64_t lost)
{
	if (!missing || missing == TLS_END_UNKNOWN || !lost || dir->stage != TLS_STAGE_TRAFFIC)
		return 0;
	return plain_of(d, &dir->suite, missing, lost);
}

static void add_effort(struct tls_direction *dir, uint64_t bytes)
{
	dir->effort += (int64_t)bytes * EFFORT_PER_BYTE;
	if (dir->effort > EFFORT_MAX)
		dir->effort = EFFORT_MAX;
}

static bool open_whole(struct tls_decrypt *d, struct tls_direction *dir, const struct frame *frame,
		       struct tls_content *content)
{
	struct tls_attempt a = {
		.record = span_of(frame->data, frame->available),
		.missing = missing_before(dir, frame),
	};
	const struct opener *before = dir->opener;
	bool was_traffic = before && dir->stage == TLS_STAGE_TRAFFIC;
	uint64_t missing = a.missing, expected = dir->seq, lost;

	if (!tls_decrypt_find(d, dir, &a))
		return false;
	/* Behind a KeyUpdate numbers begin anew, and the last of those before isn't known. */
	lost = dir->opener == before ? a.seq - expected : a.seq + was_traffic;
	*content = (struct tls_content){
		.opened = a.opened,
		.early = dir->stage == TLS_STAGE_EARLY,
		.traffic = dir->stage == TLS_STAGE_TRAFFIC,
		.missing = missing_plain(d, dir, missing, lost),
		.snapped = dir->snapped,
	};
	dir->seq = a.seq + 1;
	dir->end = end_of(frame);
	dir->snapped = false;
	dir->opened++;
	dir->closed += content->missing != 0;
	return true;
}

bool tls_decrypt_open(struct tls_decrypt *d, const struct frame *frame, struct tls_content *content)
{
	struct tls_direction *dir = &d->directions[frame->side];
	bool whole = !frame->lost && !frame->cut && frame->available == frame->len;
	bool opened;

	add_effort(dir, frame->len);
	dir->seen = end_of(frame);
	opened = whole && open_whole(d, dir, frame, content);
	tls_decrypt_recharge(d);
	if (opened)
		return true;
	dir->snapped |= frame->cut;
	dir->closed++;
	if (whole && dir->opener)
		opener_pass(dir->opener, span_of(frame->data, frame->available));
	return false;
}

void tls_decrypt_change_cipher(struct tls_decrypt *d, const struct frame *frame)
{
	struct tls_direction *dir = &d->directions[frame->side];
	struct tls_content content;

	/* In a renegotiation it is a record like the others. */
	if (dir->opener)
		tls_decrypt_open(d, frame, &content);
	else
		tls_decrypt_plain(d, frame);
	if (!dir->next)
		return;
	tls_decrypt_take_next(d, dir);
	dir->seq = 0;
}

/* ---- what is told ---- */

uint64_t tls_decrypt_missing(const struct tls_decrypt *d, enum side side, bool *snapped)
{
	const struct tls_direction *dir = &d->directions[side];

	*snapped = dir->snapped;
	if (!dir->opened || dir->stage != TLS_STAGE_TRAFFIC || dir->seen <= dir->end)
		return 0;
	return plain_of(d, &dir->suite, dir->seen - dir->end, 1);
}

static const char *why_nothing(const struct tls_decrypt *d)
{
	if (d->has_server_hello && d->version < TLS_1_0)
		return "SSL 3.0 is not decrypted";
	if (d->suite_unsupported)
		return "the cipher suite is not supported";
	if (d->compresses)
		return "it is compressed";
	if (!d->has_client_hello)
		return "the handshake is missing, and no key fits";
	if (!d->secrets && !d->resumed)
		return "no keys of this connection";
	if (!d->has_server_hello)
		return "the server's hello is missing";
	return "the keys don't open it";
}

enum reading_of_tls tls_decrypt_reading(const struct tls_decrypt *d, const char **unread)
{
	uint64_t opened = d->directions[0].opened + d->directions[1].opened;
	uint64_t closed = d->directions[0].closed + d->directions[1].closed;

	*unread = NULL;
	if (opened && !closed)
		return TLS_READ_BY_KEYS;
	if (opened) {
		*unread = "some records are damaged or lost, or of keys that aren't there";
		return TLS_READ_IN_PART;
	}
	if (closed)
		*unread = why_nothing(d);
	return TLS_NOT_READ;
}
