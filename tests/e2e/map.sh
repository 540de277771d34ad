#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape map: the same numbers as elsewhere, pictures that can be looked at, whatever others called
# themselves, and what happens when there is too much.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

rec=corpora/http/live-demo
map() { "$socktape" map "$@"; }

# ---- numbers ----

once="FROM records WHERE NOT (role = 'server' AND twin IS NOT NULL)"
is "counts, errors and times are those of SQL" \
	"$(map $rec --json | jq -c '[.client, .proto, .count, .errors, .p50_ms + 0, .p99_ms + 0, .worst]' | sort)" \
	"$("$socktape" sql $rec --json "SELECT json_array(comm, proto, count(*), sum(outcome <> 'ok'), round(ms(p50(latency_ns)), 3), round(ms(p99(latency_ns)), 3), worst(record_id, latency_ns)) AS row $once GROUP BY comm, proto" |
		jq -rc '.row | fromjson' | sort)"
is "intervals add up" "$(map $rec --over 100ms --json | jq -s 'map(.count) | add')" "$(map $rec --json | jq -s 'map(.count) | add')"
is "bytes of connections are those that were moved, once" \
	"$(map $rec --net --json | jq -s 'map(.bytes) | add')" \
	"$("$socktape" sql $rec --json "SELECT sum(sent_bytes + received_bytes) AS n FROM conns WHERE role = 'client'" | jq .n)"
bytes_of_redis() { map $rec "$@" --json | jq -c 'select(.proto == "redis") | [.bytes, .req_bytes, .resp_bytes]' | sort; }
is "and those of records that don't tell theirs" "$(bytes_of_redis)" "$(bytes_of_redis --net)"
is "but not of some of their time" "$(bytes_of_redis --since +1ms | sort -u)" "[null,null,null]"
is "a selection selects" "$(map $rec --name dig --json | jq -r .server)" dnsmasq
is "names that are asked for" \
	"$(map $rec --dns --json | jq -r '[.client, .name, .type, .count, .errors, .answers // "-"] | join(" ")' | sort | tail -2)" \
	'dig www.demo.test A 2 0 192.0.2.80
dig www.demo.test AAAA 1 0 2001:db8::80'

# ---- the same again ----

for format in text json csv svg dot mermaid; do
	for view in --limit=50 --dns --net; do
		map $rec $view -f $format >"$work/one" 2>&1
		TZ=Asia/Tokyo HOME=/ map $rec $view -f $format >"$work/two" 2>&1
		cmp -s "$work/one" "$work/two" || not_ok "the same bytes: $view $format"
	done
done
ok "the same recording gives the same bytes, wherever it is read"

# ---- several services behind one address ----

# get CONN HOST PATH: a call of HTTP to port 80.
get() { jq -nc --arg host "$2" --arg path "$3" --argjson conn "$1" '{conn: $conn, request: "GET \($path) HTTP/1.1\r\nHost: \($host)\r\n\r\n", response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}'; }
{
	get 1 a.test /
	get 1 B.test:80 /
	get 2 b.test. /
	get 3 127.0.0.1:80 /
	get 4 localhost /
} | python3 tests/e2e/talk.py "$work/hosts"
is "hosts behind one address are told apart; addresses are no names" \
	"$(map "$work/hosts" --json 2>/dev/null | jq -r '[.server, .server_kind, .count] | join(" ")' | sort)" \
	'127.0.0.1:80 address 2
a.test name 1
b.test name 2'

# ---- what others say stays text ----

