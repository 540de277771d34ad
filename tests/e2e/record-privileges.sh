#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What the recorder may do while it records, and who may read what it writes.
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

# has NUMBER, lacks NUMBER: whether the recorder has this capability (linux/capability.h).
has() {
	local set
	set=$(sed -n 's/^CapEff:\t/0x/p' "$work/status")
	[ $((set >> $1 & 1)) -eq 1 ]
}
lacks() {
	! has "$1"
}
echo_server e2e-echo

record_start -o "$work/rec"
cp "/proc/$recording/status" "$work/status"
threads=$(grep -h CapEff "/proc/$recording"/task/*/status | sort -u)
record_stop INT
check "CAP_SYS_PTRACE stays, for /proc" has 19
check "CAP_DAC_OVERRIDE is given up" lacks 1
check "CAP_NET_RAW is given up" lacks 13
check "CAP_SYS_ADMIN is given up" lacks 21
is "in every thread" "$threads" "$(grep CapEff "$work/status")"
check "for good" grep -q "^NoNewPrivs:.1$" "$work/status"
is "the directory is the owner's alone" "$(stat -c %a "$work/rec")" 700
is "and so are the files" "$(stat -c %a "$work"/rec/*.tape.zst)" 600

"$recorder" -q -o "$work/command" -- grep CapEff /proc/self/status >"$work/command.out"
is "a command has what the caller has" \
	"$(cat "$work/command.out")" "$(grep CapEff /proc/self/status)"

mkdir "$work/theirs"
chown nobody "$work/theirs"
chmod 700 "$work/theirs"
record_start -C 64KiB -o "$work/theirs"
cp "/proc/$recording/status" "$work/status"
(flood "$port" 30)
record_stop INT
check "CAP_DAC_OVERRIDE stays for another user's directory" has 1
is "where new segments can be made" "$status" 0
check "and are" test "$(find "$work/theirs" -name '*.tape.zst' | wc -l)" -gt 1

chmod 755 "$work"
mkdir "$work/nobody"
chown nobody "$work/nobody"
cp "$recorder" "$work/nobody/socktape-record"
setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps +bpf,+perfmon \
	--ambient-caps +bpf,+perfmon "$work/nobody/socktape-record" -d 0.5 -o "$work/nobody/rec" \
	2>"$work/nobody.err"
is "CAP_BPF and CAP_PERFMON are enough" "$?" 0
check "and the recording is complete" complete "$work/nobody/rec"
finish
