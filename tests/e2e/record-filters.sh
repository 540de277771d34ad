#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The filters of socktape-record: who is recorded and who isn't.
# shellcheck disable=SC2016 # the commands for the end expand then
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

echo_server e2e-one
one=$server
one_port=$port
mkdir "$work/rec"
echo_server e2e-two
two_port=$port

# talk REC OPTIONS...: both servers are talked to while REC is recorded.
talk() {
	local name=$1
	shift
	record_start -o "$work/rec/$name" "$@"
	say "$one_port" to-one
	say "$two_port" to-two
	record_stop INT
	payloads "$work/rec/$name" >"$work/$name.txt"
}

has() {
	grep -q -- "$2" "$work/$1.txt" || {
		cat "$work/$1.txt"
		return 1
	}
}

has_not() {
	! has "$@" >/dev/null || {
		cat "$work/$1.txt"
		return 1
	}
}

talk all
check "without a filter: the server" has all "^e2e-one to-one"
check "and the client" has all "^python3 to-one"
check "and the other server" has all "^e2e-two to-two"

talk pid -p "$one"
check "-p: the process" has pid "^e2e-one to-one"
check "-p: nobody else" has_not pid "to-two\|python3"

thread=$(find "/proc/$one/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -1)
talk thread -p "$thread"
check "-p with a thread's id: its process" has thread "^e2e-one to-one"

talk pids -p "$one" -p "$server"
check "-p twice: the first" has pids "^e2e-one to-one"
check "-p twice: the second" has pids "^e2e-two to-two"

talk name -e e2e-two
check "-e: the process" has name "^e2e-two to-two"
check "-e: nobody else" has_not name "to-one\|python3"

talk names -e e2e-two -e python3
check "-e twice: the first" has names "^e2e-two to-two"
check "-e twice: the second" has names "^python3 to-one"
check "-e twice: nobody else" has_not names "^e2e-one"

talk port --port "$one_port"
check "--port: the server" has port "^e2e-one to-one"
check "--port: the client" has port "^python3 to-one"
check "--port: no other" has_not port "to-two"

# Who has nothing to do with the port isn't described: arguments may tell what nobody asked for.
record_start -o "$work/rec/aside" --port "$one_port"
python3 -c 'import socket, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname()) as client:
        client.sendall(b"aside")
        server.accept()[0].recv(16)' argument-of-another
spoken='ok'
command -v openssl >/dev/null || spoken='needs openssl'
[ "$spoken" != ok ] ||
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -subj /CN=localhost 2>/dev/null
[ "$spoken" != ok ] || python3 -c 'import socket, ssl, sys, threading
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
ours, theirs = socket.socketpair()
def serve():
    with context.wrap_socket(theirs, server_side=True) as server:
        server.sendall(server.recv(16))
thread = threading.Thread(target=serve)
thread.start()
trusting = ssl._create_unverified_context()
with trusting.wrap_socket(ours) as client:
    client.sendall(b"secret")
    client.recv(16)
thread.join()' "$work" argument-of-tls || spoken='nobody spoke TLS'
say "$one_port" to-one
record_stop INT
"$socktape" info --json "$work/rec/aside" >"$work/aside.txt"
payloads "$work/rec/aside" >>"$work/aside.txt"
zstd -dcq "$work/rec/aside"/*.zst >>"$work/aside.txt"
check "--port: what was asked for is there" has aside "to-one"
check "--port: whoever listens on another isn't described" has_not aside "argument-of-another"
if [ "$spoken" = 'needs openssl' ]; then
	skip "--port: nor is whoever speaks TLS elsewhere" "$spoken"
else
	is "--port: somebody speaks TLS elsewhere" "$spoken" ok
	check "--port: and isn't described either" has_not aside "argument-of-tls"
fi
rm -rf "$work/rec/aside"

talk ports --port "$one_port" --port "$two_port"
check "--port twice: the first" has ports "^e2e-one to-one"
check "--port twice: the second" has ports "^e2e-two to-two"

talk both -e python3 --port "$two_port"
check "-e and --port together: who matches both" has both "^python3 to-two"
check "-e and --port together: nobody else" has_not both "e2e-\|to-one"

cgroup_mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
cgroup=$cgroup_mount/socktape-e2e-$$
if [ -n "$cgroup_mount" ] && mkdir "$cgroup" 2>/dev/null; then
	undo+=('rmdir "$cgroup/below" "$cgroup" 2>/dev/null')
	mkdir "$cgroup/below"
	record_start -o "$work/rec/cgroup" --cgroup "socktape-e2e-$$/below" --cgroup "socktape-e2e-$$"
	(
		echo "$BASHPID" >"$cgroup/cgroup.procs"
		say "$one_port" in-cgroup
	)
	(
		echo "$BASHPID" >"$cgroup/below/cgroup.procs"
		say "$one_port" in-cgroup-below
	)
	say "$one_port" outside
	record_stop INT
	payloads "$work/rec/cgroup" >"$work/cgroup.txt"
	check "--cgroup: who is in it" has cgroup " in-cgroup$"
	check "--cgroup: who is in one below" has cgroup " in-cgroup-below$"
	check "--cgroup: nobody else" has_not cgroup "outside\|e2e-one"
	check "the cgroup's path is in the recording" \
		bash -c "zstd -dc '$work'/rec/cgroup/*.zst | grep -aq 'socktape-e2e-$$/below'"
	wait_for 10 rmdir "$cgroup/below" "$cgroup"
else
	skip "--cgroup" "no cgroup of version 2 can be made here"
fi

# A process that exists before the recorder and has children before and after.
mkfifo "$work/before" "$work/after"
export -f say
bash -c "(read <'$work/before'; say $one_port from-old-child) &
	read <'$work/after'; say $one_port from-new-child; wait" &
parent=$!
wait_for 10 pgrep -P "$parent"
record_start -o "$work/rec/follow" -p "$parent" --follow
echo >"$work/before"
echo >"$work/after"
wait "$parent"
record_stop INT
payloads "$work/rec/follow" >"$work/follow.txt"
check "--follow: children from before" has follow "from-old-child"
check "--follow: children from later" has follow "from-new-child"
check "--follow: nobody else" has_not follow "e2e-one"

# The same for a process that is chosen by its name.
mkfifo "$work/gate"
bash -c "printf e2e-parent >/proc/self/comm; (read <'$work/gate'; say $one_port from-named-child); :" &
parent=$!
wait_for 10 pgrep -P "$parent"
record_start -o "$work/rec/named" -e e2e-parent --follow
echo >"$work/gate"
wait "$parent"
record_stop INT
payloads "$work/rec/named" >"$work/named.txt"
check "--follow with -e: children from before" has named "from-named-child"
check "--follow with -e: nobody else" has_not named "e2e-one"

bash -c "read <'$work/after'; say $one_port from-child; :" &
parent=$!
record_start -o "$work/rec/nofollow" -p "$parent"
echo >"$work/after"
wait "$parent"
record_stop INT
payloads "$work/rec/nofollow" >"$work/nofollow.txt"
check "without --follow: no children" has_not nofollow "from-child"

unix_talk() {
	python3 -c 'import socket
a, b = socket.socketpair()
a.sendall(b"over-unix"); b.recv(100)'
}
record_start -o "$work/rec/nounix" -e python3
unix_talk
record_stop INT
payloads "$work/rec/nounix" >"$work/nounix.txt"
check "Unix sockets are left out" has_not nounix "over-unix"
record_start -o "$work/rec/unix" -e python3 --unix
unix_talk
record_stop INT
payloads "$work/rec/unix" >"$work/unix.txt"
check "--unix: they are recorded" has unix "over-unix"

"$recorder" -d 0.1 -e no-such-name -o "$work/nobody" 2>"$work/nobody.err"
check "a filter that nothing matches is said to" grep -q "nothing   matched" "$work/nobody.err"
check "with what else it could be" grep -q -- "--follow" "$work/nobody.err"

# The status line on a terminal of so many columns, each time it is written: status_lines COLUMNS OPTIONS...
status_lines() {
	python3 tests/e2e/on_terminal.py "$1" "$recorder" -o "$work/line$1" -d 2 "${@:2}" >"$work/terminal"
	grep -E ' s .* lost' "$work/terminal"
}
is "the status line says what is recorded" "$(status_lines 200 -p $$ -e e2e-two --cgroup / --port 80 --port 81 --follow |
	sed 's/.* lost  //' | sort -u)" "-p $$ -e e2e-two --cgroup / --port 80 --port 81 --follow"
is "and nothing of what is not asked for" "$(status_lines 201 | sed 's/.* lost//' | sort -u)" ""
status_lines 79 -e e2e-two --port "$two_port" >"$work/cut"
is "it is cut to the width" \
	"$(grep -cE '  -e e2e?[^ ]*\.\.\.$' "$work/cut") $(awk '{ print length }' "$work/cut" | sort -u)" "$(wc -l <"$work/cut") 78"
finish
