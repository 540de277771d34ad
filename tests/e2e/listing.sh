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
for command in show conns events; do
	complains "$command --where with a name that isn't there" "no such column: nme" $command --where 'nme = 1'
	complains "$command --where that is none" "syntax error\|incomplete" $command --where 'proto ='
	complains "$command --sort with one" "there is no column 'nme'" $command --sort nme
	complains "$command --columns with one" "there is no column ''" $command --columns conn,,pid
	complains "$command --limit 0" "number from 1" $command --limit 0
done
complains "a name that is nearly one" "did you mean 'method'" show http --where 'metod = 1'
complains "export --where with a name that isn't there" "no such column" export -o "$work/x" --where 'nme = 1'
is "a condition that nothing has is told" "$(tape show --where 'code = 1' 2>&1)" 'socktape show: none of 38 rows passes --where "code = 1"'

finish
