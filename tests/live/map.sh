#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape map of services that are known: processes of one interpreter, two hosts behind one port, both
# ends of TCP, UDP and Unix sockets, a protocol that nobody knows, a port that is closed.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
needs dnsmasq jq

front=18080 orders=18081 users=18082 raw=18083 closed=18084 names=18085
for name in front orders users local raw load; do cp tests/live/clients/map_town.py "$work/$name.py"; done

# start NAME ARGUMENTS...: until it is ready.
start() {
	"$python" "$work/$1.py" "${@:2}" >"$work/$1.out" 2>&1 &
	wait_for 20 grep -q ready "$work/$1.out"
}
start users http $users
start orders http $orders users.test $users
start front http $front orders.test $orders
start local http "$work/local.sock"
start raw raw $raw
dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --user=root --pid-file= \
	--port=$names --local=/town.test/ --address=/www.town.test/192.0.2.7 >"$work/names.out" 2>&1 &
wait_for 20 sh -c "ss -Hlun 'sport = :$names' | grep -q ."

"$recorder" --unix -o "$work/rec" -- "$python" "$work/load.py" load $front $names "$work/local.sock" $raw $closed \
	>"$work/load.out" 2>"$work/record"
# Rows of the town alone; other programs of these names may run here.
town() { jq -c 'select((.client + .server) | test("load.py|front.py|orders.py|users.py|raw.py|local.py"))'; }

is "the load ran" "$(grep -c 'the command ended' "$work/record")" 1
is "only the command is recorded with --" "$("$socktape" map "$work/rec" --json 2>/dev/null | jq -r .client | sort -u)" "python3 load.py"

rm -rf "$work/rec"
# Others on this machine are no part of the town.
"$recorder" --unix -e python3 -e dnsmasq -o "$work/rec" 2>"$work/record" &
recording=$!
await_recording "$work/record"
"$python" "$work/load.py" load $front $names "$work/local.sock" $raw $closed
kill -INT "$recording"
wait "$recording"

is "the edges are those of the town, with two services behind one address" \
	"$("$socktape" map "$work/rec" --json | town | jq -r '[.client, .server, .proto, .count, .errors] | join(" ")' | sort)" \
	"$(
		sort <<-END
			python3 load.py shop.test http 20 0
			python3 load.py admin.test http 7 2
			python3 load.py python3 local.py http 5 0
			python3 load.py dnsmasq dns 7 3
			python3 front.py python3 orders.py http 20 0
			python3 orders.py python3 users.py http 20 0
		END
	)"
is "the two are of one process, which asks on" \
	"$("$socktape" map "$work/rec" -f dot | grep -c 'style=dashed')" 2
is "where they are" "$("$socktape" map "$work/rec" --json | jq -r 'select(.server == "shop.test") | [.server_kind, .server_detail, .server_addresses] | join(" ")')" \
	"name python3 front.py 127.0.0.1:$front"
is "names, who answered, and what" \
	"$("$socktape" map "$work/rec" --dns --json | town | jq -r '[.client, .server, .name, .type, .count, .errors, .answers // "-", (.failures // {} | tostring)] | join(" ")')" \
	'python3 load.py dnsmasq www.town.test A 4 0 192.0.2.7 {}
python3 load.py dnsmasq nowhere.town.test A 3 3 - {"NXDOMAIN":3}'
"$socktape" map "$work/rec" --net --json | town >"$work/net.json"
is "connections by addresses, once, with what failed" \
	"$(jq -r '[.client, .server, .server_addresses, .proto, .count, .errors] | join(" ")' "$work/net.json" | sort)" \
	"$(
		sort <<-END
			python3 load.py python3 front.py 127.0.0.1:$front http 27 0
			python3 load.py python3 local.py unix:$work/local.sock http 5 0
			python3 load.py dnsmasq 0.0.0.0:$names dns 7 0
			python3 front.py python3 orders.py 127.0.0.1:$orders http 20 0
			python3 orders.py python3 users.py 127.0.0.1:$users http 20 0
			python3 load.py python3 raw.py 127.0.0.1:$raw unknown-tcp 1 0
			python3 load.py 127.0.0.1:$closed 127.0.0.1:$closed unknown-tcp 2 2
		END
	)"
is "and their bytes, both ways" "$(jq -c 'select(.server == "python3 raw.py") | [.req_bytes, .resp_bytes]' "$work/net.json")" "[50,560]"
is "and why" "$(jq -c 'select(.proto == "unknown-tcp") | .failures | select(.)' "$work/net.json")" '{"ECONNREFUSED":2}'
finish
