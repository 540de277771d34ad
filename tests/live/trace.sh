#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What socktape trace makes of servers that ask others while they answer, with threads and with one
# loop for all, held against the truth in the paths. Prints TAP, and what was right, wrong and missing.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

requests=300
port=18070 back=18071

ready() { grep -q ready "$work/$1.out"; }

"$python" tests/live/clients/trace_load.py back $back >"$work/back.out" 2>&1 &
behind=$!
wait_for 20 ready back

# case_of KIND HOW THREADS: sets right, wrong, missing, ways
case_of() {
	rm -rf "$work/rec"
	"$python" tests/live/clients/trace_front.py $port $back "$1" "$2" >"$work/front.out" 2>&1 &
	local front=$!
	wait_for 20 ready front
	"$recorder" --port $port --port $back -o "$work/rec" 2>"$work/record" &
	local recording=$!
	await_recording "$work/record"
	"$python" tests/live/clients/trace_load.py load $port $requests "$3"
	kill "$front"
	wait "$front" 2>/dev/null
	kill -INT "$recording"
	wait "$recording"
	read -r right wrong missing ways < <("$socktape" trace "$work/rec" --all --json 2>"$work/err" |
		"$python" tests/live/clients/trace_load.py judge)
	echo "# $1, ids ${2/pass/are passed on}: $right right, $wrong wrong, $missing without a parent (by $ways)"
}

for kind in threads events; do
	case_of $kind pass 8
	is "$kind: an id that is passed on gives every parent" "$right $wrong $missing $ways" \
		"$((2 * requests)) 0 0 traceparent"
done
case_of threads drop 8
check "threads: without ids, at least 95 of 100 parents are right" test $((right * 100)) -ge $(((right + wrong) * 95))
check "threads: and most are found" test "$right" -ge $((requests))
is "threads: by the thread" "$ways" thread
case_of events drop 8
check "one loop: of parents that are shown, 95 of 100 are right" test $((right * 100)) -ge $(((right + wrong) * 95))
case_of events drop 1
is "one loop, one request at a time: every parent" "$right $wrong $missing" "$((2 * requests)) 0 0"

tree=$("$socktape" trace "$work/rec" 2>&1 | head -4)
check "a tree has the children under their request" grep -Eq '\+.* thread .*  http: GET /0/1 200' <<<"$tree"
id=$("$socktape" trace "$work/rec" --json | jq -r 'select(.depth == 1) | .record_id' | head -1)
is "of a child the whole tree" "$("$socktape" trace "$work/rec" "$id" --json | jq -r .depth | paste -sd' ')" "0 1 1"
kill "$behind"
finish
