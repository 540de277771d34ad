#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Reading one thing closely: follow, show --id, and grep.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || skip_all "jq is not installed"
capture=corpora/http/packetbeat-http_minitwit/capture.pcap
pgsql=corpora/pgsql/packetbeat-pgsql_response/capture.pcap
[ -e "$pgsql" ] || pgsql=$(find corpora/pgsql -name 'capture.pcap' | sort | head -1)

# says NAME STATUS PATTERN COMMAND...: exits so, with one line on standard error.
says() {
	local name=$1 expected=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" = "$expected" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -qe "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, expected $expected" "$(cat "$work/err")"
	fi
}

# ---- follow ----

"$socktape" follow "$capture" 1 >"$work/follow"
is "follow: each side in its turn" "$(grep -E '^[<>] ' "$work/follow" | cut -c1 | tr -d '\n')" "><><><"
check "follow: bodies are decompressed" grep -q "<h1>Simple Bug Tracking</h1>" "$work/follow"
check "follow: heads as they were sent" grep -qx "GET /static/style.css HTTP/1.1" "$work/follow"
is "follow -x: all bytes of both streams" \
	"$("$socktape" follow "$capture" 1 -x | grep -c '^  0')" \
	"$("$socktape" events "$capture" -c 1 --json | jq '(.captured + 15) / 16 | floor' | jq -s add)"
for side in client server; do
	direction=$([ $side = client ] && echo sent || echo received)
	is "follow --raw $side: the stream, byte by byte" \
		"$("$socktape" follow "$capture" 1 --raw $side | od -An -v -tx1 | tr -d ' \n')" \
		"$("$socktape" events "$capture" -c 1 -x --json | jq -r "select(.dir == \"$direction\").payload" | tr -d '\n')"
done
is "follow RECORD --raw: its body, decoded" \
	"$("$socktape" follow "$capture" 1.0 --raw server)" \
	"$("$socktape" show "$capture" --record 1.0 --json | jq -r .resp_body)"
check "follow RECORD alone" test "$("$socktape" follow "$capture" 1.364 | grep -cE '^[<>] ')" = 2
check "follow: statements and rows" bash -c "'$socktape' follow '$pgsql' 1 | grep -q '^statement: '"
says "follow of no connection" 1 "no connection 99" "$socktape" follow "$capture" 99
says "follow of no record" 1 "no record 1.5" "$socktape" follow "$capture" 1.5
says "follow of nothing" 1 "in 24 or 24.1830" "$socktape" follow "$capture" x
says "follow --raw of nobody" 1 "client or server" "$socktape" follow "$capture" 1 --raw both
is "follow: a colour for each side" \
	"$("$socktape" follow "$capture" 1 --color=always | grep -oE $'\033\\[3[0-9]m[<>]' | sort -u | wc -l)" 2
is "follow: no control byte of a recording is printed" \
	"$("$socktape" follow "$capture" 1 | tr -d '\n\t' | LC_ALL=C grep -c '[[:cntrl:]]')" 0

# What no protocol knows, in pieces and with a hole.
python3 - "$work/odd.pcap" <<-'END'
	import struct, sys

	out = open(sys.argv[1], "wb")
	out.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
	clock = [0]

	def packet(up, seq, ack, flags, data=b""):
	    clock[0] += 1
	    ports = (40000, 7777) if up else (7777, 40000)
	    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + data
	    ends = (b"\x0a\0\0\1", b"\x0a\0\0\2") if up else (b"\x0a\0\0\2", b"\x0a\0\0\1")
	    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, *ends) + tcp
	    out.write(struct.pack("<IIII", 1700000000, clock[0], len(ip), len(ip)) + ip)

	packet(True, 99, 0, 2)
	packet(False, 499, 100, 0x12)
	packet(True, 100, 500, 0x10)
	packet(True, 100, 500, 0x18, b"~~ the need")
	packet(True, 111, 500, 0x18, b"le in the hay ~~\n\x00\x01")
	packet(False, 500, 129, 0x18, b"~~ a lost th")
	packet(False, 517, 129, 0x18, b"read ~~")
	packet(True, 129, 524, 0x11)
	packet(False, 524, 130, 0x11)
