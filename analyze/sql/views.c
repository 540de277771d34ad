/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/engine.h"
#include "analyze/sql/views.h"

/* Where both ends were recorded, the client's counts. */
#define ONCE "WHERE NOT (role = 'server' AND twin IS NOT NULL) "

/* Questions that are asked often. Times in their results are in milliseconds. */
static const struct sql_view views[] = {
	{"slowest", "the 100 exchanges that took longest",
	 "SELECT iso(ts) AS time, proto, ms(latency_ns) AS latency_ms, outcome, record, "
	 "client_process, server_process, coalesce(client_record_id, server_record_id) AS "
	 "record_id "
	 "FROM exchanges WHERE latency_ns IS NOT NULL ORDER BY latency_ns DESC LIMIT 100"},
	{"errors", "what failed, was not answered, or is only partly there",
	 "SELECT iso(ts) AS time, proto, outcome, record, note, comm, remote, record_id "
	 "FROM records WHERE outcome <> 'ok'"},
	{"by_protocol", "each table of a protocol: how much, how many errors, how long",
	 "SELECT proto, count(*) AS records, sum(outcome = 'error') AS errors, "
	 "sum(outcome = 'unanswered') AS unanswered, ms(p50(latency_ns)) AS p50_ms, "
	 "ms(p99(latency_ns)) AS p99_ms, ms(max(latency_ns)) AS max_ms "
	 "FROM records " ONCE "GROUP BY proto ORDER BY records DESC"},
	{"by_shape", "what was asked, without its values, of every protocol",
	 "SELECT proto, shape, count(*) AS records, sum(outcome = 'error') AS errors, "
	 "sum(outcome = 'unanswered') AS unanswered, ms(p50(latency_ns)) AS p50_ms, "
	 "ms(p99(latency_ns)) AS p99_ms, ms(sum(latency_ns)) AS total_ms, "
	 "worst(record_id, latency_ns) AS worst "
	 "FROM records " ONCE "AND shape IS NOT NULL GROUP BY 1, 2 ORDER BY total_ms DESC"},
	{"by_path", "HTTP by method and path, ids in it as {id}",
	 "SELECT method, substr(shape, length(method) + 2) AS path, count(*) AS records, "
	 "sum(code >= 500) AS server_errors, sum(code BETWEEN 400 AND 499) AS client_errors, "
	 "ms(p50(latency_ns)) AS p50_ms, ms(p99(latency_ns)) AS p99_ms, "
	 "ms(sum(latency_ns)) AS total_ms, sum(resp_bytes) AS bytes, "
	 "worst(record_id, latency_ns) AS worst FROM ("
	 "SELECT method, shape, code, latency_ns, resp_bytes, record_id FROM http " ONCE
	 "AND method IS NOT NULL "
	 "UNION ALL "
	 "SELECT method, shape, status, latency_ns, resp_bytes, record_id FROM http2 " ONCE
	 "AND method IS NOT NULL) "
	 "GROUP BY 1, 2 ORDER BY total_ms DESC"},
	{"by_command", "Redis by command",
	 "SELECT command, count(*) AS records, sum(outcome = 'error') AS errors, "
	 "ms(p50(latency_ns)) AS p50_ms, ms(p99(latency_ns)) AS p99_ms, "
	 "ms(sum(latency_ns)) AS total_ms "
	 "FROM redis " ONCE "AND command IS NOT NULL GROUP BY command ORDER BY total_ms DESC"},
	{"by_key", "Redis by command and key, ids in it as {id}",
	 "SELECT shape AS command_and_key, count(*) AS records, "
	 "sum(outcome = 'error') AS errors, ms(p50(latency_ns)) AS p50_ms, "
	 "ms(p99(latency_ns)) AS p99_ms, ms(sum(latency_ns)) AS total_ms "
	 "FROM redis " ONCE "AND command IS NOT NULL GROUP BY 1 ORDER BY total_ms DESC"},
	{"by_statement", "statements of PostgreSQL, MySQL and CQL, without their values",
	 "SELECT proto, shape AS statement, count(*) AS records, "
	 "sum(outcome = 'error') AS errors, "
	 "ms(p50(latency_ns)) AS p50_ms, ms(p99(latency_ns)) AS p99_ms, "
	 "ms(sum(latency_ns)) AS total_ms, worst(record_id, latency_ns) AS worst FROM ("
	 "SELECT proto, shape, outcome, latency_ns, record_id FROM pgsql " ONCE
	 "AND statement IS NOT NULL "
	 "UNION ALL "
	 "SELECT proto, shape, outcome, latency_ns, record_id FROM mysql " ONCE
	 "AND statement IS NOT NULL "
	 "UNION ALL "
	 "SELECT proto, shape, outcome, latency_ns, record_id FROM cql " ONCE
	 "AND statement IS NOT NULL) "
	 "GROUP BY 1, 2 ORDER BY total_ms DESC"},
	{"dns_names", "names that were asked for, with what came of it",
	 "SELECT lower(qname) AS name, qtype, count(*) AS queries, "
	 "sum(rcode = 'NXDOMAIN') AS no_such_name, sum(outcome = 'unanswered') AS unanswered, "
	 "ms(p50(latency_ns)) AS p50_ms, ms(p99(latency_ns)) AS p99_ms "
	 "FROM dns " ONCE "AND qname IS NOT NULL GROUP BY 1, 2 ORDER BY queries DESC"},
	{"service_map", "who asks whom, with which protocol",
	 "SELECT coalesce(client_process, ip(client_address)) AS client, "
	 "coalesce(server_process, server_address) AS server, proto, count(*) AS exchanges, "
	 "sum(outcome = 'error') AS errors, sum(outcome = 'unanswered') AS unanswered, "
	 "ms(p50(latency_ns)) AS p50_ms, ms(p99(latency_ns)) AS p99_ms "
	 "FROM exchanges GROUP BY 1, 2, 3 ORDER BY exchanges DESC"},
	{"failed_conns", "connections that failed or were reset",
	 "SELECT iso(start) AS time, comm, pid, role, local, remote, state, state_by, error, "
	 "ms(connect_ns) AS connect_ms, sent_bytes, received_bytes, conn "
	 "FROM conns WHERE state IN ('failed', 'reset')"},
	{"what_was_lost", "losses by cause",
	 "SELECT cause, count(DISTINCT conn) AS connections, sum(events) AS events, "
	 "sum(bytes) AS bytes FROM losses WHERE NOT elsewhere GROUP BY cause ORDER BY bytes DESC"},
	{"per_second", "records of each second, by protocol",
	 "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ts / 1000000000, 'unixepoch') AS second, proto, "
	 "count(*) AS records, sum(outcome = 'error') AS errors, "
	 "ms(p50(latency_ns)) AS p50_ms, ms(p99(latency_ns)) AS p99_ms "
	 "FROM records " ONCE "GROUP BY 1, 2 ORDER BY 1, 2"},
};

/* Kafka's follow. */
const struct sql_view *sql_view_at(size_t index)
{
	const size_t count = sizeof(views) / sizeof(views[0]);

	if (index < count)
		return &views[index];
	return index - count < sql_kafka_view_count ? &sql_kafka_views[index - count] : NULL;
}

int sql_views_create(sqlite3 *db)
{
	const struct sql_view *v;
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && (v = sql_view_at(i)) != NULL; i++) {
		char *sql = sqlite3_mprintf("CREATE TEMP VIEW \"%w\" AS %s", v->name, v->query);

		if (!sql)
			return SQLITE_NOMEM;
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
		sqlite3_free(sql);
	}
	return rc;
}
