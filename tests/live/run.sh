#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Records real calls on this kernel and holds the recordings against what the test programs say they
# did: every call, over IPv4, IPv6 and Unix sockets, with each set of kernel programs. Prints TAP.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
recorder=$PWD/build/socktape-record
socktape=$PWD/build/socktape
programs=$PWD/build/tests/live
compare=$PWD/tests/live/compare
work=$(mktemp -d)

# Only children that this shell has not waited for: the number of another may be somebody else's.
cleanup()
{
	local pid
	[ "$BASHPID" = $$ ] || return
	for pid in $(jobs -p); do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap cleanup EXIT

skip_all()
{
	echo "ok - live recording # SKIP $1"
	exit 0
}

report()
{
	local what=$1 failed=$2
	if [ "$failed" -eq 0 ]; then
		echo "ok - $what"
	else
		echo "not ok - $what"
		sed 's/^/# /' "$work/out" | head -20
	fi
}

events()
{
	"$socktape" events "$1" --all --format json -x
}

# compared REC LEDGER
compared()
{
	events "$1" >"$work/events" && "$compare" "$2" "$work/events"
}

# Waits until COMMAND... succeeds, for at most twenty seconds.
wait_for()
{
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "waited in vain for: $*" >>"$work/out"
	return 1
}

# Every case of PROGRAM in one recording; a ledger each.
all_cases()
{
	local variant=$1 program=$2 ledger what
	local options=(-q --unix)
	[ "$variant" = compat ] && options+=(--compat)
	rm -rf "$work/rec" "$work/ledgers"
	mkdir "$work/ledgers"
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout 300 "$recorder" "${options[@]}" -o "$work/rec" -- bash -c '
		for family in inet4 inet6 unix; do
			for name in $("$0" --list $family); do
				"$0" "$name" $family >"$1/$name over $family" 2>&1
			done
		done' "$programs/$program" "$work/ledgers" 2>"$work/out"
	events "$work/rec" >"$work/events"
	for ledger in "$work/ledgers"/*; do
		what="$variant programs: $program $(basename "$ledger")"
		"$compare" "$ledger" "$work/events" >"$work/out" 2>&1
		report "$what" $?
	done
}

# record_start OPTIONS...: in the background, until it records.
record_start()
{
	rm -rf "$work/rec" "$work/record.err"
	"$recorder" -o "$work/rec" "$@" 2>"$work/record.err" &
	recording=$!
	wait_for grep -q "recording into" "$work/record.err"
}

record_stop()
{
	kill -INT "$recording"
	wait "$recording"
}

# A program that waits for a line in $work/go before it goes on.
wait_start()
{
	rm -f "$work/go" "$work/ledger" "$work/ready"
	mkfifo "$work/go"
	"$@" <"$work/go" >"$work/ledger" 2>"$work/ready" &
	waiting=$!
	exec 3>"$work/go"
}

wait_end()
{
	echo go >&3
	exec 3>&-
	wait "$waiting"
}

early_case()
{
	local family=$1
	: >"$work/out"
	wait_start "$programs/early" "$family"
	wait_for grep -q ready "$work/ready" &&
		record_start --unix -p "$waiting" && wait_end && record_stop
	compared "$work/rec" "$work/ledger" >>"$work/out" 2>&1
	report "a connection over $family that existed before is recorded from the first byte seen" $?
}

# Many threads, connections and calls at once: what one end sent is what the other received.
stress_case()
{
	rm -rf "$work/rec"
	"$recorder" -q --buffer 256MiB -o "$work/rec" -- "$programs/stress" 8 200 >"$work/out" 2>&1 &&
		"$socktape" conns "$work/rec" --format json >"$work/conns" 2>>"$work/out" &&
		"$socktape" events "$work/rec" --format json -x >"$work/events" 2>>"$work/out" &&
		tests/live/agree "$work/conns" "$work/events" >>"$work/out" 2>&1
	report "both ends of many connections agree" $?
}

# Nobody empties a small ring: payload is cut, then left out, then records are lost. What is told of
# and what is counted as lost add up to what was moved, and the last position is known all the same.
degrade_case()
{
	: >"$work/out"
	wait_start "$programs/flood" "$1" 1000
	wait_for grep -q ready "$work/ledger"
	record_start --buffer 256KiB -p "$waiting"
	kill -STOP "$recording"
	wait_end
	kill -CONT "$recording"
	record_stop
	events "$work/rec" >"$work/events"
	jq -s -e --argjson moved "$(tail -1 "$work/ledger")" '
		def lost: [.[] | select(.event == "loss") | .detail |
			capture("(?<n>[0-9]+) bytes").n | tonumber] | add // 0;
		[.[] | select(.event == "data")] as $data |
		{
			moved: (2 * $moved),
			told: ([$data[].len] | add),
			lost: lost,
			whole: ([$data[] | select(.captured == .len)] | length),
			short: ([$data[] | select(.captured == 512)] | length),
			none: ([$data[] | select(.captured == 0)] | length),
			ends: [.[] | select(.event == "close") | .detail]
		} | ., (
			.told + .lost == .moved and .whole > 0 and .short > 0 and .none > 0 and
			(.lost > 0) == $lossy and
			(.ends | sort) == (["sent \($moved), received 0", "sent 0, received \($moved)"] | sort)
		)' --argjson lossy "$2" "$work/events" >"$work/out" 2>&1
	report "$3" $?
}

# 32-bit calls are not decoded; that they were missed is told.
compat32_case()
{
	local what="32-bit calls are counted"
	rm -rf "$work/rec"
	"$recorder" -q -o "$work/rec" -- "$programs/compat32" >"$work/ledger" 2>"$work/out"
	if ! [ -s "$work/ledger" ]; then
		echo "ok - $what # SKIP this kernel has none"
		return
	fi
	events "$work/rec" >"$work/events"
	jq -s -e '[.[] | select(.event == "data")] == [] and
		([.[] | select(.event == "loss") | .detail] ==
		["2 events, 2468 bytes: call that can\u0027t be captured"])' \
		"$work/events" >"$work/out" 2>&1
	report "$what" $?
}

# The programs for old kernels call nothing that Linux 5.8 doesn't have: its last helper is number
# 135 (0x87), it has no functions of the kernel's own and no atomic instruction that gives a value.
floor_case()
{
	local code=build/bpf/socktape_compat.bpf.o
	local newer='85 00 00 00 (8[89a-f]|[9a-f].|.. ([1-9a-f].|.[1-9a-f])) '
	llvm-objdump -d "$code" >"$work/code"
	grep -q '85 00 00 00' "$work/code" &&
		! grep -E "$newer|atomic_fetch|xchg" "$work/code" >"$work/out" &&
		! llvm-objdump -t "$code" | grep rdonly_cast >>"$work/out"
	report "the programs for old kernels ask for nothing newer than 5.8" $?
}

[ -x "$recorder" ] || skip_all "socktape-record is not built"
floor_case
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -x "$socktape" ] || skip_all "socktape is not built"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"

for variant in current compat; do
	for program in stream datagram sharing uring; do
		all_cases $variant $program
	done
done
for family in inet4 inet6 unix; do
	early_case $family
done
stress_case
degrade_case 250 false "a ring that fills up costs payload first"
degrade_case 5000 true "a ring that is full costs records, and every byte is accounted for"
compat32_case
