#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What is inside TLS, read with keys: the same as tshark reads; and what is said where it isn't.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

ciphers=corpora/tls/pcapfs-all_ciphers
firefox=corpora/tls/pcap2har-firefox-tls13-facebook-dsb
keylog=$ciphers/keylog.txt

"$socktape" import -q $ciphers/capture.pcap -o "$work/ciphers"
"$socktape" import -q $firefox/capture.pcapng -o "$work/firefox"

# dissect FILE FILTER FIELD...: tshark's fields, one packet a line.
dissect() {
	local file=$1 filter=$2 fields=()
	shift 2
	for field; do fields+=(-e "$field"); done
	tshark -n -r "$file" -o "tls.keylog_file:$keylog" -Y "$filter" -T fields "${fields[@]}" 2>/dev/null
}

# records REC PROTOCOL JQ: of what was read with the keys.
records() {
	"$socktape" show "$1" "$2" --json --keylog $keylog 2>/dev/null | jq -r "$3"
}

# fails_with STATUS TEXT COMMAND...
fails_with() {
	local status=$1 text=$2 said got
	shift 2
	said=$("$@" 2>&1 >/dev/null)
	got=$?
	[ $got = "$status" ] && grep -qF -- "$text" <<<"$said" && return
	echo "exit $got: $said"
	return 1
}

# ---- against tshark ----

# RC4 (in stream 0) is what only tshark opens.
is "requests in every suite" "$(records "$work/ciphers" http '[.conn, .method, .path] | @tsv' | sort -n)" \
	"$(dissect $ciphers/capture.pcap 'http.request && tcp.stream > 0' tcp.stream http.request.method http.request.uri |
		awk -v OFS='\t' '{ print $1 + 1, $2, $3 }' | sort -n)"
# Stream by stream: bytes of plaintext, by both.
followed() { # followed STREAM
	tshark -n -q -r $ciphers/capture.pcap -o "tls.keylog_file:$keylog" -z "follow,tls,raw,$1" 2>/dev/null |
		awk '/^\t?[0-9a-f]+\r?$/ { gsub(/[\t\r]/, ""); n += length($0) / 2 } END { print n + 0 }'
}
is "as many bytes inside each connection" "$("$socktape" conns "$work/ciphers" --json --keylog $keylog |
	jq -r '.conn as $c | .spoken[] | select(.proto == "http") | [$c, .sent_bytes + .received_bytes] | @tsv')" \
	"$(for stream in 1 3 5 6 7 8 9 10 11; do printf '%d\t%d\n' $((stream + 1)) "$(followed $stream)"; done)"
is "requests of HTTP/2, with the secrets in the capture" \
	"$("$socktape" show "$work/firefox" http2 --json | jq -r '[.stream_id, .method, .path] | @tsv')" \
	"$(dissect $firefox/capture.pcapng http2.headers.method http2.streamid http2.headers.method http2.headers.path |
		sed "s/,[0-9]*//")"
is "ALPN, which TLS 1.3 encrypts" "$("$socktape" show "$work/firefox" tls --json | jq -r '[.alpn, .plaintext] | @tsv')" \
	"$(printf 'h2\tkeys')"

# ---- what is told ----

is "conns: what was read, and how" \
	"$("$socktape" conns "$work/firefox" --json | jq -c '[.tls, .tls_version, .sni, .alpn, .tls_reading, .tls_unread]')" \
	'[true,"TLS 1.3","www.facebook.com","h2","keys",null]'
is "conns: why it was not" \
	"$("$socktape" conns "$work/ciphers" --json -c 2 | jq -c '[.tls, .tls_version, .tls_reading, .tls_unread]')" \
	'[true,"TLS 1.2","no","no keys"]'
is "info: in all" "$("$socktape" info "$work/ciphers" --json --keylog $keylog |
	jq -c '[.tls[] | [.reading, .unread, .connections]] | sort')" \
	'[["keys","",26],["no","the cipher suite is not supported",5]]'
check "why: of one connection" grep -q "^read  *with keys" <<<"$("$socktape" why "$work/ciphers" 2 --keylog $keylog)"
check "why: and what is inside it" grep -q '95  http' <<<"$("$socktape" why "$work/ciphers" 2 --keylog $keylog)"
check "why: or the reason" grep -q "^read  *no: the cipher suite is not supported" \
	<<<"$("$socktape" why "$work/ciphers" 1 --keylog $keylog)"

# ---- export ----

