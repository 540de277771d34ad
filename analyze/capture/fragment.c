/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/capture/pieces.h"
#include "format/age_list.h"

#define WAIT_NS	      INT64_C(30000000000)
#define WAITING_MAX   512u
#define MEMORY_MAX    (16u << 20)
#define FRAGMENTS_MAX 1024u /* of one datagram */

struct datagram {
	struct datagram *older;
	struct datagram *newer;
	struct fragment first; /* to come; its fields but offset and more identify the datagram */
	struct pieces pieces;
	uint64_t received; /* bytes, without duplicates */
	uint64_t len;	   /* 0 until the last fragment came */
	uint64_t count;
};

struct fragments {
	struct datagram *oldest;
	struct datagram *newest;
	size_t waiting;
	size_t memory;
	uint64_t unused;
	uint8_t whole[DATAGRAM_MAX];
};

struct fragments *fragments_new(void)
{
	return calloc(1, sizeof(struct fragments));
}

static bool same_datagram(const struct fragment *a, const struct fragment *b)
{
	return a->id == b->id && a->protocol == b->protocol &&
	       address_equal(&a->source, &b->source) &&
	       address_equal(&a->destination, &b->destination);
}

static struct datagram *find(const struct fragments *fragments, const struct fragment *fragment)
{
	struct datagram *d = fragments->newest;

	while (d && !same_datagram(&d->first, fragment))
		d = d->older;
	return d;
}

static struct datagram *add(struct fragments *fragments, const struct fragment *fragment)
{
	struct datagram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->first = *fragment;
	age_list_add(fragments, d);
	fragments->waiting++;
	return d;
}

static void drop(struct fragments *fragments, struct datagram *d)
{
	age_list_remove(fragments, d);
	fragments->waiting--;
	fragments->memory -= d->pieces.memory;
	pieces_free(&d->pieces);
	free(d);
}

static void drop_unused(struct fragments *fragments, struct datagram *d)
{
	fragments->unused += d->count;
	drop(fragments, d);
}

static bool must_go(const struct fragments *fragments, const struct datagram *d, int64_t now)
{
	return now == INT64_MAX || now - d->first.ts > WAIT_NS ||
	       fragments->waiting > WAITING_MAX || fragments->memory > MEMORY_MAX;
}

/* Puts the pieces together, *COUNT of them, as far as they were captured without a gap. */
static struct slice join(struct fragments *fragments, const struct datagram *d, uint64_t *count)
{
	struct slice whole = {fragments->whole, 0, d->len ? d->len : DATAGRAM_MAX};

	*count = 0;
	for (const struct piece *piece = d->pieces.first; piece; piece = piece->next) {
		if (piece->offset != whole.captured)
			break;
		memcpy(fragments->whole + whole.captured, piece->data, piece->captured);
		whole.captured += piece->captured;
		++*count;
		if (piece->captured < piece->len)
			break;
	}
	return whole;
}

bool fragments_give_up(struct fragments *fragments, int64_t now, uint8_t next,
		       struct fragment *first, struct slice *front)
{
	struct datagram *d = fragments->oldest;
	struct datagram *newer;
	uint64_t used = 0;

	for (; d && !used && must_go(fragments, d, now); d = newer) {
		newer = d->newer;
		*first = d->first;
		if (first->next == next)
			*front = join(fragments, d, &used);
		fragments->unused -= used;
		drop_unused(fragments, d);
	}
	return used;
}

static bool consistent(const struct datagram *d, const struct fragment *fragment, size_t len)
{
	uint64_t end = fragment->offset + len;

	if (end > DATAGRAM_MAX || d->count >= FRAGMENTS_MAX || (d->len && end > d->len))
		return false;
	return fragment->more || !d->pieces.last ||
	       d->pieces.last->offset + d->pieces.last->len <= end;
}

bool fragments_add(struct fragments *fragments, const struct fragment *fragment,
		   struct slice *slice)
{
	const struct piece_origin origin = {.ts = fragment->ts};
	struct datagram *d;
	size_t memory;
	uint64_t added, count;

	d = find(fragments, fragment);
	if (!d)
		d = add(fragments, fragment);
	if (!d || !consistent(d, fragment, slice->len)) {
		fragments->unused++;
		return false;
	}
	d->count++;
	memory = d->pieces.memory;
	if (!pieces_add(&d->pieces, fragment->offset, *slice, &origin, &added)) {
		drop_unused(fragments, d);
		return false;
	}
	fragments->memory += d->pieces.memory - memory;
	d->received += added;
	if (!fragment->more)
		d->len = fragment->offset + slice->len;
	if (d->len == 0 || d->received != d->len)
		return false;
	*slice = join(fragments, d, &count);
	drop(fragments, d);
	return true;
}

uint64_t fragments_unused(const struct fragments *fragments)
{
	uint64_t count = fragments->unused;

	for (const struct datagram *d = fragments->oldest; d; d = d->newer)
		count += d->count;
	return count;
}

void fragments_free(struct fragments *fragments)
{
	struct datagram *newer;

	if (!fragments)
		return;
	for (struct datagram *d = fragments->oldest; d; d = newer) {
		newer = d->newer;
		pieces_free(&d->pieces);
		free(d);
	}
	free(fragments);
}
