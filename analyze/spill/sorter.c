/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/spill/sorter.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/spill/scratch.h"
#include "format/buffer.h"

#define MEMORY_MIN (256u << 10)

/* Read from each run at a time. */
#define WINDOW_MAX (64u << 10)
#define WINDOW_MIN (4u << 10)

struct item {
	int64_t first;
	uint64_t second;
	uint64_t number; /* of arrival */
	size_t offset;	 /* in the bytes */
	size_t len;
};

/* How an item stands in the file, its bytes behind it. */
struct stored {
	int64_t first;
	uint64_t second;
	uint64_t number;
	uint64_t len;
};

/* A sorted part of the file, and what was read of it. */
struct run {
	uint64_t at; /* of the next byte to read */
	uint64_t end;
	struct buffer window;
	size_t used;
	struct stored head; /* of the item that stands at `used` */
};

struct sorter {
	size_t memory;
	struct buffer bytes;
	struct item *items;
	size_t count;
	size_t room;
	size_t next;
	uint64_t number;
	struct scratch file;
	struct run *runs;
	size_t run_count;
	struct run **heap; /* those that aren't used up, the least on top */
	size_t heap_count;
	bool ended;
	int error;
};

struct sorter *sorter_new(size_t memory)
{
	struct sorter *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->memory = memory < MEMORY_MIN ? MEMORY_MIN : memory;
	scratch_init(&s->file);
	return s;
}

static bool fail(struct sorter *s)
{
	s->error = errno ? errno : ENOMEM;
	errno = s->error;
	return false;
}

/* ---- adding ---- */

static int compare(int64_t first_a, uint64_t second_a, uint64_t number_a, int64_t first_b,
		   uint64_t second_b, uint64_t number_b)
{
	if (first_a != first_b)
		return first_a < first_b ? -1 : 1;
	if (second_a != second_b)
		return second_a < second_b ? -1 : 1;
	return number_a < number_b ? -1 : number_a > number_b;
}

static int by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return compare(x->first, x->second, x->number, y->first, y->second, y->number);
}

static void sort(struct sorter *s)
{
	if (s->count > 1)
		qsort(s->items, s->count, sizeof(*s->items), by_key);
}

/* Writes what is in memory, sorted, and forgets it. */
static bool write_run(struct sorter *s)
{
	struct run *runs = realloc(s->runs, (s->run_count + 1) * sizeof(*runs));
	struct buffer out = {0};
	bool good = runs != NULL;
	uint64_t start = s->file.len;

	if (!runs)
		return fail(s);
	s->runs = runs;
	sort(s);
	for (size_t i = 0; i < s->count && good; i++) {
		const struct item *item = &s->items[i];
		struct stored stored = {item->first, item->second, item->number, item->len};

		buffer_append(&out, &stored, sizeof(stored));
		buffer_append(&out, s->bytes.data + item->offset, item->len);
		if (out.len < WINDOW_MAX && i + 1 < s->count)
			continue;
		errno = 0;
		good = !out.failed && scratch_write(&s->file, s->file.len, out.data, out.len);
		buffer_clear(&out);
	}
	buffer_free(&out);
	if (!good)
		return fail(s);
	s->runs[s->run_count++] = (struct run){.at = start, .end = s->file.len};
	s->count = 0;
	buffer_clear(&s->bytes);
	return true;
}

static bool make_room(struct sorter *s)
{
	size_t room = s->room ? s->room * 2 : 1024;
	struct item *items;

	if (s->count < s->room)
		return true;
	items = realloc(s->items, room * sizeof(*items));
	if (!items)
		return false;
	s->items = items;
	s->room = room;
	return true;
}

bool sorter_add(struct sorter *s, int64_t first, uint64_t second, struct span bytes)
{
	/* Both grow by doubling, so that half of what there is may be unused. */
	size_t used = s->bytes.len + s->count * sizeof(*s->items) + bytes.len;

	if (s->error) {
		errno = s->error;
		return false;
	}
	if (s->count && used > s->memory / 2 && !write_run(s))
		return false;
	errno = 0;
	if (!make_room(s))
		return fail(s);
	s->items[s->count++] = (struct item){first, second, s->number++, s->bytes.len, bytes.len};
	buffer_append_span(&s->bytes, bytes);
	return !s->bytes.failed || fail(s);
}

