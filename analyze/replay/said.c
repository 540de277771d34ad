/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/replay/said.h"

#include <stdio.h>
#include <string.h>

#include "analyze/output/json_text.h"

/*
 * The columns that a side said, by name, blanks between them; what stands before a % is printed
 * before the value. FIRST stand on the first line,
 * FIELDS are objects of header fields, LINES are "name: value". Numbers that stand for what is
 * there already (sizes, counts) are in none.
 */
struct part {
	const char *first;
	const char *fields;
	const char *lines;
	const char *body;
};

/* BY: where a row is one message, the column that says whose; SERVER: what it says of its. */
struct conversation {
	const char *table;
	struct part sides[2];
	const char *by;
	const char *server;
};

static const struct conversation conversations[] = {
	{"http",
	 {{"method path HTTP/%version", "req_headers", "", "req_body"},
	  {"HTTP/%version code reason", "resp_headers", "", "resp_body"}},
	 "",
	 ""},
	{"http2",
	 {{"method path", "req_headers req_trailers", "scheme authority", "req_body"},
	  {"status", "resp_headers resp_trailers", "reset_code", "resp_body"}},
	 "",
	 ""},
	{"grpc",
	 {{"service method", "req_metadata", "authority requests", ""},
	  {"code status", "resp_metadata trailers", "message details responses reset_code", ""}},
	 "",
	 ""},
	{"websocket",
	 {{"opcode", "", "close_code close_reason", "payload"},
	  {"opcode", "", "close_code close_reason", "payload"}},
	 "sender",
	 "server"},
	{"redis", {{"command", "", "args", ""}, {"", "", "reply push", ""}}, "", ""},
	{"pgsql",
	 {{"operation", "", "statement params prepared portal", "copy_data"},
	  {"command", "",
	   "columns row_data severity sqlstate error detail hint notices channel payload", ""}},
	 "",
	 ""},
	{"mysql",
	 {{"command", "", "statement bound_statement params attributes", "infile"},
	  {"result", "", "columns row_data info error_code sqlstate error binlog_events", ""}},
	 "",
	 ""},
	{"mongodb",
	 {{"command database collection", "", "request", ""},
	  {"", "", "response error_code error", ""}},
	 "",
	 ""},
	{"kafka",
	 {{"api version", "", "client_id group_id request", ""},
	  {"", "", "error_code error response", ""}},
	 "",
	 ""},
	{"kafka_messages",
	 {{"direction topic partition offset", "headers", "key", "value"},
	  {"direction topic partition offset", "headers", "key", "value"}},
	 "direction",
	 "fetched"},
	{"amqp",
	 {{"class method", "", "exchange routing_key queue request properties", "body"},
	  {"reply", "", "reply_code reply_text cause response", ""}},
	 "",
	 ""},
	{"amqp_messages",
	 {{"direction exchange routing_key queue", "headers",
	   "content_type correlation_id reply_to message_id", "body"},
	  {"direction exchange routing_key queue", "headers",
	   "content_type correlation_id reply_to message_id reply_code reply_text", "body"}},
	 "direction",
	 ""},
	{"nats",
	 {{"verb subject reply_to", "headers", "queue options", "payload"},
	  {"status", "resp_headers", "ack error_code error", "resp_payload"}},
	 "",
	 ""},
	{"mux",
	 {{"type destination service method", "contexts", "dtab args", "payload"},
	  {"status", "resp_contexts", "result exception error_code error", "resp_payload"}},
	 "",
	 ""},
	{"thrift",
	 {{"service method", "header", "args", ""},
	  {"reply", "", "result exception error_code error", ""}},
	 "",
	 ""},
	{"dns",
	 {{"opcode qname qtype", "", "questions", ""},
	  {"rcode", "", "answers authority additional", ""}},
	 "",
	 ""},
	{"cql",
	 {{"opcode", "", "statement params batch options consistency", ""},
	  {"result", "", "columns row_data error_code error_name error error_details warnings",
	   ""}},
	 "",
	 ""},
	{"socks",
	 {{"command target", "", "method user", ""}, {"code reply", "", "bound", ""}},
	 "",
	 ""},
	{"proxy",
	 {{"version command family", "tlvs", "client server", ""}, {"", "", "", ""}},
	 "",
	 ""},
	{"tls",
	 {{"offered_version", "", "sni alpn_offered ja3 ja4", ""},
	  {"version cipher_suite", "", "alpn key_group cert_subject cert_issuer cert_names alerts",
	   ""}},
	 "",
	 ""},
	{"amqp1", {{"layer version", "", "", ""}, {"answer", "", "", ""}}, "", ""},
	{"quic", {{"version client_id", "", "", ""}, {"answer server_id", "", "", ""}}, "", ""},
};

