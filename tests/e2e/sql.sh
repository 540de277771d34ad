#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape sql: what it answers, in every format, as a command, from standard input, in a database
# file, and as SQLite's extension; what it refuses.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

rec=corpora/http/live-demo

# ask [OPTION...] QUERY
ask() { "$socktape" sql "$rec" "$@"; }

# complains NAME STATUS PATTERN COMMAND...: one line on stderr that has the pattern.
complains() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	if [ "$got" -eq "$status" ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got" "$(cat "$work/err")"
	fi
}

# ---- the same rows as the other commands ----

# Times as people write them, which those have beside their nanoseconds, are iso() here.
sorted() { jq -cS "$1 | with_entries(select(.key | test(\"^time$|_time$\") | not))" | sort; }
for table in http redis dns; do
	is "$table: the rows of show" \
		"$(ask --json "SELECT * FROM $table" | sorted 'del(.recording)' | md5sum)" \
		"$("$socktape" show "$rec" $table --json | sorted . | md5sum)"
done
is "exchanges: the rows of show" \
	"$(ask --json "SELECT * FROM exchanges" | sorted 'del(.recording)' | md5sum)" \
	"$("$socktape" show "$rec" exchanges --json | sorted . | md5sum)"
is "conns: the rows of conns" \
	"$(ask --json "SELECT * FROM conns" | sorted 'del(.recording)' | md5sum)" \
	"$("$socktape" conns "$rec" --json | sorted . | md5sum)"
is "events: the rows of events --all" \
	"$(ask --json "SELECT * FROM events" | sorted 'del(.recording, .payload)' | md5sum)" \
	"$("$socktape" events "$rec" --all --json | sorted 'del(.payload)' | md5sum)"
is "one recording twice: two recordings" \
	"$("$socktape" sql "$rec" ./$rec "SELECT count(*), count(DISTINCT recording) FROM http" --format csv | tail -1 | tr -d '\r')" \
	"48,2"
