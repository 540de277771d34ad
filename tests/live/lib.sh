# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests with real servers. Moves into a network namespace of its own, so that every
# port is free and tcpdump sees nothing else; skips all where this can't record.
#
# A test starts a server, sets port, calls record_begin, runs clients that each append what they did to
# $work/ledger (tests/live/accounts.py), calls record_end PORT and then judge.
set -u
self=${self:-$(realpath "$0")} # set by a script that went elsewhere first
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
[ -x "$recorder" ] || skip_all "socktape-record is not built"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"
if [ "${LIVE_INSIDE:-}" != "$self" ]; then
	unshare -n ip link set lo up 2>/dev/null || skip_all "no network namespace can be made here"
	rm -rf "$work"
	# shellcheck disable=SC2016 # expanded by the inner shell
	LIVE_INSIDE=$self exec unshare -n sh -c 'ip link set lo up && exec bash "$0"' "$self"
fi
export ledger=$work/ledger PYTHONDONTWRITEBYTECODE=1
# Debian's own, which has Debian's modules.
export python=/usr/bin/python3

# needs PROGRAM...: skips all when one is missing.
needs() {
	local program
	for program in "$@"; do
		have "$program" || skip_all "$program is not installed (tools/install-deps --test)"
	done
}

# python_needs MODULE...
python_needs() {
	local module
	for module in "$@"; do
		"$python" -c "import $module" 2>/dev/null ||
			skip_all "Python's $module is not installed (tools/install-deps --test)"
	done
}

# What goes to and from $port, which the script has set, and the datagram that is the last packet: what
# others do on this machine would be recorded, too.
# shellcheck disable=SC2154
record_begin() {
	tcpdump -i lo -n -U -B 131072 -Z root -w "$work/wire.pcap" \
		"port $port or udp port 9" 2>"$work/tcpdump" &
	watching=$!
	wait_for 20 grep -q "listening on" "$work/tcpdump"
	"$recorder" --port "$port" -o "$work/rec" 2>"$work/record" &
	recording=$!
	await_recording "$work/record"
}

# What still closes has a moment: until no connection to PORT is open on either end.
record_end() {
	wait_for 10 idle "$1"
	kill -INT "$recording"
	wait "$recording"
	is "nothing is lost" "$(grep -oE 'lost +.*' "$work/record")" "lost      nothing"
	"$python" -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"the last packet", ("127.0.0.1", 9))'
	wait_for 20 grep -aq "the last packet" "$work/wire.pcap"
	kill -INT "$watching"
	wait "$watching"
}

idle() { ! ss -Htn state established "( sport = :$1 or dport = :$1 )" | grep -q .; }

# judge WHAT PORT TABLE...: the recording against the ledger and against the wire. With LIVE_KEEP set
# to a directory all of it stays there, to be looked at.
judge() {
	[ -z "${LIVE_KEEP:-}" ] || cp -a "$work/." "$LIVE_KEEP"
	"$python" tests/live/accounts.py "$socktape" "$work" "$@" || failures=$((failures + 1))
}

# What tests/e2e/export-corpora.sh fetches: the second Wireshark.
wiregasm=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/npm/node_modules/@goodtools/wiregasm

# exports_are_read PROTOCOL: the recording in $work, exported in every way, by two Wiresharks.
exports_are_read() {
	local second=()
	if ! have sharkd; then
		skip "exports are read by Wireshark" "sharkd is not installed (tools/install-deps --test)"
		return
	fi
	if have node && [ -e "$wiregasm/dist/wiregasm.wasm" ]; then
		second=("$wiregasm")
	else
		skip "exports are read by the second Wireshark" "it was not fetched (tests/e2e/export-corpora.sh)"
	fi
	"$python" tests/live/exports.py "$socktape" "$work" "$1" "${second[@]}" || failures=$((failures + 1))
}
