/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyze/output/text.h"
#include "analyze/shape/statement.h"
#include "analyze/sql/engine.h"
#include "analyze/stat/quantile.h"
#include "format/event.h"

/* What queries can use beyond SQLite's own functions: socktape-sql(7) lists them. */

/* ---- results ---- */

static bool is_null(sqlite3_value *value)
{
	return sqlite3_value_type(value) == SQLITE_NULL;
}

static void result_buffer(sqlite3_context *context, struct buffer *b)
{
	if (b->failed)
		sqlite3_result_error_nomem(context);
	else
		sqlite3_result_text64(context, b->len ? b->data : "", b->len, SQLITE_TRANSIENT,
				      SQLITE_UTF8);
	buffer_free(b);
}

/* ---- aggregates ---- */

struct aggregate {
	struct quantiles *values;
	double part;
};

static void add_part(sqlite3_context *context, sqlite3_value *value, double part)
{
	struct aggregate *a = sqlite3_aggregate_context(context, sizeof(*a));

	if (!a)
		return;
	if (!a->values)
		a->values = quantiles_new();
	a->part = part;
	if (!a->values) {
		sqlite3_result_error_nomem(context);
		return;
	}
	if (sqlite3_value_numeric_type(value) != SQLITE_INTEGER &&
	    sqlite3_value_numeric_type(value) != SQLITE_FLOAT)
		return; /* null, or no number: as in avg() */
	if (!quantiles_add(a->values, sqlite3_value_double(value)))
		sqlite3_result_error_nomem(context);
}

static void percentile_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	double percent = sqlite3_value_double(argv[1]);

	(void)argc;
	if (!(percent >= 0 && percent <= 100)) {
		sqlite3_result_error(context, "percentile() wants a number from 0 to 100", -1);
		return;
	}
	add_part(context, argv[0], percent / 100);
}

/* p50(x) and the like: the part is the function's own. */
static void p_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	add_part(context, argv[0], *(const double *)sqlite3_user_data(context));
}

static void percentile_end(sqlite3_context *context)
{
	struct aggregate *a = sqlite3_aggregate_context(context, 0);

	if (!a || !a->values)
		return;
	if (quantiles_count(a->values)) {
		double value = quantiles_at(a->values, a->part);

		if (value == floor(value) && fabs(value) < 9e15)
			sqlite3_result_int64(context, (sqlite3_int64)value);
		else
			sqlite3_result_double(context, value);
	}
	quantiles_free(a->values);
	a->values = NULL;
}

/* worst(what, x): WHAT of the row with the largest x */
struct worst {
	sqlite3_value *what;
	double most;
};

static void worst_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct worst *w = sqlite3_aggregate_context(context, sizeof(*w));
	double x = sqlite3_value_double(argv[1]);

	(void)argc;
	if (!w || sqlite3_value_type(argv[1]) == SQLITE_NULL || (w->what && x <= w->most))
		return;
	sqlite3_value_free(w->what);
	w->what = sqlite3_value_dup(argv[0]);
	w->most = x;
	if (!w->what)
		sqlite3_result_error_nomem(context);
}

static void worst_end(sqlite3_context *context)
{
	struct worst *w = sqlite3_aggregate_context(context, 0);

	if (!w || !w->what)
		return;
	sqlite3_result_value(context, w->what);
	sqlite3_value_free(w->what);
	w->what = NULL;
}

/* ---- shapes ---- */

static const enum dialect pgsql = DIALECT_PGSQL, mysql = DIALECT_MYSQL, cql = DIALECT_CQL;

/* pgsql_shape(statement) and the like: the statement without its values */
static void shape(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[0]);
	struct buffer b = {0};

	(void)argc;
	if (!text)
		return;
	statement_shape(&b, *(const enum dialect *)sqlite3_user_data(context),
			span_of(text, (size_t)sqlite3_value_bytes(argv[0])));
	result_buffer(context, &b);
}

/* ---- times ---- */

/* iso(ns): "2026-11-22T10:00:00.123456789Z" */
static void iso(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct buffer b = {0};

	(void)argc;
	if (is_null(argv[0]))
		return;
	text_append_time_utc(&b, sqlite3_value_int64(argv[0]));
	result_buffer(context, &b);
}

/* duration(ns): "4.56 ms" */
static void duration(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct buffer b = {0};

	(void)argc;
	if (is_null(argv[0]))
		return;
	text_append_duration(&b, sqlite3_value_int64(argv[0]));
	result_buffer(context, &b);
}

/* ms(ns): a number with a fraction */
static void ms(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	if (!is_null(argv[0]))
		sqlite3_result_double(context, sqlite3_value_double(argv[0]) / 1e6);
}

/* ---- addresses ---- */

