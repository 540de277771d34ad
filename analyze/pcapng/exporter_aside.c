/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "analyze/pcapng/exporter_private.h"
#include "analyze/spill/cold.h"
#include "format/age_list.h"

/* Outlets that are looked at in one go, when those that are oldest hold data back. */
#define TRIES 8

/* With the facts that go aside with it. */
static size_t outlet_size(const struct outlet *o)
{
	return sizeof(struct outlet) + BUDGET_OVERHEAD + joint_size() +
	       (o->conn->live ? facts_conn_size() : 0);
}

/* ---- by last use ---- */

void aside_add(struct exporter *e, struct outlet *o)
{
	age_list_add(&e->aside, o);
	budget_add(&e->budget, outlet_size(o));
}

void aside_use(struct exporter *e, struct outlet *o)
{
	age_list_use(&e->aside, o);
}

void aside_remove(struct exporter *e, struct outlet *o)
{
	age_list_remove(&e->aside, o);
	budget_give(&e->budget, outlet_size(o));
	o->conn->outlets[o->layer] = NULL;
	joint_free(o->joint);
	buffer_free(&o->comment);
	free(o);
}

/* ---- putting aside ---- */

static struct cold *store(struct exporter *e, struct cold **c)
{
	errno = 0;
	if (!*c)
		*c = cold_new(e->budget.limit);
	if (!*c)
		exporter_fail(e, TAPE_ERROR_MEMORY);
	return *c;
}

/* What can't be kept would be missing in the file: that is an error, not a loss. */
static bool put(struct exporter *e, struct cold **c, uint64_t key)
{
	struct cold *to = store(e, c);

	if (to && cold_put(to, key, buffer_span(&e->aside.packed)))
		return true;
	exporter_fail(e, errno == ENOSPC ? TAPE_ERROR_DISK_FULL : TAPE_ERROR_IO);
	return false;
}

static uint64_t outlet_key(const struct facts_conn *c, enum layer layer)
{
	return c->id << 2 | layer;
}

/* Facts that only this pass has go with the last outlet. */
static void put_conn_aside(struct exporter *e, struct facts_conn *c)
{
	if (!c->live || c->outlets[LAYER_WIRE] || c->outlets[LAYER_TLS])
		return;
	buffer_clear(&e->aside.packed);
	facts_pack(c, &e->aside.packed);
	if (put(e, &e->aside.conns, c->id))
		facts_forget(&e->facts, c);
}

static bool put_aside(struct exporter *e, struct outlet *o)
{
	struct buffer *packed = &e->aside.packed;
	struct facts_conn *c = o->conn;
	enum layer layer = o->layer;

	/* Keys have room for a quarter of all ids. */
	if (o->listed || o->comment.len || c->id >> 62)
		return false;
	buffer_clear(packed);
	buffer_append(packed, &o->interface, sizeof(struct interface *));
	if (!joint_pack(o->joint, packed) || !put(e, &e->aside.outlets, outlet_key(c, layer)))
		return false;
	aside_remove(e, o);
	c->aside[layer] = true;
	put_conn_aside(e, c);
	return true;
}

void aside_make_room(struct exporter *e)
{
	for (int tries = 0; tries < TRIES && e->budget.used > e->budget.limit && !e->error;) {
		struct outlet *o = e->aside.oldest;

		if (!o || o == e->aside.newest)
			return;
		if (put_aside(e, o))
			continue;
		aside_use(e, o);
		tries++;
	}
}

/* ---- taking up again ---- */

static bool take(struct exporter *e, struct cold *c, uint64_t key)
{
	buffer_clear(&e->aside.packed);
	if (c && cold_take(c, key, &e->aside.packed))
		return true;
	if (c && cold_errno(c))
		exporter_fail(e, TAPE_ERROR_IO);
	return false;
}

static struct outlet *wake(struct exporter *e, struct facts_conn *c, enum layer layer)
{
	struct outlet *o = calloc(1, sizeof(*o));
	struct unpack in;

	if (!o || !take(e, e->aside.outlets, outlet_key(c, layer))) {
		free(o);
		return NULL;
	}
	in = unpack_begin(buffer_span(&e->aside.packed));
	unpack_bytes(&in, &o->interface, sizeof(struct interface *));
	o->exporter = e;
	o->conn = c;
	o->layer = layer;
	o->joint = joint_unpack(&in, o);
	if (!o->joint) {
		free(o);
		exporter_fail(e, TAPE_ERROR_MEMORY);
		return NULL;
	}
	c->aside[layer] = false;
	c->outlets[layer] = o;
	aside_add(e, o);
	return o;
}

struct outlet *aside_outlet(struct exporter *e, struct facts_conn *c, enum layer layer)
{
	struct outlet *o = c->outlets[layer];

	if (o)
		aside_use(e, o);
	return !o && c->aside[layer] ? wake(e, c, layer) : o;
}

struct facts_conn *aside_conn(struct exporter *e, uint64_t id)
{
	struct facts_conn *c;
	struct unpack in;

	if (!e->aside.conns || !take(e, e->aside.conns, id))
		return NULL;
	in = unpack_begin(buffer_span(&e->aside.packed));
	c = facts_unpack(&e->facts, &in);
	if (!c)
		exporter_fail(e, TAPE_ERROR_MEMORY);
	return c;
}

void aside_free(struct aside *a)
{
	cold_free(a->outlets);
	cold_free(a->conns);
	buffer_free(&a->packed);
}
