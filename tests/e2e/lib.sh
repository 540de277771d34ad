# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the end-to-end scripts share. Source it first: it moves to the project's top, makes a folder
# of the script's own in $work and removes it at the end.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
work=$(mktemp -d)
# Read by the scripts that source this.
export socktape=$PWD/build/socktape recorder=$PWD/build/socktape-record

# What the script started is stopped at the end: its jobs, and whatever still has its mark in the
# environment, such as a child of a job. An id alone may be another process's by then.
export SOCKTAPE_TEST_SCRIPT=$work
undo=() # commands for the end, for what isn't in $work
at_exit() {
	local pid command
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	tests/leftovers "SOCKTAPE_TEST_SCRIPT=$work" kill >/dev/null
	for command in "${undo[@]}"; do eval "$command"; done
	rm -rf "$work"
}
trap at_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failures=0

ok() { echo "ok - $1"; }
not_ok() {
	echo "not ok - $1"
	[ $# -lt 2 ] || printf '%s\n' "${@:2}" | sed 's/^/#   /'
	failures=$((failures + 1))
}
skip() { echo "ok - $1 # SKIP $2"; }

# skip_all WHY: nothing of this script can run here.
skip_all() {
	skip "$(basename "$0" .sh)" "$1"
	exit 0
}

# check NAME COMMAND...: ok when the command succeeds; its output is shown when not.
check() {
	local name=$1 log
	shift
	if log=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$log"; fi
}

# is NAME GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:      $2" "expected: $3"; fi
}

# wait_for SECONDS COMMAND...: until it succeeds; fails after that time.
wait_for() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

# await_recording FILE: until the recorder whose errors go there records; not ok when it never does.
await_recording() {
	wait_for 60 grep -q "^socktape-record: recording .* into" "$1" && return
	not_ok "recording begins" "$(cat "$1")"
	return 1
}

# free_port: prints a TCP port of loopback on which nobody listens.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# listening PORT: whether somebody does.
listening() { ss -Hltn "sport = :$1" | grep -q .; }

have() { command -v "$1" >/dev/null 2>&1; }

# can_record: whether this machine can record at all.
can_record() { [ -x "$recorder" ] && "$recorder" --probe >/dev/null 2>&1; }

finish() { [ $failures -eq 0 ]; }
