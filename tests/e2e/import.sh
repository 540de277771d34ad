#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape import: what it tells and exits with; and every byte of real captures against tshark.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# A capture of one HTTP exchange over link type raw, with a handshake: $1 names it.
make_capture() {
	python3 - "$1" <<-'END'
		import struct, sys
		def packet(second, a, b, seq, ack, flags, payload=b""):
		    tcp = struct.pack(">HHIIBBHHH", a[1], b[1], seq, ack, 0x50, flags, 65535, 0, 0)
		    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0,
		                     bytes(a[0]), bytes(b[0]))
		    data = ip + tcp + payload
		    return struct.pack("<IIII", 1700000000 + second, 0, len(data), len(data)) + data
		c, s = ((10, 0, 0, 1), 40000), ((10, 0, 0, 2), 80)
		request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
		response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
		with open(sys.argv[1], "wb") as f:
		    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
		    f.write(packet(0, c, s, 100, 0, 2))
		    f.write(packet(0, s, c, 900, 101, 0x12))
		    f.write(packet(1, c, s, 101, 901, 0x10, request))
		    f.write(packet(2, s, c, 901, 101 + len(request), 0x10, response))
	END
}

# status EXPECTED COMMAND...: the exit status, and at most one line on stderr.
status() {
	local expected=$1 got
	shift
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$expected" ] && [ "$(wc -l <"$work/err")" -le 1 ] && return
	echo "exit status $got, not $expected; stderr:"
	cat "$work/err"
	return 1
}

requests() { "$socktape" show "$1" http --format json | grep -c '"path":"/"'; }

make_capture "$work/x.pcap"
size=$(stat -c %s "$work/x.pcap")

check "a capture becomes a recording, silently with -q" \
	status 0 "$socktape" import -q "$work/x.pcap" -o "$work/rec"
is "with one request in it" "$(requests "$work/rec")" 1
is "without -q it tells what it read" \
	"$("$socktape" import "$work/x.pcap" -o "$work/told" 2>&1 | head -2 | tr -s ' ' | paste -sd ' ')" \
	"packets 4 connections 1 TCP, 0 UDP"
check "a directory with a recording is refused" \
	status 1 "$socktape" import "$work/x.pcap" -o "$work/rec"
check "--help" status 0 "$socktape" import --help
check "no arguments" status 1 "$socktape" import
check "no such file" status 1 "$socktape" import "$work/none" -o "$work/no"
check "no capture" status 1 "$socktape" import "$0" -o "$work/no"
check "and no directory for that" test ! -e "$work/no"
head -c $((size - 5)) "$work/x.pcap" >"$work/cut.pcap"
check "a capture cut short: what is there, and status 2" \
	status 2 "$socktape" import -q "$work/cut.pcap" -o "$work/cut"
is "the request before the cut is there" "$(requests "$work/cut")" 1
check "compressed" bash -c "gzip -c '$work/x.pcap' | '$socktape' import -q - -o '$work/gz'"
is "the same request" "$(requests "$work/gz")" 1
fragments=corpora/dns/zeek-ipv6-fragmented-dns/capture.pcap
is "in place of a recording, what gave nothing is told, once" \
	"$("$socktape" conns "$fragments" 2>&1 >"$work/conns")" \
	"socktape conns: $fragments: packets that gave nothing: 1 fragments whose datagram never became whole"
is "and nothing where there is none" "$("$socktape" conns "$work/x.pcap" 2>&1 >"$work/conns")" ""

# ---- real captures ----

captures=${SOCKTAPE_SHARED:-../shared}/captures
have tshark || {
	skip "captures agree with tshark" "tshark is not installed"
	finish
	exit
}
# tshark needs most of a second for each. So of the shared captures every sixth, and each that isn't of
# Ethernet; without those every second one of corpora/. SOCKTAPE_ALL_CAPTURES=1 for all.
every=${SOCKTAPE_ALL_CAPTURES:+1}
if [ -d "$captures" ]; then
	mapfile -t all < <(awk -F'\t' -v every="${every:-6}" -v top="$captures" \
		'NR > 1 && $10 && (NR % every == 0 || $10 != "Ethernet") { print top "/" $1 }' \
		"$captures/SOURCES.tsv")
else
	mapfile -t all < <(find corpora -name '*.pcap' -o -name '*.pcapng' | sort |
		awk -v every="${every:-2}" 'NR % every == 0')
fi
[ ${#all[@]} -gt 0 ] || {
	skip "captures agree with tshark" "there are none"
	finish
	exit
}

# The same for bad captures: some of the packets missing, twice, cut, or at another place.
mkdir "$work/bad"
seed=0
for capture in "${all[@]}"; do
	case $capture in
	*/http/*.pcap | */redis/*.pcap | */mysql/*.pcap)
		[ $((++seed % 3)) -eq 0 ] || continue
		python3 tests/e2e/disturb.py "$capture" "$work/bad/$seed.pcap" $seed
		;;
	esac
done
all+=("$work"/bad/*)

# compare SLOT: every second capture of all, so that two run side by side.
compare() {
	local i mine=()
	for ((i = $1; i < ${#all[@]}; i += 2)); do mine+=("${all[i]}"); done
	[ ${#mine[@]} -eq 0 ] ||
		python3 tests/e2e/import_oracle.py "$socktape" "$work/slot$1" "${mine[@]}"
}
for slot in 0 1; do
	compare $slot >"$work/differences$slot" 2>"$work/counts$slot" &
done
wait
differences=$(cat "$work"/differences? | head -20)
is "every byte of ${#all[@]} captures is where tshark sees it" "$differences" ""
tail -qn 1 "$work"/counts? | sed 's/^/# /'
finish
