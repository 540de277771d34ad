/* SPDX-License-Identifier: BSD-2-Clause */
#include "analyze/sql/views.h"

/* Of an exchange that both ends recorded, what the client saw. */
#define ONCE "NOT (role = 'server' AND twin IS NOT NULL) "

/* Who asks, the same on all of its connections. */
#define CLIENT                                                                                     \
	"CASE role WHEN 'client' THEN coalesce(comm || '[' || pid || ']', ip(local)) "             \
	"ELSE ip(remote) END "

/*
 * Fetch doesn't say the group. Who fetches on a connection is of the group that the same client,
 * under the same name, asked for meanwhile about the same partitions, if there is just one.
 */
static const char consumers[] =
	"WITH seen AS MATERIALIZED (SELECT recording, conn, " CLIENT "AS client, client_id, "
	"group_id, api IN ('Fetch', 'ShareFetch') AS fetches, p.value AS place, "
	"min(ts) AS since, max(ts) AS until, max(api = 'LeaveGroup' OR "
	"api LIKE '%GroupHeartbeat' AND generation < 0) AS has_left "
	"FROM kafka LEFT JOIN json_each(partitions) AS p WHERE " ONCE
	"AND (api = 'Fetch' AND replica IS NULL OR group_id IS NOT NULL) "
	"GROUP BY 1, 2, 3, 4, 5, 6, 7), "
	"members AS MATERIALIZED (SELECT recording, client, client_id, group_id, "
	"min(since) AS since, CASE WHEN max(has_left) THEN max(until) END AS until, "
	"count(place) AS places FROM seen WHERE group_id IS NOT NULL GROUP BY 1, 2, 3, 4), "
	"fetchers AS MATERIALIZED (SELECT recording, conn, client, client_id, "
	"max(group_id) AS group_id, min(since) AS since, max(until) AS until, "
	"json_group_array(place) FILTER (WHERE place IS NOT NULL) AS partitions "
	"FROM seen WHERE fetches GROUP BY 1, 2) "
	"SELECT f.conn, f.client, f.client_id, coalesce(f.group_id, "
	"CASE count(DISTINCT m.group_id) WHEN 1 THEN max(m.group_id) END) AS group_id, "
	"iso(f.since) AS since, iso(f.until) AS until, f.partitions, f.recording "
	"FROM fetchers AS f "
	"LEFT JOIN members AS m ON m.recording = f.recording AND m.client = f.client "
	"AND m.client_id IS f.client_id AND m.since <= f.until "
	"AND (m.until IS NULL OR m.until >= f.since) AND (m.places = 0 OR EXISTS ("
	"SELECT 1 FROM seen AS s WHERE s.recording = m.recording AND s.client = m.client "
	"AND s.client_id IS m.client_id AND s.group_id = m.group_id AND s.place IN ("
	"SELECT value FROM json_each(f.partitions)))) GROUP BY f.recording, f.conn";

/* A message that was sent again has the offset that the broker gave it first. */
static const char deliveries[] =
	"WITH produced AS MATERIALIZED (SELECT recording, topic, partition, offset, "
	"min(ts) AS ts, record_id FROM kafka_messages WHERE " ONCE
	"AND direction = 'produced' AND offset IS NOT NULL GROUP BY 1, 2, 3, 4), "
	"who AS MATERIALIZED (SELECT recording, conn, group_id FROM kafka_consumers), "
	"fetched AS (SELECT m.recording, topic, partition, offset, "
	"coalesce(m.group_id, who.group_id) AS group_id, client_id, "
	"min(ts + latency_ns) AS ts, record_id FROM kafka_messages AS m "
	"LEFT JOIN who ON who.recording = m.recording AND who.conn = m.conn WHERE " ONCE
	"AND direction = 'fetched' AND NOT skipped AND NOT control AND latency_ns IS NOT NULL "
	"GROUP BY 1, 2, 3, 4, 5, CASE WHEN coalesce(m.group_id, who.group_id) IS NULL "
	"THEN m.conn END) "
	"SELECT topic, partition, offset, f.group_id, f.client_id, p.ts AS produced_ts, "
	"f.ts AS fetched_ts, ms(f.ts - p.ts) AS delay_ms, p.record_id AS produced_id, "
	"f.record_id AS fetched_id FROM fetched AS f "
	"LEFT JOIN produced AS p USING (recording, topic, partition, offset)";

