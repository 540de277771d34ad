/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/shape/shape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyze/shape/statement.h"
#include "protocols/engine/budget.h"
#include "protocols/protocol.h"
#include "protocols/value/json_read.h"

const struct column shape_column = {"shape", "TEXT", "",
				    "what was asked, without its values: GET /users/{id}"};

/* What is made of a column. */
enum how {
	HOW_AS_IT_IS,
	HOW_LOWER,
	HOW_LIST, /* a JSON array of texts, with commas */
	HOW_PGSQL,
	HOW_MYSQL,
	HOW_CQL,
	HOW_PATH, /* from here on it is learnt */
	HOW_KEY,  /* of Redis: among the arguments of a command */
	HOW_SUBJECT,
};

#define LEARNT (HOW_SUBJECT - HOW_PATH + 1)

/* Parts are put together with what stands in front of each; a part that is null is left out. */
#define PARTS_MAX 3

struct part {
	const char *column;
	enum how how;
	const char *before;  /* unless it is the first */
	const char *instead; /* a column for where it is null; NULL: none */
};

/* No other part follows the learnt one: shapes_again() relies on it. */
static const struct recipe {
	const char *table;
	struct part parts[PARTS_MAX];
} recipes[] = {
	{"http", {{"method", HOW_AS_IT_IS, "", NULL}, {"path", HOW_PATH, " ", NULL}}},
	{"http2", {{"method", HOW_AS_IT_IS, "", NULL}, {"path", HOW_PATH, " ", NULL}}},
	{"grpc", {{"service", HOW_AS_IT_IS, "", NULL}, {"method", HOW_AS_IT_IS, "/", NULL}}},
	{"websocket", {{"sender", HOW_AS_IT_IS, "", NULL}, {"opcode", HOW_AS_IT_IS, " ", NULL}}},
	{"pgsql", {{"statement", HOW_PGSQL, "", "operation"}}},
	{"mysql", {{"statement", HOW_MYSQL, "", "command"}}},
	{"cql", {{"statement", HOW_CQL, "", "opcode"}}},
	{"redis", {{"command", HOW_AS_IT_IS, "", "push"}, {"args", HOW_KEY, " ", NULL}}},
	{"mongodb",
	 {{"command", HOW_AS_IT_IS, "", NULL},
	  {"collection", HOW_AS_IT_IS, " ", NULL},
	  {"shape", HOW_AS_IT_IS, " ", NULL}}},
	{"kafka", {{"api", HOW_AS_IT_IS, "", NULL}, {"topics", HOW_LIST, " ", NULL}}},
	{"kafka_messages",
	 {{"direction", HOW_AS_IT_IS, "", NULL}, {"topic", HOW_AS_IT_IS, " ", NULL}}},
	{"amqp",
	 {{"method", HOW_AS_IT_IS, "", NULL},
	  {"exchange", HOW_AS_IT_IS, " ", NULL},
	  {"routing_key", HOW_AS_IT_IS, " ", "queue"}}},
	{"amqp_messages",
	 {{"exchange", HOW_AS_IT_IS, "", NULL}, {"routing_key", HOW_AS_IT_IS, " ", NULL}}},
	{"nats", {{"kind", HOW_AS_IT_IS, "", "verb"}, {"subject", HOW_SUBJECT, " ", NULL}}},
	{"dns", {{"qtype", HOW_AS_IT_IS, "", NULL}, {"qname", HOW_LOWER, " ", NULL}}},
	{"thrift", {{"service", HOW_AS_IT_IS, "", NULL}, {"method", HOW_AS_IT_IS, ".", NULL}}},
	{"mux", {{"destination", HOW_AS_IT_IS, "", "type"}, {"method", HOW_AS_IT_IS, " ", NULL}}},
	{"tls", {{"sni", HOW_AS_IT_IS, "", NULL}}},
	{"socks", {{"command", HOW_AS_IT_IS, "", NULL}, {"target", HOW_AS_IT_IS, " ", NULL}}},
};

#define RECIPES (sizeof(recipes) / sizeof(recipes[0]))

/* A recipe with the columns of its table; -1: none. */
struct bound {
	const struct table *table;
	const struct recipe *recipe;
	unsigned count;
	int columns[PARTS_MAX];
	int insteads[PARTS_MAX];
	int command; /* of Redis */
};

