/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/row.h"

#include <stdlib.h>

#include "analyze/replay/row_ends.h"

/* Of a chunk; a row that is larger gets one of its own. */
#define CHUNK_LEN (64u << 10)

/* A text of a row that is at least so long isn't copied again where the next one has it, too. */
#define SHARED_MIN 32

/* Different ends in a chunk, before it counts as full. */
#define CHUNK_ENDS 256

struct row_chunk {
	uint64_t number;
	size_t live; /* rows that weren't released */
	size_t used;
	size_t size;		/* of data */
	const struct row *last; /* NULL: there is none yet */
	struct row_end *ends[CHUNK_ENDS];
	size_t end_count;
	struct row_end *forgotten; /* that nothing behind this chunk refers to */
	_Alignas(max_align_t) char data[];
};

struct row_writer {
	row_chunk_fn *take;
	void *context;
	struct row_chunk *chunk; /* NULL: none is begun */
	uint64_t chunks;
	struct buffer there; /* columns with a value of the record that is written */
	struct row_ends *ends;
};

/* ---- what a row says ---- */

size_t row_id(const struct row *row, char text[static ROW_ID_MAX])
{
	const struct row_end *end = row->end;
	char *to = text + end->id_len;

	memcpy(text, end->id, sizeof(end->id));
	if (row->side == SIDE_SERVER)
		*to++ = 'r';
	to = buffer_put_u64(to, row->position);
	if (row->repeat) {
		*to++ = '.';
		to = buffer_put_u64(to, row->repeat);
	}
	*to = '\0';
	return (size_t)(to - text);
}

static struct selection_subject subject_of(const struct row *row)
{
	return (struct selection_subject){
		.conn = row->end->conn,
		.pid = row->end->pid,
		.name = row->end->comm,
		.container = row->end->container,
		.table = row->table,
		.addresses = {&row->end->local, &row->end->remote, row->peer, &row->end->client},
		.role = row->end->role,
		.outcome = (int)row->outcome,
		.position = row->position,
		.side = row->side,
		.tls = row->end->tls,
		.repeat = row->repeat,
		.from = row->begin,
		.to = row->begin,
	};
}

bool row_is_selected(const struct row *row, struct selection *selection)
{
	struct selection_subject subject;

	if (!selection || selection_is_all(selection))
		return true;
	subject = subject_of(row);
	return selection_matches(selection, ~0u, &subject);
}

bool row_is_selected_once(const struct row *row, struct selection *selection)
{
	return row_is_selected(row, selection) && !(row->twin && row->end->role == ROLE_SERVER &&
						    row_is_selected(row->twin, selection));
}

int64_t row_latency(const struct row *row)
{
	return row->has_request ? row->response_last : TIME_UNKNOWN;
}

int64_t row_first_byte(const struct row *row)
{
	return row->has_request ? row->response_first : TIME_UNKNOWN;
}

const char *row_remote(const struct row *row, char text[static ADDRESS_TEXT_MAX])
{
	if (!row->peer)
		return row->end->remote_text;
	address_text(row->peer, text);
	return text;
}

/* ---- chunks ---- */

static struct row_chunk *chunk_new(struct row_writer *w, size_t size)
{
	struct row_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->number = ++w->chunks;
	chunk->live = 0;
	chunk->used = 0;
	chunk->size = size;
	chunk->last = NULL;
	chunk->end_count = 0;
	chunk->forgotten = NULL;
	return chunk;
}

static void chunk_free(struct row_chunk *chunk)
{
	for (size_t i = 0; i < chunk->end_count; i++)
		row_end_drop(chunk->ends[i]);
	row_ends_drop_forgotten(chunk->forgotten);
	free(chunk);
}

struct row *row_chunk_next(struct row_chunk *chunk, const struct row *row)
{
	const char *at = row ? (const char *)row + row->len : chunk->data;

	return at < chunk->data + chunk->used ? (struct row *)at : NULL;
}

size_t row_chunk_size(const struct row_chunk *chunk)
{
	return sizeof(*chunk) + chunk->size;
}

void row_chunk_drop(struct row_chunk *chunk)
{
	chunk_free(chunk);
}

void row_release(struct row *row)
{
	struct row_chunk *chunk = row->chunk;

	if (--chunk->live == 0)
		chunk_free(chunk);
}

/* ---- writing ---- */

struct row_writer *row_writer_new(row_chunk_fn *take, void *context)
{
	struct row_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->take = take;
	w->context = context;
	w->ends = row_ends_new();
	if (w->ends)
		return w;
	free(w);
	return NULL;
}

