#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape export: what it tells and exits with; and real captures, imported and exported again,
# which Wireshark must take for what they were.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

captures=${SOCKTAPE_SHARED:-../shared}/captures
[ -d "$captures/http" ] || skip_all "no shared captures (SOCKTAPE_SHARED)"

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

# ---- the command ----

"$socktape" import -q "$captures/redis/packetbeat-redis_one_transaction.pcap" -o "$work/rec"
x=$work/x.pcapng

check "an export is silent with -q" status 0 "$socktape" export -q "$work/rec" -o "$x"
is "and readable for its owner only" "$(stat -c %a "$x")" 600
is "it begins as a pcapng section" "$(head -c 4 "$x" | od -An -tx1 | tr -d ' ')" 0a0d0d0a
is "without -q it tells what was moved" \
	"$("$socktape" export "$work/rec" -o "$x" 2>&1 | grep -c 'shown as 6379 .* redis')" 1
check "standard output is the same file" \
	cmp "$x" <("$socktape" export -q "$work/rec" -o -)
check "a device is written, not replaced" status 0 "$socktape" export -q "$work/rec" -o /dev/null
check "and is still there" test -c /dev/null
check "--help" status 0 "$socktape" export --help
check "no output file" status 1 "$socktape" export "$work/rec"
check "no recording" status 1 "$socktape" export "$work/none" -o "$work/no"
check "a time that is none" status 1 "$socktape" export "$work/rec" -o "$work/no" --since yesterday
check "a place that can't be written" status 1 "$socktape" export "$work/rec" -o "$work/no/x"
is "and nothing is left behind" "$(find "$work" -name 'no*' -o -name '*.partial')" ""
check "a full disk is told" status 1 "$socktape" export -q "$work/rec" -o /dev/full

