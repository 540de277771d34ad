#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape diff: the same load is no difference, each change that is made is found and nothing else, in
# two recordings and in two times of one; exit statuses; what is wrong.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

load() { python3 tests/e2e/load.py "$work/$1" "${@:2}"; }
diff() { "$socktape" diff "$@" 2>"$work/err"; }
# told ARGUMENT...: what differs, one line each.
told() { diff "$@" --json | jq -r '[.change, .part // "-", .shape // "-"] | join(" ")'; }

# ---- the same load: each with the next, so that what drifts is between them, too ----

false=0
for seed in 1 2 3 4 5 6; do load "$seed" "$seed"; done
for seed in 1 2 3 4 5; do
	diff "$work/$seed" "$work/$((seed + 1))" >"$work/out" || false=$((false + 1))
done
is "two recordings of the same load don't differ" "$false" 0
is "what is too rare to say anything of is told" "$(cat "$work/err")" \
	"socktape diff: of 1 shape that both have there are fewer than 20 records on a side: too few to say whether they took longer"
is "which is said, and how much was compared" "$(head -2 "$work/out")" "no difference
A  2,500 records of 5 shapes in $(sed -n 's/^A .* in //p' "$work/out")"
is "nor do two times of one" "$(diff "$work/1" --at +26s | head -1; echo "${PIPESTATUS[0]}")" "no difference
0"
is "nor a recording and itself, nor one of few records" \
	"$(for rec in "$work/1" corpora/http/live-demo corpora/amqp/own-bent/capture.pcap; do
		diff "$rec" "$rec" | head -1
	done)" "no difference
no difference
no difference"

# ---- what is changed is found ----

# finds NAME EXPECTED CHANGE...
finds() {
	load b 7 "${@:3}"
	is "$1" "$(told "$work/1" "$work/b")" "$2"
}
finds "a shape that is gone" "gone - GET /orders" gone
finds "a shape that is new" "new - GET /brand-new" new
finds "errors" "errors 500 GET /orders" 6000 errors
finds "half of the requests 40 % slower" "latency p50 GET /orders" slower
finds "all shapes slower: one drift" "drift p50 -" all
finds "a member of a body" "field resp_body.user.email GET /orders" field
finds "a header, in all shapes told once" "value resp_headers.server GET /users/{id}" header
load a 21 16000 missing
load b 22 16000 missing errors
is "of two ways to fail the one that came, with records that have it" \
	"$(told "$work/a" "$work/b"; diff "$work/a" "$work/b" --json | jq -r .b_record |
		while read -r id; do "$socktape" show "$work/b" --id "$id" --json | jq .code; done)" \
	"errors 500 GET /orders
500"
load a 8 8000
load b 9 8000 tail
is "only the slowest" "$(told "$work/a" "$work/b")" "latency p99 GET /orders"
load b 9 server
is "only in one process" "$(diff "$work/1" "$work/b" --json | jq -c '[.change, .part, .shape, .process, .role]')" \
	'["latency","p50","GET /orders","127.0.0.1:8002","server"]'
load half 11 4000 half field slower
is "two times of one recording" "$(told "$work/half" --at +45s)" "latency p50 GET /orders
field resp_body.user.email GET /orders"
is "the same as spans" "$(told "$work/half" --a ..+45s --b +45s..)" "$(told "$work/half" --at +45s)"
load all 12 all
is "a drift alone can be no difference" "$(told "$work/1" "$work/all" --no-drift; grep -c 'moved together, by' "$work/err")" 1

# ---- text, and what programs rely upon ----

load b 3 slower errors field header new
diff "$work/1" "$work/b" >"$work/out"
is "a difference is 3" "$?" 3
is "what is worst is first" "$(awk 'NR > 4 { print $1 }' "$work/out" | xargs)" "errors p50 new field value"
diff "$work/1" "$work/b" --threads 1 >"$work/again"
check "the same bytes twice" cmp "$work/out" "$work/again"
is "examples are records of either side" \
	"$(diff "$work/1" "$work/b" --json | jq -r 'select(.a_record) | .a_record' | while read -r id; do
		"$socktape" show "$work/1" --id "$id" --json | jq -r .record_id; done | wc -l)" 4
