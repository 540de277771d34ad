#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A disk or a compression that can't follow: the backlog takes it, and what it can't take is counted.
# shellcheck disable=SC2016 # the command expands, not this script
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

build_disturb || skip_all "no compiler"
echo_server e2e-echo
export -f flood
export port

# slow NAME VARIABLE=VALUE OPTION...: records a flood of 40 MB with a recorder that is slow. The pool
# has room for all of it, unless told otherwise, in case this machine has no time for the recorder.
slow() {
	local name=$1 how=$2 buffer="--buffer 256MiB"
	shift 2
	[[ " $* " != *" --buffer "* ]] || buffer=
	# shellcheck disable=SC2086 # option and size
	env "LD_PRELOAD=$work/disturb.so" "$how" "$recorder" $buffer -o "$work/$name" "$@" -- \
		env -u LD_PRELOAD bash -c '(flood $port 200)' 2>"$work/$name.err"
}

levels() {
	"$socktape" info --json "$work/$1" | jq -c '[.compression[].level]'
}

slow disk SLOW_WRITE=40000
is "a slow disk: nothing is lost" "$(summary_of "$work/disk.err")" "40000000 40000000"
is "a slow disk: level 1, since larger files don't help" "$(levels disk)" "[1]"

slow zstd SLOW_COMPRESS=40000 --backlog 32M
is "slow compression: nothing is lost" "$(summary_of "$work/zstd.err")" "40000000 40000000"
check "slow compression: levels become faster ($(levels zstd))" \
	jq -e '[.[] | select(. < -1)] | length > 0' <<<"$(levels zstd)"
check "slow compression: and go back at the end" \
	jq -e 'index(1) != null' <<<"$(levels zstd)"
is "slow compression: the text says it, too" \
	"$("$socktape" info "$work/zstd" | grep -c '^compression  zstd level .*%')" 1

# The memory goes back, while recording goes on.
env "LD_PRELOAD=$work/disturb.so" SLOW_COMPRESS=150000 "$recorder" --buffer 256MiB \
	--port "$port" -o "$work/memory" 2>"$work/memory.err" &
recording=$!
await_recording "$work/memory.err"
(flood "$port" 200)
anonymous() {
	awk '/^RssAnon/ { print $2 }' "/proc/$recording/status"
}
most=$(anonymous)
check "the backlog takes memory ($most KiB)" test "$most" -gt 25000
is "its thread lets the applications go first: nice value" \
	"$(awk -v own="$(nice)" '$19 > own { print $19 }' "/proc/$recording"/task/*/stat)" $(($(nice) + 10))
is_small() {
	[ "$(anonymous)" -lt 15000 ]
}
check "and gives it back when it is done" wait_for 60 is_small
record_stop INT
is "nothing is lost by that" "$(summary_of "$work/memory.err")" "80000000 80000000"

slow fixed SLOW_COMPRESS=20000 --backlog 32M -z 3
is "a fixed level stays" "$(levels fixed)" "[3]"

# Where neither ring nor backlog have room: less payload, then calls, all of it counted.
slow small SLOW_WRITE=60000 --backlog 4MiB --buffer 1MiB
read -r kept moved <<<"$(summary_of "$work/small.err")"
is "no room anywhere: kept and lost are what was moved" "$moved" 40000000
check "no room anywhere: something was lost (kept $kept)" test "$kept" -lt 40000000
is "no room anywhere: the recording says the same" \
	"$(info_of "$work/small")" "$kept $moved"

# Calls lost, payload that had no room, payload beyond the snap length: one account of all.
cat >"$work/pair.py" <<'PYTHON'
import os, socket
a, b = socket.socketpair()
data = os.urandom(500)
for _ in range(40000):
    a.send(data)
    b.recv(500)
PYTHON
env "LD_PRELOAD=$work/disturb.so" SLOW_WRITE=60000 "$recorder" --unix -s 400 --buffer 256KiB --backlog 4MiB \
	-o "$work/account" -- env -u LD_PRELOAD python3 "$work/pair.py" 2>"$work/account.err"
# Each as "WHAT: NUMBER...", in the order of the words.
sed -n '/by process/q; s/,//g
	s/^ *recorded *\([0-9]*\) events: \([0-9]*\) with data on \([0-9]*\) conn.*/events: \1 \2 \3/p
	s/^ *payload *\([0-9]*\) bytes kept of \([0-9]*\) that.*/payload: \1 \2/p
	s/^    \(.*[^ ]\)  *\([0-9]*\) bytes\( in \([0-9]*\) calls*\)*$/\1: \2 \4/p' "$work/account.err" |
	sed 's/ $//' | sort >"$work/said"
is "calls are lost, payload for want of room and by -s (the summary: $(xargs <"$work/said"))" \
	"$(grep -cE '^(buffer full|buffer nearly full|snaplen): [1-9]' "$work/said")" 3
is "info says the same numbers" "$("$socktape" info --json "$work/account" 2>/dev/null | jq -r '
	"events: \(.events) \(.data_events) \(.connections)", "payload: \(.kept_bytes) \(.moved_bytes)",
	"snaplen: \(.snaplen_bytes)", (.losses[] | "\(.cause): \(.bytes) \(.events // "")")' | sed 's/ $//' | sort)" \
	"$(cat "$work/said")"
is "and so it does in text" \
	"$("$socktape" info "$work/account" 2>/dev/null | sed -n 's/,//g; s/^ *\(buffer [a-z ]*\): \([0-9]*\) events\( cut\)* \([0-9]*\) bytes$/\1: \4\3 \2/p' | sed 's/ cut .*//' | sort)" \
	"$(grep ^buffer "$work/said")"
is "40,000 times 500 bytes, sent and received" "$(sed -n 's/^payload: .* //p' "$work/said")" 40000000
finish