cp -r "$work/rec" "$work/damaged"
segment=$(echo "$work"/damaged/*.tape.zst)
truncate -s -20 "$segment"
check "what is left of a damaged recording is exported, with status 2" \
	status 2 "$socktape" export -q "$work/damaged" -o "$work/damaged.pcapng"
check "and is there" test -s "$work/damaged.pcapng"

check "a protocol by its name" status 0 "$socktape" export -q "$work/rec" redis -o "$work/named.pcapng"
check "is all of it here" cmp "$x" "$work/named.pcapng"
check "a protocol that is none" status 1 "$socktape" export "$work/rec" rediss -o "$work/no"

# ---- older formats, several files ----

check "pcap" status 0 "$socktape" export -q "$work/rec" -f pcap -o "$work/x.pcap"
is "is pcap in microseconds" "$(head -c 4 "$work/x.pcap" | od -An -tx1 | tr -d ' ')" d4c3b2a1
check "pcap in nanoseconds" status 0 "$socktape" export -q "$work/rec" --format nsecpcap -o "$work/n.pcap"
is "is that" "$(head -c 4 "$work/n.pcap" | od -An -tx1 | tr -d ' ')" 4d3cb2a1
check "pcap has no room for secrets" \
	status 1 "$socktape" export "$work/rec" -f pcap --tls keys -o "$work/no"
check "a format that is none" status 1 "$socktape" export "$work/rec" -f har -o "$work/no"
check "a size that is too small" status 1 "$socktape" export "$work/rec" --split 1k -o "$work/no"
check "several files on standard output" status 1 "$socktape" export "$work/rec" --split 1M -o -
check "several files into a directory" status 1 "$socktape" export "$work/rec" --split 1M -o "$work"

# ---- captures ----

have tshark || { skip "captures in Wireshark" "tshark is not installed"; finish; exit; }

shown() { tshark -n -r "$1" -Y "$2" 2>/dev/null | wc -l; }

wrong='_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0'
wrongs() {
	tshark -n -r "$1" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -Y "$wrong" 2>/dev/null | wc -l
}

# The payload of both directions of the only TCP connection, as it is followed.
followed() {
	tshark -n -r "$1" -q -z follow,tcp,raw,0 2>/dev/null | grep -E '^[[:space:]]?[0-9a-f]+$' |
		awk '{ side = /^\t/; sub(/^\t/, ""); bytes[side] = bytes[side] $0 }
			END { print bytes[0]; print bytes[1] }' | sort | sha256sum
}

# same FILE FILTER: imported and exported, as many packets pass the filter as before.
same() {
	local name
	name=$(basename "$1")
	rm -rf "$work/r"
	check "$name: imported" "$socktape" import -q "$captures/$1" -o "$work/r"
	check "$name: exported" "$socktape" export -q "$work/r" -o "$work/e.pcapng"
	is "$name: as many messages" "$(shown "$work/e.pcapng" "$2")" "$(shown "$captures/$1" "$2")"
	is "$name: nothing malformed, every checksum right" "$(wrongs "$work/e.pcapng")" 0
}

# clean FILE FILTER: and TCP analysis has nothing to say.
clean() {
	same "$@"
	is "$(basename "$1"): no TCP analysis warnings" "$(shown "$work/e.pcapng" tcp.analysis.flags)" 0
}

# followed_the_same: the bytes of the connection that same() was last called for.
followed_the_same() {
	is "$(basename "$1"): followed, the same bytes" \
		"$(followed "$work/e.pcapng")" "$(followed "$captures/$1")"
}

for capture in deepflow-http deepflow-httpv1; do
	clean http/$capture.pcap http
	followed_the_same http/$capture.pcap
done
clean redis/deepflow-redis-error.pcap resp
followed_the_same redis/deepflow-redis-error.pcap
clean redis/tcpdump-resp_1_benchmark.pcap resp
clean dns/zeek-dns-edns-ecs.pcap dns
clean dns/zeek-mdns.pcap 'dns || mdns || llmnr'
clean dns/deepflow-dns-tcp-multi.pcap dns
clean dns/zeek-ipv6-fragmented-dns.pcap dns
clean pgsql/packetbeat-pgsql_request_response.pcap pgsql

# On a port where Wireshark only sees it when told, and where it then calls 16 packets malformed.
name=packetbeat-mysql_int_string_operations.pcap
capture=$captures/mysql/$name
# shellcheck disable=SC2054 # a comma of tshark's
told=(-n -r "$capture" -d tcp.port==13001,mysql)
rm -rf "$work/r"
check "$name: imported" "$socktape" import -q "$capture" -o "$work/r"
check "$name: exported" "$socktape" export -q "$work/r" -o "$work/e.pcapng"
is "$name: as many messages as where Wireshark is told the port" \
	"$(shown "$work/e.pcapng" mysql)" "$(tshark "${told[@]}" -Y mysql 2>/dev/null | wc -l)"
is "$name: and as many malformed" "$(wrongs "$work/e.pcapng")" \
	"$(tshark "${told[@]}" -Y "$wrong" 2>/dev/null | wc -l)"
is "$name: no TCP analysis warnings" "$(shown "$work/e.pcapng" tcp.analysis.flags)" 0

# A part of the capture is missing: so it is said, and what comes after is there.
same http/packetbeat-gap_in_stream.pcap http
is "a gap is a gap" "$(shown "$work/e.pcapng" tcp.analysis.lost_segment)" 1

# Imported again, an export gives the same records: a handshake that it made up is known as such.
# What an end is called, and with which number, is another matter.
records() { "$socktape" show "$1" --json | jq -cS 'del(.conn, .local, .remote, .role, .record_id)' | sort; }
again() {
	rm -rf "$work/r" "$work/r2"
	"$socktape" import -q "$1" -o "$work/r"
	"$socktape" export -q "$work/r" -o "$work/e.pcapng"
	"$socktape" import -q "$work/e.pcapng" -o "$work/r2"
	is "$2: imported again, the same records" "$(records "$work/r2" | md5sum)" "$(records "$work/r" | md5sum)"
	is "$2: as many of its connections began before" \
		"$("$socktape" info --json "$work/r2" | jq .midstream_connections)" "$3"
}
again corpora/redis/own-midstream/capture.pcap redis/own-midstream 2
again corpora/dns/own-midstream/capture.pcap dns/own-midstream 1
again "$captures/http/deepflow-http.pcap" deepflow-http 0
again "$captures/http/packetbeat-gap_in_stream.pcap" packetbeat-gap_in_stream 0

# ---- several files, and older formats, in Wireshark ----

"$socktape" export -q "$work/r" -o "$work/whole.pcapng"
for format in pcap nsecpcap; do
	"$socktape" export -q "$work/r" -f $format -o "$work/x.pcap"
	is "$format: the same messages" "$(shown "$work/x.pcap" http)" "$(shown "$work/whole.pcapng" http)"
	is "$format: nothing malformed, every checksum right" "$(wrongs "$work/x.pcap")" 0
done

# Two connections, HTTP/1 and HTTP/2, each over several files.
python3 tests/e2e/long_streams.py "$work/long.pcap"
rm -rf "$work/r"
"$socktape" import -q "$work/long.pcap" -o "$work/r"
"$socktape" export -q "$work/r" -o "$work/whole.pcapng"
echo "of another export" >"$work/s-00099.pcapng"
check "--split" status 0 "$socktape" export -q "$work/r" --split 200k -o "$work/s.pcapng"
rm "$work/s-00099.pcapng"
parts=("$work"/s-*.pcapng)
is "--split: the files are as many as it takes" \
	"$((${#parts[@]} >= $(stat -c %s "$work/whole.pcapng") / 200000))" 1
is "--split: none is longer" "$(find "$work" -name 's-*.pcapng' -size +200000c)" ""
sum() { for f in "${parts[@]}"; do shown "$f" "$1"; done | paste -sd+ | bc; }
is "--split: the same HTTP/1 messages" "$(sum http)" "$(shown "$work/whole.pcapng" http)"
is "--split: the same HTTP/2 frames of data" \
	"$(sum 'http2.type == 0')" "$(shown "$work/whole.pcapng" 'http2.type == 0')"
is "--split: a connection that goes on is joined midway" \
	"$(shown "${parts[1]}" 'frame.comment contains "goes on from a file before"')" 2
for f in "${parts[@]}"; do
	is "--split: $(basename "$f") has no TCP analysis warnings, nothing wrong" \
		"$(shown "$f" tcp.analysis.flags)$(wrongs "$f")" 00
done
touch "$work/s-00002.pcapng" "$work/t-00002.pcapng"
"$socktape" export -q "$work/r" --split 1G -o "$work/t.pcapng" 2>"$work/err"
is "--split: a file that looks as if it were part of it is named" "$(cat "$work/err")" \
	"socktape export: $work/t-00002.pcapng was there before, and is not part of this export"

# As in "| wireshark -k -i -".
if [ "$(id -u)" = 0 ] && have dumpcap; then
	is "through a pipe: the same messages" "$("$socktape" export -q "$work/r" -o - |
		timeout 60 tshark -l -n -i - -Y http 2>/dev/null | wc -l)" "$(shown "$work/whole.pcapng" http)"
else
	skip "through a pipe" "capturing needs dumpcap and root"
fi

# ---- a profile for Wireshark ----

export WIRESHARK_CONFIG_DIR=$work/config
profile=$WIRESHARK_CONFIG_DIR/profiles/socktape
mkdir -p "$WIRESHARK_CONFIG_DIR/profiles"
rm -rf "$work/r"
"$socktape" import -q "$captures/redis/deepflow-redis-error.pcap" -o "$work/r"
check "--wireshark-profile alone writes it" status 0 "$socktape" export --wireshark-profile "$profile"
check "and with an export, where it is" \
	status 0 "$socktape" export -q "$work/r" --wireshark-profile "$profile" -o "$work/p.pcapng"
columns=$(tshark -C socktape -r "$work/p.pcapng" 2>"$work/err")
is "tshark takes it without a word" "$(grep -vc 'Running as user' "$work/err")" 0
is "its columns are read: what became of each record is one of them" \
	"$(grep -cE 'RESP.*\[(ok|error)\] .*Response' <<<"$columns")" \
	"$(shown "$work/p.pcapng" 'frame.comment contains "[ok]" || frame.comment contains "[error]"')"
is "and some have failed" "$(($(grep -c '\[error\]' <<<"$columns") > 0))" 1
is "every colour's filter is one" "$(sed -n 's/^@[^@]*@\(.*\)@\[.*/\1/p' "$profile/colorfilters" |
	while IFS= read -r filter; do
		tshark -r "$work/p.pcapng" -Y "$filter" >/dev/null 2>&1 || echo "$filter"
	done)" ""
