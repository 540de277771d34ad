/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/knowledge.h"
#include "protocols/pgsql/state.h"

enum {
	FACT_STATEMENT = 1, /* payload of Parse, by the statement's name */
	FACT_TYPES,	    /* of its parameters */
	FACT_COLUMNS,	    /* of its result */
	FACT_BACKEND	    /* whom it serves, by process and key */
};

static void learn(struct pgsql_state *st, unsigned kind, struct span name, struct span value)
{
	/* The unnamed one is another at each turn. */
	if (!name.len)
		return;
	session_learn(st->session, &(struct fact){
					   .kind = kind,
					   .scope = FACT_SERVER,
					   .key = name,
					   .value = value,
				   });
}

void pgsql_learn_statement(struct pgsql_state *st, struct span name, struct span parse)
{
	learn(st, FACT_STATEMENT, name, parse);
}

void pgsql_learn_types(struct pgsql_state *st, struct span name, struct span types)
{
	learn(st, FACT_TYPES, name, types);
}

void pgsql_learn_columns(struct pgsql_state *st, struct span name, struct span columns)
{
	learn(st, FACT_COLUMNS, name, columns);
}

void pgsql_forget_statement(struct pgsql_state *st, struct span name)
{
	for (unsigned kind = FACT_STATEMENT; kind <= FACT_COLUMNS && name.len; kind++)
		session_forget(st->session,
			       &(struct fact){.kind = kind, .scope = FACT_SERVER, .key = name});
}

static bool recall(struct pgsql_state *st, unsigned kind, const struct pgsql_portal *portal,
		   struct fact *fact, bool *inferred)
{
	enum recall how;

	*fact = (struct fact){
		.kind = kind,
		.scope = FACT_SERVER,
		.key = pgsql_span(portal->statement),
	};
	if (!fact->key.len)
		return false;
	how = session_recall(st->session, fact);
	*inferred |= how == RECALL_INFERRED;
	return how != RECALL_NONE;
}

struct pgsql_known pgsql_parse_read(struct span parse)
{
	struct cursor c = cursor_of(parse.data, parse.len);
	struct pgsql_known known = {.found = true};
	uint16_t count;

	cursor_until(&c, 0); /* the name */
	known.text = cursor_until(&c, 0);
	count = cursor_be16(&c);
	known.types = cursor_span(&c, (size_t)count * 4);
	return known;
}

struct pgsql_known pgsql_statement_of(struct pgsql_state *st, const struct pgsql_portal *portal)
{
	struct pgsql_known known = {0};
	bool inferred = false;
	struct fact fact;

	if (portal->parse)
		return pgsql_parse_read(pgsql_span(portal->parse));
	if (!recall(st, FACT_STATEMENT, portal, &fact, &inferred))
		return known;
	known = pgsql_parse_read(fact.value);
	known.inferred = inferred;
	return known;
}

struct span pgsql_types_of(struct pgsql_state *st, const struct pgsql_portal *portal,
			   struct span parse_types)
{
	bool inferred = false;
	struct fact fact;

	/* The server knows them all; Parse may leave any of them to it. */
	if (portal->types)
		return pgsql_span(portal->types);
	return recall(st, FACT_TYPES, portal, &fact, &inferred) ? fact.value : parse_types;
}

struct span pgsql_columns_of(struct pgsql_state *st, const struct pgsql_portal *portal)
{
	bool inferred = false;
	struct fact fact;

	if (portal->columns)
		return pgsql_span(portal->columns);
	return recall(st, FACT_COLUMNS, portal, &fact, &inferred) ? fact.value : (struct span){0};
}

/* User, database and application, with a zero behind each: none of the three has one. */
void pgsql_learn_backend(struct pgsql_state *st, struct span pid_and_key)
{
	const struct pgsql_shared *const names[] = {st->user, st->database, st->application};
	struct buffer value = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buffer_append_span(&value, pgsql_span(names[i]));
		buffer_append_char(&value, 0);
	}
	if (st->user && !value.failed)
		learn(st, FACT_BACKEND, pid_and_key, buffer_span(&value));
	buffer_free(&value);
}

void pgsql_recall_backend(struct pgsql_state *st, struct span pid_and_key)
{
	struct pgsql_shared **const names[] = {&st->user, &st->database, &st->application};
	struct fact fact = {.kind = FACT_BACKEND, .scope = FACT_SERVER, .key = pid_and_key};
	struct cursor c;

	if (session_recall(st->session, &fact) == RECALL_NONE)
		return;
	c = cursor_of(fact.value.data, fact.value.len);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct span name = cursor_until(&c, 0);

		pgsql_unref(st, *names[i]);
		*names[i] = name.len ? pgsql_share(st, name) : NULL;
	}
}
