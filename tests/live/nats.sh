#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# NATS with its C library and with Python's nats-py, a small download: what each says that it did is
# what the recording shows at both ends. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
nats_py=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/nats-py-2.9.0
if [ -z "${LIVE_INSIDE:-}" ] && [ ! -e "$nats_py/done" ]; then
	mkdir -p "$nats_py" && timeout 300 /usr/bin/python3 -m pip install -q --target "$nats_py" \
		nats-py==2.9.0 >"$nats_py/log" 2>&1 && touch "$nats_py/done"
fi
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
	ok "nats-py # SKIP it can't be fetched: $(grep -v '^$' "$nats_py/log" | tail -1)"
fi
record_end $port
kill $server
wait $server 2>/dev/null
judge NATS $port nats
exports_are_read nats

finish
