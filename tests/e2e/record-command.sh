#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016 # the command expands, not this script
# socktape-record -- COMMAND: its status, its signals, and that nobody else is recorded.
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

# run N COMMAND...: records into $work/N; sets $status.
run() {
	local name=$1
	shift
	"$recorder" -o "$work/$name" -- "$@" >"$work/$name.out" 2>"$work/$name.err"
	status=$?
}

echo_server e2e-echo

run zero true
is "the command's status: 0" "$status" 0
check "the recording is complete" complete "$work/zero"
run seven sh -c 'exit 7'
is "the command's status: 7" "$status" 7
run killed sh -c 'kill -KILL $$'
is "a command that a signal ended: 128 + 9" "$status" 137
run missing /no/such/command
is "a command that isn't there: 127" "$status" 127
is "and one line says so" "$(cat "$work/missing.err")" \
	"socktape-record: can't run /no/such/command: No such file or directory"
check "and nothing stays" test ! -e "$work/missing"
run directory /
is "a command that can't be run: 126" "$status" 126
mkdir "$work/there"
run there /no/such/command
is "a directory that was there stays, empty" "$(ls "$work/there")$(stat -c %F "$work/there")" \
	directory
run exits sh -c 'exit 127'
check "a command that only exits like that has its recording" complete "$work/exits"

marker=e2e "$recorder" -q -o "$work/env" -- sh -c 'echo $marker; umask; id -u' >"$work/env.out"
is "environment, umask and user are the caller's" \
	"$(cat "$work/env.out")" "$(printf 'e2e\n%s\n0' "$(umask)")"

# Another client talks to the same server all the time.
(while :; do say "$port" stranger; done) &
other=$!
export -f say
export port
run only bash -c 'say "$port" from-the-command; (say "$port" from-a-grandchild)'
kill "$other"
payloads "$work/only" >"$work/only.txt"
check "what the command says is recorded" grep -q "from-the-command" "$work/only.txt"
check "and what its descendants say" grep -q "from-a-grandchild" "$work/only.txt"
check "strangers are not recorded" bash -c "! grep -q stranger '$work/only.txt'"
check "nor is the server" bash -c "! grep -q e2e-echo '$work/only.txt'"

# In front of the command stands a process of another name, which talks to it.
for programs in "" --compat; do
	name=named$programs
	"$recorder" -q -o "$work/$name" $programs -e e2e-echo -- bash -c "
		exec 3<>/dev/tcp/127.0.0.1/$port; printf by-bash >&3; head -c7 <&3" >"$work/named.out"
	payloads "$work/$name" | sort >"$work/named.txt"
	is "-e beside a command$programs: its processes, or those that are named" "$(cat "$work/named.txt")" \
		"bash by-bash
e2e-echo by-bash
e2e-echo by-bash
head by-bash"
done

# The first byte counts: a command that begins at once.
for i in 1 2 3 4 5; do
	run "first$i" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf hello >&3; head -c5 <&3"
	payloads "$work/first$i" | grep -c hello
done >"$work/first.txt"
is "the first bytes of a command are never missed" "$(sort -u "$work/first.txt")" 2

# A shell that runs something in the background makes it ignore SIGINT: env undoes that.
env --default-signal=INT "$recorder" -o "$work/int" -- sh -c 'trap "exit 5" INT; echo ready; while :; do sleep 0.1; done' \
	>"$work/int.out" 2>/dev/null &
recording=$!
wait_for 10 grep -q ready "$work/int.out"
kill -INT "$recording"
check "SIGINT to the recorder is left to the command" kill -0 "$recording"
pkill -INT -P "$recording"
wait "$recording"
is "which handles it" "$?" 5

"$recorder" -o "$work/term" -- sh -c 'trap "exit 6" TERM; echo ready; while :; do sleep 0.1; done' \
	>"$work/term.out" 2>/dev/null &
recording=$!
wait_for 10 grep -q ready "$work/term.out"
kill -TERM "$recording"
wait "$recording"
is "SIGTERM is passed on" "$?" 6
check "and the recording is complete" complete "$work/term"

"$recorder" -d 0.2 -o "$work/long" -- sh -c 'sleep 1; exit 3' 2>/dev/null
is "the command is waited for beyond -d" "$?" 3
check "with a complete recording" complete "$work/long"
finish
