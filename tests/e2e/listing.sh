#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Conditions, orders, limits and choices of columns, in every command that lists.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

rec=corpora/http/live-demo
tape() { local command=$1; shift; "$socktape" "$command" "$rec" "$@"; }
sql() { "$socktape" sql "$rec" --json "$1" | jq -cS 'del(.recording)'; }

# ---- the same rows as SQL ----

while IFS='|' read -r name condition; do
	is "show --where: $name" "$(tape show --where "$condition" --json | jq -r .record_id | md5sum)" \
		"$(sql "SELECT record_id FROM (SELECT records.*, code FROM records LEFT JOIN http USING (record_id)) WHERE $condition ORDER BY ts" | jq -r .record_id | md5sum)"
done <<'EOF2'
of a table|code = 404
of every record|latency_ns > 100000 AND outcome = 'ok'
both|code IS NULL AND comm LIKE 'd%'
with a function|ms(latency_ns) BETWEEN 0.05 AND 0.1
EOF2
is "show --sort" "$(tape show --json --sort -latency_ns --limit 7 | jq .latency_ns)" \
	"$(sql "SELECT latency_ns FROM records ORDER BY latency_ns DESC LIMIT 7" | jq .latency_ns)"
is "show --sort by a text, null last" "$(tape show http --json --sort host | jq -r .host | uniq)" \
	"$(sql "SELECT host FROM http ORDER BY host IS NULL, host" | jq -r .host | uniq)"
is "whole rows, in their order" "$(tape show http --json --sort latency_ns | jq -cS . | sort | md5sum)" \
	"$(tape show http --json | jq -cS . | sort | md5sum)"
is "conns" "$(tape conns --where 'records > 5' --sort -records --columns conn,records --format csv | tr -d '\r' | tr '\n' ' ')" \
	"conn,records 48,10 49,10 33,6 "
is "events" "$(tape events --where 'len > 9000' --columns conn,len --json | tr '\n' ' ')" '{"conn":2,"len":9532} {"conn":1,"len":9532} {"conn":47,"len":9532} '
is "exchanges" "$(tape show exchanges --where "proto = 'http'" --json --columns record --limit 1)" '{"record":"GET / 200 9.1KB"}'
is "text is a row for each" "$(tape show --sort -latency_ns --limit 3 | wc -l)" 4
is "text of some columns" "$(tape show http --where 'code = 301' --columns method,path --limit 1)" "$(printf 'method  path\nGET     /old')"
is "a limit is one of rows that pass" "$(tape show --where 'code = 404' --limit 2 | wc -l)" 3
is "export has the connections of the records" \
	"$("$socktape" export "$rec" -q -o - --where 'code = 404' | "$socktape" conns - --json | wc -l)" \
	"$(tape show --where 'code = 404' | tail -n +2 | wc -l)"

is "export has those of the first records" \
	"$("$socktape" export "$rec" -q -o - --where "proto = 'http'" --sort -latency_ns --limit 3 | "$socktape" conns - --json | wc -l)" \
	"$(tape show http --json --sort -latency_ns --limit 3 | jq -c '[.conn, (.twin | split(".")[0] | tonumber)] | sort' | sort -u | wc -l)"
is "findings" "$(tape findings --where "proto = 'dns'" --columns finding,record_id --json)" '{"finding":"dns-no-such-name","record_id":"43.0"}'
is "findings in order, as text" "$(tape findings --sort -ts --limit 1 | wc -l)" 2
is "grep: a condition, an order and some columns" \
	"$(tape grep hello --where "side = 'server'" --sort -offset --limit 2 --columns record_id,match -f csv | tr -d '\r' | tr '\n' ' ')" "record_id,match 11.0,hello 13.0,hello "
is "grep counts what passes" "$(tape grep hello -c) $(tape grep hello -c --where "side = 'server'") $(tape grep hello -c --where "part = 'head' AND offset < 6")" "$(tape grep hello -l | sort -u | wc -l) $(tape grep hello --json | jq -r 'select(.side == "server") | .record_id' | sort -u | wc -l) $(tape grep hello --json | jq -r 'select(.part == "head" and .offset < 6) | .record_id' | sort -u | wc -l)"
is "grep in order, as text" "$(tape grep hello --sort -ts --limit 2 | wc -l)" 3

# ---- shapes ----

is "a shape is a column of records" "$(tape show --json --columns record_id,shape)" "$(sql "SELECT record_id, shape FROM records ORDER BY ts")"
is "a condition on it" "$(tape show --where "shape = 'GET /missing'" --json | jq -r .record_id | tr '\n' ' ')" "7.0 8.0 46.192 47.192 "
is "of the connections of an export" "$("$socktape" export "$rec" -q -o - --where "shape LIKE 'INCR %'" | "$socktape" show - --json --columns shape | sort -u | head -1)" '{"shape":"INCR greeting"}'
is "it isn't printed unless it is asked for" "$(tape show http --json --limit 1 | jq 'has("shape")')$(tape show --format csv | head -1 | grep -c shape)" "false1"
for id in 1 22 333 4444; do
	jq -nc --arg id $id '{request: "GET /users/\($id)/orders HTTP/1.1\r\nHost: a\r\n\r\n", response: "HTTP/1.1 204 No Content\r\n\r\n"}'