# bytes FILE KIND STREAM: what follows, as hexadecimal; one side's are indented.
bytes() {
	tshark -n -q -r "$1" -o "tls.keylog_file:$keylog" -z "follow,$2,raw,$3" 2>/dev/null |
		tr -d '\r' | awk '/^\t?[0-9a-f]+$/ { side = /^\t/; sub(/\t/, ""); text[side] = text[side] $0 }
			END { print text[0]; print text[1] }'
}
for conn in 2 4 9 12; do
	"$socktape" export -q "$work/ciphers" -c $conn --keylog $keylog -o "$work/plain.pcapng"
	is "the plaintext of connection $conn is what tshark finds in the capture" \
		"$(bytes "$work/plain.pcapng" tcp 1 | sha256sum)" \
		"$(bytes $ciphers/capture.pcap tls $((conn - 1)) | sha256sum)"
done
is "it isn't nothing" "$([ "$(bytes "$work/plain.pcapng" tcp 1 | wc -c)" -gt 2000 ] && echo yes)" yes
for how in keys carrier; do
	"$socktape" export -q "$work/ciphers" --keylog $keylog --tls $how -o "$work/$how.pcapng"
done
is "--tls=keys: Wireshark opens the same, and RC4, with no key log" \
	"$(tshark -n -r "$work/keys.pcapng" -Y http.request 2>/dev/null | wc -l)" \
	"$(dissect $ciphers/capture.pcap http.request frame.number | wc -l)"
is "--tls=carrier: all but RC4, with no keys" \
	"$(tshark -n -r "$work/carrier.pcapng" -Y 'http.request && tls' 2>/dev/null | wc -l)" \
	"$(dissect $ciphers/capture.pcap 'http.request && tcp.stream > 0' frame.number | wc -l)"
"$socktape" export -q "$work/firefox" -c 1 --tls keys -o "$work/keys.pcapng"
is "--tls=keys: a selection has its secrets" \
	"$(tshark -n -r "$work/keys.pcapng" -Y http2.headers.method 2>/dev/null | wc -l)" \
	"$(tshark -n -r $firefox/capture.pcapng -Y http2.headers.method 2>/dev/null | wc -l)"
"$socktape" export -q "$work/ciphers" -c 2 --keylog $keylog --tls keys -o "$work/keys.pcapng"
is "and no others" "$(strings "$work/keys.pcapng" | grep -c CLIENT_RANDOM)" 1
check "--tls wants one of three" fails_with 1 "--tls wants plaintext, keys or carrier, not 'all'" \
	"$socktape" export "$work/ciphers" --tls all -o "$work/x.pcapng"
"$socktape" import -q "$work/carrier.pcapng" -o "$work/again"
check "what is made up is read again without a fault" "$socktape" show "$work/again"

# ---- the option ----

check "a key log that isn't there" fails_with 1 "--keylog $work/none: No such file" \
	"$socktape" show "$work/ciphers" --keylog "$work/none"
echo "GET / HTTP/1.1" >"$work/text"
check "a file that is no key log" fails_with 1 "no line in it is a TLS secret" \
	"$socktape" show "$work/ciphers" --keylog "$work/text"
cat "$work/text" $keylog >"$work/mixed"
check "lines that are none" fails_with 0 "line 1 is none of a key log (1 of " \
	"$socktape" show "$work/ciphers" --keylog "$work/mixed"
check "secrets that fit nothing" fails_with 0 "no secret of --keylog belongs to a TLS connection" \
	"$socktape" show "$work/firefox" --keylog $keylog
head -8 $keylog >"$work/first"
tail -n +9 $keylog >"$work/second"
is "two key logs" "$("$socktape" show "$work/ciphers" --json --keylog "$work/first" --keylog "$work/second" | sha256sum)" \
	"$("$socktape" show "$work/ciphers" --json --keylog $keylog | sha256sum)"
is "a selection of what is inside" "$("$socktape" conns "$work/ciphers" --protocol http --json --keylog $keylog | wc -l)" \
	"$(records "$work/ciphers" http .conn | sort -u | wc -l)"
# ---- secrets ----

# The last word of a key log's lines.
secrets=$({
	cat $keylog
	tshark -r $firefox/capture.pcapng --export-tls-session-keys /dev/stdout 2>/dev/null
	# Those that stand in the capture.
	strings $firefox/capture.pcapng
} | sed -n 's/^[A-Z_0-9]* [0-9a-f]\{64\} \([0-9a-f]\{64,96\}\)\r\{0,1\}$/\1/p' | sort -u)
is "there are secrets that could be printed" "$([ "$(wc -l <<<"$secrets")" -ge 30 ] && echo yes)" yes
for rec in ciphers firefox; do
	{
		"$socktape" show "$work/$rec" --json --keylog $keylog
		"$socktape" conns "$work/$rec" --json --keylog $keylog
		"$socktape" info "$work/$rec" --json --keylog $keylog
		"$socktape" why "$work/$rec" 1 --keylog $keylog
		"$socktape" events "$work/$rec" -a -x --json
	} 2>/dev/null >"$work/all"
	is "no secret is in what is printed of $rec" "$(grep -oF "$secrets" "$work/all" | sort -u | head -3)" ""
done

finish
