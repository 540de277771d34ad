/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/listing/listing.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/output/tell.h"
#include "analyze/spill/values.h"
#include "format/size.h"
#include "protocols/protocol.h"
#include "protocols/value/wanted.h"

/* ---- what was wished ---- */

bool listing_option(struct listing_wish *wish, const char *command, int option, const char *value)
{
	switch (option) {
	case 0:
		wish->where = value;
		return true;
	case 1:
		wish->sort = value;
		return true;
	case 2:
		if (size_parse_number(value, &wish->limit) && wish->limit)
			return true;
		command_fail(command, "--limit wants a number from 1, not '%s'", value);
		return false;
	default:
		wish->columns = value;
		return true;
	}
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool listing_names(const char *text, const char *name)
{
	const char *at = text;
	size_t len = strlen(name);

	while (at && (at = strcasestr(at, name)) != NULL) {
		if ((at == text || !is_of_word(at[-1])) && !is_of_word(at[len]))
			return true;
		at += len;
	}
	return false;
}

static bool is_wanted(const struct listing_wish *w, enum output_format format,
		      const struct column *column)
{
	bool usual = format == OUTPUT_JSON || !column_is_content(column);

	return (usual && !w->columns) || listing_names(w->columns, column->name) ||
	       listing_names(w->where, column->name) || listing_names(w->sort, column->name);
}

uint64_t listing_wanted_columns(const struct listing_wish *wish, enum output_format format,
				const struct column *columns, size_t count)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < count; i++)
		if (is_wanted(wish, format, &columns[i]))
			wanted |= wanted_bit(i);
	return wanted;
}

/* A protocol's first table stands for all of them. */
static bool is_among(const struct table *table, const struct protocol *protocol,
		     const struct table *only)
{
	return !only || table == only || protocol->tables[0] == only;
}