done | python3 tests/e2e/talk.py "$work/users"
users() { local command=$1; shift; "$socktape" "$command" "$work/users" "$@" 2>/dev/null; }
is "ids are those of the whole recording, whatever is selected: show" "$(users show --json --limit 1 --columns shape)" '{"shape":"GET /users/{id}/orders"}'
is "and stat" "$(users stat --record "$(users show --json --limit 1 | jq -r .record_id)" --json --columns shape,count) $(users stat --until +1ms --json --columns shape)" \
	'{"shape":"GET /users/{id}/orders","count":1} {"shape":"GET /users/{id}/orders"}'
is "stat of one shape" "$(users stat --json --where "shape LIKE '%{id}%' AND code = 204" --columns count)" '{"count":4}'

# ---- lines ----

# Contents aren't made for lines of text. For a condition on the shape all is: the lines are the same.
both_ways() {
	local all="shape IS NULL OR shape IS NOT NULL"
	diff <("$socktape" show "$1" 2>/dev/null) <("$socktape" show "$1" --where "$all" 2>/dev/null) >/dev/null || echo "$1"
}
export -f both_ways
# shellcheck disable=SC2016 # the inner shell expands it
is "lines are the same whether contents are made or not" "$(printf '%s\0' corpora/*/*/capture.pcap* | xargs -0 -P2 -I{} bash -c 'both_ways "$1"' sh {})" ""

# Where one table is named, what stands before its rows may be left out, but not in their ids.
same_ids() {
	local table
	for table in amqp_messages kafka_messages; do
		cmp -s <("$socktape" show "$1" --json | jq -r "select(.proto == \"$table\") | .record_id") \
			<("$socktape" show "$1" "$table" --json 2>/dev/null | jq -r .record_id) || echo "$1 $table"
	done
}
export -f same_ids
# shellcheck disable=SC2016 # the inner shell expands it
is "ids are the same where one table is named" "$(printf '%s\0' corpora/{amqp,kafka}/*/capture.pcap* | xargs -0 -P2 -I{} bash -c 'same_ids "$1"' sh {})" ""

# ---- CSV ----

is "CSV has no bodies unless they are asked for" "$(tape show http --format csv | head -1 | grep -c body)$(tape show http --format csv --columns resp_body | tr -d '\r' | head -1)" 0resp_body
is "the same names with a protocol and without" \
	"$(comm -23 <(tape show http --format csv | head -1 | tr -d '\r' | tr , '\n' | sort) <(tape show --format csv | head -1 | tr -d '\r' | tr , '\n' | sort))" ""
is "a header without rows" "$(tape show --format csv --columns proto,code --where 'code = 404' --limit 1 | wc -l)$(tape show --format csv --columns proto,code --where 'code = 1' 2>/dev/null | wc -l)" 21

# ---- what is wrong ----

complains() {
	local name=$1 pattern=$2 got
	shift 2
	tape "$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got" "$(cat "$work/err")"
	fi
}
for command in show conns events findings "grep hello"; do
	read -ra words <<<"$command"
	complains "$command --where with a name that isn't there" "no such column: nme" "${words[@]}" --where 'nme = 1'
	complains "$command --where that is none" "syntax error\|incomplete" "${words[@]}" --where 'proto ='
	complains "$command --sort with one" "there is no column 'nme'" "${words[@]}" --sort nme
	complains "$command --columns with one" "there is no column ''" "${words[@]}" --columns conn,,pid
	complains "$command --limit 0" "number from 1" "${words[@]}" --limit 0
done
complains "grep -l --sort" "prints no columns" grep hello -l --sort ts
complains "export --sort alone" "wants --limit" export -o "$work/x" --sort ts --where 'code = 404'
complains "export --columns" "no option --columns" export -o "$work/x" --columns ts
complains "findings --list --limit" "nothing beside --list" findings --list --limit 1
complains "a name that is nearly one" "did you mean 'method'" show http --where 'metod = 1'
complains "one that is worked out on demand" "did you mean 'findings'" show --columns findngs
complains "and in a filter" "did you mean 'shape'" show http --where "shpe = 'GET /'"
complains "export --where with a name that isn't there" "no such column" export -o "$work/x" --where 'nme = 1'
is "a condition that nothing has is told" "$(tape show --where 'code = 1' 2>&1)" 'socktape show: none of 38 rows passes --where "code = 1"'

finish
