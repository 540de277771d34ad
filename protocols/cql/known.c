/* SPDX-License-Identifier: BSD-2-Clause */
#include "protocols/cql/state.h"
#include "protocols/engine/knowledge.h"

/*
 * The id of a prepared statement is the hash of its keyspace and text, and so the same on every
 * node; what its values and columns are is the same as long as its tables are.
 */
static struct fact fact_of(enum cql_fact what, struct span id)
{
	return (struct fact){.kind = what, .scope = FACT_ANYWHERE, .key = id};
}

void cql_learn(struct cql_state *st, enum cql_fact what, struct span id, struct span value)
{
	struct fact fact = fact_of(what, id);

	if (!id.len || !value.len)
		return;
	fact.value = value;
	session_learn(st->session, &fact);
}

void cql_learn_metadata(struct cql_state *st, enum cql_fact what, struct span id, unsigned version,
			const struct cql_metadata *m)
{
	if (!m->whole || (m->flags & CQL_METADATA_NONE && m->count))
		return;
	buffer_clear(&st->fact);
	buffer_append_char(&st->fact, (char)version);
	buffer_append_span(&st->fact, m->all);
	cql_learn(st, what, id, buffer_span(&st->fact));
}

struct cql_known cql_recall(struct cql_state *st, enum cql_fact what, struct span id)
{
	struct fact fact = fact_of(what, id);
	enum recall how = id.len ? session_recall(st->session, &fact) : RECALL_NONE;

	return (struct cql_known){
		.found = how != RECALL_NONE,
		.inferred = how == RECALL_INFERRED,
		.value = fact.value,
	};
}

bool cql_recall_metadata(struct cql_state *st, enum cql_fact what, struct span id,
			 struct cql_metadata *m, bool *inferred)
{
	struct cql_known known = cql_recall(st, what, id);
	struct cursor c = cursor_of(known.value.data, known.value.len);
	unsigned version = cursor_u8(&c);

	if (!known.found || !cql_metadata_read(&c, version, what == CQL_FACT_BINDS, m) || c.failed)
		return false;
	*inferred |= known.inferred;
	return true;
}

/* ---- pages ---- */

static struct fact page_fact(struct span state)
{
	return (struct fact){.kind = CQL_FACT_PAGE, .scope = FACT_CONNECTION, .key = state};
}

void cql_learn_page(struct cql_state *st, struct span state, uint64_t page)
{
	struct fact fact = page_fact(state);

	fact.value = span_of(&page, sizeof(page));
	session_learn(st->session, &fact);
}

uint64_t cql_recall_page(struct cql_state *st, struct span state)
{
	struct fact fact = page_fact(state);
	uint64_t page = 0;

	if (session_recall(st->session, &fact) != RECALL_OWN || fact.value.len != sizeof(page))
		return 0;
	memcpy(&page, fact.value.data, sizeof(page));
	session_forget(st->session, &fact);
	return page;
}
