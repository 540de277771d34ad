#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# nghttpd with curl and h2load (C) and Node's client: what each says that it did is what the recording
# shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs nghttpd h2load curl node tcpdump ss
port=8080
mkdir "$work/root"
echo small >"$work/root/small"
head -c 300000 /dev/zero | tr '\0' l >"$work/root/large"
nghttpd --no-tls -a 127.0.0.1 -d "$work/root" --trailer 'checked: yes' $port >"$work/server" 2>&1 &
server=$!
wait_for 20 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
check "curl" timeout 60 "$python" tests/live/clients/http2_curl.py $port
check "node" timeout 60 node tests/live/clients/http2_node.js $port
check "h2load" h2load -n 1000 -c 4 -m 10 http://127.0.0.1:$port/small
printf '%s\n' '{"who": "h2load", "port": null, "times": 1000, "rows": [{"method": "GET",
	"path": "/small", "status": 200, "resp_bytes": 6}]}' | tr -d '\n\t' >>"$ledger"
echo >>"$ledger"
record_end $port
kill $server
wait $server 2>/dev/null

judge HTTP/2 $port http2
exports_are_read http2

finish
