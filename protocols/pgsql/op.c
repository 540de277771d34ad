/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "protocols/engine/budget.h"
#include "protocols/pgsql/state.h"

/* ---- shared bytes ---- */

struct pgsql_shared *pgsql_share(struct pgsql_state *st, struct span bytes)
{
	struct budget *budget = session_budget(st->session);
	struct pgsql_shared *shared = budget_malloc(budget, sizeof(*shared) + bytes.len);

	if (!shared)
		return NULL;
	shared->refs = 1;
	shared->len = bytes.len;
	if (bytes.len)
		memcpy(shared->data, bytes.data, bytes.len);
	return shared;
}

struct pgsql_shared *pgsql_ref(struct pgsql_shared *shared)
{
	if (shared)
		shared->refs++;
	return shared;
}

void pgsql_unref(struct pgsql_state *st, struct pgsql_shared *shared)
{
	if (!shared || --shared->refs)
		return;
	budget_free(session_budget(st->session), shared, sizeof(*shared) + shared->len);
}

/* ---- portals ---- */

struct pgsql_portal *pgsql_portal_new(struct pgsql_state *st)
{
	struct pgsql_portal *portal = budget_calloc(session_budget(st->session), sizeof(*portal));

	if (portal)
		portal->refs = 1;
	return portal;
}

struct pgsql_portal *pgsql_portal_find(struct pgsql_state *st, struct span name)
{
	struct pgsql_portal *portal = st->portals;

	while (portal && !span_equal(pgsql_span(portal->name), name))
		portal = portal->next;
	return portal;
}

void pgsql_portal_unref(struct pgsql_state *st, struct pgsql_portal *portal)
{
	if (!portal || --portal->refs)
		return;
	pgsql_unref(st, portal->name);
	pgsql_unref(st, portal->statement);
	pgsql_unref(st, portal->parse);
	pgsql_unref(st, portal->bind);
	pgsql_unref(st, portal->types);
	pgsql_unref(st, portal->columns);
	budget_free(session_budget(st->session), portal, sizeof(*portal));
}

void pgsql_portal_close(struct pgsql_state *st, struct span name)
{
	struct pgsql_portal **at = &st->portals;

	while (*at && !span_equal(pgsql_span((*at)->name), name))
		at = &(*at)->next;
	if (*at) {
		struct pgsql_portal *portal = *at;

		*at = portal->next;
		pgsql_portal_unref(st, portal);
	}
}

void pgsql_portals_close(struct pgsql_state *st)
{
	while (st->portals) {
		struct pgsql_portal *portal = st->portals;

		st->portals = portal->next;
		pgsql_portal_unref(st, portal);
	}
}

/* The list keeps one reference. */
void pgsql_portal_open(struct pgsql_state *st, struct pgsql_portal *portal)
{
	pgsql_portal_close(st, pgsql_span(portal->name));
	portal->refs++;
	portal->next = st->portals;
	st->portals = portal;
}

/* ---- the queue ---- */

/* As many as are under way at once, by and large, with buffers up to here, each. */
#define SPARE_MAX	 6
#define SPARE_MEMORY_MAX 1024

static struct pgsql_op *take_spare(struct pgsql_state *st)
{
	struct pgsql_op *op = st->spare;

	if (op) {
		st->spare = op->next;
		st->spare_count--;
	}
	return op;
}

/* One that holds nothing but its empty buffers. NULL: no memory, before the oldest is given up. */
static struct pgsql_op *empty_op(struct pgsql_state *st)
{
	struct budget *budget = session_budget(st->session);
	struct pgsql_op *op = take_spare(st);

	if (!op && st->oldest && !budget_has(budget, sizeof(*op) + BUDGET_OVERHEAD))
		return NULL;
	if (!op)
		return budget_calloc(budget, sizeof(*op));
	memset(op, 0, offsetof(struct pgsql_op, row_data));
	buffer_clear(&op->row_data);
	buffer_clear(&op->notices);
	buffer_clear(&op->copy_data);
	return op;
}

static void free_op(struct pgsql_state *st, struct pgsql_op *op)
{
	buffer_free(&op->row_data);
	buffer_free(&op->notices);
	buffer_free(&op->copy_data);
	budget_give(session_budget(st->session), op->charged);
	budget_free(session_budget(st->session), op, sizeof(*op));
}

struct pgsql_op *pgsql_op_new(struct pgsql_state *st, enum pgsql_op_kind kind,
			      const struct frame *frame)
{
	struct pgsql_op *op;

	while (!(op = empty_op(st))) {
		if (!st->oldest)
			return NULL;
		/* For want of memory the oldest is given up, as far as it came. */
		pgsql_emit(st, st->oldest, &(struct pgsql_end){.lost = true});
		pgsql_op_done(st);
	}
	op->kind = kind;
	op->first = frame->ts_first;
	op->last = frame->ts_last;
	op->answer_first = op->answer_last = TIME_UNKNOWN;
	op->position = frame->offset;
	op->req_bytes = frame->len;
	op->lost = frame->lost || frame->cut;
	op->status = st->status;
	*st->newest = op;
	st->newest = &op->next;
	return op;
}

static void unlink_op(struct pgsql_state *st, struct pgsql_op **at)
{
	struct pgsql_op *op = *at;

	*at = op->next;
	if (!*at)
		st->newest = at;
	if (st->part_op == op)
		st->part_op = NULL;
	pgsql_unref(st, op->text);
	pgsql_unref(st, op->columns);
	pgsql_portal_unref(st, op->portal);
	pgsql_op_settle(st, op);
	if (st->spare_count == SPARE_MAX || op->charged > SPARE_MEMORY_MAX) {
		free_op(st, op);
		return;
	}
	op->next = st->spare;
	st->spare = op;
	st->spare_count++;
}

void pgsql_op_done(struct pgsql_state *st)
{
	unlink_op(st, &st->oldest);
}

void pgsql_op_drop_next(struct pgsql_state *st, struct pgsql_op *op, enum pgsql_op_kind kind)
{
	while (op->next && op->next->kind == kind)
		unlink_op(st, &op->next);
}

void pgsql_op_settle(struct pgsql_state *st, struct pgsql_op *op)
{
	uint64_t now = op->row_data.capacity + op->notices.capacity + op->copy_data.capacity;

	budget_recharge(session_budget(st->session), now, &op->charged);
}

bool pgsql_op_room(struct pgsql_state *st, const struct buffer *b, size_t n)
{
	return budget_has_room(session_budget(st->session), b, n, session_keep(st->session));
}

void pgsql_free_all(struct pgsql_state *st)
{
	struct pgsql_op *spare;

	while (st->oldest)
		pgsql_op_done(st);
	while ((spare = take_spare(st)) != NULL)
		free_op(st, spare);
	pgsql_portals_close(st);
	pgsql_unref(st, st->unnamed);
	pgsql_unref(st, st->unnamed_types);
	pgsql_unref(st, st->unnamed_columns);
	pgsql_unref(st, st->named);
	pgsql_unref(st, st->database);
	pgsql_unref(st, st->user);
	pgsql_unref(st, st->application);
	pgsql_unref(st, st->mechanism);
	buffer_free(&st->negotiated);
	for (int side = 0; side < 2; side++)
		buffer_free(&st->part[side]);
	buffer_free(&st->json);
	buffer_free(&st->columns_json);
	buffer_free(&st->note);
	buffer_free(&st->error_text);
}
