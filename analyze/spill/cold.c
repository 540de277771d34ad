/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/spill/cold.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/spill/paged.h"
#include "format/pack.h"

/*
 * Places of the table that are read at a time, a power of two. Keys that differ in their lowest
 * bits alone have the same: they are mostly used together.
 */
#define BUCKET 32

/* Places of the smallest table, a power of two. */
#define SLOTS_MIN (1u << 16)

/* The table is read in parts of so many places when all are wanted. */
#define PART 4096

/* Pieces of the file have a length that is a multiple of this, up to so many times. */
#define UNIT	  32u
#define UNITS_MAX 1024u

/* Of the memory: what pages of each file, and keys that cold_next() has ready, take; the filter. */
#define PART_SHARE   64
#define PART_MIN     (128u << 10)
#define PART_MAX     (1u << 20)
#define FILTER_SHARE 32
#define FILTER_MIN   (256u << 10)
#define FILTER_MAX   (2u << 20)

/* A place of the table: of what key the bytes are, and where they stand, in units and plus 1. */
struct slot {
	uint64_t key;
	uint64_t at;
};

#define SLOT_FREE  0
#define SLOT_TAKEN UINT64_MAX /* was used: searching goes on behind it */

struct cold {
	size_t part; /* bytes of memory for pages of a file, and for keys */
	struct paged table;
	struct paged bytes;
	uint64_t slots; /* in the table, a power of two; 0: there is none yet */
	uint64_t used;	/* of them, those that were, included */
	uint64_t count;
	uint64_t units; /* of the file of bytes */
	/*
	 * Bits of keys that may be there, so that most of those that aren't cost no look at the
	 * table. Keys that were taken stay in it until it is made anew, with as many as bytes.
	 */
	uint8_t *filter;
	size_t filter_size;
	uint64_t filtered; /* keys in it */
	uint64_t seed;
	/*
	 * By length in units: the piece that was set free last, in units and plus 1; 0: there is
	 * none. The piece itself begins with the one before it.
	 */
	uint64_t free[UNITS_MAX + 1];
	struct buffer squeezed;
	uint64_t *ahead; /* the least keys from ahead_from on, ascending */
	size_t ahead_count;
	size_t ahead_next;
	uint64_t ahead_from;
	bool ahead_all; /* there are no more than those */
	int error;
};

static size_t between(uint64_t least, uint64_t n, uint64_t most)
{
	return (size_t)(n < least ? least : n > most ? most : n);
}

struct cold *cold_new(uint64_t memory)
{
	struct cold *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->part = between(PART_MIN, memory / PART_SHARE, PART_MAX);
	c->filter_size = between(FILTER_MIN, memory / FILTER_SHARE, FILTER_MAX);
	paged_init(&c->table, c->part);
	paged_init(&c->bytes, c->part);
	/* Where the system puts memory is random: keys of a hostile file can't be made to collide.
	 */
	c->seed = (uint64_t)(uintptr_t)c * UINT64_C(0x9e3779b97f4a7c15);
	return c;
}

static bool fail(struct cold *c)
{
	c->error = errno ? errno : ENOMEM;
	errno = c->error;
	return false;
}

/* ---- the table ---- */

static uint64_t mixed(const struct cold *c, uint64_t key)
{
	uint64_t h = (key + c->seed) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 29 ^ h << 17;
}

/* The first place of the bucket of KEY. */
static uint64_t home(const struct cold *c, uint64_t key)
{
	uint64_t h = (key / BUCKET ^ c->seed) * UINT64_C(0xff51afd7ed558ccd);

	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (h ^ h >> 33) * BUCKET & (c->slots - 1);
}

/*
 * The place of KEY in a table of the file FROM, or the first one that is free for it. False when
 * the file can't be read.
 */
static bool find(const struct cold *c, struct paged *table, uint64_t key, uint64_t *place,
		 struct slot *slot)
{
	uint64_t at = home(c, key);
	struct slot bucket[BUCKET];
	bool have = false;

	for (;; at = (at + BUCKET) & (c->slots - 1)) {
		if (!paged_read(table, at * sizeof(*slot), bucket, sizeof(bucket)))
			return false;
		for (unsigned i = 0; i < BUCKET; i++) {
			if (bucket[i].at != SLOT_FREE && bucket[i].at != SLOT_TAKEN &&
			    bucket[i].key == key) {
				*place = at + i;
				*slot = bucket[i];
				return true;
			}
			if (!have && (bucket[i].at == SLOT_FREE || bucket[i].at == SLOT_TAKEN)) {
				have = true;
				*place = at + i;
				*slot = bucket[i];
			}
			if (bucket[i].at == SLOT_FREE)
				return true;
		}
	}
}

static bool is_used(const struct slot *slot)
{
	return slot->at != SLOT_FREE && slot->at != SLOT_TAKEN;
}

static bool set(struct paged *table, uint64_t place, const struct slot *slot)
{
	return paged_write(table, place * sizeof(*slot), slot, sizeof(*slot));
}