struct shapes {
	struct names *learnt[LEARNT]; /* of enum how, from HOW_PATH on */
	struct budget budget;
	struct bound bound[RECIPES];
	size_t bound_count;
	struct buffer *scratch;
};

/* ---- what a table has ---- */

static const struct recipe *recipe_of(const struct table *table)
{
	for (size_t i = 0; i < RECIPES; i++)
		if (strcmp(recipes[i].table, table->name) == 0)
			return &recipes[i];
	return NULL;
}

bool shape_has(const struct table *table)
{
	return recipe_of(table) != NULL;
}

bool shape_is_own(const struct table *table)
{
	return table_column(table, shape_column.name) >= 0;
}

bool shape_is_learnt(const struct table *table)
{
	const struct recipe *r = recipe_of(table);

	for (size_t i = 0; r && i < PARTS_MAX; i++)
		if (r->parts[i].how >= HOW_PATH)
			return true;
	return false;
}

static struct bound bind(const struct table *table, const struct recipe *recipe)
{
	struct bound b = {.table = table, .recipe = recipe};

	b.command = table_column(table, "command");
	for (; b.count < PARTS_MAX && recipe->parts[b.count].column; b.count++) {
		b.columns[b.count] = table_column(table, recipe->parts[b.count].column);
		b.insteads[b.count] = table_column(table, recipe->parts[b.count].instead);
	}
	return b;
}

static void bind_all(struct shapes *s)
{
	for (size_t i = 0; protocols[i]; i++) {
		for (const struct table *const *t = protocols[i]->tables; *t; t++) {
			const struct recipe *r = recipe_of(*t);

			if (r && s->bound_count < RECIPES)
				s->bound[s->bound_count++] = bind(*t, r);
		}
	}
}

static const struct bound *bound_of(const struct shapes *s, const struct table *table)
{
	for (size_t i = 0; i < s->bound_count; i++)
		if (s->bound[i].table == table)
			return &s->bound[i];
	return NULL;
}

/* NULL: the column isn't there, or says nothing. */
static const struct value *value_at(const struct value *values, int column)
{
	if (column < 0 || !value_has_text(&values[column]) || !values[column].text.len)
		return NULL;
	return &values[column];
}

/* ---- what is learnt ---- */

/* The path of a request's target (RFC 9112, 3.2): without scheme, host, query and fragment. */
static struct span path_of(struct span target)
{
	const char *scheme = NULL;

	if (target.len && target.data[0] != '/')
		scheme = memmem(target.data, target.len, "://", 3);
	if (scheme) {
		size_t from = (size_t)(scheme - target.data) + 3;

		while (from < target.len && target.data[from] != '/')
			from++;
		target = span_of(target.data + from, target.len - from);
	}
	for (size_t i = 0; i < 2; i++) {
		const char *end = memchr(target.data, "?#"[i], target.len);

		if (end)
			target.len = (size_t)(end - target.data);
	}
	return target;
}

/* Which argument of a command of Redis is its first key, from 1; 0: it has none. */
static unsigned key_position(struct span command)
{
	static const struct {
		const char *command;
		unsigned position;
	} others[] = {
		{"ACL", 0},	 {"AUTH", 0},	    {"BGREWRITEAOF", 0}, {"BGSAVE", 0},
		{"BITOP", 2},	 {"CLIENT", 0},	    {"CLUSTER", 0},	 {"COMMAND", 0},
		{"CONFIG", 0},	 {"DEBUG", 0},	    {"DISCARD", 0},	 {"ECHO", 0},
		{"EVAL", 3},	 {"EVALSHA", 3},    {"EVAL_RO", 3},	 {"EVALSHA_RO", 3},
		{"EXEC", 0},	 {"FCALL", 3},	    {"FCALL_RO", 3},	 {"FLUSHALL", 0},
		{"FLUSHDB", 0},	 {"FUNCTION", 0},   {"HELLO", 0},	 {"INFO", 0},
		{"KEYS", 0},	 {"LATENCY", 0},    {"LMPOP", 2},	 {"BLMPOP", 3},
		{"BZMPOP", 3},	 {"MEMORY", 2},	    {"MODULE", 0},	 {"MONITOR", 0},
		{"MULTI", 0},	 {"OBJECT", 2},	    {"PING", 0},	 {"PSYNC", 0},
		{"PUBSUB", 0},	 {"QUIT", 0},	    {"REPLCONF", 0},	 {"RESET", 0},
		{"ROLE", 0},	 {"SCAN", 0},	    {"SCRIPT", 0},	 {"SELECT", 0},
		{"SHUTDOWN", 0}, {"SINTERCARD", 2}, {"SLOWLOG", 0},	 {"SWAPDB", 0},
		{"TIME", 0},	 {"UNWATCH", 0},    {"WAIT", 0},	 {"XGROUP", 2},
		{"XINFO", 2},	 {"ZDIFF", 2},	    {"ZINTER", 2},	 {"ZMPOP", 2},
		{"ZUNION", 2},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i].command) == command.len &&
		    strncasecmp(others[i].command, command.data, command.len) == 0)
			return others[i].position;
	return 1;
}

