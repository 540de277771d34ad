/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/capture/pieces.h"

#include <stdlib.h>
#include <string.h>

/* Links a copy of SLICE behind AFTER (NULL: first). */
static bool insert_after(struct pieces *pieces, struct piece *after, const struct piece *head,
			 struct slice slice)
{
	struct piece *piece = malloc(sizeof(*piece) + slice.captured);

	if (!piece)
		return false;
	*piece = *head;
	piece->len = slice.len;
	piece->captured = slice.captured;
	if (slice.captured)
		memcpy(piece->data, slice.data, slice.captured);
	piece->previous = after;
	piece->next = after ? after->next : pieces->first;
	if (after)
		after->next = piece;
	else
		pieces->first = piece;
	if (piece->next)
		piece->next->previous = piece;
	else
		pieces->last = piece;
	pieces->count++;
	pieces->memory += sizeof(*piece) + slice.captured;
	return true;
}

/* The last piece that begins at or before OFFSET. Mostly that is the last of all. */
static struct piece *find_before(const struct pieces *pieces, uint64_t offset)
{
	struct piece *piece = pieces->last;

	while (piece && piece->offset > offset)
		piece = piece->previous;
	return piece;
}

bool pieces_add(struct pieces *pieces, uint64_t offset, struct slice slice,
		const struct piece_origin *origin, uint64_t *added)
{
	struct piece *before = find_before(pieces, offset);

	*added = 0;
	while (slice.len > 0) {
		struct piece head = {.offset = offset, .origin = *origin};
		const struct piece *after = before ? before->next : pieces->first;
		struct slice part = slice;
		size_t step;

		if (before && before->offset + before->len > offset) {
			step = before->offset + before->len - offset;
		} else if (after && after->offset == offset) {
			before = before ? before->next : pieces->first;
			continue;
		} else {
			if (after)
				slice_limit(&part, after->offset - offset);
			if (!insert_after(pieces, before, &head, part))
				return false;
			*added += part.len;
			step = part.len;
			before = before ? before->next : pieces->first;
		}
		slice_skip(&slice, step);
		offset += step;
	}
	return true;
}

struct piece *pieces_take(struct pieces *pieces)
{
	struct piece *piece = pieces->first;

	if (!piece)
		return NULL;
	pieces->first = piece->next;
	if (piece->next)
		piece->next->previous = NULL;
	else
		pieces->last = NULL;
	pieces->count--;
	pieces->memory -= sizeof(*piece) + piece->captured;
	return piece;
}

void pieces_free(struct pieces *pieces)
{
	struct piece *piece;

	while ((piece = pieces_take(pieces)))
		free(piece);
}
