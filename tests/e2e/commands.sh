#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What every command prints, where it complains, and what it exits with.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || skip_all "jq is not installed"
rec=$work/rec
"$socktape" import -q corpora/http/packetbeat-http_minitwit/capture.pcap -o "$rec" ||
	{ not_ok "import"; finish; exit; }

status() {
	"$@" >"$work/out" 2>"$work/err"
	echo $?
}
complains() { # complains NAME STATUS PATTERN COMMAND...
	local name=$1 expected=$2 pattern=$3 got
	shift 3
	got=$(status "$@")
	if [ "$got" = "$expected" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -q -- "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, expected $expected" "$(cat "$work/err")"
	fi
}

# ---- usage ----

for command in info conns events show stat sql why schema export import test; do
	is "$command --help" "$(status "$socktape" $command --help) $(head -1 "$work/out" | cut -d' ' -f1-3)" \
		"0 usage: socktape $command"
done
is "--help names every command" \
	"$("$socktape" --help | grep -cE '^  (info|conns|events|show|why|schema|export|import|test) ')" 9
is "--version" "$("$socktape" --version | grep -cE '^socktape [0-9]+\.[0-9]+')" 1
complains "an unknown command" 1 "no command 'frobnicate'" "$socktape" frobnicate
complains "an unknown option" 1 "no option --frobnicate" "$socktape" show "$rec" --frobnicate
complains "an option without its argument" 1 "needs an argument" "$socktape" show "$rec" --conn
complains "no recording" 1 "wants a recording" "$socktape" show
complains "a recording that isn't there" 1 "$work/nothing: No such file" "$socktape" show "$work/nothing"
complains "a folder without segments" 1 "no segment" "$socktape" info "$work"
complains "a file that is no segment" 1 "not a socktape segment" "$socktape" info README.md
complains "an unknown protocol" 1 "there are: .*http" "$socktape" show "$rec" smoke-signals
complains "a wrong format" 1 "text, json or csv" "$socktape" show "$rec" --format xml
complains "a wrong time" 1 "--since wants" "$socktape" show "$rec" --since yesterday
complains "what is no address" 1 "--addr wants" "$socktape" show "$rec" --addr nowhere
complains "a connection that isn't there" 1 "no connection 99" "$socktape" why "$rec" 99

# ---- what is printed ----

is "info --json" "$("$socktape" info --json "$rec" | jq -c '[.lost_events, .lost_bytes, .connections, .protocols.http.records]')" \
	"[0,0,6,6]"
is "show --json: one object a line" "$("$socktape" show "$rec" --json | jq -s length)" 6
is "show: the names that records have" \
	"$("$socktape" show "$rec" --json | head -1 | jq -r 'keys_unsorted | join(" ")')" \
	"proto ts time record_id conn pid comm role local remote proxied_client tls outcome latency_ns ttfb_ns note twin peer_process late version method path host code reason req_headers resp_headers req_body resp_body req_bytes resp_bytes"
is "times beside their nanoseconds, as RFC 3339 has them" \
	"$("$socktape" show "$rec" --json | jq -r '(.time | sub("\\.[0-9]+Z"; "Z") | fromdate) == (.ts / 1e9 | floor)' | sort -u)" true
is "what isn't known is null" "$("$socktape" show "$rec" --json | jq -c '[.pid, .comm]' | sort -u)" "[null,null]"
is "conns and events name arguments, user and cgroup" \
	"$("$socktape" conns corpora/http/live-demo --json | jq -r 'select(.comm == "curl") | [.user, .cgroup, (.cmdline | split(" ")[0])] | join(" ")' | sort -u) \
$("$socktape" events corpora/http/live-demo -a --json | jq -r 'select(.event == "process" and .comm == "curl") | [.fields.user, .fields.cgroup, .fields.args[0]] | join(" ")' | sort -u)" \
	"root /demo curl root /demo curl"
binary=$(find corpora -name capture.pcap | sort | while read -r file; do
	"$socktape" show "$file" --json 2>/dev/null | grep -m1 -o '"[a-z_]*_base64":"[^"]*"' && break
done)
is "binary is base64" "$(echo "$binary" | cut -d'"' -f4 | base64 -d >"$work/bytes" && ! iconv -f UTF-8 "$work/bytes" >"$work/out" 2>&1 && echo bytes)" bytes
is "conns: the names" \
	"$("$socktape" conns "$rec" --json | head -1 | jq -r 'keys_unsorted | join(" ")')" \
	"conn pid comm proto role local remote transport start start_time end end_time closed state state_by error connect_ns reset reset_time sent_bytes received_bytes lost_bytes unseen_bytes midstream tls tls_version sni alpn tls_reading tls_unread tls_library tls_library_version tls_tie records spoken cmdline user cgroup container"
is "events: the names" \
	"$("$socktape" events "$rec" --json | head -1 | jq -r 'keys_unsorted | join(" ")')" \
	"ts time event conn pid tid comm fd call dir layer offset len captured cut peer blocked_ns payload detail fields"
is "show --format csv: a header and a line for each" \
	"$("$socktape" show "$rec" http --format csv | python3 -c 'import csv, sys; rows = list(csv.reader(sys.stdin)); print(len(rows), len(set(map(len, rows))))')" \
	"7 1"
is "show exchanges: one row each, with both ends where both were recorded" \
	"$("$socktape" show corpora/http/live-demo exchanges --json |
		jq -s 'map(.client_process != null and .server_process != null and
			.on_the_way_ns == .client_latency_ns - .server_latency_ns) | all and length > 9')" true
both=$("$socktape" show corpora/http/live-demo --json | wc -l)
is "text: an exchange once, --both: once for each end" \
	"$("$socktape" show corpora/http/live-demo | wc -l) $("$socktape" show corpora/http/live-demo --both | wc -l)" \
	"$((both / 2 + 1)) $((both + 1))"
