/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/selection.h"

#include <stdlib.h>

#include "analyze/output/escape.h"
#include "analyze/output/tell.h"
#include "analyze/output/text.h"
#include "format/size.h"

/* One of those that are selected. */
struct table_name {
	const struct table *table;
};

/* ---- adding ---- */

bool record_name_parse(const char *text, struct record_name *name)
{
	uint64_t repeat = 0;

	*name = (struct record_name){0};
	if (!size_take_digits(&text, &name->conn) || *text++ != '.')
		return false;
	name->tls = *text == 't';
	text += name->tls;
	name->side = *text == 'r' ? SIDE_SERVER : SIDE_CLIENT;
	text += name->side == SIDE_SERVER;
	if (!size_take_digits(&text, &name->position))
		return false;
	if (*text == '.') {
		text++;
		if (!size_take_digits(&text, &repeat) || repeat > UINT32_MAX)
			return false;
	}
	name->repeat = (unsigned)repeat;
	return *text == '\0' && name->conn;
}

static bool add_number(struct buffer *list, const char *text, uint64_t max)
{
	uint64_t number;

	if (!size_take_digits(&text, &number) || *text || !number || number > max)
		return false;
	buffer_append(list, &number, sizeof(number));
	return !list->failed;
}

static bool add_conn(struct selection *s, const char *text)
{
	uint64_t id;

	return size_take_digits(&text, &id) && !*text && id && id_set_add(&s->conns, id);
}

/* The tables of a protocol, or one table. */
static bool add_tables(struct selection *s, const char *name)
{
	const struct protocol *protocol = protocol_find(name);
	const struct table *one[] = {protocol_table_find(name, NULL), NULL};
	const struct table *const *t = protocol ? protocol->tables : one;

	for (; *t; t++)
		buffer_append(&s->tables, &(struct table_name){*t}, sizeof(struct table_name));
	return (protocol || one[0]) && !s->tables.failed;
}

static bool add_role(struct selection *s, const char *name)
{
	for (int role = ROLE_UNKNOWN; role <= ROLE_SERVER; role++) {
		if (strcmp(role_text((enum role)role), name) != 0)
			continue;
		s->roles |= 1u << role;
		return true;
	}
	return false;
}

static bool add_outcome(struct selection *s, const char *name)
{
	for (int outcome = OUTCOME_OK; outcome <= OUTCOME_PARTIAL; outcome++) {
		if (strcmp(outcome_text((enum outcome)outcome), name) != 0)
			continue;
		s->outcomes |= 1u << outcome;
		return true;
	}
	return false;
}

static bool add_record(struct selection *s, const char *text)
{
	struct record_name name;

	if (!record_name_parse(text, &name))
		return false;
	buffer_append(&s->records, &name, sizeof(name));
	return !s->records.failed;
}

static bool add_address(struct selection *s, const char *text)
{
	struct address address;

	if (!address_parse(text, &address))
		return false;
	buffer_append(&s->addresses, &address, sizeof(address));
	return !s->addresses.failed;
}

static bool add_text(struct selection *s, enum selection_kind kind, const char *text)
{
	struct buffer *list = &s->texts[kind - SELECT_NAME];

	if (*text)
		buffer_append(list, &text, sizeof(text));
	return *text && !list->failed;
}

bool selection_add(struct selection *s, enum selection_kind kind, const char *value)
{
	bool good = false;

	switch (kind) {
	case SELECT_CONN:
		good = add_conn(s, value);
		break;
	case SELECT_PID:
		good = add_number(&s->pids, value, UINT32_MAX);
		break;
	case SELECT_NAME:
	case SELECT_CONTAINER:
		good = add_text(s, kind, value);
		break;
	case SELECT_PROTOCOL:
		good = add_tables(s, value);
		break;
	case SELECT_ROLE:
		good = add_role(s, value);
		break;
	case SELECT_OUTCOME:
		good = add_outcome(s, value);
		break;
	case SELECT_RECORD:
		good = add_record(s, value);
		break;
	case SELECT_ADDR:
		good = add_address(s, value);
		break;
	case SELECT_KINDS:
		break;
	}
	if (good)
		s->kinds |= SELECT_BIT(kind);
	return good;
}

