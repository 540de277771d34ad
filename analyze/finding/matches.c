/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/finding/rules.h"

/* How a column says that something is odd. */
enum match_how {
	MATCH_IS,     /* it is the text, or the number */
	MATCH_BEGINS, /* it begins with the text */
	MATCH_HAS,    /* the text stands somewhere in it */
};

struct match {
	const char *table;
	const char *column;
	enum match_how how;
	const char *text; /* or a number in digits */
	enum finding_kind kind;
};

/* In this order: the first that fits is the finding. */
static const struct match matches[] = {
	/* RFC 9110, section 15.6, and RFC 6585, section 4. */
	{"http", "code", MATCH_IS, "429", FINDING_RATE_LIMITED},
	{"http", "code", MATCH_IS, "401", FINDING_LOGIN_FAILED},
	{"http2", "status", MATCH_IS, "429", FINDING_RATE_LIMITED},
	{"http2", "status", MATCH_IS, "401", FINDING_LOGIN_FAILED},
	{"http2", "record", MATCH_BEGINS, "GOAWAY", FINDING_GOAWAY},
	/* gRPC, statuscodes.md. */
	{"grpc", "status", MATCH_IS, "DEADLINE_EXCEEDED", FINDING_DEADLINE},
	{"grpc", "status", MATCH_IS, "CANCELLED", FINDING_GAVE_UP},
	{"grpc", "status", MATCH_IS, "RESOURCE_EXHAUSTED", FINDING_RATE_LIMITED},
	{"grpc", "status", MATCH_IS, "UNAUTHENTICATED", FINDING_LOGIN_FAILED},
	{"grpc", "status", MATCH_IS, "ABORTED", FINDING_CONFLICT},
	{"grpc", "status", MATCH_IS, "UNAVAILABLE", FINDING_NOT_READY},
	{"grpc", "status", MATCH_IS, "INTERNAL", FINDING_SERVER_ERROR},
	{"grpc", "status", MATCH_IS, "UNKNOWN", FINDING_SERVER_ERROR},
	{"grpc", "status", MATCH_IS, "DATA_LOSS", FINDING_SERVER_ERROR},
	/* RFC 6455, section 7.4.1. */
	{"websocket", "close_code", MATCH_IS, "1002", FINDING_CLOSED_BADLY},
	{"websocket", "close_code", MATCH_IS, "1003", FINDING_CLOSED_BADLY},
	{"websocket", "close_code", MATCH_IS, "1007", FINDING_CLOSED_BADLY},
	{"websocket", "close_code", MATCH_IS, "1008", FINDING_CLOSED_BADLY},
	{"websocket", "close_code", MATCH_IS, "1009", FINDING_CLOSED_BADLY},
	{"websocket", "close_code", MATCH_IS, "1010", FINDING_CLOSED_BADLY},
	{"websocket", "close_code", MATCH_IS, "1011", FINDING_CLOSED_BADLY},
	/* PostgreSQL's documentation, appendix A: classes of SQLSTATE. */
	{"pgsql", "sqlstate", MATCH_BEGINS, "28", FINDING_LOGIN_FAILED},
	{"pgsql", "sqlstate", MATCH_IS, "53300", FINDING_TOO_MANY_CLIENTS},
	{"pgsql", "sqlstate", MATCH_BEGINS, "53", FINDING_OUT_OF_RESOURCES},
	{"pgsql", "sqlstate", MATCH_IS, "40001", FINDING_CONFLICT},
	{"pgsql", "sqlstate", MATCH_IS, "40P01", FINDING_CONFLICT},
	{"pgsql", "sqlstate", MATCH_IS, "55P03", FINDING_LOCK_TIMEOUT},
	{"pgsql", "sqlstate", MATCH_IS, "57014", FINDING_CANCELLED},
	{"pgsql", "sqlstate", MATCH_BEGINS, "57P", FINDING_NOT_READY},
	{"pgsql", "sqlstate", MATCH_IS, "25006", FINDING_NOT_READY},
	{"pgsql", "sqlstate", MATCH_IS, "25P02", FINDING_DEAD_TRANSACTION},
	{"pgsql", "sqlstate", MATCH_IS, "XX000", FINDING_SERVER_ERROR},
	/* MySQL's server error reference. */
	{"mysql", "error_code", MATCH_IS, "1040", FINDING_TOO_MANY_CLIENTS},
	{"mysql", "error_code", MATCH_IS, "1203", FINDING_TOO_MANY_CLIENTS},
	{"mysql", "error_code", MATCH_IS, "1226", FINDING_TOO_MANY_CLIENTS},
	{"mysql", "error_code", MATCH_IS, "1205", FINDING_LOCK_TIMEOUT},
	{"mysql", "error_code", MATCH_IS, "1213", FINDING_CONFLICT},
	{"mysql", "error_code", MATCH_IS, "1317", FINDING_CANCELLED},
	{"mysql", "error_code", MATCH_IS, "3024", FINDING_CANCELLED},
	{"mysql", "error_code", MATCH_IS, "1969", FINDING_CANCELLED}, /* MariaDB's */
	{"mysql", "error_code", MATCH_IS, "1053", FINDING_NOT_READY},
	{"mysql", "error_code", MATCH_IS, "1290", FINDING_NOT_READY},
	{"mysql", "error_code", MATCH_IS, "1021", FINDING_OUT_OF_RESOURCES},
	{"mysql", "error_code", MATCH_IS, "1037", FINDING_OUT_OF_RESOURCES},
	{"mysql", "error_code", MATCH_IS, "1114", FINDING_OUT_OF_RESOURCES},
	{"mysql", "sqlstate", MATCH_IS, "28000", FINDING_LOGIN_FAILED},
	/* Redis: the first word of an error. */
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"OOM ", FINDING_OUT_OF_RESOURCES},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"MISCONF ", FINDING_OUT_OF_RESOURCES},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"LOADING ", FINDING_NOT_READY},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"BUSY ", FINDING_NOT_READY},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"READONLY ", FINDING_NOT_READY},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"MASTERDOWN ", FINDING_NOT_READY},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"CLUSTERDOWN ", FINDING_NOT_READY},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"TRYAGAIN ", FINDING_NOT_READY},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"MOVED ", FINDING_REDIRECTED},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"ASK ", FINDING_REDIRECTED},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"NOAUTH ", FINDING_LOGIN_FAILED},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"WRONGPASS ", FINDING_LOGIN_FAILED},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"NOPERM ", FINDING_LOGIN_FAILED},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"EXECABORT ", FINDING_DEAD_TRANSACTION},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"ERR max number of clients",
	 FINDING_TOO_MANY_CLIENTS},
	{"redis", "reply", MATCH_BEGINS, "{\"error\":\"ERR invalid password", FINDING_LOGIN_FAILED},
	/* MongoDB's error_codes.yml. */
	{"mongodb", "error_code", MATCH_IS, "18", FINDING_LOGIN_FAILED},
	{"mongodb", "error_code", MATCH_IS, "13", FINDING_LOGIN_FAILED},
	{"mongodb", "error_code", MATCH_IS, "50", FINDING_DEADLINE},
	{"mongodb", "error_code", MATCH_IS, "112", FINDING_CONFLICT},
	{"mongodb", "error_code", MATCH_IS, "24", FINDING_LOCK_TIMEOUT},
	{"mongodb", "error_code", MATCH_IS, "251", FINDING_DEAD_TRANSACTION},
	{"mongodb", "error_code", MATCH_IS, "10107", FINDING_NOT_READY},
	{"mongodb", "error_code", MATCH_IS, "13435", FINDING_NOT_READY},
	{"mongodb", "error_code", MATCH_IS, "189", FINDING_NOT_READY},
	{"mongodb", "error_code", MATCH_IS, "91", FINDING_NOT_READY},
	/* CQL binary protocol v5, section 8. */
	{"cql", "error_name", MATCH_IS, "Unavailable", FINDING_NOT_READY},
	{"cql", "error_name", MATCH_IS, "IsBootstrapping", FINDING_NOT_READY},
	{"cql", "error_name", MATCH_IS, "Overloaded", FINDING_RATE_LIMITED},
	{"cql", "error_name", MATCH_IS, "ReadTimeout", FINDING_DEADLINE},
	{"cql", "error_name", MATCH_IS, "WriteTimeout", FINDING_DEADLINE},
	{"cql", "error_code", MATCH_IS, "256", FINDING_LOGIN_FAILED},
	{"cql", "error_code", MATCH_IS, "0", FINDING_SERVER_ERROR},
	/* Kafka's protocol guide, "Error codes". */
	{"kafka", "error_code", MATCH_IS, "3", FINDING_REDIRECTED},
	{"kafka", "error_code", MATCH_IS, "6", FINDING_REDIRECTED},
	{"kafka", "error_code", MATCH_IS, "16", FINDING_REDIRECTED},
	{"kafka", "error_code", MATCH_IS, "5", FINDING_NOT_READY},
	{"kafka", "error_code", MATCH_IS, "14", FINDING_NOT_READY},
	{"kafka", "error_code", MATCH_IS, "15", FINDING_NOT_READY},
	{"kafka", "error_code", MATCH_IS, "22", FINDING_REBALANCE},
	{"kafka", "error_code", MATCH_IS, "25", FINDING_REBALANCE},
	{"kafka", "error_code", MATCH_IS, "27", FINDING_REBALANCE},
	{"kafka", "error_code", MATCH_IS, "7", FINDING_DEADLINE},
	{"kafka", "error_code", MATCH_IS, "29", FINDING_LOGIN_FAILED},
	{"kafka", "error_code", MATCH_IS, "30", FINDING_LOGIN_FAILED},
	{"kafka", "error_code", MATCH_IS, "58", FINDING_LOGIN_FAILED},
	/* NATS: what the server calls its errors, and statuses of ADR-4. */
	{"nats", "status", MATCH_IS, "503", FINDING_NO_RESPONDERS},
	{"nats", "error", MATCH_HAS, "Slow Consumer", FINDING_SLOW_CONSUMER},
	{"nats", "error", MATCH_HAS, "Authorization Violation", FINDING_LOGIN_FAILED},
	{"nats", "error", MATCH_HAS, "Authentication", FINDING_LOGIN_FAILED},
	{"nats", "error", MATCH_HAS, "maximum connections", FINDING_TOO_MANY_CLIENTS},
	/* AMQP 0-9-1: reply codes of the specification, section 1.1. */
	{"amqp", "reply_text", MATCH_BEGINS, "ACCESS_REFUSED", FINDING_LOGIN_FAILED},
	{"amqp", "reply_code", MATCH_IS, "506", FINDING_OUT_OF_RESOURCES},
	{"amqp", "reply_code", MATCH_IS, "541", FINDING_SERVER_ERROR},
	{"amqp", "method", MATCH_IS, "return", FINDING_RETURNED},
	{"amqp", "method", MATCH_IS, "nack", FINDING_REJECTED},
	{"amqp", "method", MATCH_IS, "reject", FINDING_REJECTED},
	/* RFC 1035, section 4.1.1, and RFC 2136. */
	{"dns", "rcode", MATCH_IS, "SERVFAIL", FINDING_DNS_FAILURE},
	{"dns", "rcode", MATCH_IS, "REFUSED", FINDING_DNS_FAILURE},
	{"dns", "rcode", MATCH_IS, "NOTIMP", FINDING_DNS_FAILURE},
	{"dns", "rcode", MATCH_IS, "FORMERR", FINDING_DNS_FAILURE},
	{"dns", "rcode", MATCH_IS, "NXDOMAIN", FINDING_DNS_NO_NAME},
	{"dns", "flags", MATCH_HAS, "tc", FINDING_DNS_TRUNCATED},
	{"mux", "status", MATCH_IS, "nack", FINDING_REJECTED},
	{"mux", "discarded", MATCH_IS, "true", FINDING_GAVE_UP},
};

