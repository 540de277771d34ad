#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A process that is gone a moment later still has its name, executable, command line, user, cgroup.
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

echo_server e2e-echo
stream() {
	zstd -dc "$work/$1"/*.tape.zst
}

record_start -o "$work/short" --port "$port"
# curl speaks, gets its own words back, which are no HTTP response, and ends.
for i in 1 2 3 4 5 6 7 8 9 10; do
	curl -s --http0.9 -m 1 "http://127.0.0.1:$port/number-$i" >/dev/null &
done
seen() {
	[ "$(payloads "$work/short" | grep -c '^curl GET /number-')" -ge 10 ]
}
check "short-lived processes are seen" wait_for 10 seen
record_stop INT
stream short >"$work/short.bin"
curl_path=$(readlink -f "$(command -v curl)")
check "their executable" grep -aq "$curl_path" "$work/short.bin"
for i in 1 10; do
	check "the command line of curl number $i" \
		grep -aqP "curl\x00-s\x00--http0.9\x00-m\x001\x00http://127.0.0.1:$port/number-$i\x00" \
		"$work/short.bin"
done
check "their user" grep -aqP "number-1\x00root/" "$work/short.bin"

record_start -o "$work/user" --port "$port"
setpriv --reuid 65534 --regid 65534 --clear-groups \
	bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf from-nobody >&3; read -rn11 <&3"
record_stop INT
check "another user's name" \
	bash -c "zstd -dc '$work'/user/*.zst | grep -aqP 'read -rn11 <&3\\x00nobody/'"

# A program that replaces itself: both are known.
record_start -o "$work/exec" --port "$port"
bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; printf before >&3; read -rn6 <&3; exec cat <&3 >/dev/null" &
pid=$!
wait_for 10 grep -qx cat "/proc/$pid/comm"
record_stop INT
kill "$pid"
check "a process before its exec" bash -c "zstd -dc '$work'/exec/*.zst | grep -aq 'printf before'"
check "and after it" bash -c "zstd -dc '$work'/exec/*.zst | grep -aqP 'cat\\x00'"

# More arguments than the kernel programs take.
record_start -o "$work/long" --port "$port"
filler=$(printf 'word-%04d ' $(seq 300))
# shellcheck disable=SC2086
python3 -c "import socket, time
s = socket.create_connection(('127.0.0.1', $port))
s.sendall(b'long'); s.recv(4); s.recv(1)" $filler the-last-argument &
pid=$!
seen_long() {
	payloads "$work/long" | grep -q "^python3 long"
}
wait_for 10 seen_long
record_stop INT
kill "$pid"
check "a long command line is completed" \
	bash -c "zstd -dc '$work'/long/*.zst | grep -aq the-last-argument"
finish
