# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are for the tests
# Sourced by the record-*.sh tests: what lib.sh has, a server to talk to, recordings to look at.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -x "$recorder" ] || skip_all "socktape-record is not built"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"

# Starts a server that sends back what it gets, with $1 as its name. Sets $port and $server.
echo_server() {
	cat >"$work/echo.py" <<-'PYTHON'
		import os, socket, sys, threading

		with open("/proc/self/comm", "w") as comm:
		    comm.write(sys.argv[1])

		def serve(client):
		    while data := client.recv(65536):
		        client.sendall(data)
		    client.close()

		server = socket.create_server(("127.0.0.1", 0))
		with open(sys.argv[2] + ".new", "w") as port:
		    port.write(str(server.getsockname()[1]))
		os.rename(sys.argv[2] + ".new", sys.argv[2])
		while True:
		    client, _ = server.accept()
		    threading.Thread(target=serve, args=(client,), daemon=True).start()
	PYTHON
	rm -f "$work/port"
	python3 "$work/echo.py" "$1" "$work/port" 2>/dev/null &
	server=$!
	wait_for 10 test -s "$work/port"
	port=$(cat "$work/port")
}

# Sends text to the server and waits for it to come back: say PORT TEXT
say() {
	python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
t = sys.argv[2].encode()
s.sendall(t)
got = b""
while len(got) < len(t):
    got += s.recv(65536)' "$1" "$2"
}

# Sends COUNT times 100,000 bytes that don't compress, and waits for each to come back. -1: without
# end. Becomes the client, so that a background job's pid is its pid: flood PORT COUNT
flood() {
	exec python3 -c 'import os, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
count = int(sys.argv[2])
while count:
    count -= 1
    data = os.urandom(100000)
    s.sendall(data)
    left = len(data)
    while left:
        got = len(s.recv(left))
        if not got:
            sys.exit(1)
        left -= got' "$1" "$2"
}

# Starts the recorder in the background and waits until it records. Sets $recording.
record_start() {
	: >"$work/record.err"
	"$recorder" "$@" 2>"$work/record.err" &
	recording=$!
	await_recording "$work/record.err"
}

# A child that has ended stays, as a zombie, until somebody waits for it.
record_ended() {
	! grep -q "^State:.[^ZX]" "/proc/$recording/status"
}

# Waits until it has ended by itself, which it should; stops it when it doesn't. Sets $status.
record_wait() {
	wait_for 60 record_ended || kill -INT "$recording"
	wait "$recording"
	status=$?
}

# Ends it with SIGNAL and sets $status.
record_stop() {
	kill "-$1" "$recording"
	wait "$recording" 2>/dev/null
	status=$?
}

# All payload of a recording, one line for each event: COMM TEXT
payloads() {
	"$socktape" events "$1" --format json |
		jq -r 'select(.captured > 0) | "\(.comm) \(.payload)"'
}

complete() {
	compgen -G "$1/*.tape.zst" >/dev/null && ! compgen -G "$1/*.partial" >/dev/null &&
		zstd -qt "$1"/*.tape.zst
}

# What the summary in FILE says of the payload: "kept moved".
summary_of() {
	sed -n 's/,//g; s/^ *payload *\([0-9]*\) bytes kept of \([0-9]*\) that.*/\1 \2/p' "$1"
}

# The same as the recording itself tells it, lost added to kept: "kept moved".
info_of() {
	"$socktape" info --json "$1" 2>/dev/null |
		jq -r '"\(.kept_bytes) \(.kept_bytes + .snaplen_bytes + .lost_bytes)"'
}

# What tests/e2e/disturb.c does, to be preloaded: $work/disturb.so
build_disturb() {
	cc -shared -fPIC -D_GNU_SOURCE -O1 -o "$work/disturb.so" tests/e2e/disturb.c -ldl
}
