#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Disks that fill up, files that may not grow: what fits is kept, and the rest is told to the byte.
# shellcheck disable=SC2016 # the command expands, not this script
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

lost_to_disk() {
	"$socktape" info --json "$1" 2>/dev/null |
		jq '[.losses[] | select(.cause == "segment file could not be written") | .bytes] | add // 0'
}

# A small tmpfs that only this test sees. full NAME SIZE LEAST: how much must be kept of 16 MB.
cat >"$work/full.sh" <<'SCRIPT'
set -u
. tests/e2e/recorder.bash
eval "$(cat "$1/functions")"
mkdir "$work/disk"
mount -t tmpfs -o size=1m none "$work/disk" || exit 9
echo_server e2e-echo
export -f flood
export port

full() { # full NAME SIZE LEAST OPTION...
	local name=$1 size=$2 least=$3 kept
	shift 3
	rm -rf "$work/disk/rec"
	mount -o "remount,size=$size" "$work/disk"
	"$recorder" --port "$port" "$@" -o "$work/disk/rec" 2>"$work/full.err" &
	recording=$!
	await_recording "$work/full.err"
	(flood "$port" 40)
	record_wait
	is "$name: exit status 2" "$status" 2
	check "$name: one line with the path says so" \
		grep -q "^socktape-record: $work/disk/rec/.*no space left on the disk" "$work/full.err"
	check "$name: every segment is complete" complete "$work/disk/rec"
	kept=$(summary_of "$work/full.err" | cut -d' ' -f1)
	check "$name: what fits is kept ($kept bytes)" test "${kept:-0}" -gt "$least"
	is "$name: recorder and recording say the same" "$(info_of "$work/disk/rec")" \
		"$(summary_of "$work/full.err")"
	check "$name: what the disk didn't take is told in the recording" \
		test "$(lost_to_disk "$work/disk/rec")" -gt 0
}

full "a full disk" 3m 2500000
full "a full disk, in the first megabyte" 400k 250000
full "a full disk, small segments" 3m 2300000 -C 300k
full "a full disk, hardly any room" 200k 30000

rm -rf "$work/disk/rec"
"$recorder" -o "$work/disk/rec" -- bash -c '(flood $port 40); exit 9' 2>"$work/full.err"
is "a full disk: the command goes on and its status counts" "$?" 9
check "a full disk: which is said all the same" grep -q "no space left" "$work/full.err"
is "a full disk: recorder and recording say the same" "$(info_of "$work/disk/rec")" \
	"$(summary_of "$work/full.err")"
umount "$work/disk"
SCRIPT
declare -f lost_to_disk >"$work/functions"
unshare -m bash "$work/full.sh" "$work"
[ $? -ne 9 ] || skip "full disk" "no file system can be mounted here"

# ---- a limit of file sizes: SIGXFSZ would kill without a word ----

echo_server e2e-echo
export -f flood
export port
for limit in 4096 300 100; do # KiB
	rec=$work/limit-$limit
	(
		ulimit -f "$limit"
		"$recorder" -o "$rec" -- bash -c '(flood $port 30)' 2>"$rec.err"
	)
	is "ulimit -f $limit: exit status 0" "$?" 0
	is "ulimit -f $limit: nothing is lost" "$(summary_of "$rec.err")" "6000000 6000000"
	is "ulimit -f $limit: which the recording says as well" "$(info_of "$rec")" "6000000 6000000"
	check "ulimit -f $limit: every segment is complete" complete "$rec"
	largest=$(find "$rec" -name '*.zst' -printf '%s\n' | sort -n | tail -1)
	check "ulimit -f $limit: no file is larger ($largest bytes)" \
		test "$largest" -le $((limit * 1024))
done

# ---- a disk that fails ----

build_disturb || { skip "a disk that fails" "no compiler"; finish; exit; }

# fails NAME VARIABLE=VALUE: the same flood, with a disk that gives errors after some blocks.
fails() {
	env "LD_PRELOAD=$work/disturb.so" FAIL_AFTER=5 "${@:2}" "$recorder" --port "$port" \
		-o "$work/$1" 2>"$work/$1.err" &
	recording=$!
	await_recording "$work/$1.err"
	(flood "$port" 100)
	record_wait
	is "$1: exit status 2" "$status" 2
	check "$1: one line says why" grep -q "$work/$1/.*: Input/output error" "$work/$1.err"
	read -r kept moved <<<"$(summary_of "$work/$1.err")"
	check "$1: something is kept, and something is lost" test "$kept" -gt 0 -a "$kept" -lt "$moved"
}

fails eio FAIL_ABOVE=10000
check "eio: what can still be written tells what is lost" complete "$work/eio"
is "eio: recorder and recording say the same" "$(info_of "$work/eio")" "$kept $moved"

fails dead FAIL_ABOVE=0
check "dead: the segment has no end" compgen -G "$work/dead/*.partial"
is "dead: what was written before is read" \
	"$("$socktape" info --json "$work/dead" 2>/dev/null | jq .kept_bytes)" "$kept"
check "dead: the recorder says that it has none" grep -q "no end" "$work/dead.err"

(
	ulimit -f 1
	exec "$recorder" -o "$work/limit-1" -- true 2>"$work/limit-1.err"
)
is "ulimit -f 1: too small for anything is refused" "$?" 1
check "ulimit -f 1: in words" grep -q "ulimit -f" "$work/limit-1.err"
check "ulimit -f 1: and nothing stays" test ! -e "$work/limit-1"
finish
