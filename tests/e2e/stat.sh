#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape stat: what it counts, by what, in which order; what it says of repeats, and of time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

rec=corpora/http/live-demo
stat() { "$socktape" stat "$rec" "$@"; }

# ---- the same numbers as SQL ----

once="FROM records WHERE NOT (role = 'server' AND twin IS NOT NULL)"
is "counts, errors and times are those of SQL" \
	"$(stat --json | jq -c '[.proto, .shape, .count, .errors, .p50_ms + 0, .p99_ms + 0, .max_ms + 0, .worst]' | sort)" \
	"$("$socktape" sql "$rec" --json "SELECT json_array(proto, shape, count(*), sum(outcome <> 'ok'), round(ms(p50(latency_ns)), 3), round(ms(p99(latency_ns)), 3), round(ms(max(latency_ns)), 3), worst(record_id, latency_ns)) AS row $once GROUP BY proto, shape" |
		jq -rc '.row | fromjson' | sort)"
is "shares are of all" "$(stat --json | jq -s 'map(.share) | add | round')" 100
is "what took most time is first" "$(stat --json --limit 2 | jq -r .shape | tr '\n' ';')" "A www.demo.test;INCR visits;"
is "failures have names" "$(stat --json | jq -c 'select(.failures) | .failures' | sort | tr '\n' ' ')" '{"404":2} {"ERR":1} {"NXDOMAIN":1} '
is "one protocol" "$(stat http --json | jq -r .proto | sort -u)" http
is "by other columns" "$(stat http --by comm,code --format csv --columns comm,code,count --sort -count | tr -d '\r' | head -3 | tr '\n' ' ')" \
	"comm,code,count curl,200,5 python3,200,2 "
is "a condition on records" "$(stat --where 'code = 404' --json | jq -c '[.shape, .count]')" '["GET /missing",2]'
is "a condition on what was counted" "$(stat --where 'count > 10' --json | jq -c '[.shape, .count]')" '["INCR visits",11]'
is "over time" "$(stat http --by proto --over 100ms --json | jq -s -c '[(map(.count) | add), (map(.time) == (map(.time) | sort))]')" '[12,true]'
is "times of intervals are round" "$(stat http --over 100ms --json | jq -r .time | grep -vc '\.[0-9]00000000Z$')" 0

is "on a terminal its course follows" \
	"$(LC_ALL=C.UTF-8 python3 tests/e2e/on_terminal.py 120 "$socktape" stat "$rec" --by proto --over 50ms | grep -cE '^[▁▂▃▄▅▆▇█]{5,} +(all|dns|http|redis)$')" 4
is "and not in a pipe" "$(stat --by proto --over 50ms | grep -c '▁')" 0

# ---- N+1 ----

# get N US: a call of Redis.
get() { jq -nc --arg key "user:$1:name" --argjson len "${#1}" '{port: 6379, conn: 2, us: 20, request: "*2\r\n$3\r\nGET\r\n$\($len + 10)\r\n\($key)\r\n", response: "$1\r\nx\r\n"}'; }
{
	for i in 1 2 3 4 5 6 7; do get $i; done
	jq -nc '{conn: 3, port: 6379, request: "*1\r\n$4\r\nPING\r\n", response: "+PONG\r\n"}'
	for _ in 1 2 3 4 5 6 7 8; do get 9; done
} | python3 tests/e2e/talk.py "$work/repeats"
"$socktape" stat "$work/repeats" --json >"$work/repeats.json" 2>/dev/null
is "other values in a row are told" "$(jq -c 'select(.repeats) | [.shape, .count, .repeats, .repeats_in]' "$work/repeats.json")" \
	'["GET user:{id}:name",15,8,"2.0"]'
is "in words" "$("$socktape" stat "$work/repeats" 2>/dev/null | grep -c '^N+1: 8 times in a row with other values, at 2\.0 (1 such runs): redis GET user:{id}:name$')" 1
# A request during which one statement is asked for each of six rows, and one that asks once for all.
query() { jq -nc --arg sql "$1" '{conn: 2, port: 3306, us: 50, request: ("\($sql | length + 1 | [.] | implode)\u0000\u0000\u0000\u0003" + $sql), response: "\u0007\u0000\u0000\u0001\u0000\u0000\u0000\u0002\u0000\u0000\u0000"}'; }
page() { jq -sc --arg path "$1" '{role: "server", port: 8080, conn: 1, request: "GET \($path) HTTP/1.1\r\nHost: a\r\n\r\n", response: "HTTP/1.1 204 No Content\r\n\r\n", within: .}'; }
{
	query "SELECT id FROM orders WHERE id IN (1, 2, 3)" | page /list
	for i in 11 12 13 14 15 16; do query "SELECT name FROM customers WHERE id = $i"; done | page /orders
} | python3 tests/e2e/talk.py "$work/pages"
request=$("$socktape" show "$work/pages" http --json --where "path = '/orders'" 2>/dev/null | jq -r .record_id)
is "a statement for each row is told with the request that asks it" \
	"$("$socktape" stat "$work/pages" --json 2>/dev/null | jq -c 'select(.repeats) | [.proto, .shape, .count, .repeats, .repeats_in]')" \
	"[\"mysql\",\"select name from customers where id = ?\",6,6,\"$request\"]"
