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

# A disk that fills up: a small tmpfs that only this test sees.
cat >"$work/full.sh" <<'SCRIPT'
set -u
. tests/e2e/recorder.bash
mkdir "$work/disk"
mount -t tmpfs -o size=3m none "$work/disk" || exit 9
echo_server e2e-echo
export -f flood
export port

"$recorder" -o "$work/disk/rec" 2>"$work/full.err" &
recording=$!
wait_for 10 grep -q "recording into" "$work/full.err"
(flood "$port" 400)
wait "$recording"
is "a full disk: exit status 2" "$?" 2
check "a full disk: one line with the path says so" \
	grep -q "^socktape-record: $work/disk/rec/.*no space left on the disk" "$work/full.err"
check "a full disk: what could not be written is counted" grep -q "could not be written" "$work/full.err"
"$socktape" events "$work/disk/rec" --format json >"$work/full.json" 2>/dev/null
kept=$(jq -s 'map(.captured // 0) | add' "$work/full.json")
check "a full disk: what was written is read ($kept bytes)" test "$kept" -gt 1000000
is "a full disk: the summary tells exactly that" \
	"$(sed -n 's/,//g; s/^ *payload *\([0-9]*\) bytes kept.*/\1/p' "$work/full.err")" "$kept"

rm -rf "$work/disk/rec"
"$recorder" -o "$work/disk/rec" -- bash -c '(flood $port 400); exit 9' 2>"$work/full.err"
is "a full disk: the command goes on and its status counts" "$?" 9
check "a full disk: which is said all the same" grep -q "no space left" "$work/full.err"
umount "$work/disk"
SCRIPT
unshare -m bash "$work/full.sh"
[ $? -ne 9 ] || skip "full disk" "no file system can be mounted here"
finish