void selection_resolve(struct selection *s, unsigned kinds, struct id_set *conns)
{
	id_set_free(&s->conns);
	s->conns = *conns;
	*conns = (struct id_set){0};
	s->kinds = (s->kinds & ~kinds) | SELECT_BIT(SELECT_CONN);
	s->resolved = true;
	s->asked = s->matched = s->in_time = 0;
	for (int kind = 0; kind < SELECT_KINDS; kind++)
		s->tallies[kind].hits = 0;
}

/* ---- matching ---- */

bool selection_has_time(const struct selection *s, int64_t from, int64_t to)
{
	return (!s->since || to >= s->since) && (!s->until || from < s->until);
}

static bool has_pid(const struct selection *s, uint32_t pid)
{
	const uint64_t *list = (const uint64_t *)s->pids.data;

	for (size_t i = 0; i < s->pids.len / sizeof(*list); i++)
		if (list[i] == pid)
			return true;
	return false;
}

/* A container is named by the beginning of its id, a process by its whole name. */
static bool has_text(const struct selection *s, enum selection_kind kind, const char *text)
{
	const struct buffer *b = &s->texts[kind - SELECT_NAME];
	const char *const *list = (const char *const *)b->data;

	if (!text)
		return false;
	for (size_t i = 0; i < b->len / sizeof(*list); i++) {
		bool same = kind == SELECT_CONTAINER ? strncmp(list[i], text, strlen(list[i])) == 0
						     : strcmp(list[i], text) == 0;

		if (same)
			return true;
	}
	return false;
}

static bool has_table(const struct selection *s, const struct table *table)
{
	const struct table_name *list = (const struct table_name *)s->tables.data;

	for (size_t i = 0; i < s->tables.len / sizeof(*list); i++)
		if (list[i].table == table)
			return true;
	return false;
}

static bool has_protocol(const struct selection *s, const struct selection_subject *subject)
{
	if (subject->table)
		return has_table(s, subject->table);
	for (size_t i = 0; i < SELECTION_PROTOCOLS && subject->protocols[i]; i++) {
		const struct table *const *t = subject->protocols[i]->tables;

		while (*t && !has_table(s, *t))
			t++;
		if (*t)
			return true;
	}
	return false;
}

static bool has_record(const struct selection *s, const struct selection_subject *subject)
{
	const struct record_name *list = (const struct record_name *)s->records.data;

	for (size_t i = 0; i < s->records.len / sizeof(*list); i++)
		if (list[i].conn == subject->conn && list[i].position == subject->position &&
		    list[i].side == subject->side && list[i].tls == subject->tls &&
		    list[i].repeat == subject->repeat)
			return true;
	return false;
}

static bool has_address(const struct selection *s, const struct selection_subject *subject)
{
	const struct address *list = (const struct address *)s->addresses.data;

	for (size_t i = 0; i < s->addresses.len / sizeof(*list); i++)
		for (size_t end = 0; end < SELECTION_ADDRESSES; end++)
			if (subject->addresses[end] &&
			    address_matches(&list[i], subject->addresses[end]))
				return true;
	return false;
}

bool selection_has(const struct selection *s, enum selection_kind kind,
		   const struct selection_subject *subject)
{
	if (!(s->kinds & SELECT_BIT(kind)))
		return true;
	switch (kind) {
	case SELECT_CONN:
		return id_set_has(&s->conns, subject->conn);
	case SELECT_PID:
		return has_pid(s, subject->pid);
	case SELECT_NAME:
		return has_text(s, kind, subject->name);
	case SELECT_CONTAINER:
		return has_text(s, kind, subject->container);
	case SELECT_PROTOCOL:
		return has_protocol(s, subject);
	case SELECT_ROLE:
		return s->roles >> subject->role & 1;
	case SELECT_OUTCOME:
		return subject->outcome >= 0 && (s->outcomes >> subject->outcome & 1);
	case SELECT_RECORD:
		return has_record(s, subject);
	case SELECT_ADDR:
		return has_address(s, subject);
	case SELECT_KINDS:
		break;
	}
	return true;
}