is "and nothing where there are none" "$(stat | grep -c N+1)" 0

# ---- Kafka: behind the table, what its views say ----

groups=corpora/kafka/own-kafka41-groups/capture.pcap
kafka() { "$socktape" stat "$groups" kafka "$@"; }
sections() { jq -c --arg of "$1" 'select(.section == $of) | del(.section) | [.[]]' | tr '\n' ' '; }
kafka --json >"$work/kafka.json"
is "delays from produce to fetch" "$(sections kafka_topic_delays <"$work/kafka.json")" \
	'["shared","sharers",21,1,7794.63,7794.63,7794.63,0,0,"31.49.1"] ["slow","slow",60,0,168.256,588.267,588.267,0,0,"8.141.1"] '
is "lag at the end" "$(sections kafka_end_lag <"$work/kafka.json")" \
	'["slow","slow",0,21,24,3,"2026-11-27T16:45:32Z"] ["slow","slow",1,20,22,2,"2026-11-27T16:45:32Z"] ["slow","slow",2,19,21,2,"2026-11-27T16:45:32Z"] '
is "rebalances, the longest standstill first" \
	"$(jq -c 'select(.section == "kafka_rebalances") | [.group_id, .generation, .members, .standstill_ms, .took_ms]' "$work/kafka.json" | head -4 | tr '\n' ' ')" \
	'["team",2,2,751.29,904.033] ["team",3,1,86.278,86.278] ["team",1,1,52.801,52.801] ["team848",2,2,null,4736.284] '
kafka >"$work/kafka.txt"
is "in text each has a title" "$(grep -A1 '^$' "$work/kafka.txt" | grep -v '^$\|^--' | tr '\n' ';')" \
	"delay from produce to fetch, by topic and group;lag at the end by group, topic, partition;rebalances;"
is "the table before is as it was" "$(grep -v '"section"' "$work/kafka.json" | cmp - <(kafka --json --by proto,shape) && echo same)" same
is "what a limit leaves out is told" "$(kafka --limit 2 | grep ' more; ' | tr '\n' ';')" \
	"1 more; all: socktape sql $groups \"SELECT * FROM kafka_end_lag\";6 more; all: socktape sql $groups \"SELECT * FROM kafka_rebalances\";"
is "in JSON on standard error" "$(kafka --limit 2 --json 2>&1 >"$work/limited.json" | cut -d' ' -f3-6 | tr '\n' ';') $(jq -rs 'map(.section) | group_by(.) | map(length) | join(",")' "$work/limited.json")" \
	"1 rows of kafka_end_lag;6 rows of kafka_rebalances; 2,2,2,2"
is "of what is selected" "$(kafka --json --until 2026-11-27T16:45:40Z | jq -r '.section // empty' | uniq | tr '\n' ' ')" "kafka_topic_delays kafka_end_lag "
is "not by other columns, over time, in CSV, of one table" \
	"$({ kafka --by api --json && kafka --over 1s --json && kafka --columns shape --json && kafka --format csv && "$socktape" stat "$groups" kafka_messages --json && "$socktape" stat "$groups" --json; } | grep -c kafka_rebalances)" 0
python3 tests/e2e/talk.py "$work/empty" </dev/null
is "nor where there are no records" "$("$socktape" stat "$work/empty" kafka 2>/dev/null | wc -l)" 0
rec=corpora/kafka/own-kafka41-librdkafka/capture.pcap
is "a section without rows is left out" "$(stat kafka --json --until 1970-01-02T00:00:00Z 2>/dev/null | wc -l) $(stat kafka --conn 1 2>/dev/null | grep -c '^rebalances')" "0 0"
rec=corpora/http/live-demo

# ---- what is wrong ----

complains() {
	local name=$1 pattern=$2 got
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got" "$(cat "$work/err")"
	fi
}
complains "--by a column that isn't there" "no column 'shapes'; did you mean 'shape'" stat --by shapes
complains "--sort by one" "no column 'cuont'; did you mean 'count'" stat --sort cuont
complains "--columns with one" "no column 'x'" stat --columns count,x
complains "--where with one" "did you mean 'count'" stat --where 'cuont > 1'
complains "--where that is none" "syntax error" stat --where 'count >'
complains "--where that is two" "near" stat --where '1; SELECT 2'
complains "--where that asks something else" "no such table\|not authorized\|prohibited" stat --where '(SELECT count(*) FROM sqlite_schema)'
complains "--over nothing" "wants a duration" stat --over 0
complains "a protocol that isn't there" "no protocol 'htp'" stat htp
is "a condition that nothing has is told" "$(stat --where 'code = 999' 2>&1 >/dev/null)" \
	'socktape stat: none of 38 records passes --where "code = 999"'

finish
