/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/diff/comparison.h"

#include <stdio.h>
#include <stdlib.h>

#include "format/array.h"
#include "format/hash.h"

#define PROCESSES_MAX 4096

/* A process as it was seen on either side. */
struct process_seen {
	enum role role;
	uint32_t pid;	/* 0: these are all of the name, or at the port */
	uint16_t port;	/* 0: as that */
	unsigned sides; /* a bit for each */
};

bool comparison_begin(struct comparison *c)
{
	c->shapes = shapes_new(c->memory / SHAPES_SHARE * 2);
	return c->shapes != NULL;
}

/* ---- processes ---- */

/* What is known of the process that asked (ROLE_CLIENT) or answered; NULL: nothing. */
static const struct row_end *end_of(const struct row *row, enum role role)
{
	if (row->end->role == role)
		return row->end;
	return row->twin && row->twin->end->role == role ? row->twin->end : NULL;
}

static uint64_t process_hash(enum role role, const char *name, uint32_t pid, uint16_t port)
{
	uint64_t hash = hash_u64(hash_u64(hash_u64(0, role), pid), port);

	return hash_bytes(hash, name, strlen(name));
}

static void see(struct comparison *c, enum role role, const char *name, uint32_t pid, uint16_t port,
		int side)
{
	uint64_t hash = process_hash(role, name, pid, port);
	struct process_seen *seen = map_get(&c->processes, hash);

	if (!seen) {
		if (c->processes.count >= PROCESSES_MAX)
			return;
		seen = calloc(1, sizeof(*seen));
		if (!seen || !map_put(&c->processes, hash, seen)) {
			free(seen);
			c->no_memory = true;
			return;
		}
		*seen = (struct process_seen){.role = role, .pid = pid, .port = port};
	}
	seen->sides |= 1u << side;
}

static const char *remote_name(const struct row *row, enum role role,
			       char text[static ADDRESS_TEXT_MAX])
{
	return role == ROLE_SERVER && row->end->role == ROLE_CLIENT ? row_remote(row, text) : NULL;
}

static void see_processes(struct comparison *c, const struct row *row, int side)
{
	static const enum role roles[] = {ROLE_CLIENT, ROLE_SERVER};
	char text[ADDRESS_TEXT_MAX];

	for (int i = 0; i < 2; i++) {
		const struct row_end *end = end_of(row, roles[i]);
		const char *remote = remote_name(row, roles[i], text);

		if (end && end->pid) {
			see(c, roles[i], end->comm, 0, 0, side);
			see(c, roles[i], end->comm, end->pid, 0, side);
			if (roles[i] == ROLE_SERVER && end->local.port)
				see(c, roles[i], end->comm, 0, end->local.port, side);
		} else if (remote) {
			see(c, roles[i], remote, 0, 0, side);
		}
	}
}

static bool both_have(const struct comparison *c, enum role role, const char *name, uint32_t pid,
		      uint16_t port)
{
	const struct process_seen *seen = map_get(&c->processes,
						  process_hash(role, name, pid, port));

	return seen && seen->sides == 3;
}

/* As closely as both sides know it; 0: nothing is known. */
static int name_process(const struct comparison *c, const struct row *row, enum role role,
			char name[static ADDRESS_TEXT_MAX])
{
	const struct row_end *end = end_of(row, role);
	char text[ADDRESS_TEXT_MAX];
	const char *remote = remote_name(row, role, text);

	if (!end || !end->pid)
		return remote ? snprintf(name, ADDRESS_TEXT_MAX, "%s", remote) : 0;
	if (both_have(c, role, end->comm, end->pid, 0))
		return snprintf(name, ADDRESS_TEXT_MAX, "%s[%u]", end->comm, end->pid);
	if (role == ROLE_SERVER && end->local.port &&
	    both_have(c, role, end->comm, 0, end->local.port))
		return snprintf(name, ADDRESS_TEXT_MAX, "%s :%u", end->comm, end->local.port);
	return snprintf(name, ADDRESS_TEXT_MAX, "%s", end->comm);
}

/* Where all names of a role are one there is nothing to tell apart. */
static void count_processes(struct comparison *c)
{
	unsigned names[3] = {0}, closer[3] = {0};
	const struct process_seen *seen;
	size_t at = 0;

	while ((seen = map_next(&c->processes, &at)) != NULL) {
		if (!seen->pid && !seen->port)
			names[seen->role]++;
		else if (seen->sides == 3)
			closer[seen->role]++;
	}
	for (int role = 0; role < 3; role++)
		c->by_process[role] = names[role] > 1 || closer[role] > 1;
}