static const char delays[] =
	"SELECT topic, partition, group_id, count(*) AS messages, "
	"count(*) - count(delay_ms) AS unknown, p50(delay_ms) AS p50_ms, p99(delay_ms) AS p99_ms, "
	"max(delay_ms) AS max_ms, worst(offset, delay_ms) AS worst_offset, "
	"worst(fetched_id, delay_ms) AS worst FROM kafka_deliveries GROUP BY 1, 2, 3 "
	"ORDER BY max_ms DESC, 1, 2, 3";

static const char topic_delays[] =
	"SELECT topic, group_id, count(*) AS messages, "
	"count(*) - count(delay_ms) AS unknown, p50(delay_ms) AS p50_ms, p99(delay_ms) AS p99_ms, "
	"max(delay_ms) AS max_ms, worst(partition, delay_ms) AS worst_partition, "
	"worst(offset, delay_ms) AS worst_offset, worst(fetched_id, delay_ms) AS worst "
	"FROM kafka_deliveries GROUP BY 1, 2 ORDER BY max_ms DESC, 1, 2";

/* A partition as the columns of JSON name it: "orders-eu-3" is partition 3 of orders-eu. */
#define TOPIC_OF(place) "substr(" place ", 1, length(rtrim(" place ", '0123456789')) - 1) "
#define PARTITION_OF(place)                                                                        \
	"CAST(substr(" place ", length(rtrim(" place ", '0123456789')) + 1) AS INTEGER) "

static const char end_offsets[] =
	"SELECT topic, partition, max(end_offset) AS end_offset, iso(ts) AS time, recording "
	"FROM (SELECT recording, " TOPIC_OF("e.key") "AS topic, " PARTITION_OF(
		"e.key") "AS partition, e.value AS end_offset, coalesce(ts + latency_ns, ts) AS ts "
			 "FROM kafka, json_each(end_offsets) AS e WHERE " ONCE ") "
			 "GROUP BY recording, topic, partition ORDER BY recording, topic, "
			 "partition";

/*
 * What a transaction commits counts from its end on, if it is committed: the first EndTxn behind it
 * tells both, as one number.
 */
static const char lag[] =
	"WITH told AS MATERIALIZED (SELECT recording, api, group_id, transactional_id, offsets, "
	"end_offsets, coalesce(ts + latency_ns, ts) AS at, "
	"CASE api WHEN 'EndTxn' THEN request ->> '$.committed' END AS committed "
	"FROM kafka WHERE " ONCE "AND (end_offsets IS NOT NULL OR outcome = 'ok' "
	"AND api IN ('OffsetCommit', 'TxnOffsetCommit', 'EndTxn'))), "
	"transactions AS (SELECT *, min(at * 2 + committed) OVER ("
	"PARTITION BY recording, transactional_id ORDER BY at "
	"ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ended FROM told "
	"WHERE api IN ('TxnOffsetCommit', 'EndTxn')), "
	"commits AS (SELECT recording, group_id, offsets, at FROM told WHERE api = 'OffsetCommit' "
	"UNION ALL SELECT recording, group_id, offsets, ended / 2 FROM transactions "
	"WHERE api = 'TxnOffsetCommit' AND ended % 2 = 1), "
	"committed AS MATERIALIZED (SELECT recording, o.key AS place, group_id, "
	"at / 1000000000 AS second, max(at) AS at, o.value AS committed "
	"FROM commits, json_each(offsets) AS o GROUP BY 1, 2, 3, 4), "
	"groups AS MATERIALIZED (SELECT DISTINCT recording, place, group_id FROM committed), "
	"ends AS (SELECT recording, e.key AS place, at / 1000000000 AS second, "
	"max(e.value) AS end_offset FROM told, json_each(end_offsets) AS e GROUP BY 1, 2, 3), "
	"both AS (SELECT recording, place, group_id, second, max(committed) AS committed, "
	"max(end_offset) AS end_offset FROM ("
	"SELECT recording, place, group_id, second, committed, NULL AS end_offset FROM committed "
	"UNION ALL SELECT recording, place, group_id, second, NULL, end_offset "
	"FROM ends JOIN groups USING (recording, place)) GROUP BY 1, 2, 3, 4), "
	"numbered AS (SELECT recording, place, group_id, second, committed, "
	"count(committed) OVER w AS number, max(end_offset) OVER w AS end_offset FROM both "
	"WINDOW w AS (PARTITION BY recording, place, group_id ORDER BY second)), "
	"held AS (SELECT recording, place, group_id, second, number, end_offset, "
	"max(committed) OVER (PARTITION BY recording, place, group_id, number) AS committed "
	"FROM numbered) "
	"SELECT strftime('%Y-%m-%dT%H:%M:%SZ', second, 'unixepoch') AS second, " TOPIC_OF(
		"place") "AS topic, " PARTITION_OF("place") "AS partition, group_id, committed, "
							    "max(end_offset, committed) AS "
							    "end_offset, max(end_offset, "
							    "committed) - committed AS lag, "
							    "recording FROM held WHERE number > 0 "
							    "ORDER BY 1, 2, 3, 4";