is "a record that failed has its colour" "$(tshark -C socktape --color -r "$work/p.pcapng" -T fields \
	-e frame.coloring_rule.name 2>/dev/null | grep -c 'Error of a record')" \
	"$(grep -c '\[error\]' <<<"$columns")"
echo "gui.x: 1" >"$profile/preferences"
check "a profile of the user's stays" status 1 "$socktape" export --wireshark-profile "$profile"
is "and is said to be there" "$(grep -c 'not of socktape' "$work/err")" 1
check "comments want pcapng" status 1 "$socktape" export "$work/r" --records -f pcap -o "$work/no"
unset WIRESHARK_CONFIG_DIR

# On a port of its own Wireshark saw nothing in it.
rm -rf "$work/r"
"$socktape" import -q "$captures/redis/packetbeat-redis_session.pcap" -o "$work/r"
"$socktape" export -q "$work/r" -o "$work/e.pcapng"
is "Redis on another port, before" "$(shown "$captures/redis/packetbeat-redis_session.pcap" resp)" 0
is "and after: every command and reply" "$(shown "$work/e.pcapng" resp)" 22
if have tcpdump; then
	check "tcpdump reads it" tcpdump -n -r "$work/e.pcapng"
else
	skip "tcpdump reads it" "tcpdump is not installed"
fi

finish