damaged=$work/damaged
mkdir "$damaged"
cp "$rec"/*.tape.zst "$damaged"
segment=$(echo "$damaged"/*.tape.zst)
truncate -s -20 "$segment"
"$socktape" sql "$damaged" "SELECT count(*) FROM records" >"$work/out" 2>"$work/err"
is "a damaged recording is told, with status 2" "$? $(grep -c "$segment" "$work/err")" "2 1"

# ---- formats ----

is "text" "$(ask "SELECT method, path, code FROM http WHERE code = 301")" \
	"$(printf 'method  path  code\nGET     /old   301\nGET     /old   301')"
is "csv" "$(ask -f csv "SELECT method, path, code FROM http WHERE code = 301 LIMIT 1" | tr -d '\r')" \
	"$(printf 'method,path,code\nGET,/old,301')"
is "json" "$(ask -f json "SELECT path, code, 1.5 AS real, NULL AS no_value, tls FROM http LIMIT 1")" \
	'{"path":"/","code":200,"real":1.5,"no_value":null,"tls":false}'
is "json in a column of JSON" "$(ask -f json "SELECT args FROM processes WHERE comm = 'node'" | jq -r '.args[0]')" node
is "markdown" "$(ask -f markdown "SELECT 'a|b' AS x, 1 AS number")" \
	"$(printf '| x    | number |\n| ---- | -----: |\n| a\\|b |      1 |')"
is "no rows: the head alone" "$(ask "SELECT path FROM http WHERE 0")" path
is "control characters don't reach the output" \
	"$(ask "SELECT char(27) || '[31m' || char(10) AS x" | grep -c $'\033')" 0
is "statements from standard input" \
	"$(printf 'SELECT 1;\nSELECT\n2;' | "$socktape" sql "$rec" -f csv | tr -d '\r' | tr '\n' ' ')" "1 1 2 2 "

# ---- views, each with what it says of the demo ----

golden() { is "$1" "$(ask -f csv "$2" | tail -n +2 | tr -d '\r' | tr '\n' ' ')" "$3"; }
golden slowest "SELECT record FROM slowest LIMIT 2" "A www.demo.test -> 192.0.2.80 GET /hello.json 200 18B "
golden errors "SELECT count(*), count(DISTINCT record) FROM errors" "8,3 "
golden by_protocol "SELECT proto, records, errors FROM by_protocol" "redis,19,1 http,12,2 dns,7,1 "
golden by_path "SELECT method, path, records, client_errors FROM by_path ORDER BY 1, 2" \
	"GET,/,2,0 GET,/hello.json,4,0 GET,/index.html,1,0 GET,/missing,2,2 GET,/old,1,0 HEAD,/hello.json,1,0 POST,/echo,1,0 "
golden by_command "SELECT command, records, errors FROM by_command WHERE command IN ('INCR', 'SET') ORDER BY 1" \
	"INCR,12,1 SET,1,0 "
golden dns_names "SELECT name, qtype, queries, no_such_name FROM dns_names ORDER BY 1, 2" \
	"_http._tcp.demo.test,SRV,1,0 demo.test,MX,1,0 demo.test,TXT,1,0 nowhere.demo.test,A,1,1 www.demo.test,A,2,0 www.demo.test,AAAA,1,0 "
golden service_map "SELECT sum(exchanges), count(DISTINCT proto) FROM service_map" "38,3 "
golden per_second "SELECT sum(records) FROM per_second" "38 "
# of PATH... QUERY: what it says of other recordings.
of() { "$socktape" sql -f csv "$@" 2>/dev/null | tail -n +2 | tr -d '\r' | tr '\n' ';'; }
is by_statement "$(of corpora/mysql/zeek-mysql/capture.pcap corpora/pgsql/own-asyncpg/capture.pcap corpora/cql/packetbeat-select/capture.pcap \
	"SELECT proto, statement, records, errors FROM by_statement WHERE statement LIKE 'insert%' OR errors OR proto = 'cql' ORDER BY 1, 2")" \
	'cql,select * from users,1,0;mysql,"insert into foo(animal, name) values (?+)",2,0;pgsql,"insert into orders(customer, total) values (?+)",26,0;pgsql,select no_such_function(),1,1;'
mkdir "$work/findings"
python3 tests/e2e/findings.py "$work/findings" >/dev/null 2>&1
is failed_conns "$(of "$work/findings/refused.pcap" "$work/findings/reset.pcap" "$work/findings/failed" "SELECT state, state_by, error FROM failed_conns ORDER BY 1, 3")" \
	"failed,,EADDRNOTAVAIL;failed,remote,ECONNREFUSED;reset,remote,;"
python3 tests/e2e/talk.py "$work/lossy" --loses </dev/null
is what_was_lost "$(of "$work/lossy" "SELECT * FROM what_was_lost")" \
	"call that can't be captured,0,5,5000;connection table full,0,7,700;"
golden by_key "SELECT command_and_key, records, errors FROM by_key WHERE records > 1" "INCR visits,11,0 "
golden by_shape "SELECT proto, shape, records, errors, worst FROM by_shape WHERE proto = 'http' AND errors" "http,GET /missing,2,2,7.0 "

# ---- views of Kafka: what its clients and its own tool say (tests/live/kafka_views.sh) ----

demo=$rec
rec=corpora/kafka/own-kafka41-groups/capture.pcap
golden kafka_consumers "SELECT client_id, group_id, json_array_length(partitions) FROM kafka_consumers" \
	"slow-1,slow,3 team-a,team,3 team-b,team,1 team848-b,team848,1 team848-a,team848,3 sharers-a,sharers,1 "
golden kafka_deliveries "SELECT topic, partition, offset, group_id, delay_ms FROM kafka_deliveries WHERE offset IN (0, 20) AND partition = 0" \
	"shared,0,0,sharers,7794.63 shared,0,20,sharers, slow,0,0,slow,588.267 slow,0,20,slow,160.35 "
golden kafka_delays "SELECT topic, partition, group_id, messages, unknown, max_ms, worst_offset FROM kafka_delays" \
	"shared,0,sharers,21,1,7794.63,0 slow,0,slow,21,0,588.267,0 slow,1,slow,20,0,498.617,0 slow,2,slow,19,0,474.892,1 "
golden kafka_end_offsets "SELECT topic, partition, end_offset FROM kafka_end_offsets WHERE topic <> 'team'" \
	"shared,0,20 slow,0,24 slow,1,22 slow,2,21 "
golden kafka_lag "SELECT topic, partition, group_id, committed, end_offset, lag FROM kafka_lag WHERE second = (SELECT max(second) FROM kafka_lag)" \
	"slow,0,slow,21,24,3 slow,1,slow,20,22,2 slow,2,slow,19,21,2 "
golden kafka_topic_delays "SELECT topic, group_id, messages, unknown, max_ms, worst_partition, worst_offset FROM kafka_topic_delays" \
	"shared,sharers,21,1,7794.63,0,0 slow,slow,60,0,588.267,0,0 "
golden kafka_end_lag "SELECT topic, partition, group_id, committed, end_offset, lag FROM kafka_end_lag" \
	"slow,0,slow,21,24,3 slow,1,slow,20,22,2 slow,2,slow,19,21,2 "
golden kafka_members "SELECT protocol, generation, client_id, json_array_length(assigned), leads, left IS NOT NULL FROM kafka_members WHERE group_id LIKE 'team%'" \
	"classic,1,team-a,3,1,0 classic,2,team-b,1,0,1 classic,2,team-a,2,1,0 classic,3,team-a,3,1,1 consumer,1,team848-a,2,,0 consumer,2,team848-b,1,,1 consumer,2,team848-a,2,,0 consumer,3,team848-a,3,,1 "
golden kafka_rebalances "SELECT group_id, generation, members, json_array_length(came), json_array_length(went), took_ms, standstill_ms FROM kafka_rebalances WHERE group_id LIKE 'team%'" \
	"team,1,1,1,0,52.801,52.801 team,2,2,1,0,904.033,751.29 team,3,1,0,1,86.278,86.278 team848,1,1,1,0,278.494, team848,2,2,1,0,4736.284, team848,3,1,0,1,143.937, "
rec=corpora/kafka/own-kafka41-librdkafka/capture.pcap
golden "two groups under one name, one after the other" "SELECT topic, group_id, sum(messages) FROM kafka_delays GROUP BY 1, 2" \
	"ledger,readers-classic,20 ledger,readers-kip848,20 payments,readers-classic,50 payments,readers-kip848,50 "
golden "markers of transactions count for the end" "SELECT committed, end_offset, lag FROM kafka_lag WHERE topic = 'ledger' AND group_id = 'readers-classic'" \
	"21,22,1 22,22,0 "
rec=$demo

# ---- shapes: a column that is there when it is asked for ----

is "the shape of a record" "$(ask -f csv "SELECT shape FROM http WHERE record_id = '7.0'" | tail -1 | tr -d '\r')" "GET /missing"
is "it is hidden" "$(ask --json "SELECT * FROM http LIMIT 1" | jq 'has("shape")')" false
for id in 1 22 333; do
	jq -nc --arg id $id '{request: "GET /users/\($id)/orders?x=\($id) HTTP/1.1\r\nHost: a\r\n\r\n", response: "HTTP/1.1 204 No Content\r\n\r\n"}'
done | python3 tests/e2e/talk.py "$work/users"
is "ids in paths are found" "$("$socktape" sql "$work/users" -f csv "SELECT method, path, records FROM by_path" 2>/dev/null | tail -1 | tr -d '\r')" \
	"GET,/users/{id}/orders,3"
is "whatever is selected" "$("$socktape" sql "$work/users" -f csv "SELECT shape FROM http WHERE path LIKE '%22%'" 2>/dev/null | tail -1 | tr -d '\r')" \
	"GET /users/{id}/orders"

# ---- what is refused ----

complains "a column that isn't there" 1 "no such column: frm" ask "SELECT frm FROM http"
complains "a table that isn't there" 1 "no such table: no_such" ask "SELECT 1 FROM no_such"
complains "ATTACH" 1 "not authorized" ask "ATTACH '$work/x' AS x"
complains "VACUUM INTO" 1 "denied" ask "VACUUM INTO '$work/x'"
complains "load_extension()" 1 "not authorized" ask "SELECT load_extension('x')"
is "and nothing was written" "$(find "$work" -name x)" ""
complains "a recording that isn't there" 1 "$work/none: No such file" "$socktape" sql "$work/none" "SELECT 1"
complains "a wrong format" 1 "text, json, csv or markdown" ask -f xml "SELECT 1"
complains "a query and a file" 1 "exclude each" ask -o "$work/x" "SELECT 1"
complains "a file that is none of its own" 1 "file of its own" "$socktape" sql "$rec" -o -
complains "no operand" 1 "wants a recording" "$socktape" sql
complains "output that can't be written" 1 "could not be written" sh -c "\"$socktape\" sql $rec 'SELECT * FROM http' >/dev/full"

# ---- Ctrl-C ends a statement ----

# A job in the background ignores it, unless it says that it doesn't.
interrupted() {
	python3 - "$socktape" "$rec" <<'EOF'
import signal, subprocess, sys, time
endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
p = subprocess.Popen([sys.argv[1], "sql", sys.argv[2], endless], stdout=subprocess.DEVNULL,
                     stderr=subprocess.PIPE,
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(1)
p.send_signal(signal.SIGINT)
message = p.communicate(timeout=60)[1]
sys.exit(not (p.returncode == -signal.SIGINT and b"stopped" in message))
EOF
}
check "Ctrl-C stops a statement" interrupted

# ---- the prompt ----

mkdir "$work/home"
python3 tests/e2e/sql_prompt.py "$socktape" "$rec" "$work/home" || failures=$((failures + 1))

# ---- a database file, and the extension ----

"$socktape" sql "$rec" -o "$work/x.sqlite"
is "the file is for its owner alone" "$(stat -c %a "$work/x.sqlite")" 600
if have sqlite3; then
	is "a file of SQLite's" "$(sqlite3 "$work/x.sqlite" 'SELECT (SELECT count(*) FROM http), (SELECT count(*) FROM records), (SELECT count(*) FROM conns), (SELECT count(*) FROM processes)')" \
		"24|76|51|28"
	is "the extension in the sqlite3 shell" \
		"$(sqlite3 :memory: '.load build/libsocktape' "SELECT socktape_open('$rec')" \
			'SELECT count(*), p50(code) FROM http' 'SELECT count(*) FROM by_path')" \
		"$(printf '1\n24|200\n7')"
else
	skip "a file of SQLite's" "sqlite3 is not installed"
	skip "the extension in the sqlite3 shell" "sqlite3 is not installed"
fi
is "the extension in Python" "$(/usr/bin/python3 - "$rec" <<'EOF'
import sqlite3, sys
db = sqlite3.connect(":memory:")
db.enable_load_extension(True)
db.load_extension("build/libsocktape")
try:
    db.execute("SELECT socktape_open('/none')").fetchall()
except sqlite3.OperationalError as error:
    print(error)
print(db.execute("SELECT socktape_open(?)", sys.argv[1:]).fetchall(),
      db.execute("SELECT count(*) FROM records WHERE proto = 'redis'").fetchall())
EOF
)" "$(printf 'socktape_open: /none: No such file or directory\n[(1,)] [(38,)]')"

finish