{
	get 1 '<script>alert(1)</script>' /
	get 2 '"];x [label="' /
	get 3 'a\l\N\"b' /
	get 4 "x'&lt;#quot;|]--> y" /
	get 5 $'\u202eevil\u200b\u0007' /
	get 6 '名前が長いサーバーの名前名前名前名前名前名前名前名前名前名前名前名前名前.test' /
	get 7 "$(printf 'w%.0s' {1..250}).test" /
	get 8 ']]>' /
	get 9 'javascript:alert(1)' /
} | python3 tests/e2e/talk.py "$work/hostile"
map "$work/hostile" -f svg 2>/dev/null >"$work/hostile.svg"
is "in a picture, too, that is well made" "$(python3 tests/e2e/map_picture.py "$work/hostile.svg")" "10 9 9"
check "signs of another direction aren't in it" sh -c "! grep -q $'\u202e' '$work/hostile.svg'"
map "$work/hostile" -f mermaid 2>/dev/null >"$work/hostile.mmd"
is "in Mermaid nothing ends a string" "$(grep -cE '^    n[0-9]+(\(\[|\[)"[^"]*"(\]\)|\]):::[a-z]+$|^    n[0-9]+ -->\|"[^"]*"\| n[0-9]+$' "$work/hostile.mmd")" 19
if have dot; then
	map "$work/hostile" -f dot 2>/dev/null | dot -Tjson >"$work/hostile.json" 2>"$work/err"
	is "graphviz takes all of it, and says nothing" "$? $(cat "$work/err")" "0 "
	is "and shows what was said" "$(jq -r '.objects[].label' "$work/hostile.json" | grep -cF -e '<script>alert(1)</script>' -e '"];x [label="' -e "x'&lt;#quot;|]--> y" -e ']]>')" 4
	for view in --limit=50 --dns --net --over=100ms; do
		map $rec $view -f dot | dot -Tplain >"$work/plain" 2>&1
		is "graphviz draws $view" "$? $(grep -c '^graph ' "$work/plain")" "0 1"
	done
else
	skip "graphviz" "dot is not installed (tools/install-deps --test)"
fi

# ---- much ----

seq 1 3000 | jq -c '{conn: (. % 40 + 1), us: 1, request: "GET / HTTP/1.1\r\nHost: s\(.).test\r\n\r\n", response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}' |
	python3 tests/e2e/talk.py "$work/many"
map "$work/many" -f svg >"$work/many.svg" 2>"$work/err"
is "of many services the busiest are shown" "$(python3 tests/e2e/map_picture.py "$work/many.svg")" "60 59 59"
is "and what is left out is told" "$(grep 'left out' "$work/err")" \
	"socktape map: left out: 2,941 less busy ones, with 2,941 exchanges; --limit 0 shows all"
check "in the picture, too" grep -q 'left out: 2,941' "$work/many.svg"
map "$work/many" --limit 1 >"$work/out" 2>"$work/err"
is "where all of it is left out, nobody says that there is nothing" "$(wc -l <"$work/out") $(grep -c 'nothing to show' "$work/err") $(grep 'left out' "$work/err")" \
	"0 0 socktape map: left out: 3,001 less busy ones, with 3,000 exchanges; --limit 0 shows all"
is "all of them" "$(map "$work/many" -f svg --limit 0 2>/dev/null | grep -c 'class="map-node')" 3001
is "and all rows" "$(map "$work/many" --json 2>/dev/null | wc -l)" 3000
is "with little memory the rest is counted, and told" \
	"$(map "$work/many" --json --memory 1MiB 2>"$work/err" | wc -l | awk '{print ($1 > 50 && $1 < 3000)}') $(grep -c 'found no room in memory; --memory allows more' "$work/err")" "1 1"

for capture in corpora/{pgsql/own-psql,mongodb/own-mongo-plain,kafka/own-kafka41-librdkafka,http2/own-grpc-ruby,http2/own-nghttp,dns/own-dnsmasq}/capture.pcap*; do
	for view in --limit=50 --net; do
		map "$capture" $view -f svg >"$work/svg"
		python3 tests/e2e/map_picture.py "$work/svg" >"$work/problems" 2>&1 || not_ok "a picture of $capture $view" "$(cat "$work/problems")"
	done
done
ok "pictures of captures are well made"

# ---- what is wrong ----

complains() {
	local name=$1 pattern=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	is "$name" "$? $(wc -l <"$work/err") $(grep -c -- "$pattern" "$work/err")" "1 1 1"
}
complains "no such format" "wants text, json, csv, svg, dot or mermaid" map $rec -f png
complains "two views" "exclude each other" map $rec --dns --net
complains "no such thing to take for one" "wants service, container or process" map $rec --by host
complains "intervals of nothing" "wants a duration" map $rec --over 0
complains "--by with --net" "is not for --net" map $rec --net --by process
is "nothing that is selected is told" "$(map $rec --name nobody 2>&1 | grep -c "no connection\|nothing\|none")" 1
finish
