#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Mux: a server of Finagle with Finagle's own client, and with one that chooses tags, contexts and
# fragments by itself; Thrift inside, too. What each says that it did is what the recording shows at both
# ends. Prints TAP. Finagle is a download: only with LIVE_ALL=1 (tools/check --all).
self=$(realpath "$0")
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/live/clients/mux.bash
. tests/live/clients/mux.bash
[ -n "${LIVE_INSIDE:-}" ] || mux_fetch
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh
needs tcpdump ss

port=9990
mkfifo "$work/end"
check "the shop is compiled" mux_compile
mux_shop server $port <>"$work/end" >"$work/server" 2>&1 &
server=$!
wait_for 60 listening $port || not_ok "Finagle starts" "$(tail -5 "$work/server")"

record_begin
check "Finagle's client" timeout 120 java -Xmx256m -cp "$mux/jars/*:$work/shop" MuxShop client $port
check "a client tag by tag" timeout 60 "$python" tests/live/clients/mux_plain.py $port "$work/end"
record_end $port
wait "$server"
judge Mux $port mux
exports_are_read mux

finish