static bool address_of(sqlite3_value *value, struct address *address)
{
	const char *text = (const char *)sqlite3_value_text(value);

	return text && address_parse(text, address);
}

/* ip("10.0.0.1:80"): "10.0.0.1"; null where it is no address */
static void ip(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	char *end;

	(void)argc;
	if (!address_of(argv[0], &address) || address.family == ADDRESS_NONE)
		return;
	address_text(&address, text);
	end = strrchr(text, ':');
	*end = '\0';
	/* Brackets are there for the port's sake. */
	if (*text == '[') {
		end[-1] = '\0';
		sqlite3_result_text(context, text + 1, -1, SQLITE_TRANSIENT);
	} else {
		sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
	}
}

static void port(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct address address;

	(void)argc;
	if (address_of(argv[0], &address) && address.port)
		sqlite3_result_int(context, address.port);
}

/* A network as "10.0.0.0/8". */
static bool network_of(sqlite3_value *value, struct address *address, unsigned *bits)
{
	const char *text = (const char *)sqlite3_value_text(value);
	const char *slash = text ? strchr(text, '/') : NULL;
	char ip_text[ADDRESS_TEXT_MAX];
	char *end;
	unsigned long number;

	if (!slash || (size_t)(slash - text) >= sizeof(ip_text))
		return false;
	memcpy(ip_text, text, (size_t)(slash - text));
	ip_text[slash - text] = '\0';
	if (!address_parse(ip_text, address) || address->family == ADDRESS_NONE || address->port)
		return false;
	number = strtoul(slash + 1, &end, 10);
	*bits = (unsigned)number;
	return slash[1] >= '0' && slash[1] <= '9' && !*end &&
	       number <= (address->family == ADDRESS_INET4 ? 32 : 128);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(a, b, bytes) == 0 && (!rest || !((a[bytes] ^ b[bytes]) & mask));
}

/* in_network("10.1.2.3:80", "10.0.0.0/8"): 1, 0, or null where it is no address */
static void in_network(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	struct address address, network;
	unsigned bits;

	(void)argc;
	if (is_null(argv[0]) || is_null(argv[1]))
		return;
	if (!network_of(argv[1], &network, &bits)) {
		sqlite3_result_error(context, "in_network() wants a network like 10.0.0.0/8", -1);
		return;
	}
	if (!address_of(argv[0], &address) || address.family == ADDRESS_NONE)
		return;
	sqlite3_result_int(context, address.family == network.family &&
					    same_bits(address.ip, network.ip, bits));
}

/* ---- HTTP ---- */

/* path("/a/b?c=d"): "/a/b" */
static void path(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[0]);

	(void)argc;
	if (text)
		sqlite3_result_text(context, text, (int)strcspn(text, "?#"), SQLITE_TRANSIENT);
}

/* ---- all of them ---- */

typedef void function_fn(sqlite3_context *context, int argc, sqlite3_value **argv);

static const double p50 = 0.5, p90 = 0.9, p95 = 0.95, p99 = 0.99, p999 = 0.999;

static const struct {
	const char *name;
	int argc;
	function_fn *function; /* NULL: an aggregate */
	function_fn *step;
	void (*end)(sqlite3_context *context);
	const void *data;
} functions[] = {
	{"iso", 1, iso, NULL, NULL, NULL},
	{"duration", 1, duration, NULL, NULL, NULL},
	{"ms", 1, ms, NULL, NULL, NULL},
	{"ip", 1, ip, NULL, NULL, NULL},
	{"port", 1, port, NULL, NULL, NULL},
	{"in_network", 2, in_network, NULL, NULL, NULL},
	{"path", 1, path, NULL, NULL, NULL},
	{"pgsql_shape", 1, shape, NULL, NULL, &pgsql},
	{"mysql_shape", 1, shape, NULL, NULL, &mysql},
	{"cql_shape", 1, shape, NULL, NULL, &cql},
	{"worst", 2, NULL, worst_step, worst_end, NULL},
	{"percentile", 2, NULL, percentile_step, percentile_end, NULL},
	{"p50", 1, NULL, p_step, percentile_end, &p50},
	{"p90", 1, NULL, p_step, percentile_end, &p90},
	{"p95", 1, NULL, p_step, percentile_end, &p95},
	{"p99", 1, NULL, p_step, percentile_end, &p99},
	{"p999", 1, NULL, p_step, percentile_end, &p999},
	{"median", 1, NULL, p_step, percentile_end, &p50},
};

int sql_functions_register(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(functions) / sizeof(functions[0]); i++)
		rc = sqlite3_create_function(db, functions[i].name, functions[i].argc, flags,
					     (void *)(uintptr_t)functions[i].data,
					     functions[i].function, functions[i].step,
					     functions[i].end);
	return rc;
}