#define MATCHES (sizeof(matches) / sizeof(matches[0]))

/* The record in one line, as it is shown. */
#define LINE "record"

static bool text_fits(const struct match *m, struct span text)
{
	size_t len = strlen(m->text);

	if (m->how == MATCH_IS)
		return span_is(text, m->text);
	if (m->how == MATCH_BEGINS)
		return text.len >= len && memcmp(text.data, m->text, len) == 0;
	return text.len && memmem(text.data, text.len, m->text, len);
}

/* A value as text; TEXT is used where it is none. */
static struct span text_of(const struct value *v, struct buffer *text)
{
	if (value_has_text(v))
		return v->text;
	buffer_clear(text);
	if (v->type == VALUE_BOOL)
		buffer_append_text(text, v->boolean ? "true" : "false");
	else if (v->type == VALUE_INT)
		buffer_append_i64(text, v->integer);
	return buffer_span(text);
}

/* The lines of this table, with their columns. */
static void prepare(struct match_list *list, const struct table *table)
{
	list->table = table;
	list->count = 0;
	for (size_t i = 0; i < MATCHES && list->count < MATCH_LIST_MAX; i++) {
		if (strcmp(matches[i].table, table->name) != 0)
			continue;
		list->match[list->count] = i;
		list->column[list->count++] = table_column(table, matches[i].column);
	}
}

enum finding_kind match_find(struct match_list *list, const struct row *row)
{
	if (list->table != row->table)
		prepare(list, row->table);
	for (size_t i = 0; i < list->count; i++) {
		const struct match *m = &matches[list->match[i]];
		struct span text;

		if (list->column[i] >= 0) {
			text = text_of(&row->values[list->column[i]], &list->text);
		} else {
			buffer_clear(&list->text);
			row->table->describe(row->values, &list->text);
			text = buffer_span(&list->text);
		}
		if (text_fits(m, text))
			return m->kind;
	}
	return FINDING_KINDS;
}

void match_list_free(struct match_list *list)
{
	buffer_free(&list->text);
}

bool matches_are_sound(void)
{
	size_t of_table = 0;

	for (size_t i = 0; i < MATCHES; i++) {
		const struct table *table = protocol_table_find(matches[i].table, NULL);

		of_table = i && strcmp(matches[i - 1].table, matches[i].table) == 0 ? of_table + 1
										    : 1;
		if (!table || of_table > MATCH_LIST_MAX)
			return false;
		if (table_column(table, matches[i].column) < 0 &&
		    strcmp(matches[i].column, LINE) != 0)
			return false;
	}
	return true;
}