/* Of XREAD the keys stand behind STREAMS. */
static bool is_streams(struct span element)
{
	return element.len == strlen("\"STREAMS\"") &&
	       strncasecmp(element.data, "\"STREAMS\"", element.len) == 0;
}

static bool reads_streams(struct span command)
{
	return (command.len == strlen("XREAD") && strncasecmp(command.data, "XREAD", 5) == 0) ||
	       (command.len == strlen("XREADGROUP") &&
		strncasecmp(command.data, "XREADGROUP", 10) == 0);
}

/* The element after AT of a JSON array, which moves behind it. */
static bool next_element(struct span array, size_t *at, struct span *element)
{
	size_t from = *at, end;

	while (from < array.len &&
	       (array.data[from] == '[' || array.data[from] == ',' || array.data[from] == ' '))
		from++;
	end = json_value_end(array, from);
	if (!end)
		return false;
	*element = span_of(array.data + from, end - from);
	*at = end;
	return true;
}

/* Appends the key among ARGS of a command. */
static void append_key(struct buffer *b, struct span command, struct span args)
{
	unsigned position = key_position(command), n = 1;
	bool streams = reads_streams(command), found = false;
	struct span element;
	size_t at = 0;

	for (; position && next_element(args, &at, &element); n++) {
		if (streams ? found : n == position) {
			json_string_append(b, element);
			return;
		}
		found = found || is_streams(element);
	}
}

/*
 * What is learnt of a value: the path, the key, the subject. Points into the value, or what is
 * there until the next call.
 */
static struct span name_of(const struct shapes *s, enum how how, const struct bound *bound,
			   const struct value *values, const struct value *value)
{
	const struct value *command;

	if (how == HOW_PATH)
		return path_of(value->text);
	if (how == HOW_SUBJECT)
		return value->text;
	command = value_at(values, bound->command);
	buffer_clear(s->scratch);
	if (command)
		append_key(s->scratch, command->text, value->text);
	return buffer_span(s->scratch);
}

static struct names *names_of(const struct shapes *s, enum how how)
{
	return s->learnt[how - HOW_PATH];
}

struct shapes *shapes_new(size_t memory)
{
	static const char *const separators[LEARNT] = {"/", ":/", "."};
	struct shapes *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->budget.limit = memory ? memory : SHAPES_MEMORY;
	for (size_t i = 0; i < LEARNT; i++) {
		s->learnt[i] = names_new(separators[i], &s->budget);
		if (!s->learnt[i]) {
			shapes_free(s);
			return NULL;
		}
	}
	s->scratch = calloc(1, sizeof(*s->scratch));
	if (!s->scratch) {
		shapes_free(s);
		return NULL;
	}
	bind_all(s);
	return s;
}

void shapes_free(struct shapes *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < LEARNT; i++)
		names_free(s->learnt[i]);
	if (s->scratch)
		buffer_free(s->scratch);
	free(s->scratch);
	free(s);
}

bool shapes_learn(struct shapes *s, const struct table *table, const struct value *values)
{
	const struct bound *bound = bound_of(s, table);
	bool good = true;

	for (unsigned i = 0; bound && i < bound->count; i++) {
		enum how how = bound->recipe->parts[i].how;
		const struct value *value = value_at(values, bound->columns[i]);
		struct span name;

		if (how < HOW_PATH || !value)
			continue;
		name = name_of(s, how, bound, values, value);
		good = !s->scratch->failed &&
		       (!name.len || names_take(names_of(s, how), name, NULL));
	}
	return good;
}