#define CONVERSATIONS (sizeof(conversations) / sizeof(conversations[0]))

static const struct conversation *find(const struct table *table)
{
	for (size_t i = 0; i < CONVERSATIONS; i++)
		if (strcmp(conversations[i].table, table->name) == 0)
			return &conversations[i];
	return NULL;
}

bool said_is_whole(const struct table *table)
{
	static const char *const before[] = {"tls", "proxy", "socks", "amqp1", "quic"};

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (strcmp(table->name, before[i]) == 0)
			return false;
	return true;
}

/* A name is parted from what stands before it. */
static struct span take_prefix(struct span *name)
{
	const char *mark = memchr(name->data, '%', name->len);
	struct span prefix = {0};

	if (!mark)
		return prefix;
	prefix = span_of(name->data, (size_t)(mark - name->data));
	*name = span_of(mark + 1, name->len - prefix.len - 1);
	return prefix;
}

/* The value of the column whose name is the next in *NAMES, which moves on; NULL: there is none. */
static const struct value *next_value(const char **names, const struct row *row, struct span *name)
{
	size_t len;

	for (*names += strspn(*names, " "); **names; *names += strspn(*names, " ")) {
		len = strcspn(*names, " ");
		*name = span_of(*names, len);
		*names += len;
		take_prefix(name);
		for (size_t i = 0; i < row->table->column_count; i++)
			if (span_is(*name, row->table->columns[i].name))
				return &row->values[i];
	}
	return NULL;
}

/* Whether there is something to tell. */
static bool has(const struct value *v)
{
	return v->type != VALUE_NULL && (!value_has_text(v) || v->text.len);
}

/* Whether FORM leaves out V, a value of ROW. */
static bool leaves_out(enum said_form form, const struct row *row, const struct value *v)
{
	return form == SAID_HEADS && column_is_content(&row->table->columns[v - row->values]);
}

static void append_plain(struct buffer *b, const struct value *v)
{
	if (v->type == VALUE_INT)
		buffer_append_i64(b, v->integer);
	else if (v->type == VALUE_BOOL)
		buffer_append_text(b, v->boolean ? "true" : "false");
	else if (v->type == VALUE_JSON)
		json_append_flat(b, v->text);
	else
		buffer_append_span(b, v->text);
}

static void append_first(struct buffer *b, const char *names, const struct row *row)
{
	const char *from = names;
	const struct value *v;
	struct span name;

	while ((v = next_value(&names, row, &name)) != NULL) {
		struct span word = span_of(from + strspn(from, " "), 0);

		word.len = (size_t)(names - word.data);
		from = names;
		if (!has(v))
			continue;
		if (b->len)
			buffer_append_char(b, ' ');
		buffer_append_span(b, take_prefix(&word));
		append_plain(b, v);
	}
}

static void end_line(struct buffer *b)
{
	if (b->len && b->data[b->len - 1] != '\n')
		buffer_append_char(b, '\n');
}

static void append_lines(struct buffer *b, const char *names, const struct row *row,
			 enum said_form form)
{
	const struct value *v;
	struct span name;

