/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/engine/knowledge.h"
#include "protocols/pgsql/state.h"

enum {
	FACT_STATEMENT = 1, /* payload of Parse, by the statement's name */
	FACT_TYPES,	    /* of its parameters */
	FACT_COLUMNS	    /* of its result */
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