/* ---- the first reading ---- */

void comparison_learn(struct comparison *c, const struct row *row, int side)
{
	struct comparison_side *s = &c->sides[side];

	if (!shapes_learn(c->shapes, row->table, row->values))
		c->no_memory = true;
	if (!s->records || row->begin < s->first)
		s->first = row->begin;
	if (!s->records || row->begin > s->last)
		s->last = row->begin;
	s->records++;
	see_processes(c, row, side);
}

void comparison_settle(struct comparison *c)
{
	if (!shapes_settle(c->shapes))
		c->no_memory = true;
	count_processes(c);
}

/* ---- the second ---- */

/* Half of the memory is for what A has, the rest for B, or all that only B has would be left out.
 */
static bool is_full(const struct comparison *c, int side)
{
	return c->used >= (side ? c->memory : c->memory / 2);
}

static struct shape *add_shape(struct comparison *c, const struct table *table, uint64_t hash,
			       struct shape *next)
{
	struct shape *shape = calloc(1, sizeof(*shape));
	struct shape **all = array_room(c->all, c->count, sizeof(struct shape *));

	if (all)
		c->all = all;
	if (shape)
		shape->text = strndup(c->text.data ? c->text.data : "", c->text.len);
	if (!all || !shape || !shape->text || !map_put(&c->by_hash, hash, shape)) {
		free(shape ? shape->text : NULL);
		free(shape);
		c->no_memory = true;
		return NULL;
	}
	shape->table = table;
	shape->next = next;
	c->all[c->count++] = shape;
	c->used += sizeof(*shape) + c->text.len + 96;
	return shape;
}

/* The shape of a record as text that ends with its first zero. */
static void make_text(struct comparison *c, const struct row *row)
{
	buffer_clear(&c->text);
	shapes_append(c->shapes, row->table, row->values, &c->text);
	for (size_t i = 0; i < c->text.len; i++)
		if (!c->text.data[i])
			c->text.data[i] = '?';
}

/* NULL: it has no room. */
static struct shape *find_shape(struct comparison *c, const struct row *row, int side)
{
	struct shape *first, *s;
	uint64_t hash;

	make_text(c, row);
	hash = hash_bytes(hash_bytes(0, row->table->name, strlen(row->table->name)), c->text.data,
			  c->text.len);
	first = map_get(&c->by_hash, hash);
	for (s = first; s; s = s->next)
		if (s->table == row->table && span_is(buffer_span(&c->text), s->text))
			return s;
	if (is_full(c, side))
		return NULL;
	return add_shape(c, row->table, hash, first);
}

static void count_in(struct comparison *c, struct cell **cell, const struct cell_record *record)
{
	size_t grown;

	if (!*cell) {
		*cell = calloc(1, sizeof(**cell));
		c->used += sizeof(**cell);
	}
	grown = *cell ? cell_add(*cell, record) : SIZE_MAX;
	if (grown == SIZE_MAX)
		c->no_memory = true;
	else
		c->used += grown;
}

static struct share *find_share(struct comparison *c, struct shape *shape, enum role role,
				const char *process)
{
	struct share **to = &shape->shares;

	for (; *to; to = &(*to)->next)
		if ((*to)->role == role && strcmp((*to)->process, process) == 0)
			return *to;
	if (shape->share_count == SHARES_MAX)
		return NULL;
	*to = calloc(1, sizeof(**to));
	if (!*to || ((*to)->process = strdup(process)) == NULL) {
		free(*to);
		*to = NULL;
		c->no_memory = true;
		return NULL;
	}
	(*to)->role = role;
	shape->share_count++;
	c->used += sizeof(**to) + 64;
	return *to;
}

static void count_shares(struct comparison *c, struct shape *shape,
			 const struct cell_record *record, int side)
{
	static const enum role roles[] = {ROLE_CLIENT, ROLE_SERVER};
	char name[ADDRESS_TEXT_MAX];

	for (int i = 0; i < 2; i++) {
		struct share *share;

		if (!c->by_process[roles[i]] || name_process(c, record->row, roles[i], name) <= 0)
			continue;
		share = find_share(c, shape, roles[i], name);
		if (share)
			count_in(c, &share->cells[side], record);
	}
}

/* NULL: there are too many of them, or no memory. */
static struct failure *find_failure(struct comparison *c, struct shape *shape, struct span name)
{
	struct failure *more;
	unsigned i = 0;

