#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Exports of TLS that was just recorded: the wire's bytes, where all of them are there, are those that
# tcpdump saw, stream by stream; and every way of exporting is read by two versions of Wireshark. The
# second one is an npm package, used where tests/e2e/export-corpora.sh has fetched it.
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "$0")/tls_lib.bash"

for program in nginx curl tcpdump tshark; do
	have "$program" || skip_all "$program is not installed (tools/install-deps --test)"
done
wiregasm=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/npm/node_modules/@goodtools/wiregasm
requests=12

load() {
	local n
	for n in $(seq "$requests"); do
		curl -sk --http1.1 --tls-max "1.$((2 + n % 2))" "https://127.0.0.1:$port/?$n" || return 1
	done
}

# take HOW OPTION...: a recording in $rec, and tcpdump's file beside it.
take() {
	local watching recording how=$1
	shift
	rec=$work/$how
	tcpdump -i lo -n -U -B 131072 -Z root -w "$rec.pcap" "tcp port $port or udp port 9" 2>"$rec.tcpdump" &
	watching=$!
	wait_for 20 grep -q "listening on" "$rec.tcpdump"
	"$recorder" --port "$port" -o "$rec" "$@" 2>"$rec.err" &
	recording=$!
	await_recording "$rec.err"
	check "$how: $requests requests" load
	wait_for 10 idle
	kill -INT "$recording"
	wait "$recording"
	# tcpdump has written all that it saw.
	python3 -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"the last packet", ("127.0.0.1", 9))'
	wait_for 20 grep -aq "the last packet" "$rec.pcap"
	kill -INT "$watching"
	wait "$watching"
}

idle() { ! ss -Htn state established "( sport = :$port or dport = :$port )" | grep -q .; }

# same_streams EXPORT CAPTURE PLAIN: beside PLAIN connections of plaintext, which was on no wire.
same_streams() {
	PYTHONPATH=tests/live PYTHONDONTWRITEBYTECODE=1 python3 - "$@" <<-'PYTHON'
		import sys
		from packets import packets
		problems = list(packets(sys.argv[1], sys.argv[2]))
		wrong = [problem for problem in problems if not problem.endswith(": nothing on the wire")]
		print(*problems[:10], sep="\n")
		sys.exit(bool(wrong) or len(problems) != int(sys.argv[3]))
	PYTHON
}

# What a Wireshark counts: requests, answers, and what it complains of.
filters=("http.request" "http.response.code == 200" "_ws.malformed or tcp.analysis.flags")
first_wireshark() {
	local filter
	for filter in "${filters[@]}"; do tshark -r "$1" -Y "$filter" 2>/dev/null | wc -l; done | paste -sd' '
}
second_wireshark() {
	local filter
	{
		jq -nc --arg file "$1" '{load: $file}'
		for filter in "${filters[@]}"; do jq -nc --arg filter "$filter" '{count: $filter}'; done
	} | node tests/e2e/wireshark.mjs "$wiregasm" | jq -r 'select(has("count")) | .count' | paste -sd' '
}

# read_by_both WHAT EXPORT
read_by_both() {
	is "$1: Wireshark finds every exchange, and nothing wrong" "$(first_wireshark "$2")" "$requests $requests 0"
	if have node && [ -e "$wiregasm/dist/wiregasm.wasm" ]; then
		is "$1: the second Wireshark, too" "$(second_wireshark "$2")" "$requests $requests 0"
	else
		skip "$1: the second Wireshark" "it was not fetched (tests/e2e/export-corpora.sh)"
	fi
}

nginx_start || skip_all "nginx does not start here"
take keys --tls=keys
take wire --wire=all
for how in keys wire; do
	plain=0
	[ $how = keys ] || plain=$requests
	"$socktape" export "$work/$how" -q --no-remap --tls=keys -o "$work/$how.pcapng" 2>"$work/err"
	check "$how: every stream of the export is that of the wire" \
		same_streams "$work/$how.pcapng" "$work/$how.pcap" $plain
done
read_by_both "wire and secrets" "$work/keys.pcapng"
for how in plaintext carrier; do
	for from in keys wire; do
		"$socktape" export "$work/$from" -q --tls=$how -o "$work/$from-$how.pcapng"
		read_by_both "$how, of a recording with $from" "$work/$from-$how.pcapng"
	done
done
kill "$nginx"
wait "$nginx"
finish
