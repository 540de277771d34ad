#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What first users stumbled over, as far as no other script is about it: rows out of order, one server
# on two ports, processes that the export didn't name, TLS that was called nothing, refused connections,
# the beginning that --keep deleted, names that hold control characters.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

demo=corpora/http/live-demo
export PYTHONPATH=$PWD/tests/e2e PYTHONDONTWRITEBYTECODE=1

# ---- order ----

is "rows ascend in every format" "$("$socktape" show $demo | awk 'NR > 1 { print $1 }' | sort -c 2>&1
	"$socktape" show $demo --json | jq .ts | sort -nc 2>&1
	"$socktape" show $demo --format csv --columns ts | tr -d '\r' | tail -n +2 | sort -nc 2>&1)" ""

# ---- two days ----

python3 - "$work/days" <<'PYTHON'
import sys, tape
DAY = 86400 * tape.SECOND
get, ok = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
def block(number, conn, more=b""):
    raw = more + tape.conn(conn) + tape.flow(conn) + tape.flow(conn, direction=1)
    return raw + tape.data(0, get, 0) + tape.data(1, ok, 0) + tape.close(conn), number
first, second = block(0, 1, tape.clock() + tape.process(1)), block(1, 2)
later = bytearray(tape.block(second[0], number=1, events=4))
# The second block begins a day later: ts_base, ts_min and ts_max, behind the count of blocks.
import struct, zlib
for at in (72, 80, 88):
    struct.pack_into("<q", later, at, DAY + 2 * tape.SECOND)
struct.pack_into("<I", later, 16, 0)
struct.pack_into("<I", later, 16, zlib.crc32(bytes(later[:208 if struct.unpack_from("<I", later, 4)[0] >= 200 else 8 + struct.unpack_from("<I", later, 4)[0]])))
tape.write(sys.argv[1], tape.head(), tape.block(first[0], events=6), bytes(later))
PYTHON
is "of two days the second is marked" "$(TZ=UTC "$socktape" show "$work/days" 2>/dev/null | awk 'NR > 1 { print $1 }' | sed 's/\..*//' | paste -sd' ')" \
	"14:13:20 2026-09-22T14:13:21"
is "and a day is a day" "$("$socktape" info "$work/days" 2>/dev/null | grep -c '^time .*, 1d')" 1

# ---- export ----

python3 - "$work/ports" <<'PYTHON'
import sys, tape
get, ok = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
raw, events = tape.clock() + tape.process(1), 2
for number in range(1, 5):
    raw += tape.conn(number, local=tape.address(port=40000 + number), remote=tape.address(port=18123))
    if number % 2:
        # It was there before the recording: its origin is another, in the byte behind the role.
        at = raw.rindex(bytes((1, 1, 1, 0)))
        raw = raw[:at + 2] + b"\2" + raw[at + 3:]
for number in range(1, 5):
    raw += tape.flow(number) + tape.flow(number, direction=1)
for number in range(4):
    raw += tape.data(2 * number, get % number, 0) + tape.data(2 * number + 1, ok, 0)
    events += 4
tape.write(sys.argv[1], tape.head(), tape.block(raw + b"".join(tape.close(n) for n in range(1, 5)), events=events - 4 + 8))
PYTHON
is "there are connections from before the recording" "$("$socktape" conns "$work/ports" --json 2>/dev/null | jq -c .midstream | paste -sd' ')" \
	"true false true false"
if have tshark; then
	"$socktape" export -q "$work/ports" -o "$work/ports.pcapng" 2>/dev/null
	is "one server is on one port, whichever connections are older" \
		"$(tshark -r "$work/ports.pcapng" -Y http.request -T fields -e tcp.dstport 2>/dev/null | sort -u | wc -l)" 1
	is "and Wireshark knows it" "$(tshark -r "$work/ports.pcapng" -Y http.request 2>/dev/null | wc -l)" 4
	"$socktape" export -q $demo http -o "$work/demo.pcapng"
	fields() { tshark -r "$work/demo.pcapng" -Y http -T fields -e "$1" 2>/dev/null; }
	is "both processes are named by a packet's interface" "$(fields frame.interface_name | grep -vcE '^(curl|python3|node)\[[0-9]+\] - nginx\[[0-9]+\]$')" 0
	is "and by the comment of a connection, in words" \
		"$(tshark -r "$work/demo.pcapng" -Y frame.comment -T fields -e frame.comment 2>/dev/null | grep -cE 'client (curl|python3|node)\[.* server nginx\[')" \
		"$("$socktape" show $demo exchanges --json --where "proto = 'http'" | jq .client_conn | sort -u | wc -l)"
else
	skip "export" "tshark is not installed"
fi

# ---- TLS ----