void row_writer_flush(struct row_writer *w)
{
	struct row_chunk *chunk = w->chunk;

	w->chunk = NULL;
	if (!chunk)
		return;
	chunk->forgotten = row_ends_forgotten(w->ends);
	w->take(w->context, chunk);
}

/* An empty chunk, which has room for a row of LEN bytes; NULL: no memory. */
static struct row_chunk *begin_chunk(struct row_writer *w, size_t len)
{
	row_writer_flush(w);
	w->chunk = chunk_new(w, len > CHUNK_LEN ? len : CHUNK_LEN);
	return w->chunk;
}

static size_t align(size_t len)
{
	return (len + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

/* Which columns of RECORD have a value goes to w->there: *COUNT of them. False: no memory. */
static bool list_columns(struct row_writer *w, const struct record *record, size_t *count)
{
	size_t columns = record->table->column_count, n = 0;
	uint16_t *there;

	buffer_clear(&w->there);
	there = (uint16_t *)(void *)buffer_reserve(&w->there, columns * sizeof(*there));
	if (!there)
		return false;
	/* No branch: which of them do, no processor could guess. */
	for (size_t i = 0; i < columns; i++) {
		there[n] = (uint16_t)i;
		n += record->values[i].type != VALUE_NULL;
	}
	*count = n;
	return true;
}

static const uint16_t *listed(const struct row_writer *w)
{
	return (const uint16_t *)(const void *)w->there.data;
}

/* Bytes of the row of RECORD with all that it points to, at most: COUNT of its columns. */
static size_t row_len_max(const struct record *record, const uint16_t *columns, size_t count)
{
	size_t len = sizeof(struct row) + count * sizeof(struct row_cell) + sizeof(struct address) +
		     record->note.len;

	for (size_t i = 0; i < count; i++)
		if (value_has_text(&record->values[columns[i]]))
			len += record->values[columns[i]].text.len;
	return align(len);
}

static struct span copy_span(char **to, struct span from)
{
	struct span copy = span_of(*to, from.len);

	*to = span_put(*to, from);
	return copy;
}

/* The cell of COLUMN in the row BEFORE, *AT of its own on; NULL: it has none. */
static const struct row_cell *cell_before(const struct row *before, size_t column, size_t *at)
{
	while (before && *at < before->count && row_cell_column(&before->cells[*at]) < column)
		++*at;
	return before && *at < before->count && row_cell_column(&before->cells[*at]) == column
		       ? &before->cells[*at]
		       : NULL;
}

/* The same text in the same column of the row before: headers are rarely others. */
static bool is_repeated(const struct row_cell *before, struct span text)
{
	return before && row_cell_type(before) >= VALUE_TEXT &&
	       span_equal(row_cell_text(before), text);
}

/*
 * COUNT of the values of RECORD, those of COLUMNS. BEFORE: a row of the same table in the same
 * chunk, or NULL. Returns the end of the row, or NULL when that would be behind LIMIT.
 */
static char *copy_values(struct row *row, const struct row *before, const struct record *record,
			 const uint16_t *columns, size_t count, const char *limit)
{
	char *to = (char *)(row->cells + count);
	size_t at = 0;

	row->count = (uint16_t)count;
	if ((size_t)(limit - to) < sizeof(*record->peer) + record->note.len)
		return NULL;
	if (record->peer) {
		row->peer = memcpy(to, record->peer, sizeof(*record->peer));
		to += sizeof(*record->peer);
	}
	row->note = copy_span(&to, record->note);
	for (size_t i = 0; i < count; i++) {
		const struct value *from = &record->values[columns[i]];
		struct row_cell *cell = &row->cells[i];
		const struct row_cell *same = NULL;

		if (from->type < VALUE_TEXT) {
			cell->what = row_cell_of(columns[i], from->type, 0);
			cell->integer = from->type == VALUE_BOOL ? from->boolean : from->integer;
			continue;
		}
		cell->what = row_cell_of(columns[i], from->type, from->text.len);
		if (from->text.len >= SHARED_MIN)
			same = cell_before(before, columns[i], &at);
		if (is_repeated(same, from->text)) {
			cell->text = same->text;
			continue;
		}
		if (from->text.len > (size_t)(limit - to))
			return NULL;
		cell->text = to;
		to = span_put(to, from->text);
	}
	return to;
}

void row_unpack(struct row *row, struct value *values)
{
	memset(values, 0, row->table->column_count * sizeof(*values));
	for (size_t i = 0; i < row->count; i++) {
		const struct row_cell *cell = &row->cells[i];
		struct value *v = &values[row_cell_column(cell)];

		v->type = row_cell_type(cell);
		if (v->type == VALUE_INT)
			v->integer = cell->integer;
		else if (v->type == VALUE_BOOL)
			v->boolean = cell->integer != 0;
		else
			v->text = row_cell_text(cell);
	}
	row->values = values;
}

/* A time as its distance from BEGIN; threads may stamp a response before its request. */
static int64_t distance(int64_t begin, int64_t ts)
{
	if (ts == TIME_UNKNOWN || begin == TIME_UNKNOWN)
		return TIME_UNKNOWN;
	return ts > begin ? ts - begin : 0;
}

/* NOW on the clock on which FIRST is BEGIN. */
static int64_t complete_at(int64_t begin, int64_t first, int64_t now)
{
	return first != TIME_UNKNOWN && now > first ? begin + (now - first) : begin;
}

/* When it began; that nothing was seen of it is known NOW. */
static int64_t first_of(const struct record *record, int64_t now)
{
	if (record->request_first != TIME_UNKNOWN)
		return record->request_first;
	return record->response_first != TIME_UNKNOWN ? record->response_first : now;
}

static void refer(struct row_chunk *chunk, struct row_known_end *known)
{
	if (known->chunk != chunk->number)
		chunk->ends[chunk->end_count++] = row_end_refer(known, chunk->number);
}

/* All but the values of the row, which stands in CHUNK. */
static void fill(struct row *row, struct row_chunk *chunk, const struct replay *replay,
		 const struct session *s, const struct record *record)
{
	int64_t first = first_of(record, replay_now(replay));

	/* Each member by itself: to clear it all first took longer than the rest. */
	row->table = record->table;
	row->outcome = record->outcome;
	row->side = record->side;
	row->position = record->position;
	row->repeat = session_repeat(s);
	row->begin = replay_realtime(replay, first);
	row->complete = complete_at(row->begin, first, replay_now(replay));
	row->request_last = distance(first, record->request_last);
	row->response_first = distance(first, record->response_first);
	row->response_last = distance(first, record->response_last);
	row->has_request = record->request_first != TIME_UNKNOWN;
	row->tid = replay_thread(replay);
	row->peer = NULL;
	row->values = NULL;
	row->twin = NULL;
	row->late = false;
	row->twin_waits = false;
	row->released = false;
	row->waiting = NULL;
	row->key = 0;
	row->chunk = chunk;
}

/* The next row of CHUNK, if there is room for that of COUNT columns; it isn't taken yet. */
static struct row *put_row(struct row_writer *w, struct row_chunk *chunk,
			   const struct replay *replay, const struct session *s,
			   const struct record *record, size_t count)
{
	struct row *row = (struct row *)(chunk->data + chunk->used);
	const char *limit = chunk->data + chunk->size, *end;
	const struct row *before;

	if ((size_t)(limit - (const char *)row) < sizeof(*row) + count * sizeof(*row->cells))
		return NULL;
	fill(row, chunk, replay, s, record);
	before = chunk->last && chunk->last->table == record->table ? chunk->last : NULL;
	end = copy_values(row, before, record, listed(w), count, limit);
	if (!end)
		return NULL;
	row->len = align((size_t)(end - (const char *)row));
	return row;
}

void row_writer_fetch(const struct row_writer *w, uint64_t conn)
{
	row_ends_fetch(w->ends, conn);
}

bool row_write(struct row_writer *w, struct replay *replay, const struct connection *conn,
	       const struct session *s, const struct record *record)
{
	struct row_known_end *end = row_ends_get(w->ends, replay, conn, s);
	struct row_chunk *chunk = w->chunk;
	struct row *row = NULL;
	size_t count = 0;

	if (!end || !list_columns(w, record, &count))
		return false;
	if (chunk && chunk->end_count < CHUNK_ENDS)
		row = put_row(w, chunk, replay, s, record, count);
	if (!row) {
		chunk = begin_chunk(w, row_len_max(record, listed(w), count));
		row = chunk ? put_row(w, chunk, replay, s, record, count) : NULL;
	}
	if (!row)
		return false;
	refer(chunk, end);
	row->end = end->end;
	chunk->live++;
	chunk->used += row->len;
	chunk->last = row;
	return true;
}

void row_writer_free(struct row_writer *w)
{
	if (!w)
		return;
	if (w->chunk)
		chunk_free(w->chunk);
	row_ends_free(w->ends);
	buffer_free(&w->there);
	free(w);
}