/* ---- taking out ---- */

/* At least LEN bytes of RUN from `used` on are in its window. */
static bool fill(struct sorter *s, struct run *run, size_t len)
{
	size_t window = s->memory / 2 / s->run_count;
	size_t want;

	if (run->window.len - run->used >= len)
		return true;
	window = window > WINDOW_MAX ? WINDOW_MAX : window < WINDOW_MIN ? WINDOW_MIN : window;
	buffer_consume(&run->window, run->used);
	run->used = 0;
	want = len - run->window.len > window ? len - run->window.len : window;
	if (want > run->end - run->at)
		want = (size_t)(run->end - run->at);
	errno = 0;
	if (!buffer_reserve(&run->window, want) ||
	    !scratch_read(&s->file, run->at, run->window.data + run->window.len, want))
		return fail(s);
	run->window.len += want;
	run->at += want;
	return true;
}

/* Whether RUN has an item more; then its head is known and it is whole in the window. */
static bool load(struct sorter *s, struct run *run)
{
	if (run->used == run->window.len && run->at == run->end)
		return false;
	if (!fill(s, run, sizeof(run->head)))
		return false;
	memcpy(&run->head, run->window.data + run->used, sizeof(run->head));
	return fill(s, run, sizeof(run->head) + run->head.len);
}

static bool before(const struct run *a, const struct run *b)
{
	return compare(a->head.first, a->head.second, a->head.number, b->head.first, b->head.second,
		       b->head.number) < 0;
}

/* The run on top has another head, or (NULL) is used up. */
static void sink(struct sorter *s, struct run *run)
{
	size_t at = 0;

	if (!run)
		run = s->heap[--s->heap_count];
	for (;;) {
		size_t child = at * 2 + 1;

		if (child + 1 < s->heap_count && before(s->heap[child + 1], s->heap[child]))
			child++;
		if (child >= s->heap_count || !before(s->heap[child], run))
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	s->heap[at] = run;
}

static void rise(struct sorter *s, struct run *run)
{
	size_t at = s->heap_count++;

	while (at && before(run, s->heap[(at - 1) / 2])) {
		s->heap[at] = s->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	s->heap[at] = run;
}

static bool begin_merge(struct sorter *s)
{
	if (s->count && !write_run(s))
		return false;
	free(s->items);
	s->items = NULL;
	buffer_free(&s->bytes);
	errno = 0;
	s->heap = calloc(s->run_count, sizeof(struct run *));
	if (!s->heap)
		return fail(s);
	s->heap_count = 0;
	for (size_t i = 0; i < s->run_count; i++)
		if (load(s, &s->runs[i]))
			rise(s, &s->runs[i]);
	return !s->error;
}

static bool next_merged(struct sorter *s, struct span *bytes)
{
	struct run *top;

	if (!s->heap_count)
		return false;
	/* What was given out last stands before the head of the run on top. */
	top = s->heap[0];
	if (s->next++) {
		top->used += sizeof(top->head) + top->head.len;
		sink(s, load(s, top) ? top : NULL);
		if (s->error || !s->heap_count)
			return false;
		top = s->heap[0];
	}
	*bytes = span_of(top->window.data + top->used + sizeof(top->head), top->head.len);
	return true;
}

bool sorter_next(struct sorter *s, struct span *bytes)
{
	const struct item *item;

	if (!s->ended) {
		s->ended = true;
		if (!s->run_count)
			sort(s);
		else if (!begin_merge(s))
			return false;
	}
	if (s->error)
		return false;
	if (s->run_count)
		return next_merged(s, bytes);
	if (s->next == s->count)
		return false;
	item = &s->items[s->next++];
	*bytes = span_of(s->bytes.data + item->offset, item->len);
	return true;
}

int sorter_errno(const struct sorter *s)
{
	return s->error;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->run_count; i++)
		buffer_free(&s->runs[i].window);
	free(s->runs);
	free(s->heap);
	free(s->items);
	buffer_free(&s->bytes);
	scratch_close(&s->file);
	free(s);
}
