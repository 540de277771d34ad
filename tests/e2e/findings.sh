#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape findings: each finding in an input made for it, and only that one; nothing in clean ones.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v openssl >/dev/null || { skip "findings" "needs openssl"; finish; }

names() { jq -r .finding | paste -sd' '; }

if ! PYTHONDONTWRITEBYTECODE=1 python3 -W ignore tests/e2e/findings.py "$work" >"$work/list" 2>"$work/err"; then
	not_ok "the inputs are made" "$(cat "$work/err")"
	finish
fi
while IFS=$'\t' read -r input wanted; do
	is "${input##*/}: ${wanted:-nothing}" "$("$socktape" findings "$input" --json 2>"$work/err" | names)" "$wanted"
done <"$work/list"

is "every finding has an input" \
	"$(cut -f2 "$work/list" | tr ' ' '\n' | sort -u | sed '/^$/d')" \
	"$("$socktape" findings --list --json | jq -r .finding | sort -u)"

# ---- what the command does with them ----

some=$work/retried.pcap
is "of one name" "$("$socktape" findings "$some" retried --json | names)" "retried"
is "the record that shows it" "$("$socktape" findings "$some" server-error --json | jq -r .record_id)" "1.0"
is "the same in SQL" \
	"$("$socktape" sql "$some" --json "SELECT * FROM findings" | jq -cS 'del(.recording)')" \
	"$("$socktape" findings "$some" --json | jq -cS .)"
is "selected by connection" "$("$socktape" findings "$some" --conn 1 --json | names)" "server-error retried"
both=corpora/http/live-demo
is "of both ends the client's" "$("$socktape" findings $both --json | jq -r .record_id)" "43.0"
is "the server's where that is chosen" "$("$socktape" findings $both --conn 33 --json | jq -r .record_id)" "33.269"
is "nothing of other connections" "$("$socktape" findings $both --conn 42 --json 2>/dev/null)" ""
is "a batch's checksum once, at its exchange" \
	"$("$socktape" findings corpora/kafka/own-checksums/capture.pcap --json | jq -r .what | sort | uniq -c | tr -s ' ')" \
	" 7 a batch's checksum is wrong"
is "CSV has one line each, and names" "$("$socktape" findings "$some" --format csv | wc -l)" 3
"$socktape" findings "$work/clean.pcap" >"$work/out" 2>"$work/err"
is "nothing found is said" "$? $(wc -c <"$work/out") $(cat "$work/err")" \
	"0 0 socktape findings: nothing odd in 1 records and 1 connections"
"$socktape" findings "$some" retryed >"$work/out" 2>"$work/err"
is "a mistyped name" "$? $(cat "$work/err")" "1 socktape findings: there is no finding 'retryed'; did you mean 'retried'?"
is "names are whole at 80 columns" "$(COLUMNS=80 "$socktape" findings "$work/other-name.pcap" | grep -c ' certificate-for-another-name ')" 1

# ---- what a request asked of others ----

is "show --id tells its children, as trace does" \
	"$("$socktape" show "$work/pool-wait" --id 2.0 --json 2>/dev/null | jq -c '.children[] | [.record_id, .by, .offset_ns]')" \
	"$("$socktape" trace "$work/pool-wait" 2.0 --json 2>/dev/null | jq -c 'select(.depth == 1) | [.record_id, .by, .offset_ns]')"
is "in words" "$("$socktape" show "$work/pool-wait" --id 2.0 2>/dev/null | grep -A1 '^children' | tail -1)" \
	"  +100 ms  3.20  ok  by thread (likely)  127.0.0.1:6379  redis: GET k -> v"
"$socktape" trace "$work/pool-wait" 2.999 >"$work/out" 2>"$work/err"
is "trace fails without the request that was named" "$? $(grep -v 'not completed' "$work/err")" "1 socktape trace: there is no request 2.999 in the recording"
"$socktape" trace "$work/pool-wait" 2.0 --conn 3 >"$work/out" 2>"$work/err"
is "or where it isn't selected" "$? $(grep -v 'not completed' "$work/err")" "1 socktape trace: there is no request 2.0 in what is selected"
head -c 24 "$work/other-name.pcap" >"$work/empty.pcap"
is "trace of nothing says so" "$("$socktape" trace "$work/empty.pcap" 2>&1)" "socktape trace: there are no requests"
is "one without has none" "$("$socktape" show "$some" --id 1.0 --json | jq -c .children) $("$socktape" show "$some" --id 1.0 | grep -c '^children')" "[] 0"

# ---- as a column of records ----

show() { "$socktape" show "$@" 2>"$work/err"; }
is "a record's findings" "$(show "$some" --columns record_id,findings | tail -n +2 | tr -s ' ' | paste -sd' ')" \
	"1.0 server-error 1.37 retried"
is "a condition on them" "$(show "$some" --json --where "findings LIKE '%retried%'" --columns findings,code)" \
	'{"findings":"retried","code":200}'
is "both ends show them" "$(show $both --where 'findings IS NOT NULL' --json --columns record_id | jq -r .record_id | paste -sd' ')" \
	"33.269 43.0"
is "none is null" "$(show "$work/clean.pcap" --json --columns findings)" '{"findings":null}'
is "they are not there unless asked for" "$(show "$some" --json | jq 'has("findings")' | sort -u)" false
show "$some" --follow --columns findings
is "nor while it is recorded" "$? $(cat "$work/err")" \
	"1 socktape show: --follow and the column findings exclude each other: that waits for the end"
check "text" grep -q "retried  *- .*1.37 .*http: GET / 200" <("$socktape" findings "$some")

finish
