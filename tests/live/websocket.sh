#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# WebSocket with a server and a client in Python, and Node's ws: each message and its payload is what the
# recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs node tcpdump ss
python_needs websockets
[ -d /usr/share/nodejs/ws ] || skip_all "node-ws is not installed (tools/install-deps --test)"

port=8765
"$python" tests/live/clients/websocket.py serve $port >"$work/server" 2>&1 &
server=$!
wait_for 30 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
check "Python" timeout 60 "$python" tests/live/clients/websocket.py ask $port
check "Node" timeout 60 node tests/live/clients/websocket.js $port
record_end $port
kill $server
wait $server 2>/dev/null
judge WebSocket $port websocket
exports_are_read websocket

finish
