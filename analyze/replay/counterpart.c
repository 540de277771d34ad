/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/counterpart.h"

#include <stdlib.h>

/* Lists of rows that wait, a power of two. */
#define BUCKETS 16384

/* Rows of one list that are looked at for one. */
#define TRIES_MAX 64

/* Both ends have one clock, and see an exchange at nearly the same time. */
#define APART_NS 5000000000ll

struct bucket {
	struct row *first;
	struct row **end; /* where the next one's address goes; NULL: nowhere yet */
};

struct counterpart {
	struct bucket buckets[BUCKETS];
};

struct counterpart *counterpart_new(void)
{
	return calloc(1, sizeof(struct counterpart));
}

/* ---- what both rows have in common ---- */

static const struct address *remote_of(const struct row *row)
{
	return row->peer ? row->peer : &row->end->remote;
}

static bool is_datagram(const struct row *row)
{
	return transport_is_datagram(row->end->transport);
}

/* A good mixer of 64 bits: the finaliser of MurmurHash3. */
static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ull;
	return h ^ h >> 33;
}

/* What a datagram says: all but its own times. */
static uint64_t content_key(const struct row *row)
{
	uint64_t h = 0;

	for (size_t i = 0; i < row->count; i++) {
		const struct row_cell *cell = &row->cells[i];
		enum value_type type = row_cell_type(cell);
		struct span s = type >= VALUE_TEXT
					? row_cell_text(cell)
					: span_of(&cell->integer, type == VALUE_INT ? 8 : 0);

		for (size_t at = 0; at < s.len; at += 8) {
			uint64_t word = 0;

			memcpy(&word, s.data + at, s.len - at < 8 ? s.len - at : 8);
			h = mix(h ^ word);
		}
		h = mix(h + s.len + row_cell_column(cell));
	}
	return h;
}

static uint64_t key_of(const struct row *row)
{
	bool client = row->end->role == ROLE_CLIENT;
	uint64_t local = row->end->local.port, remote = remote_of(row)->port;
	uint64_t ports = client ? local << 16 | remote : remote << 16 | local;
	uint64_t what = is_datagram(row) ? content_key(row) : row->position;

	return mix(ports << 32 ^ mix(what));
}

/* ---- whether two are twins ---- */

static bool unspecified(const struct address *a)
{
	static const uint8_t zeros[sizeof(a->ip)];

	return memcmp(a->ip, zeros, sizeof(zeros)) == 0;
}

/* LOCAL of one end can be what the other end calls its REMOTE. */
static bool address_fits(const struct row *a, const struct row *b)
{
	struct address local = address_plain(&a->end->local), remote = address_plain(remote_of(b));

	if (local.port != remote.port || !local.port)
		return false;
	/* A datagram socket may be bound to every address. */
	if (is_datagram(a) && unspecified(&local))
		return true;
	if (local.family != remote.family || memcmp(local.ip, remote.ip, sizeof(local.ip)) != 0)
		return false;
	return !address_is_loopback(&local) || a->end->netns == b->end->netns;
}

static bool values_equal(const struct row *a, const struct row *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct row_cell *x = &a->cells[i], *y = &b->cells[i];

		if (x->what != y->what)
			return false;
		if (row_cell_type(x) < VALUE_TEXT ? x->integer != y->integer
						  : !span_equal(row_cell_text(x), row_cell_text(y)))
			return false;
	}
	return true;
}

static bool position_fits(const struct row *a, const struct row *b)
{
	if (is_datagram(a))
		return values_equal(a, b);
	return a->side == b->side && a->position == b->position && a->repeat == b->repeat &&
	       a->end->tls == b->end->tls;
}

static bool are_twins(const struct row *a, const struct row *b)
{
	int64_t apart = a->begin - b->begin;

	return a->table == b->table && a->end->role != b->end->role &&
	       a->end->conn != b->end->conn && a->end->transport == b->end->transport &&
	       apart < APART_NS && apart > -APART_NS && position_fits(a, b) && address_fits(a, b) &&
	       address_fits(b, a);
}

/* ---- the lists ---- */

static struct bucket *bucket_of(struct counterpart *c, uint64_t key)
{
	struct bucket *b = &c->buckets[key & (BUCKETS - 1)];

	if (!b->end)
		b->end = &b->first;
	return b;
}

/* Takes out the row whose address stands at *AT. */
static void take_out(struct bucket *b, struct row **at)
{
	struct row *row = *at;

	*at = row->waiting;
	if (!row->waiting)
		b->end = at;
	row->twin_waits = false;
}

static bool can_have_twin(const struct row *row)
{
	if (!row->end->mirrored || row->end->role == ROLE_UNKNOWN)
		return false;
	return row->end->local.family == ADDRESS_INET4 || row->end->local.family == ADDRESS_INET6;
}

void counterpart_meet(struct counterpart *c, struct row *row)
{
	struct bucket *b;
	int tries = 0;

	if (!can_have_twin(row))
		return;
	row->key = key_of(row);
	b = bucket_of(c, row->key);
	for (struct row **at = &b->first; *at && tries < TRIES_MAX; at = &(*at)->waiting, tries++) {
		if ((*at)->key != row->key || !are_twins(*at, row))
			continue;
		row->twin = *at;
		row->twin->twin = row;
		take_out(b, at);
		return;
	}
	row->waiting = NULL;
	row->twin_waits = true;
	*b->end = row;
	b->end = &row->waiting;
}

void counterpart_give_up(struct counterpart *c, struct row *row)
{
	struct bucket *b;

	if (!row->twin_waits)
		return;
	b = bucket_of(c, row->key);
	for (struct row **at = &b->first; *at; at = &(*at)->waiting) {
		if (*at == row) {
			take_out(b, at);
			return;
		}
	}
}

void counterpart_free(struct counterpart *c)
{
	free(c);
}
