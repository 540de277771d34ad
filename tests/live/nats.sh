#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# NATS with its C library and with Python's nats-py, a small download: what each says that it did is
# what the recording shows at both ends. Prints TAP.
set -u
self=$(realpath "$0")
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/live/clients/nats.bash
. tests/live/clients/nats.bash
[ -n "${LIVE_INSIDE:-}" ] || nats_fetch
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh

needs nats-server tcpdump ss
"$python" -c 'import ctypes; ctypes.CDLL("libnats.so")' 2>/dev/null ||
	skip_all "libnats-dev is not installed (tools/install-deps --test)"

port=4222
nats-server -a 127.0.0.1 -p $port -js -sd "$work/data" >"$work/server" 2>&1 &
server=$!
wait_for 20 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
check "libnats" timeout 60 "$python" tests/live/clients/nats_c.py $port
if [ -e "$nats_py/done" ]; then
	check "nats-py" timeout 60 env PYTHONPATH="$nats_py" "$python" tests/live/clients/nats_py.py $port
else
	ok "nats-py # SKIP $(nats_missing)"
fi
record_end $port
kill $server
wait $server 2>/dev/null
judge NATS $port nats
exports_are_read nats

finish