proxied=corpora/proxy/http-proxy-v2
"$socktape" import -q "$proxied/capture.pcap" -o "$work/proxied"
for address in 192.0.2.1 192.0.2.1:5555 :5555 10.0.0.2:80; do
	is "--addr $address: what was said behind the proxy" \
		"$("$socktape" show "$work/proxied" http --addr "$address" --json | jq -r .proxied_client | sort -u)" \
		192.0.2.1:5555
done
is "the client behind a proxy is the one that is shown" \
	"$("$socktape" show "$work/proxied" http | awk 'NR > 1 { print $3 }' | sort -u)" 192.0.2.1:5555
is "each record's twin names it as its own" "$("$socktape" show corpora/http/live-demo --json |
	jq -s 'INDEX(.record_id) as $all | map($all[.twin].twin == .record_id) | all')" true
is "schema --json: the columns of a row, in their order" \
	"$("$socktape" schema --json | jq -r 'select((.table == "records" or .table == "http") and .column != "shape") | .column' | tr '\n' ' ')" \
	"$("$socktape" show "$rec" --json | head -1 | jq -r 'keys_unsorted - ["time"] | join(" ")') "
complains "a table that isn't there" 1 "there are: records" "$socktape" schema nothing
is "text in a pipe has no colours" "$("$socktape" show "$rec" | grep -c $'\033')" 0
is "--limit" "$("$socktape" show "$rec" --json --limit 2 | wc -l)" 2
is "--conn" "$("$socktape" show "$rec" --json --conn 5 | jq .conn)" 5
complains "--pid of nobody" 0 "--pid matches nothing" "$socktape" show "$rec" --json --pid 4711
complains "--conn of nothing says which there are" 0 "connections 1 to 6" "$socktape" show "$rec" --conn 99
complains "--outcome that none has says which there are" 0 "there are: ok" \
	"$socktape" show "$rec" --outcome unanswered
complains "a time without anything" 0 "what there is is from" "$socktape" show "$rec" --since 2040-01-01
complains "--since behind --until" 1 "exclude each other" \
	"$socktape" show "$rec" --since 2020-01-02 --until 2020-01-01
complains "--record and --conn that exclude each other" 1 "exclude each other" \
	"$socktape" show "$rec" --record 5.0 --conn 6
complains "an id that is none" 1 "--record wants" "$socktape" show "$rec" --record five
is "a kind twice: either" "$("$socktape" show "$rec" --json -c 5 -c 6 | jq -c .conn | tr '\n' ' ')" "5 6 "
is "two kinds: both" "$("$socktape" show "$rec" --json -c 5 -c 6 --record 6.0 | jq -c .conn)" 6
for command in conns events; do
	is "$command --record: its connection" \
		"$("$socktape" $command "$rec" --json --record 5.0 | jq -s 'map(.conn) | unique == [5]')" true
done
is "info --record: its connection" "$("$socktape" info "$rec" --json --record 5.0 | jq .connections)" 1
is "CSV of nothing has its header" "$("$socktape" show "$rec" --format csv --pid 4711 2>/dev/null | wc -l)" 1
middle=$("$socktape" show "$rec" --json | jq -s 'sort_by(.ts)[3].ts')
seconds=$(python3 -c "print('%d.%09d' % divmod($middle, 10**9))")
is "--since and --until part the records in two" \
	"$("$socktape" show "$rec" --json --since "$seconds" | wc -l) $("$socktape" show "$rec" --json --until "$seconds" | wc -l)" "3 3"
is "events -x: the payload in hexadecimal" \
	"$("$socktape" events "$rec" -x --json | head -1 | jq -r .payload | cut -c1-8)" 47455420
is "events: the bytes of a direction add up" \
	"$("$socktape" events "$rec" --json | jq -s 'map(.captured) | add')" \
	"$("$socktape" info --json "$rec" | jq .kept_bytes)"
is "why: the protocol and the bytes that decided" \
	"$("$socktape" why "$rec" 1 | grep -cE '^protocol +http$|^ +[0-9]+ +http .*GET ')" 2
is "a single segment is read alone" "$("$socktape" show "$rec"/*.tape.zst --json | wc -l)" 6
is "--decode-as another protocol gives no HTTP" \
	"$("$socktape" show "$rec" http --decode-as redis --json 2>/dev/null | wc -l)" 0
is "a reader that goes away is no error on stderr" \
	"$("$socktape" events "$rec" --json 2>&1 >/dev/full | grep -c 'could not be written')" 1

# ---- damage ----

segment=$(echo "$rec"/*.tape.zst)
size=$(stat -c %s "$segment")
mkdir "$work/cut" "$work/bent"
head -c $((size - 100)) "$segment" >"$work/cut/$(basename "$segment")"
complains "a segment cut at its end: all records, and one line" 2 "ends too early\|not completed" \
	"$socktape" show "$work/cut" --json
is "none of them is missing" "$(wc -l <"$work/out")" 6
cp "$segment" "$work/bent/"
# In the middle of the last block's compressed bytes.
printf 'XXXXXXXX' | dd of="$work/bent/$(basename "$segment")" bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
complains "a damaged block is told with file and offset" 2 "$(basename "$segment"): at offset [0-9]" \
	"$socktape" show "$work/bent" --json
for which in bent cut; do
	"$socktape" show "$work/$which" --json --threads 1 >"$work/one" 2>&1
	"$socktape" show "$work/$which" --json --threads 2 >"$work/two" 2>&1
	check "threads change nothing about what is said of a recording that is $which" \
		cmp "$work/one" "$work/two"
done
complains "--threads 0" 1 "from 1" "$socktape" show "$rec" --threads 0
finish
