#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Redis with redis-cli (C) and with a client that says its protocol word by word (Python): what each says
# that it did is what the recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs redis-server redis-cli tcpdump ss
port=6379
redis-server --port $port --bind 127.0.0.1 --save "" --appendonly no --dir "$work" >"$work/server" 2>&1 &
server=$!
wait_for 20 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
for client in cli plain; do
	check "$client" timeout 60 "$python" "tests/live/clients/redis_$client.py" $port
done
record_end $port
kill $server
wait $server 2>/dev/null
judge Redis $port redis
exports_are_read redis

finish