	if (name.len >= sizeof(more->name))
		name.len = sizeof(more->name) - 1;
	for (; i < shape->failure_count; i++)
		if (span_is(name, shape->failures[i].name))
			return &shape->failures[i];
	if (i == FAILURES_MAX)
		return NULL;
	more = realloc(shape->failures, (i + 1) * sizeof(*more));
	if (!more) {
		c->no_memory = true;
		return NULL;
	}
	shape->failures = more;
	shape->failure_count++;
	c->used += sizeof(*more);
	more[i] = (struct failure){0};
	if (name.len)
		memcpy(more[i].name, name.data, name.len);
	return &more[i];
}

static void count_failure(struct comparison *c, struct shape *shape, const struct cell_record *r,
			  int side)
{
	struct buffer name = {0};
	struct failure *f;

	facts_failure(facts_of(&c->facts, r->row->table), r->row->outcome, r->row->values, &name);
	f = find_failure(c, shape, buffer_span(&name));
	if (f) {
		f->in[side].in[r->window]++;
		if (!*f->first[side])
			row_id(r->row, f->first[side]);
	}
	buffer_free(&name);
}

static int64_t column_of(const struct row *row, int column)
{
	const struct value *v = column < 0 ? NULL : &row->values[column];

	return v && v->type == VALUE_INT ? v->integer : -1;
}

static struct cell_record look_at(struct comparison *c, const struct row *row, int side)
{
	const struct comparison_side *s = &c->sides[side];
	const struct facts *facts = facts_of(&c->facts, row->table);
	int64_t width = (s->last - s->first) / RATE_WINDOWS + 1;
	int64_t window = (row->begin - s->first) / width;
	struct cell_record r = {.row = row, .starved = is_full(c, side)};
	int64_t latency = row->outcome == OUTCOME_PARTIAL ? TIME_UNKNOWN : row_latency(row);

	/* A recording that is written to meanwhile may have grown. */
	r.window = window < 0 ? 0 : window < RATE_WINDOWS ? (unsigned)window : RATE_WINDOWS - 1;
	r.error = row->outcome == OUTCOME_ERROR || row->outcome == OUTCOME_UNANSWERED;
	r.value[CELL_LATENCY] = latency == TIME_UNKNOWN ? -1 : latency;
	r.value[CELL_REQUEST] = column_of(row, facts->bytes[0]);
	r.value[CELL_RESPONSE] = row->outcome == OUTCOME_OK ? column_of(row, facts->bytes[1]) : -1;
	return r;
}

static void count_features(struct comparison *c, struct shape *shape, const struct cell_record *r,
			   int side)
{
	size_t grown = 0;

	if (!shape->features) {
		shape->features = calloc(1, sizeof(*shape->features));
		grown = sizeof(*shape->features) + 2048;
	}
	if (!shape->features ||
	    !features_add(shape->features, r->row, side, r->window, r->starved, &grown))
		c->no_memory = true;
	c->used += grown;
}

void comparison_add(struct comparison *c, const struct row *row, int side)
{
	struct shape *shape = find_shape(c, row, side);
	struct cell_record record;

	if (!shape) {
		c->sides[side].left_out++;
		return;
	}
	record = look_at(c, row, side);
	count_in(c, &shape->cells[side], &record);
	count_shares(c, shape, &record, side);
	if (record.error)
		count_failure(c, shape, &record, side);
	else if (row->outcome == OUTCOME_OK)
		count_features(c, shape, &record, side);
}

/* ---- the end ---- */

static void free_shape(struct shape *shape)
{
	struct share *next;

	for (struct share *s = shape->shares; s; s = next) {
		next = s->next;
		cell_free(s->cells[0]);
		cell_free(s->cells[1]);
		free(s->process);
		free(s);
	}
	if (shape->features)
		features_free(shape->features);
	free(shape->features);
	cell_free(shape->cells[0]);
	cell_free(shape->cells[1]);
	free(shape->failures);
	free(shape->text);
	free(shape);
}

void comparison_free(struct comparison *c)
{
	size_t at = 0;
	void *seen;

	for (size_t i = 0; i < c->count; i++)
		free_shape(c->all[i]);
	free(c->all);
	while ((seen = map_next(&c->processes, &at)) != NULL)
		free(seen);
	map_free(&c->processes);
	map_free(&c->by_hash);
	shapes_free(c->shapes);
	buffer_free(&c->text);
}
