#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# gRPC with a server and a client in Python, and a client in Ruby: what each says that it did is what
# the recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs ruby tcpdump ss
python_needs grpc
ruby -e 'require "grpc"' 2>/dev/null || skip_all "ruby-grpc is not installed (tools/install-deps --test)"

port=50051
"$python" tests/live/clients/grpc_shop.py serve $port >"$work/server" 2>&1 &
server=$!
wait_for 30 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
check "Python" timeout 60 "$python" tests/live/clients/grpc_shop.py ask $port
check "Ruby" timeout 60 ruby tests/live/clients/grpc_shop.rb $port
record_end $port
kill $server
wait $server 2>/dev/null
judge gRPC $port grpc
exports_are_read grpc

finish