END
is "follow: a hole is named" "$("$socktape" follow "$work/odd.pcap" 1 2>/dev/null | grep -c '^-- 5 bytes are missing --')" 1
says "follow --raw says what is missing" 0 "5 bytes" "$socktape" follow "$work/odd.pcap" 1 --raw server
is "and gives the rest" "$(cat "$work/out")" "~~ a lost thread ~~"
"$socktape" import -q "$work/odd.pcap" -o "$work/odd"
head -c -10 "$work"/odd/*.tape.zst >"$work/cut.tape.zst"
says "follow tells once what is damaged, and streams are read all the same" 2 "at offset [0-9]" \
	"$socktape" follow "$work/cut.tape.zst" 1
is "as they are" "$(grep -c 'read ~~' "$work/out")" 1

# ---- show --id ----

"$socktape" show "$capture" --id 1.0 >"$work/id"
for word in '^record  *1.0$' '^protocol  *http$' '^  wait ' '^  whole ' '^events  *2$' '<h1>Simple Bug' '^  resp_bytes  *795$'; do
	check "show --id tells of $word" grep -q "$word" "$work/id"
done
is "show --id --json: the phases add up to the latency, none is negative" \
	"$("$socktape" show "$capture" --json | jq -r .record_id | while read -r id; do
		"$socktape" show "$capture" --id "$id" --json
	done | jq -s 'map([.connect_ns, .tls_ns, .idle_ns, .request_ns, .wait_ns, .response_ns] as $p |
		($p | add) == .whole_ns and ($p | map(select(. != null and . < 0)) | length) == 0 and
		.whole_ns >= .latency_ns) | all and length == 6')" true
is "show --id of both ends: the twin" \
	"$("$socktape" show corpora/http/live-demo --json | jq -r 'select(.twin) | .record_id, .twin' | head -2 | {
		read -r id && read -r twin
		[ "$("$socktape" show corpora/http/live-demo --id "$id" | awk '$1 == "twin" { print $2 }')" = "$twin" ] && echo same
	})" same
json=$("$socktape" show corpora/http/live-demo --json | jq -r 'select(.path == "/hello.json" and .resp_body != "").record_id' | head -1)
if [ -n "$json" ]; then
	check "show --id indents JSON" bash -c "'$socktape' show corpora/http/live-demo --id $json | grep -qE '^  \"'"
fi
says "show --id of nothing" 1 "no record 1.5" "$socktape" show "$capture" --id 1.5
says "show --id of what is no id" 1 "--id wants" "$socktape" show "$capture" --id five

# ---- grep ----

is "grep: in bodies that are compressed" "$("$socktape" grep "$capture" 'Bug Tracking</h1>' | wc -l)" 2
is "grep: in heads" "$("$socktape" grep "$capture" '^Host: 192' -l | tr '\n' ' ')" "1.0 1.364 1.835 "
is "grep -i" "$("$socktape" grep "$capture" -i 'bug TRACKING</H1>' | wc -l)" 2
is "grep -c counts records" "$("$socktape" grep "$capture" -c 'Bug')" 2
is "grep --json: where" \
	"$("$socktape" grep "$capture" 'Tracking</h1>' --json | head -1 | jq -c '[.record_id, .side, .part, .match, .before]')" \
	'["1.0","server","body","Tracking</h1>","\t\t<h1>Simple Bug "]'
is "grep --bytes" "$("$socktape" grep "$capture" --bytes '3c 68 31' -c)" \
	"$("$socktape" show "$capture" --json | jq -r 'select(.resp_body | contains("<h1")).record_id' | wc -l)"
is "grep and a selection" "$("$socktape" grep "$capture" Host -l -n 1 --conn 4)" 4.0
is "grep: quotes and lines are what the application knows" \
	"$("$socktape" grep "$pgsql" -ic 'select')" \
	"$("$socktape" show "$pgsql" --json | jq -s 'map(select(.statement // "" | test("select"; "i"))) | length')"
is "grep: across packets of an unknown protocol" \
	"$("$socktape" grep "$work/odd.pcap" 'needle in.*~' --json 2>/dev/null | jq -c '[.record_id, .conn, .side, .offset, .match]')" \
	'[null,1,"sent",7,"needle in the hay ~~"]'
is "grep: bytes of an unknown protocol, and the end of the line" \
	"$("$socktape" grep "$work/odd.pcap" --bytes '0a00' -l 2>/dev/null) $("$socktape" grep "$work/odd.pcap" 'read ~~$' -c 2>/dev/null)" "1 1"
"$socktape" grep "$work/odd.pcap" 'th.*read' >"$work/out" 2>"$work/err"
is "grep: not across holes, which is said" \
	"$(wc -l <"$work/out") $(grep -c '1 holes in streams' "$work/err") $(grep -c 'nothing matches' "$work/err")" "0 1 1"
says "grep: a pattern that is none" 1 "missing closing parenthesis" "$socktape" grep "$capture" '('
says "grep: no pattern" 1 "wants a recording, and a pattern" "$socktape" grep "$capture"
says "grep: bytes that are none" 1 "hexadecimal" "$socktape" grep "$capture" --bytes 0g
says "grep: nothing found is said" 0 "nothing matches" "$socktape" grep "$capture" 'no such words'
is "grep: the pattern may be of other characters" "$("$socktape" grep "$capture" 'ü' -c 2>/dev/null)" 0
is "grep --color marks the match" "$("$socktape" grep "$capture" Flask --color=always | grep -c $'\033\\[1;31mFlask')" \
	"$("$socktape" grep "$capture" Flask | wc -l)"
for threads in 1 3; do "$socktape" grep "$capture" -i bug --json --threads $threads >"$work/grep$threads"; done
check "grep: threads change nothing" cmp "$work/grep1" "$work/grep3"
finish