is "CSV has a header" "$(diff "$work/1" "$work/b" --format csv | head -1 | cut -d, -f1-3)" "change,proto,shape"
is "what counts can be said" "$(told "$work/1" "$work/b" --shift 60% | cut -d' ' -f1 | xargs)" "errors new field value"
is "a selection is of both" "$(told "$work/1" "$work/b" --addr :8002 | grep -c brand-new)" 1
head -c 200000 "$work/b" >"$work/cut"
diff "$work/1" "$work/cut" >/dev/null
is "damaged input wins" "$?" 2
is "of a capture from a pipe" "$("$socktape" diff "$work/1" - <"$work/b" 2>/dev/null | head -1)" "$(head -1 "$work/out")"
head -c 300 "$work/1" >"$work/empty"
is "one without records is no comparison" "$(diff "$work/1" "$work/empty" 2>&1; echo $?)" 1
diff "$work/1" "$work/2" --memory 1MiB >"$work/out"
is "little memory is told" "$? $(grep -c 'memory allows more' "$work/err")" "0 1"

# ---- the same recording's answers by two versions of the parsers ----

rec=corpora/http/live-demo
"$socktape" show $rec --json >"$work/old"
is "what was printed before is the same" "$(diff $rec --records "$work/old"; echo $?)" "no difference: 76 records before, 76 now
0"
sed -e 2d -e 's/"code":404/"code":403/; s/"method":"GET",//' -e '/^{"proto":"http"/s/"version":/"era":"old","version":/' \
	-e 's/"record_id":"15\.0"/"record_id":"15.9"/' "$work/old" >"$work/older"
is "records that went and came, columns that went, came and changed" \
	"$(diff $rec --records "$work/older" --json | jq -c '[.change, .proto, .column, .count, .records[0], .old, .new]')" \
	'["came","http",null,1,"2.0",null,null]
["changed","http","code",4,"7.0","403","404"]
["went","http","era",23,"1.0","\"old\"",null]
["came","http","method",19,"1.0",null,"\"GET\""]
["went","redis",null,1,"15.9",null,null]
["came","redis",null,1,"15.0",null,null]'
diff $rec --records "$work/older" >"$work/out"
is "which is a difference, in text, too" "$? $(grep -c '^changed  http ' "$work/out")" "3 1"
tail -n +31 "$work/old" >"$work/few"
is "examples are the first of them" "$(diff $rec --records "$work/few" --json | jq -sc 'map(select(.change == "came") | .records) | add | sort')" \
	"$(head -30 "$work/old" | jq -sc 'group_by(.proto) | map(.[:3] | map(.record_id)) | add | sort')"
is "of a selection" "$("$socktape" show $rec redis --json | diff $rec --protocol redis --records - | head -1)" \
	"no difference: 38 records before, 38 now"
tac "$work/old" >"$work/backwards"
is "in any order" "$(diff $rec --records "$work/backwards" | head -1)" "no difference: 76 records before, 76 now"
(cat "$work/old"; echo '{"no":"record"}'; echo '{') >"$work/bad"
diff $rec --records "$work/bad" >/dev/null
is "what is no record is told" "$? $(grep -c 'line 77 is no record.*; 2 such lines' "$work/err")" "2 1"

# ---- what is wrong ----

complains() {
	local name=$1 pattern=$2 got
	shift 2
	"$socktape" diff "$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got" "$(cat "$work/err")"
	fi
}
rec=corpora/http/live-demo
complains "nothing to compare" "wants two recordings" --json
complains "one recording" "wants two recordings; or one with" $rec
complains "three" "wants two recordings" $rec $rec $rec
complains "one span" "or one with --a and --b" $rec --a ..+1s
complains "a span that is none" "--b wants a time like" $rec --a ..+1s --b 10:00
complains "a span that ends before it begins" "--a wants a time like" $rec --a +2s..+1s --b +1s..
complains "--at and spans" "excludes" $rec --at +1s --a ..+1s
complains "--at and two" "excludes" $rec $rec --at +1s
complains "spans and --since" "exclude" $rec --a ..+1s --b +1s.. --since +1s
complains "--records and two" "excludes" $rec $rec --records "$work/old"
complains "--records that isn't there" "No such file" $rec --records "$work/none"
complains "--records that can't be read" "Is a directory" $rec --records "$work"
complains "--records of nothing" "no line of it is a record" $rec --records /dev/null
complains "--shift that is none" "--shift wants" $rec $rec --shift much

finish