/* ---- remembering ---- */

static void say_address(const struct selection_subject *subject, struct buffer *b)
{
	char text[ADDRESS_TEXT_MAX] = "";

	/* The other end's tells more than the own. */
	for (size_t end = 0; end < SELECTION_ADDRESSES; end++)
		if (subject->addresses[end] && subject->addresses[end]->family != ADDRESS_NONE)
			address_text(subject->addresses[end], text);
	buffer_append_text(b, text);
}

/* What the subject says to KIND, for a person. */
static void say(const struct selection_subject *subject, enum selection_kind kind, struct buffer *b)
{
	const char *text = "";

	switch (kind) {
	case SELECT_CONN:
		buffer_append_u64(b, subject->conn);
		break;
	case SELECT_PID:
		if (subject->pid)
			buffer_append_u64(b, subject->pid);
		break;
	case SELECT_NAME:
		text = subject->name ? subject->name : "";
		break;
	case SELECT_CONTAINER:
		text = subject->container ? subject->container : "";
		break;
	case SELECT_PROTOCOL:
		if (subject->table)
			text = subject->table->name;
		else if (subject->protocols[0])
			text = subject->protocols[0]->name;
		break;
	case SELECT_ROLE:
		text = role_text(subject->role);
		break;
	case SELECT_OUTCOME:
		if (subject->outcome >= 0)
			text = outcome_text((enum outcome)subject->outcome);
		break;
	case SELECT_RECORD:
		if (subject->outcome >= 0)
			buffer_printf(b, "%llu.%s%s%llu", (unsigned long long)subject->conn,
				      subject->tls ? "t" : "",
				      subject->side == SIDE_SERVER ? "r" : "",
				      (unsigned long long)subject->position);
		break;
	case SELECT_ADDR:
		say_address(subject, b);
		return;
	case SELECT_KINDS:
		break;
	}
	escape_append(b, span_text(text));
}

static void remember(struct selection_tally *tally, enum selection_kind kind,
		     const struct selection_subject *subject)
{
	struct buffer b = {0};
	size_t i = 0;

	if (tally->more)
		return;
	say(subject, kind, &b);
	buffer_append_char(&b, '\0');
	if (!b.failed && b.data[0]) {
		while (i < SELECTION_SEEN && tally->seen[i] && strcmp(tally->seen[i], b.data) != 0)
			i++;
		if (i == SELECTION_SEEN)
			tally->more = true;
		else if (!tally->seen[i])
			tally->seen[i] = strdup(b.data);
	}
	buffer_free(&b);
}

bool selection_matches(struct selection *s, unsigned kinds, const struct selection_subject *subject)
{
	bool in_time = selection_has_time(s, subject->from, subject->to);
	bool all = in_time;

	s->asked++;
	selection_saw_time(s, subject->from, subject->to);
	s->in_time += in_time;
	for (unsigned kind = 0, rest = kinds & s->kinds; rest; kind++, rest >>= 1) {
		struct selection_tally *tally = &s->tallies[kind];

		if (!(rest & 1))
			continue;
		if (selection_has(s, (enum selection_kind)kind, subject)) {
			tally->hits++;
			continue;
		}
		all = false;
		if (!tally->hits)
			remember(tally, (enum selection_kind)kind, subject);
	}
	s->matched += all;
	return all;
}

/* ---- explaining ---- */

const char *selection_option_name(enum selection_kind kind)
{
	static const char *const names[] = {
		[SELECT_CONN] = "--conn",	  [SELECT_PID] = "--pid",
		[SELECT_NAME] = "--name",	  [SELECT_CONTAINER] = "--container",
		[SELECT_PROTOCOL] = "--protocol", [SELECT_ROLE] = "--role",
		[SELECT_OUTCOME] = "--outcome",	  [SELECT_RECORD] = "--record",
		[SELECT_ADDR] = "--addr",
	};

	return kind < SELECT_KINDS ? names[kind] : "";
}