/* Calls VISIT for each place that is used; false when that says so, or with errno. */
static bool for_all(struct cold *c, uint64_t slots,
		    bool (*visit)(void *context, const struct slot *slot), void *context)
{
	struct slot *part = malloc(PART * sizeof(*part));
	bool good = part != NULL;

	for (uint64_t at = 0; good && at < slots; at += PART) {
		good = paged_read(&c->table, at * sizeof(*part), part, PART * sizeof(*part));
		for (size_t i = 0; good && i < PART; i++)
			good = !is_used(&part[i]) || visit(context, &part[i]);
	}
	free(part);
	return good;
}

struct move {
	struct cold *cold;
	struct paged *to;
};

static bool move_slot(void *context, const struct slot *slot)
{
	const struct move *m = context;
	struct slot old;
	uint64_t place;

	return find(m->cold, m->to, slot->key, &place, &old) && set(m->to, place, slot);
}

static bool add_to_filter(void *context, const struct slot *slot)
{
	struct cold *c = context;
	uint64_t h = mixed(c, slot->key);

	for (int i = 0; i < 2; i++, h >>= 32)
		c->filter[(uint32_t)h / 8 % c->filter_size] |= (uint8_t)(1u << h % 8);
	c->filtered++;
	return true;
}

static bool may_have(const struct cold *c, uint64_t key)
{
	uint64_t h = mixed(c, key);

	for (int i = 0; i < 2; i++, h >>= 32)
		if (!(c->filter[(uint32_t)h / 8 % c->filter_size] & (1u << h % 8)))
			return false;
	return true;
}

/* Makes it anew when most keys in it are of those that were taken. */
static bool filter(struct cold *c, uint64_t key)
{
	const struct slot slot = {.key = key};

	if (!c->filter)
		c->filter = calloc(c->filter_size, 1);
	if (!c->filter)
		return false;
	if (c->filtered >= c->filter_size && c->filtered >= 2 * c->count) {
		memset(c->filter, 0, c->filter_size);
		c->filtered = 0;
		if (!for_all(c, c->slots, add_to_filter, c))
			return false;
	}
	return add_to_filter(c, &slot);
}

/* A table with room, should this one be more than half full. */
static bool make_room(struct cold *c)
{
	uint64_t old = c->slots;
	struct paged bigger;
	struct move m = {c, &bigger};

	if (c->used < old / 2)
		return true;
	paged_init(&bigger, c->part);
	while (c->slots < SLOTS_MIN || c->count >= c->slots / 4)
		c->slots = c->slots ? c->slots * 2 : SLOTS_MIN;
	if (old && !for_all(c, old, move_slot, &m)) {
		paged_close(&bigger);
		c->slots = old;
		return false;
	}
	paged_close(&c->table);
	c->table = bigger;
	c->used = c->count;
	return true;
}

/* ---- the bytes ---- */

/*
 * Most of what is put aside are structures, most bytes of which are zero: of each eight bytes a bit
 * says whether it is, and only the others follow.
 */
static void squeeze(struct span s, struct buffer *out)
{
	buffer_clear(out);
	pack_u64(out, s.len);
	for (size_t at = 0; at < s.len; at += 8) {
		size_t n = s.len - at < 8 ? s.len - at : 8;
		uint8_t part[9] = {0};
		size_t len = 1;

		for (size_t i = 0; i < n; i++) {
			if (!s.data[at + i])
				continue;
			part[0] |= (uint8_t)(1u << i);
			part[len++] = (uint8_t)s.data[at + i];
		}
		buffer_append(out, part, len);
	}
}

static bool expand(struct span squeezed, struct buffer *out)
{
	struct unpack in = unpack_begin(squeezed);
	size_t len = (size_t)unpack_u64(&in);
	char *to;

	buffer_clear(out);
	to = buffer_reserve(out, len ? len : 1);
	if (!to)
		return false;
	memset(to, 0, len);
	out->len = len;
	for (size_t at = 0; at < len; at += 8) {
		uint8_t mask = 0;

		unpack_bytes(&in, &mask, 1);
		for (size_t i = 0; i < 8; i++)
			if (mask >> i & 1 && at + i < len)
				unpack_bytes(&in, to + at + i, 1);
	}
	return !in.failed;
}

/* Units of bytes that stand with their length before them. */
static uint64_t units_of(uint64_t len)
{
	return (len + sizeof(uint64_t) + UNIT - 1) / UNIT;
}

static bool store(struct cold *c, struct span bytes, uint64_t *at)
{
	uint64_t units = units_of(bytes.len);
	uint64_t *free = units <= UNITS_MAX ? &c->free[units] : NULL;
	uint64_t len = bytes.len;

	if (free && *free) {
		*at = *free - 1;
		if (!paged_read(&c->bytes, *at * UNIT, free, sizeof(*free)))
			return false;
	} else {
		*at = c->units;
		c->units += units;
	}
	return paged_write(&c->bytes, *at * UNIT, &len, sizeof(len)) &&
	       paged_write(&c->bytes, *at * UNIT + sizeof(len), bytes.data, bytes.len);
}