	while ((v = next_value(&names, row, &name)) != NULL) {
		if (!has(v) || leaves_out(form, row, v))
			continue;
		end_line(b);
		if (form != SAID_SEARCH) {
			buffer_append_span(b, name);
			buffer_append_text(b, ": ");
		}
		if (form != SAID_SEARCH && v->type == VALUE_JSON)
			json_append_indented(b, v->text);
		else
			append_plain(b, v);
	}
}

static void fill(struct said *to, const struct part *part, const struct row *row,
		 enum said_form form)
{
	const char *names = part->fields, *body = part->body;
	const struct value *v;
	struct span name;

	append_first(&to->head, part->first, row);
	while ((v = next_value(&names, row, &name)) != NULL) {
		if (!has(v))
			continue;
		end_line(&to->head);
		json_append_fields(&to->head, v->text);
	}
	append_lines(&to->head, part->lines, row, form);
	v = next_value(&body, row, &name);
	if (v && value_has_text(v) && !leaves_out(form, row, v))
		to->body = v->text;
}

/* Whose message a row is that has only one. */
static enum side speaker(const struct conversation *c, const struct row *row)
{
	const char *names = c->by;
	struct span name;
	const struct value *v = next_value(&names, row, &name);

	if (!v || !value_has_text(v))
		return SIDE_CLIENT;
	/* Of AMQP: all that isn't published comes from the server. */
	if (!*c->server)
		return span_is(v->text, "published") ? SIDE_CLIENT : SIDE_SERVER;
	return span_is(v->text, c->server) ? SIDE_SERVER : SIDE_CLIENT;
}

void said_fill(struct said *to, const struct row *row, enum side side, enum said_form form)
{
	const struct conversation *c = find(row->table);

	buffer_clear(&to->head);
	to->body = (struct span){0};
	if (!c) {
		if (side == SIDE_CLIENT)
			row->table->describe(row->values, &to->head);
		return;
	}
	if (*c->by && speaker(c, row) != side)
		return;
	fill(to, &c->sides[side], row, form);
}

void said_free(struct said *said)
{
	buffer_free(&said->head);
}

bool said_column(size_t index, const char **table, char column[static 32])
{
	for (size_t i = 0; i < CONVERSATIONS; i++) {
		const struct conversation *c = &conversations[i];
		const char *const lists[] = {
			c->sides[0].first, c->sides[0].fields, c->sides[0].lines,
			c->sides[0].body,  c->sides[1].first,  c->sides[1].fields,
			c->sides[1].lines, c->sides[1].body,   c->by};

		for (size_t j = 0; j < sizeof(lists) / sizeof(lists[0]); j++) {
			for (const char *at = lists[j]; *at; at += strspn(at, " ")) {
				size_t len = strcspn(at, " ");

				if (index-- == 0) {
					*table = c->table;
					struct span name = span_of(at, len);

					take_prefix(&name);
					snprintf(column, 32, "%.*s", (int)name.len, name.data);
					return true;
				}
				at += len;
			}
		}
	}
	return false;
}

void said_who(const struct row *row, enum side side, char who[static ADDRESS_TEXT_MAX])
{
	enum side own = row->end->role == ROLE_SERVER ? SIDE_SERVER : SIDE_CLIENT;
	const struct row_end *end = side == own ? row->end : row->twin ? row->twin->end : NULL;
	char remote[ADDRESS_TEXT_MAX];

	if (end && end->pid)
		snprintf(who, ADDRESS_TEXT_MAX, "%s[%u]", end->comm, end->pid);
	else if (side == SIDE_CLIENT && *row->end->client_text)
		snprintf(who, ADDRESS_TEXT_MAX, "%s", row->end->client_text);
	else if (side == own)
		snprintf(who, ADDRESS_TEXT_MAX, "%s", row->end->local_text);
	else
		snprintf(who, ADDRESS_TEXT_MAX, "%s", row_remote(row, remote));
}