/* Columns beside a single max() are of its row. */
static const char end_lag[] =
	"SELECT group_id, topic, partition, committed, end_offset, lag, max(second) AS second, "
	"recording FROM kafka_lag GROUP BY recording, group_id, topic, partition "
	"ORDER BY lag DESC, 1, 2, 3, recording";

/*
 * JoinGroup and SyncGroup are of a generation; in the new groups, and those that share, members
 * hear of an epoch by their heartbeats. Negative epochs are those of who leaves.
 */
static const char members[] =
	"WITH said AS MATERIALIZED (SELECT recording, api, group_id, member_id, " CLIENT
	"AS client, client_id, ts, ts + latency_ns AS done, request, response, partitions, "
	"CASE WHEN api LIKE '%GroupHeartbeat' THEN response ->> '$.memberEpoch' "
	"ELSE generation END AS generation FROM kafka WHERE " ONCE "AND outcome = 'ok' AND api IN ("
	"'JoinGroup', 'SyncGroup', 'LeaveGroup', 'ConsumerGroupHeartbeat', "
	"'ShareGroupHeartbeat')), "
	"synced AS MATERIALIZED (SELECT recording, group_id, generation, member_id, "
	"min(done) AS synced, CASE json_type(response, '$.assignment.assignedPartitions') "
	"WHEN 'array' THEN (SELECT json_group_array(t.value ->> 'topic' || '-' || p.value) "
	"FROM json_each(response, '$.assignment.assignedPartitions') AS t, "
	"json_each(t.value, '$.partitions') AS p) END AS assigned "
	"FROM said WHERE api = 'SyncGroup' GROUP BY 1, 2, 3, 4), "
	"joined AS (SELECT j.recording, j.group_id, 'classic' AS protocol, j.generation, "
	"j.member_id, j.client, j.client_id, min(j.ts) AS joined, s.synced, "
	"j.response ->> '$.leader' = j.member_id AS leads, s.assigned "
	"FROM said AS j LEFT JOIN synced AS s USING (recording, group_id, generation, member_id) "
	"WHERE j.api = 'JoinGroup' GROUP BY 1, 2, 4, 5), "
	/* The leader is told of all, also of those that were not recorded. */
	"others AS (SELECT j.recording, j.group_id, j.generation, m.value ->> 'memberId' AS "
	"member_id FROM said AS j, json_each(j.response, '$.members') AS m "
	"WHERE j.api = 'JoinGroup'), "
	"told AS MATERIALIZED (SELECT recording, group_id, member_id, done, "
	"coalesce(partitions, '[]') AS assigned FROM said WHERE api LIKE '%GroupHeartbeat' "
	"AND json_type(response, '$.assignment') = 'object'), "
	"epochs AS MATERIALIZED (SELECT recording, group_id, "
	"CASE api WHEN 'ShareGroupHeartbeat' THEN 'share' ELSE 'consumer' END AS protocol, "
	"generation, member_id, client, client_id, min(ts) AS joined, min(done) AS synced, "
	"max(done) AS until FROM said "
	"WHERE api LIKE '%GroupHeartbeat' AND generation > 0 GROUP BY 1, 2, 4, 5), "
	"heard AS (SELECT recording, group_id, protocol, generation, member_id, client, client_id, "
	"joined, synced, NULL AS leads, (SELECT t.assigned FROM told AS t WHERE "
	"t.recording = e.recording AND t.group_id = e.group_id AND t.member_id = e.member_id "
	"AND t.done <= e.until ORDER BY t.done DESC LIMIT 1) AS assigned FROM epochs AS e), "
	"left_by AS MATERIALIZED (SELECT recording, group_id, member_id, min(ts) AS left FROM ("
	"SELECT recording, group_id, member_id, ts FROM said WHERE generation < 0 "
	"AND api LIKE '%GroupHeartbeat' "
	"UNION ALL SELECT recording, group_id, coalesce(m.value ->> 'memberId', "
	"request ->> '$.memberId'), ts FROM said LEFT JOIN json_each(request, '$.members') AS m "
	"WHERE api = 'LeaveGroup') GROUP BY 1, 2, 3), "
	"every AS MATERIALIZED (SELECT * FROM joined UNION ALL SELECT * FROM heard "
	"UNION ALL SELECT recording, group_id, 'classic', generation, member_id, NULL, NULL, NULL, "
	"NULL, NULL, NULL FROM others AS o WHERE NOT EXISTS (SELECT 1 FROM joined AS j WHERE "
	"j.recording = o.recording AND j.group_id = o.group_id AND j.generation = o.generation "
	"AND j.member_id = o.member_id)) "
	"SELECT group_id, protocol, generation, member_id, client_id, client, iso(joined) AS "
	"joined, "
	"iso(synced) AS synced, ms(synced - joined) AS join_ms, leads, assigned, "
	"CASE generation WHEN max(generation) OVER (PARTITION BY recording, group_id, member_id) "
	"THEN iso(left) END AS left, joined AS joined_ts, synced AS synced_ts, recording "
	"FROM every LEFT JOIN left_by USING (recording, group_id, member_id) "
	"ORDER BY recording, group_id, generation, joined";

