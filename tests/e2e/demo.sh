#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The whole way: real servers and clients, recorded, replayed, exported; compared with what the
# clients did and with what Wireshark makes of the packets.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have tshark || skip_all "tshark is not installed"
for program in nginx redis-server redis-cli dnsmasq dig curl; do
	have "$program" || skip_all "$program is not installed"
done

demo=$work/demo
if ! can_record; then
	check "the demo shows a shipped recording where none can be made" tools/demo "$demo"
	is "it leaves packets" "$([ -s "$demo/demo.pcapng" ] && echo yes)" yes
	finish
	exit
fi

check "the demo runs" tools/demo "$demo"
[ -s "$demo/clients.txt" ] || { not_ok "the clients told what they did"; finish; exit; }
rec=$demo/rec pcap=$demo/demo.pcapng
made() { awk -v p="$1" '$1 == p { print $2 }' "$demo/clients.txt"; }
count() { "$socktape" show "$rec" "$1" --role "$2" --json | jq -s "$3" 2>/dev/null; }

for protocol in http redis dns; do
	for role in client server; do
		is "$protocol: as many exchanges at the $role as the clients made" \
			"$(count $protocol $role length)" "$(made $protocol)"
		is "$protocol: every one answered, at the $role" \
			"$(count $protocol $role '[.[] | select(.outcome == "ok" or .outcome == "error")] | length')" \
			"$(made $protocol)"
	done
done
is "nothing was lost" "$("$socktape" info --json "$rec" | jq .lost_events,.lost_bytes | xargs)" "0 0"
is "latency is never negative, nor less than time to first byte" \
	"$("$socktape" show "$rec" --json |
		jq -s '[.[] | select(.latency_ns < 0 or .ttfb_ns < 0 or .ttfb_ns > .latency_ns)] | length')" 0
is "every record has its process" \
	"$("$socktape" show "$rec" --json | jq -s '[.[] | select(.pid == null or .comm == null)] | length')" 0
is "a page decoded from gzip is the page" \
	"$("$socktape" show "$rec" http --role client --json |
		jq -r 'select(.resp_headers."Content-Encoding" == "gzip") | .resp_body' |
		grep -c 'of a page that compresses well</p>$')" 200

# ---- the packets ----

packets() { tshark -n -r "$pcap" -Y "$1" 2>/dev/null | wc -l; }
# Messages that stand at the top level of what tshark takes for Redis, in the packets of a filter.
resp_messages() {
	tshark -n -r "$pcap" -Y "resp && $1" -V 2>/dev/null |
		awk '/^[^ ]/ { resp = /^REdis/ } resp && /^    [^ ]/' | wc -l
}

is "tshark: HTTP requests" "$(packets http.request)" "$(made http)"
is "tshark: HTTP responses" "$(packets http.response)" "$(made http)"
is "tshark: DNS queries" "$(packets 'dns.flags.response == 0')" "$(made dns)"
is "tshark: DNS responses" "$(packets 'dns.flags.response == 1')" "$(made dns)"
is "tshark: Redis requests" "$(resp_messages 'tcp.dstport == 6379')" "$(made redis)"
# Wireshark 4.0 knows no RESP3: the replies of that connection, which asked for it, are left out.
resp3=$(tshark -n -r "$pcap" -Y 'frame contains "HELLO"' -T fields -e tcp.stream 2>/dev/null | head -1)
is "tshark: Redis replies, but for RESP3's two" \
	"$(resp_messages "tcp.srcport == 6379 && tcp.stream != ${resp3:-9999}")" "$(($(made redis) - 2))"
is "tshark: nothing malformed" "$(packets _ws.malformed)" 0
is "tshark: no TCP analysis warnings" "$(packets tcp.analysis.flags)" 0

# Each stream of the packets is a connection of the recording: same bytes in both directions.
streams() {
	local n stream
	n=$(tshark -n -r "$pcap" -T fields -e tcp.stream 2>/dev/null | sort -un | tail -1)
	for stream in $(seq 0 "$n"); do
		tshark -n -r "$pcap" -Y "tcp.stream == $stream" -T fields -e tcp.srcport -e tcp.payload 2>/dev/null |
			awk '{ bytes[$1] = bytes[$1] $2 } END { for (port in bytes) if (bytes[port] != "") print bytes[port] }'
	done | sort
}
# A connection of two recorded processes is written once: what its server sent and received.
connections() {
	"$socktape" conns "$rec" --json | jq -r 'select(.transport == "tcp" and .role == "server") | .conn' |
		while read -r conn; do
			for dir in sent received; do
				"$socktape" events "$rec" --conn "$conn" -x --json |
					jq -rj "select(.dir == \"$dir\") | .payload"
				echo
			done
		done | grep -v '^$' | sort
}
is "followed streams are the bytes that were recorded" "$(streams | md5sum)" "$(connections | md5sum)"
# Printed, not written: as root tcpdump gives the file that it writes to another user.
check "tcpdump reads the packets" tcpdump -n -r "$pcap"
finish