static bool load(struct cold *c, uint64_t at, struct buffer *bytes)
{
	uint64_t len;

	buffer_clear(bytes);
	if (!paged_read(&c->bytes, at * UNIT, &len, sizeof(len)) || !buffer_reserve(bytes, len))
		return false;
	bytes->len = len;
	return paged_read(&c->bytes, at * UNIT + sizeof(len), bytes->data, len);
}

/* The piece can be used again. */
static bool release(struct cold *c, uint64_t at, uint64_t len)
{
	uint64_t units = units_of(len);

	if (units > UNITS_MAX)
		return true;
	if (!paged_write(&c->bytes, at * UNIT, &c->free[units], sizeof(c->free[units])))
		return false;
	c->free[units] = at + 1;
	return true;
}

/* ---- the interface ---- */

bool cold_put(struct cold *c, uint64_t key, struct span bytes)
{
	struct slot slot, new = {.key = key};
	uint64_t place;

	c->ahead_count = c->ahead_next = 0;
	c->ahead_all = false;
	errno = 0;
	squeeze(bytes, &c->squeezed);
	if (c->squeezed.failed || !make_room(c) || !find(c, &c->table, key, &place, &slot) ||
	    !store(c, buffer_span(&c->squeezed), &new.at) || !filter(c, key))
		return fail(c);
	new.at++;
	if (!set(&c->table, place, &new))
		return fail(c);
	c->used += slot.at == SLOT_FREE;
	c->count++;
	return true;
}

static bool get(struct cold *c, uint64_t key, struct buffer *bytes, bool take)
{
	struct slot slot;
	uint64_t place;

	if (!c->count || !may_have(c, key))
		return false;
	errno = 0;
	if (!find(c, &c->table, key, &place, &slot))
		return fail(c);
	if (!is_used(&slot))
		return false;
	if (!load(c, slot.at - 1, &c->squeezed) || !expand(buffer_span(&c->squeezed), bytes))
		return fail(c);
	if (!take)
		return true;
	if (!release(c, slot.at - 1, c->squeezed.len))
		return fail(c);
	slot.at = SLOT_TAKEN;
	if (!set(&c->table, place, &slot))
		return fail(c);
	c->count--;
	return true;
}

bool cold_take(struct cold *c, uint64_t key, struct buffer *bytes)
{
	return get(c, key, bytes, true);
}

bool cold_look(struct cold *c, uint64_t key, struct buffer *bytes)
{
	return get(c, key, bytes, false);
}

uint64_t cold_count(const struct cold *c)
{
	return c->count;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Keys that are kept ready; while they are sought, twice as many. */
static size_t ahead_of(const struct cold *c)
{
	return c->part / sizeof(*c->ahead);
}

/* Keeps the least of what it sees. */
static bool collect(void *context, const struct slot *slot)
{
	struct cold *c = context;

	if (slot->key < c->ahead_from)
		return true;
	if (c->ahead_count == 2 * ahead_of(c)) {
		qsort(c->ahead, c->ahead_count, sizeof(*c->ahead), by_number);
		c->ahead_count = ahead_of(c);
		c->ahead_all = false;
	}
	c->ahead[c->ahead_count++] = slot->key;
	return true;
}

static bool look_ahead(struct cold *c, uint64_t from)
{
	if (!c->ahead)
		c->ahead = malloc(2 * c->part);
	c->ahead_count = c->ahead_next = 0;
	c->ahead_from = from;
	c->ahead_all = true;
	errno = 0;
	if (!c->ahead || !for_all(c, c->slots, collect, c))
		return fail(c);
	qsort(c->ahead, c->ahead_count, sizeof(*c->ahead), by_number);
	if (c->ahead_count > ahead_of(c)) {
		c->ahead_count = ahead_of(c);
		c->ahead_all = false;
	}
	return true;
}

bool cold_next(struct cold *c, uint64_t *key)
{
	if (!c->count)
		return false;
	if (*key < c->ahead_from)
		c->ahead_next = c->ahead_count = 0;
	while (c->ahead_next < c->ahead_count && c->ahead[c->ahead_next] < *key)
		c->ahead_next++;
	if (c->ahead_next == c->ahead_count && (!c->ahead_all || *key < c->ahead_from) &&
	    !look_ahead(c, *key))
		return false;
	if (c->ahead_next == c->ahead_count)
		return false;
	*key = c->ahead[c->ahead_next];
	return true;
}

int cold_errno(const struct cold *c)
{
	return c->error;
}

void cold_free(struct cold *c)
{
	if (!c)
		return;
	paged_close(&c->table);
	paged_close(&c->bytes);
	free(c->ahead);
	free(c->filter);
	buffer_free(&c->squeezed);
	free(c);
}