static const char rebalances[] =
	"WITH m AS MATERIALIZED (SELECT * FROM kafka_members), "
	"spans AS MATERIALIZED (SELECT recording, group_id, member_id, min(generation) AS came, "
	"max(generation) AS last, max(left) AS left, protocol FROM m GROUP BY 1, 2, 3), "
	/* Who comes to a group doesn't stop those that are there: they do, when they join again. */
	"g AS MATERIALIZED (SELECT recording, group_id, m.protocol, generation, "
	"min(joined_ts) AS started, min(joined_ts) FILTER (WHERE s.came < generation) AS stopped, "
	"max(synced_ts) AS ended, "
	"max(CASE WHEN leads THEN member_id END) AS leader, "
	"row_number() OVER (PARTITION BY recording, group_id ORDER BY generation) AS number, "
	"lag(generation) OVER (PARTITION BY recording, group_id ORDER BY generation) AS before "
	"FROM m JOIN spans AS s USING (recording, group_id, member_id) "
	"GROUP BY recording, group_id, generation) "
	"SELECT g.group_id, g.protocol, g.generation, iso(started) AS started, iso(ended) AS "
	"ended, "
	"ms(ended - started) AS took_ms, "
	"CASE g.protocol WHEN 'classic' THEN ms(ended - coalesce(stopped, started)) END AS "
	"standstill_ms, "
	"count(*) FILTER (WHERE s.came <= g.generation AND s.last >= g.generation) AS members, "
	/* Of who was there when the recording began, nobody knows since when. */
	"CASE WHEN g.number > 1 OR g.generation = 1 THEN json_group_array(s.member_id) "
	"FILTER (WHERE s.came = g.generation) END AS came, "
	"json_group_array(s.member_id) FILTER (WHERE s.last >= g.before AND s.last < g.generation "
	"AND (g.protocol = 'classic' OR s.left IS NOT NULL)) AS went, leader, g.recording "
	"FROM g JOIN spans AS s ON s.recording = g.recording AND s.group_id = g.group_id "
	"GROUP BY g.recording, g.group_id, g.generation "
	"ORDER BY g.recording, g.group_id, g.generation";

const struct sql_view sql_kafka_views[] = {
	{"kafka_consumers", "who fetches from Kafka on which connection, and of which group it is",
	 consumers},
	{"kafka_deliveries",
	 "each message of Kafka at each group, with the time from Produce to Fetch", deliveries},
	{"kafka_delays", "by topic, partition and group: the time from Produce to Fetch", delays},
	{"kafka_topic_delays", "the same by topic and group", topic_delays},
	{"kafka_end_offsets", "where each partition ends, as a broker told last", end_offsets},
	{"kafka_lag",
	 "at the end of each second: how far each group is behind each partition's end", lag},
	{"kafka_end_lag", "the same at the end of the recording", end_lag},
	{"kafka_members", "members of groups by generation: since when, and what they got",
	 members},
	{"kafka_rebalances", "generations of groups: how long each took, who came and went",
	 rebalances},
};

const size_t sql_kafka_view_count = sizeof(sql_kafka_views) / sizeof(sql_kafka_views[0]);
