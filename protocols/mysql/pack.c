/* SPDX-License-Identifier: BSD-2-Clause */
#include "format/pack.h"
#include "protocols/mysql/state.h"

/* What of a state between two commands is nothing but numbers. */
struct packed {
	uint32_t capabilities;
	uint32_t connection_id;
	uint32_t last_prepared;
	bool greeted, logged_in;
	bool capabilities_known;
	bool eof_known, eof_deprecated;
	bool goes_on[2];
	bool server_lost;
	bool undecided;
};

static void unpack_buffer(struct buffer *b, struct unpack *in)
{
	struct span bytes = unpack_span(in);

	if (bytes.len)
		buffer_append_span(b, bytes);
	in->failed |= b->failed;
}

/* ---- prepared statements ---- */

static void pack_statement(const struct mysql_statement *s, struct buffer *out)
{
	pack_u64(out, s->id);
	pack_u64(out, s->param_count);
	pack_span(out, buffer_span(&s->text));
	pack_span(out, buffer_span(&s->types));
	pack_span(out, buffer_span(&s->long_data));
	pack_u64(out, s->columns.count);
	pack_span(out, buffer_span(&s->columns.names));
	pack_span(out, buffer_span(&s->columns.types));
}

static bool unpack_statement(struct mysql_state *st, struct unpack *in)
{
	struct mysql_statement *s = mysql_statement_get(st, (uint32_t)unpack_u64(in));

	if (!s)
		return false;
	s->param_count = (uint16_t)unpack_u64(in);
	unpack_buffer(&s->text, in);
	unpack_buffer(&s->types, in);
	unpack_buffer(&s->long_data, in);
	s->columns.count = (size_t)unpack_u64(in);
	unpack_buffer(&s->columns.names, in);
	unpack_buffer(&s->columns.types, in);
	mysql_statement_settle(st, s);
	return !in->failed;
}

/* From the last on: each comes back before those of its bucket that are there. */
static void pack_bucket(const struct mysql_statement *s, struct buffer *out)
{
	if (!s)
		return;
	pack_bucket(s->next, out);
	pack_u64(out, 1);
	pack_statement(s, out);
}

/* ---- the state ---- */

bool mysql_pack(const void *state, struct buffer *out)
{
	const struct mysql_state *st = state;
	const struct packed packed = {
		.capabilities = st->capabilities,
		.connection_id = st->connection_id,
		.last_prepared = st->last_prepared,
		.greeted = st->greeted,
		.logged_in = st->logged_in,
		.capabilities_known = st->capabilities_known,
		.eof_known = st->eof_known,
		.eof_deprecated = st->eof_deprecated,
		.goes_on = {st->goes_on[0], st->goes_on[1]},
		.server_lost = st->server_lost,
		.undecided = st->undecided,
	};

	if (st->oldest || st->inner || st->compressed)
		return false;
	buffer_append(out, &packed, sizeof(packed));
	pack_span(out, buffer_span(&st->version));
	pack_span(out, buffer_span(&st->user));
	pack_span(out, buffer_span(&st->database));
	pack_span(out, buffer_span(&st->plugin));
	for (size_t i = 0; i < MYSQL_BUCKETS; i++)
		pack_bucket(st->statements[i], out);
	pack_u64(out, 0);
	return true;
}

bool mysql_unpack(void *state, struct unpack *in)
{
	struct mysql_state *st = state;
	struct packed packed;

	unpack_bytes(in, &packed, sizeof(packed));
	st->capabilities = packed.capabilities;
	st->connection_id = packed.connection_id;
	st->last_prepared = packed.last_prepared;
	st->greeted = packed.greeted;
	st->logged_in = packed.logged_in;
	st->capabilities_known = packed.capabilities_known;
	st->eof_known = packed.eof_known;
	st->eof_deprecated = packed.eof_deprecated;
	st->goes_on[0] = packed.goes_on[0];
	st->goes_on[1] = packed.goes_on[1];
	st->server_lost = packed.server_lost;
	st->undecided = packed.undecided;
	unpack_buffer(&st->version, in);
	unpack_buffer(&st->user, in);
	unpack_buffer(&st->database, in);
	unpack_buffer(&st->plugin, in);
	while (unpack_u64(in))
		if (!unpack_statement(st, in))
			return false;
	return !in->failed;
}