bool shapes_settle(struct shapes *s)
{
	for (size_t i = 0; i < LEARNT; i++)
		if (!names_settle(s->learnt[i]))
			return false;
	return true;
}

/* ---- putting it together ---- */

static void append_list(struct buffer *b, struct span list)
{
	struct span element;
	bool first = true;

	for (size_t at = 0; next_element(list, &at, &element); first = false) {
		if (!first)
			buffer_append_char(b, ',');
		json_string_append(b, element);
	}
}

static void append_lower(struct buffer *b, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		buffer_append_char(b, (char)tolower((unsigned char)text.data[i]));
}

/* LEARN: it counts. False without memory. */
static bool append_name(const struct shapes *s, const struct bound *bound, enum how how,
			const struct value *values, const struct value *value, bool learn,
			struct buffer *out)
{
	struct span name = name_of(s, how, bound, values, value);

	if (!name.len)
		return !s->scratch->failed;
	if (learn)
		return names_take(names_of(s, how), name, out);
	names_append(names_of(s, how), name, out);
	return true;
}

static bool append_part(const struct shapes *s, const struct bound *bound, enum how how,
			const struct value *values, const struct value *value, bool learn,
			struct buffer *out)
{
	switch (how) {
	case HOW_AS_IT_IS:
		buffer_append_span(out, value->text);
		return true;
	case HOW_LOWER:
		append_lower(out, value->text);
		return true;
	case HOW_LIST:
		append_list(out, value->text);
		return true;
	case HOW_PGSQL:
		statement_shape(out, DIALECT_PGSQL, value->text);
		return true;
	case HOW_MYSQL:
		statement_shape(out, DIALECT_MYSQL, value->text);
		return true;
	case HOW_CQL:
		statement_shape(out, DIALECT_CQL, value->text);
		return true;
	default:
		return append_name(s, bound, how, values, value, learn, out);
	}
}

static bool append_parts(const struct shapes *s, const struct table *table,
			 const struct value *values, bool learn, struct buffer *out)
{
	const struct bound *bound = bound_of(s, table);
	size_t start = out->len;
	bool good = true;

	for (unsigned i = 0; bound && i < bound->count; i++) {
		const struct part *part = &bound->recipe->parts[i];
		const struct value *value = value_at(values, bound->columns[i]);
		size_t end = out->len, before;

		if (end != start)
			buffer_append_text(out, part->before);
		before = out->len;
		if (value)
			good &= append_part(s, bound, part->how, values, value, learn, out);
		else if ((value = value_at(values, bound->insteads[i])) != NULL)
			buffer_append_span(out, value->text);
		if (out->len == before)
			out->len = end;
	}
	return good;
}

bool shapes_take(struct shapes *s, const struct table *table, const struct value *values,
		 struct buffer *out)
{
	return append_parts(s, table, values, true, out);
}

void shapes_append(const struct shapes *s, const struct table *table, const struct value *values,
		   struct buffer *out)
{
	append_parts(s, table, values, false, out);
}

/* Where in SHAPE the learnt part begins: behind as many separators as parts precede it. */
static size_t learnt_at(const struct recipe *r, struct span shape, const struct part **part)
{
	size_t at = 0;

	for (size_t i = 0; i < PARTS_MAX; i++) {
		*part = &r->parts[i];
		if (i) {
			const char *before = memmem(shape.data + at, shape.len - at,
						    (*part)->before, strlen((*part)->before));

			if (!before)
				return SIZE_MAX;
			at = (size_t)(before - shape.data) + strlen((*part)->before);
		}
		if ((*part)->how >= HOW_PATH)
			return at;
	}
	return SIZE_MAX;
}

void shapes_again(const struct shapes *s, const struct table *table, struct span shape,
		  struct buffer *out)
{
	const struct recipe *r = shape_is_learnt(table) ? recipe_of(table) : NULL;
	const struct part *part;
	size_t at = r && shape.len ? learnt_at(r, shape, &part) : SIZE_MAX;

	if (at == SIZE_MAX) {
		buffer_append_span(out, shape);
		return;
	}
	buffer_append_span(out, span_of(shape.data, at));
	names_append(names_of(s, part->how), span_of(shape.data + at, shape.len - at), out);
}