struct wanted *listing_wanted(const struct listing_wish *wish, enum output_format format,
			      const struct table *only)
{
	struct wanted *list;
	size_t count = 0;

	if (!only && !wish->columns && format == OUTPUT_JSON)
		return NULL;
	for (size_t i = 0; protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			count++;
	list = calloc(count + 1, sizeof(*list));
	count = 0;
	for (size_t i = 0; list && protocols[i]; i++)
		for (const struct table *const *t = protocols[i]->tables; *t; t++)
			if (is_among(*t, protocols[i], only))
				list[count++] = (struct wanted){
					*t, listing_wanted_columns(wish, format, (*t)->columns,
								   (*t)->column_count)};
	return list;
}

static bool fail_memory(const char *command)
{
	command_fail(command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	return false;
}

bool listing_fail_name(const struct fields *fields, const char *command, const char *option,
		       struct span name)
{
	struct buffer text = {0}, hint = {0};

	buffer_append_span(&text, name);
	buffer_append_char(&text, '\0');
	if (!text.failed)
		fields_suggest(fields, text.data, &hint);
	command_fail(command, "%s: there is no column '%.*s'; %.*s", option, (int)name.len,
		     name.data, (int)hint.len, hint.data ? hint.data : "");
	buffer_free(&text);
	buffer_free(&hint);
	return false;
}

bool listing_filter(const struct fields *fields, const char *command,
		    const struct listing_wish *wish, struct filter **filter)
{
	struct buffer why = {0};

	*filter = NULL;
	if (!wish->where)
		return true;
	*filter = filter_new(fields, wish->where, &why);
	if (!*filter)
		command_fail(command, "--where: %.*s", (int)why.len, why.data ? why.data : "");
	buffer_free(&why);
	return *filter != NULL;
}

bool listing_ranking(const struct fields *fields, const char *command,
		     const struct listing_wish *wish, struct ranking **ranking, size_t *key)
{
	bool down = wish->sort && *wish->sort == '-';
	struct span name = span_text(wish->sort ? wish->sort + down : "");
	int found;

	*ranking = NULL;
	if (!wish->sort)
		return true;
	found = fields_find(fields, name);
	if (found < 0)
		return listing_fail_name(fields, command, "--sort", name);
	*key = (size_t)found;
	*ranking = ranking_new(down);
	return *ranking || fail_memory(command);
}

static struct span next_name(const char **names)
{
	size_t len = strcspn(*names, ",");
	struct span name = span_of(*names, len);

	*names += len + ((*names)[len] == ',');
	return name;
}

static bool choose(struct listing *l, size_t most)
{
	l->chosen = calloc(most, sizeof(*l->chosen));
	l->chosen_names = calloc(most, sizeof(*l->chosen_names));
	l->values = calloc(most, sizeof(*l->values));
	return (l->chosen && l->chosen_names && l->values) || fail_memory(l->command);
}

static void add_chosen(struct listing *l, size_t name)
{
	l->chosen_names[l->chosen_count] = name;
	l->chosen[l->chosen_count++] = *l->fields.names[name];
}

static bool choose_columns(struct listing *l)
{
	const char *names = l->wish.columns;

	if (!choose(l, strlen(names) + 1))
		return false;
	do {
		struct span name = next_name(&names);
		int found = fields_find(&l->fields, name);

		if (found < 0)
			return listing_fail_name(&l->fields, l->command, "--columns", name);
		add_chosen(l, (size_t)found);
	} while (*names);
	return true;
}

/* All but what was said itself. */
static bool choose_usual(struct listing *l)
{
	if (!choose(l, l->fields.count + 1))
		return false;
	for (size_t i = 0; i < l->fields.count; i++)
		if (!column_is_content(l->fields.names[i]))
			add_chosen(l, i);
	return true;
}

static struct row_part chosen_part(const struct listing *l)
{
	return (struct row_part){
		.columns = l->chosen, .count = l->chosen_count, .values = l->values};
}

static bool begin_columns(struct listing *l)
{
	if (!(l->wish.columns ? choose_columns(l) : choose_usual(l)))
		return false;
	if (l->format == OUTPUT_TEXT)
		l->grid = grid_new(l->chosen, l->chosen_count, GRID_TABLE);
	return l->format != OUTPUT_TEXT || l->grid || fail_memory(l->command);
}

/* Not before something was read: a head beside an error would say that there are no rows. */
static void print_head(const struct listing *l)
{
	const struct row_part part = chosen_part(l);

	if (l->chosen && !l->grid)
		output_header(l->out, &part, 1);
}

bool listing_begin(struct listing *l, const char *command, const struct listing_wish *wish,
		   enum output_format format, struct output *out)
{
	l->command = command;
	l->wish = *wish;
	l->format = format;
	l->out = out;
	return listing_filter(&l->fields, command, wish, &l->filter) &&
	       listing_ranking(&l->fields, command, wish, &l->ranking, &l->key) &&
	       ((!wish->columns && format != OUTPUT_CSV) || begin_columns(l));
}

/* ---- rows ---- */

bool listing_wants(struct listing *l, const struct row_part *parts, size_t count)
{
	l->asked++;
	if (l->filter && !filter_passes(l->filter, parts, count))
		return false;
	l->wanted++;
	return true;
}

/* Parts of a row that have columns of their own. */
#define PARTS_MAX 4

/* Where in rows of one kind the value of a chosen column stands. */
struct choice {
	size_t to; /* which of the chosen */
	unsigned part;
	unsigned column;
};

/* Where those of rows that have these sets of columns do; of the others they have no values. */
struct choices {
	struct choices *next;
	const struct column *parts[PARTS_MAX]; /* NULL: it has no values */
	size_t count;
	struct choice of[];
};

static void find_choice(const struct listing *l, struct choices *c, size_t to)
{
	size_t name = l->chosen_names[to];

	for (unsigned p = 0; p < PARTS_MAX; p++) {
		const struct fields_part *part = c->parts[p] ? fields_part(&l->fields, c->parts[p])
							     : NULL;

		if (part && part->columns_by_name[name] >= 0) {
			c->of[c->count++] = (struct choice){to, p,
							    (unsigned)part->columns_by_name[name]};
			return;
		}
	}
}

static bool are_of(const struct choices *c, const struct row_part *parts, size_t count)
{
	for (size_t p = 0; p < count; p++)
		if (c->parts[p] != (parts[p].values ? parts[p].columns : NULL))
			return false;
	return count == PARTS_MAX || !c->parts[count];
}

/* Found once for all rows with the same sets. NULL: no memory. */
static const struct choices *choices_of(struct listing *l, const struct row_part *parts,
					size_t count)
{
	struct choices *c = l->choices;

	while (c && !are_of(c, parts, count))
		c = c->next;
	if (c)
		return c;
	c = calloc(1, sizeof(*c) + l->chosen_count * sizeof(c->of[0]));
	if (!c)
		return NULL;
	for (size_t p = 0; p < count; p++)
		c->parts[p] = parts[p].values ? parts[p].columns : NULL;
	for (size_t i = 0; i < l->chosen_count; i++)
		find_choice(l, c, i);
	c->next = l->choices;
	l->choices = c;
	return c;
}

static void choose_values(struct listing *l, const struct row_part *parts, size_t count)
{
	const struct choices *c = choices_of(l, parts, count < PARTS_MAX ? count : PARTS_MAX);

	l->no_memory |= !c;
	/* Those that the rows before had, and these don't. */
	if (!c || c != l->choices_before)
		memset(l->values, 0, l->chosen_count * sizeof(*l->values));
	l->choices_before = c;
	for (size_t i = 0; c && i < c->count; i++)
		l->values[c->of[i].to] = parts[c->of[i].part].values[c->of[i].column];
}

static void print_chosen(struct listing *l)
{
	const struct row_part part = chosen_part(l);

	if (l->grid) {
		volatile bool begun = false;

		grid_row(l->grid, l->values, &begun);
	} else {
		output_row(l->out, &part, 1);
	}
}

/* ---- rows that wait for their order ---- */

static void pack_cells(struct buffer *b, const struct cells *cells)
{
	buffer_append(b, cells, sizeof(*cells));
	buffer_append_span(b, buffer_span(&cells->text));
}

static void print_cells(struct listing *l, struct span packed)
{
	struct cells cells;

	memcpy(&cells, packed.data, sizeof(cells));
	cells.text = (struct buffer){0};
	buffer_append(&cells.text, packed.data + sizeof(cells), packed.len - sizeof(cells));
	output_cells(l->out, l->text_columns, &cells);
	buffer_free(&cells.text);
}

/* A part of a row that waits; its values follow, LEN bytes. */
struct packed_part {
	const struct column *columns;
	const char *prefix;
	size_t count;
	size_t len; /* 0: it has none */
};

static void pack_parts(struct buffer *b, const struct row_part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct packed_part part = {parts[i].columns, parts[i].prefix, parts[i].count, 0};
		size_t at = b->len;

		buffer_append(b, &part, sizeof(part));
		if (!parts[i].values)
			continue;
		values_pack(b, parts[i].values, parts[i].count);
		part.len = b->len - at - sizeof(part);
		if (!b->failed)
			memcpy(b->data + at, &part, sizeof(part));
	}
}

static void print_parts(struct listing *l, struct span packed)
{
	struct buffer parts = {0}, values = {0};
	size_t count = 0, total = 0;
	struct packed_part part;
	struct row_part *to;
	struct value *at;

	for (size_t i = 0; i < packed.len; i += sizeof(part) + part.len, count++) {
		memcpy(&part, packed.data + i, sizeof(part));
		total += part.count;
	}
	to = (struct row_part *)(void *)buffer_reserve(&parts, (count + 1) * sizeof(*to));
	at = (struct value *)(void *)buffer_reserve(&values, (total + 1) * sizeof(*at));
	for (size_t i = 0, n = 0; to && at && i < packed.len; i += sizeof(part) + part.len, n++) {
		memcpy(&part, packed.data + i, sizeof(part));
		to[n] = (struct row_part){
			.columns = part.columns, .count = part.count, .prefix = part.prefix};
		if (!part.len)
			continue;
		values_unpack(span_of(packed.data + i + sizeof(part), part.len), at, part.count);
		to[n].values = at;
		at += part.count;
	}
	if (to && at)
		output_row(l->out, to, count);
	else
		l->no_memory = true;
	buffer_free(&parts);
	buffer_free(&values);
}

static void print_packed(struct listing *l, struct span packed)
{
	if (l->chosen) {
		values_unpack(packed, l->values, l->chosen_count);
		print_chosen(l);
	} else if (l->format == OUTPUT_TEXT) {
		print_cells(l, packed);
	} else {
		print_parts(l, packed);
	}
}

void listing_row(struct listing *l, const struct row_part *parts, size_t count,
		 const struct text_column *text_columns, const struct cells *cells)
{
	static const struct value null;
	const struct value *key;

	if (l->chosen)
		choose_values(l, parts, count);
	if (!l->ranking) {
		print_chosen(l);
		l->printed++;
		return;
	}
	buffer_clear(&l->packed);
	l->text_columns = text_columns;
	if (l->chosen)
		values_pack(&l->packed, l->values, l->chosen_count);
	else if (cells)
		pack_cells(&l->packed, cells);
	else
		pack_parts(&l->packed, parts, count);
	key = fields_value(&l->fields, parts, count, l->key);
	ranking_add(l->ranking, key ? key : &null, buffer_span(&l->packed));
}

bool listing_is_full(const struct listing *l)
{
	if (l->grid ? !grid_alive(l->grid) : !output_alive(l->out))
		return true;
	if (l->ranking)
		return ranking_error(l->ranking) != NULL;
	return l->wish.limit && l->wanted >= l->wish.limit;
}

void listing_flush(struct listing *l)
{
	if (l->grid)
		grid_flush(l->grid);
	print_head(l);
	output_flush(l->out);
}

/* ---- the end ---- */

static void print_ranked(struct listing *l)
{
	struct span packed;

	while ((!l->wish.limit || l->printed < l->wish.limit) &&
	       ranking_next(l->ranking, &packed)) {
		print_packed(l, packed);
		l->printed++;
	}
}

int listing_end(struct listing *l, int status)
{
	bool good = true;

	if (l->ranking && status != STATUS_USAGE)
		print_ranked(l);
	if (l->wanted || status != STATUS_USAGE) {
		print_head(l);
		if (l->grid)
			good = grid_free(l->grid);
		l->grid = NULL;
	}
	if (!good && status != STATUS_USAGE)
		status = command_fail(l->command, "the output could not be written");
	if (l->no_memory)
		status = command_fail(l->command, "%s", tape_error_text(TAPE_ERROR_MEMORY));
	if (l->ranking && ranking_error(l->ranking))
		status = command_fail(l->command, "rows could not be put in order: %s",
				      ranking_error(l->ranking));
	if (l->filter && filter_error(l->filter))
		status = command_fail(l->command, "--where: %s", filter_error(l->filter));
	else if (l->filter && !l->wanted && l->asked)
		command_warn(l->command, "none of %" PRIu64 " rows passes --where \"%s\"", l->asked,
			     l->wish.where);
	return status;
}

void listing_free(struct listing *l)
{
	if (l->grid)
		grid_drop(l->grid);
	filter_free(l->filter);
	ranking_free(l->ranking);
	fields_free(&l->fields);
	buffer_free(&l->packed);
	free(l->chosen);
	free(l->chosen_names);
	free(l->values);
	while (l->choices) {
		struct choices *next = l->choices->next;

		free(l->choices);
		l->choices = next;
	}
}
