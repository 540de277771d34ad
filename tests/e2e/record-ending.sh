#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# However a recording ends, what was recorded can be read.
# shellcheck disable=SC2016 # the command expands, not this script
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

echo_server e2e-echo
flood "$port" -1 &
load=$!

for signal in INT TERM HUP; do
	record_start -o "$work/$signal"
	wait_for 10 bash -c "[ \$(du -b '$work/$signal' | cut -f1) -gt 2000000 ]"
	record_stop "$signal"
	is "SIG$signal under load: exit status 0" "$status" 0
	check "SIG$signal under load: a complete recording" complete "$work/$signal"
	is "SIG$signal under load: the summary adds up" \
		"$(sed -n 's/,//g; s/.*: \([0-9]*\) with data.*/\1/p' "$work/record.err")" \
		"$("$socktape" events "$work/$signal" --format json | grep -c '"call"')"
done

record_start -o "$work/kill"
wait_for 10 bash -c "[ \$(du -b '$work/kill' | cut -f1) -gt 5000000 ]"
size=$(du -b "$work/kill" | cut -f1)
record_stop KILL
check "SIGKILL under load leaves a partial segment" compgen -G "$work/kill/*.partial"
"$socktape" events "$work/kill" --format json >"$work/kill.json" 2>"$work/kill.err"
is "which is read, and said to be incomplete" "$?" 2
check "in words" grep -q . "$work/kill.err"
kept=$(jq -s 'map(.captured // 0) | add' "$work/kill.json")
check "with what was on disk ($kept of $size bytes)" test "$kept" -gt 4000000

# At any moment, also while one segment follows another: what is there has no gap.
for i in 1 2 3 4; do
	record_start --port "$port" -C 100k --keep 2M -o "$work/kill$i"
	sleep "0.$((i * 2))$i"
	record_stop KILL
	"$socktape" events "$work/kill$i" --format json >"$work/kill.json" 2>/dev/null
	is "SIGKILL while segments rotate: a gap in no stream" "$(jq -rn '
		reduce (inputs | select(.len)) as $e ({}; "\($e.conn) \($e.dir)" as $key |
			if .[$key] and .[$key] != $e.offset then .gaps += 1 else . end |
			.[$key] = $e.offset + $e.len) | .gaps // 0' "$work/kill.json")" 0
	check "which holds something" test -s "$work/kill.json"
done

# Idle for more than a second: what little there was is on disk.
kill "$load"
record_start -o "$work/idle"
say "$port" rarely
sees_it() {
	payloads "$work/idle" | grep -q "rarely"
}
check "a recording is readable while it goes on" wait_for 10 sees_it
record_stop KILL
check "and after SIGKILL" sees_it

finish
