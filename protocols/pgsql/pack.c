/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "format/pack.h"
#include "protocols/engine/budget.h"
#include "protocols/pgsql/state.h"

/* What of a state between two requests is nothing but numbers. */
struct packed {
	int64_t lost_ts;
	uint32_t pid;
	bool started;
	bool joined;
	bool skipping;
	bool server_lost;
	char status;
};

/* None and empty are two things: an unnamed statement has no name. */
static void pack_shared(const struct pgsql_shared *shared, struct buffer *out)
{
	pack_u64(out, shared != NULL);
	if (shared)
		pack_span(out, pgsql_span(shared));
}

static struct pgsql_shared *unpack_shared(struct pgsql_state *st, struct unpack *in)
{
	struct pgsql_shared *shared;

	if (!unpack_u64(in))
		return NULL;
	shared = pgsql_share(st, unpack_span(in));
	in->failed |= !shared;
	return shared;
}

/* ---- open portals ---- */

static void pack_portals(const struct pgsql_portal *portal, struct buffer *out)
{
	for (; portal; portal = portal->next) {
		pack_u64(out, 1);
		pack_shared(portal->name, out);
		pack_shared(portal->statement, out);
		pack_shared(portal->parse, out);
		pack_shared(portal->bind, out);
		pack_shared(portal->types, out);
		pack_shared(portal->columns, out);
	}
	pack_u64(out, 0);
}

/* Each goes behind those that came before it. */
static void unpack_portals(struct pgsql_state *st, struct unpack *in)
{
	struct pgsql_portal **end = &st->portals;

	while (unpack_u64(in) && !in->failed) {
		struct pgsql_portal *portal = pgsql_portal_new(st);

		if (!portal) {
			in->failed = true;
			return;
		}
		*end = portal;
		end = &portal->next;
		portal->name = unpack_shared(st, in);
		portal->statement = unpack_shared(st, in);
		portal->parse = unpack_shared(st, in);
		portal->bind = unpack_shared(st, in);
		portal->types = unpack_shared(st, in);
		portal->columns = unpack_shared(st, in);
	}
}

/* ---- the state ---- */

bool pgsql_pack(const void *state, struct buffer *out)
{
	const struct pgsql_state *st = state;
	const struct packed packed = {
		.lost_ts = st->lost_ts,
		.pid = st->pid,
		.started = st->started,
		.joined = st->joined,
		.skipping = st->skipping,
		.server_lost = st->server_lost,
		.status = st->status,
	};

	if (st->oldest || st->asked_ssl || st->asked_gss || st->part[0].len || st->part[1].len)
		return false;
	buffer_append(out, &packed, sizeof(packed));
	pack_shared(st->unnamed, out);
	pack_shared(st->unnamed_types, out);
	pack_shared(st->unnamed_columns, out);
	pack_shared(st->database, out);
	pack_shared(st->user, out);
	pack_shared(st->application, out);
	pack_portals(st->portals, out);
	return true;
}

bool pgsql_unpack(void *state, struct unpack *in)
{
	struct pgsql_state *st = state;
	struct packed packed;

	unpack_bytes(in, &packed, sizeof(packed));
	st->lost_ts = packed.lost_ts;
	st->pid = packed.pid;
	st->started = packed.started;
	st->joined = packed.joined;
	st->skipping = packed.skipping;
	st->server_lost = packed.server_lost;
	st->status = packed.status;
	st->unnamed = unpack_shared(st, in);
	st->unnamed_types = unpack_shared(st, in);
	st->unnamed_columns = unpack_shared(st, in);
	st->database = unpack_shared(st, in);
	st->user = unpack_shared(st, in);
	st->application = unpack_shared(st, in);
	unpack_portals(st, in);
	return !in->failed;
}
