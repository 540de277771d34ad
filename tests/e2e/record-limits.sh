#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What socktape-record keeps: snaplen, segments, budget, duration.
# shellcheck disable=SC2016 # the command expands, not this script
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

echo_server e2e-echo

events() {
	"$socktape" events "$work/$1" --format json
}

"$recorder" -q -s 4 -o "$work/snap" -- bash -c "exec 3<>/dev/tcp/127.0.0.1/$port
	printf 123456789 >&3; head -c9 <&3 >/dev/null"
is "-s: so much is kept" "$(events snap | jq -r 'select(.len) | .payload' | sort -u)" 1234
is "-s: the length stays exact" \
	"$(events snap | jq 'select(.dir == "sent") | .len')" 9
is "-s: positions go on after what was cut" \
	"$(events snap | jq 'select(.dir == "received") | .offset + .len' | sort -n | tail -1)" 9

"$recorder" -q -s 0 -o "$work/none" -- bash -c "exec 3<>/dev/tcp/127.0.0.1/$port
	printf 123456789 >&3; head -c9 <&3 >/dev/null"
is "-s 0: no payload at all" "$(events none | jq -s 'map(.captured // 0) | add')" 0

export -f flood
export port

"$recorder" -q -C 1M -o "$work/rotate" -- bash -c 'flood $port 60'
count=$(find "$work/rotate" -name '*.tape.zst' | wc -l)
check "-C: several segments (here $count)" test "$count" -ge 6
check "each of them complete" complete "$work/rotate"
largest=$(find "$work/rotate" -name '*.tape.zst' -printf '%s\n' | sort -n | tail -1)
check "-C: none much larger than asked for ($largest bytes)" test "$largest" -lt 2500000
last=$(find "$work/rotate" -name '*.tape.zst' | sort | tail -1)
check "the last one alone knows the process" \
	bash -c "'$socktape' events '$last' --format json | jq -r '.comm' | grep -qx python3"
sum=$(events rotate | jq -s 'map(.captured // 0) | add')
is "nothing is missing between segments" "$sum" 12000000

"$recorder" -q -C 1M --keep 3M -o "$work/keep" -- bash -c 'flood $port 60'
size=$(du -cb "$work"/keep/* | tail -1 | cut -f1)
check "--keep: the directory stays below it ($size bytes)" test "$size" -le 3000000
check "--keep: and holds something" test "$size" -ge 500000
check "--keep: the rest is readable" complete "$work/keep"
check "--keep: the summary says what was deleted" bash -c "
	'$recorder' -C 1M --keep 3M -o '$work/keep2' -- bash -c 'flood $port 60' 2>&1 |
		grep -q 'oldest [0-9]* deleted'"

check "--keep: info says so, and until when" bash -c "
	'$socktape' info '$work/keep' | grep -qE '^ +the beginning: [0-9]+ segments?, until [0-9-]+ [0-9:.]+, deleted by --keep$'"
is "--keep: and not that nothing was lost" "$("$socktape" info "$work/keep" | grep -c '^lost  *nothing$')" 0

begin=$(date +%s%N)
"$recorder" -d 1 -o "$work/time" 2>"$work/time.err"
is "-d: ends well" "$?" 0
took=$((($(date +%s%N) - begin) / 1000000))
check "-d: after this long ($took ms)" test "$took" -ge 1000 -a "$took" -lt 20000
check "-d: the summary says so" grep -qE "stopped after [0-9.]+ s" "$work/time.err"
is "a quiet recorder says nothing" \
	"$("$recorder" -q -d 0.1 -o "$work/quiet" 2>&1)" ""

"$recorder" -z 9 --buffer 256KiB -q -o "$work/small" -- bash -c 'flood $port 3' 2>"$work/small.err"
is "a tiny ring: what is kept and what is lost add up" \
	"$(events small | jq -s '[.[] | select(.dir == "sent") | .offset + .len] | max')" 300000

"$recorder" --compat -q -o "$work/compat" -- bash -c 'flood $port 3'
is "--compat: the programs for older kernels record the same" \
	"$(events compat | jq -s 'map(.captured // 0) | add')" 600000
finish