unread=corpora/tls/zeek-chrome-1250-tls-x25519-kyber/capture.pcap
is "TLS that is not read has its protocol, and its name" \
	"$("$socktape" conns $unread --json | jq -c '[.proto, .tls, .sni, .tls_reading]')" \
	'["tls",true,"lh3.google.com","no"]'
is "in words, too" "$("$socktape" conns $unread | grep -c ' tls  *client .*TLS 1.3 lh3.google.com not read (no keys)')" 1

# ---- one way to say that nothing is known ----

is "no note is null, in every command" "$(
	"$socktape" show $demo --json -n 1 | jq -c .note
	"$socktape" show $demo --json -n 1 --columns note | jq -c .note
	"$socktape" show $demo exchanges --json -n 1 | jq -c .note
	"$socktape" sql $demo --json "SELECT note FROM http LIMIT 1" | jq -c .note)" "null
null
null
null"
is "info of a process knows the host, and the process alone" \
	"$("$socktape" info $demo --json --pid 22424 | jq -c '[.hostname, .processes, (.by_process[] | .comm, .cmdline, .user, .cgroup, .container, .connections)]')" \
	'["demo-host",1,"curl","curl -s -o /dev/null http://127.0.0.1:26078/","root","/demo",null,1]'
is "of a capture nothing is known of it" "$("$socktape" info $unread --json | jq -c '[.hostname, .kernel, .machine, .by_process]')" \
	'[null,null,null,[]]'
is "processes and their bytes are those of all connections" \
	"$("$socktape" info $demo --json | jq -c '[(.by_process | map(.connections) | add), (.by_process | map(.sent_bytes) | add)]')" \
	"$("$socktape" conns $demo --json | jq -sc '[length, (map(.sent_bytes) | add)]')"

# ---- names that hold what a terminal would obey ----

python3 - "$work/hostile" <<'PYTHON'
import sys, tape
bad = b"\x1b[31mx\r\ny\x07\xe2\x80\xae\xc2\x9b2J=1"
get, ok = b"GET / HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n", b"HTTP/1.1 200 \x1b[31mOK\r\nContent-Length: 0\r\n\r\n"
raw = b"".join((
    tape.host(bad, bad, bad, bad, bad, bad), tape.clock(), tape.process(1, bad[:15], bad, bad + b"\0" + bad + b"\0", bad, bad, bad),
    tape.conn(1), tape.conn(2, transport=3, local=tape.address(0), remote=tape.address(0), paths=(b"/run/" + bad, b"/run/" + bad)),
    tape.flow(1), tape.flow(1, direction=1), tape.data(0, get, 0), tape.data(1, ok, 0), tape.close(1), tape.close(2)))
tape.write(sys.argv[1], tape.head(), tape.block(raw, events=9))
PYTHON
# unsafe COMMAND...: what of its text is a control character, or turns the direction of reading.
unsafe() {
	COLUMNS=200 "$socktape" "$1" "$work/hostile" "${@:2}" 2>/dev/null >"$work/out"
	[ -s "$work/out" ] || echo "nothing printed"
	LC_ALL=C grep -aPn '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$work/out"
}
for command in info conns "events -a" "events -x" show "show --both" "show --id 1.0" "why 1" "why 2" "follow 1" \
	stat "trace -a" "grep 200"; do
	read -ra words <<<"$command"
	is "$command prints no control character" "$(unsafe "${words[@]}")" ""
done
for table in conns processes http; do
	is "nor does sql, of $table" "$(unsafe sql "SELECT * FROM $table")" ""
done
is "no cell of CSV begins a formula" "$("$socktape" conns "$work/hostile" --format csv 2>/dev/null | tail -n +2 |
	python3 -c 'import csv, sys; print([c for r in csv.reader(sys.stdin) for c in r if c[:1] in "=+@-\t\r" and c])')" "[]"

# ---- what only a recorder sees ----

reason=$("$recorder" --probe 2>&1)
if [ "$(id -u)" -ne 0 ] || ! can_record; then
	skip "refused connections, --keep" "${reason:-needs root}"
	finish
	exit
fi
port=$(free_port)
"$recorder" -q -o "$work/refused" -- python3 -c "
import socket
try:
    socket.create_connection(('127.0.0.1', $port))
except OSError:
    pass" 2>"$work/err"
is "a connection that was refused is called so" \
	"$("$socktape" conns "$work/refused" --json | jq -c '[.state, .error]')" '["failed","ECONNREFUSED"]'
is "in words" "$("$socktape" conns "$work/refused" | tail -n +2 | grep -ic refused)" 1
is "and found" "$("$socktape" findings "$work/refused" --json | jq -r .finding)" connection-refused
finish
