#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# dnsmasq, asked by dig over UDP and TCP: what it says that it was told is what the recording shows at both
# ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs dnsmasq dig tcpdump ss
port=53
long=$(printf 'a long text %.0s' {1..15})
dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --user=root --pid-file= \
	--listen-address=127.0.0.1 --bind-interfaces --port=$port --local=/town.test/ --local-ttl=60 \
	--address=/www.town.test/192.0.2.7 --address=/www.town.test/2001:db8::7 --mx-host=town.test,mail.town.test,10 \
	--srv-host=_http._tcp.town.test,www.town.test,80 --txt-record=town.test,"v=spf1 -all" \
	--txt-record=long.town.test,"$long","$long","$long","$long" >"$work/server" 2>&1 &
server=$!
wait_for 20 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
check "dig" timeout 60 "$python" tests/live/clients/dns_dig.py $port
record_end $port
kill $server
wait $server 2>/dev/null
judge DNS $port dns
exports_are_read dns

finish