bool selection_contradicts(const struct selection *s, struct buffer *why)
{
	const struct record_name *records = (const struct record_name *)s->records.data;
	size_t count = s->records.len / sizeof(*records);
	size_t elsewhere = 0;

	if (s->since && s->until && s->since >= s->until) {
		buffer_append_text(why, "--since and --until exclude each other: ");
		text_append_time(why, s->since);
		buffer_append_text(why, " is not before ");
		text_append_time(why, s->until);
		return true;
	}
	if (!(s->kinds & SELECT_BIT(SELECT_CONN)) || !count)
		return false;
	for (size_t i = 0; i < count; i++)
		elsewhere += !id_set_has(&s->conns, records[i].conn);
	if (elsewhere < count)
		return false;
	buffer_printf(why,
		      "--record and --conn exclude each other: the record is of connection %llu",
		      (unsigned long long)records[0].conn);
	return true;
}

static void explain_kind(const struct selection *s, enum selection_kind kind, struct buffer *why)
{
	const struct selection_tally *tally = &s->tallies[kind];

	buffer_printf(why, "%s matches nothing", selection_option_name(kind));
	if (kind == SELECT_CONN && s->highest_conn) {
		buffer_printf(why, "; there are connections %llu to %llu",
			      (unsigned long long)s->lowest_conn,
			      (unsigned long long)s->highest_conn);
		return;
	}
	for (size_t i = 0; i < SELECTION_SEEN && tally->seen[i]; i++)
		buffer_printf(why, "%s%s", i ? ", " : "; there are: ", tally->seen[i]);
	if (tally->more)
		buffer_append_text(why, ", ...");
}

static void explain_time(const struct selection *s, struct buffer *why)
{
	buffer_append_text(why, "nothing lies in the time selected: what there is is from ");
	text_append_time(why, s->first);
	buffer_append_text(why, " to ");
	text_append_time(why, s->last);
}

bool selection_explain(const struct selection *s, struct buffer *why)
{
	/* What was asked first has been explained already. */
	if (s->matched || selection_is_all(s) || (s->resolved && !s->conns.count))
		return false;
	if (!s->asked && !(s->kinds & SELECT_BIT(SELECT_CONN))) {
		if ((s->since || s->until) && s->last)
			explain_time(s, why);
		else
			buffer_append_text(why, "the recording has nothing to select from");
		return true;
	}
	for (unsigned kind = 0; kind < SELECT_KINDS; kind++) {
		if (!(s->kinds & SELECT_BIT(kind)) || s->tallies[kind].hits)
			continue;
		explain_kind(s, (enum selection_kind)kind, why);
		return true;
	}
	if (!s->in_time) {
		explain_time(s, why);
		return true;
	}
	buffer_append_text(why, "each of the options matches something, but nothing matches all:");
	for (unsigned kind = 0; kind < SELECT_KINDS; kind++)
		if (s->kinds & SELECT_BIT(kind))
			buffer_printf(why, " %s (%llu)",
				      selection_option_name((enum selection_kind)kind),
				      (unsigned long long)s->tallies[kind].hits);
	if (s->since || s->until)
		buffer_printf(why, " time (%llu)", (unsigned long long)s->in_time);
	return true;
}

bool selection_tell(const struct selection *s, const char *command)
{
	struct buffer why = {0};
	bool told = selection_explain(s, &why);

	if (told)
		command_warn(command, "%.*s", (int)why.len, why.data);
	buffer_free(&why);
	return told;
}

void selection_free(struct selection *s)
{
	id_set_free(&s->conns);
	buffer_free(&s->pids);
	buffer_free(&s->texts[0]);
	buffer_free(&s->texts[1]);
	buffer_free(&s->tables);
	buffer_free(&s->records);
	buffer_free(&s->addresses);
	for (size_t kind = 0; kind < SELECT_KINDS; kind++)
		for (size_t i = 0; i < SELECTION_SEEN; i++)
			free(s->tallies[kind].seen[i]);
}
