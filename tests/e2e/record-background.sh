#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A recorder in the background, and what is said at the begin and the end of a recording.
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

echo_server e2e-echo
rec=$work/background
timeout 60 "$recorder" --background -o "$rec" >"$work/out" 2>"$work/err"
is "--background comes back when recording has begun" "$?" 0
pid=$(cat "$rec/recorder.pid")
undo+=("kill $pid 2>/dev/null")
check "it goes on" kill -0 "$pid"
check "it says how to end it" grep -q -- "--stop $rec" "$work/out"
is "it has left its terminal" "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2" | sort -u)" /dev/null
is "it has a session of its own" "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
say "$port" in-the-background
"$recorder" -q --background -o "$rec" 2>"$work/err"
is "a second one there is refused" "$? $(grep -c 'holds a recording already' "$work/err")" "1 1"
timeout 60 "$recorder" --stop "$rec" >"$work/out" 2>"$work/err"
is "--stop" "$? $(cat "$work/err")" "0 "
gone() { ! kill -0 "$pid"; }
check "it waits for the end" wait_for 10 gone
check "the recording is whole" complete "$rec"
check "and has what was said" bash -c ". tests/e2e/lib.sh; '$socktape' events '$rec' --json | grep -q in-the-background"
check "the summary is printed" grep -q '^  lost ' "$work/out"
check "and kept" cmp "$work/out" "$rec/summary.txt"
is "the pid file is gone" "$(ls "$rec"/recorder.pid 2>/dev/null)" ""
"$recorder" --stop "$rec" 2>"$work/err"
is "--stop where there is none" "$? $(grep -c 'no recorder in the background' "$work/err")" "1 1"
sleep 60 &
echo $! >"$rec/recorder.pid"
exec 9<"$rec/recorder.pid"
flock 9
"$recorder" --stop "$rec" 2>"$work/err"
is "--stop of what is no recorder" "$? $(grep -c 'names no recorder' "$work/err")" "1 1"
exec 9<&-
"$recorder" --stop "$rec" 2>"$work/err"
is "--stop of one that was killed" "$? $(grep -c 'has ended without' "$work/err")" "1 1"
timeout 60 "$recorder" --background -o "$work/no/such" >"$work/out" 2>"$work/err"
is "--background that can't begin says why" "$? $(grep -c 'No such file' "$work/err")" "1 1"
"$recorder" --background -o "$work/x" -- true 2>"$work/err"
is "--background and a command" "$? $(grep -c 'exclude each other' "$work/err")" "1 1"
"$recorder" -o "$work/x" -- 2>"$work/err"
is "no command behind --" "$? $(grep -c 'no command behind --' "$work/err")" "1 1"
check "nothing is left of it" test ! -e "$work/x"

# ---- what is said ----

"$recorder" -o "$work/said" -d 0.1 -e no-such-name --port 80 --port 81 2>"$work/err"
check "what is recorded is said" grep -q "recording processes named no-such-name, port 80 or 81 into" "$work/err"
check "and that nobody has that name" grep -q "no process is named no-such-name now" "$work/err"
bash -c 'sleep 60 & wait' &
parent=$!
wait_for 10 pgrep -P "$parent"
"$recorder" -o "$work/parent" -d 0.1 -p "$parent" 2>"$work/err"
check "children that are left out are said" grep -q "1 process below the one of -p is left out; --follow" "$work/err"
"$recorder" -o "$work/sums" -- bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf twelve-bytes >&3; read -rn12 <&3" 2>"$work/err"
check "the summary tells processes" grep -qE '^    bash\[[0-9]+\] +24 bytes in 13 calls on 1 connection$' "$work/err"
check "and connections" grep -qE "^    bash\[[0-9]+\] +24 bytes in 13 calls, [0-9]+: 127\.0\.0\.1:[0-9]+ 127\.0\.0\.1:$port$" "$work/err"
"$recorder" -q -o "$work/quiet" -d 0.1 2>"$work/err"
is "-q prints nothing, and leaves its summary" "$(cat "$work/err")$(grep -c '^  lost ' "$work/quiet/summary.txt")" 1

# ---- under sudo ----

SUDO_UID=65534 SUDO_GID=65533 "$recorder" -q -o "$work/sudo" -C 64KiB -d 0.2
is "under sudo all files belong to the user" \
	"$(find "$work/sudo" -printf '%U:%G\n' | sort -u)" 65534:65533
mkdir "$work/own"
SUDO_UID=65534 SUDO_GID=65533 "$recorder" -q -o "$work/own" -d 0.1
is "but not a directory that was there" "$(stat -c %u "$work/own") $(stat -c %u "$work/own"/*.zst)" "0 65534"
finish
