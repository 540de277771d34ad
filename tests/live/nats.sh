#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# NATS with its C library and, where it can be downloaded (LIVE_ALL=1, tools/check --all), Python's
# nats-py: what each says that it did is what the recording shows at both ends. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
nats_py=${XDG_CACHE_HOME:-$HOME/.cache}/socktape/nats-py-2.9.0
if [ -z "${LIVE_INSIDE:-}" ] && [ -n "${LIVE_ALL:-}" ] && [ ! -e "$nats_py/done" ]; then
	mkdir -p "$nats_py" && timeout 300 python3 -m pip install -q --target "$nats_py" nats-py==2.9.0 \
		>"$nats_py/log" 2>&1 && touch "$nats_py/done"
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
	check "nats-py" timeout 60 env PYTHONPATH="$nats_py" python3 tests/live/clients/nats_py.py $port
elif [ -n "${LIVE_ALL:-}" ]; then
	ok "nats-py # SKIP $(tail -1 "$nats_py/log")"
else
	ok "nats-py # SKIP a download; LIVE_ALL=1 and tools/check --all run it"
fi
record_end $port
kill $server
wait $server 2>/dev/null
judge NATS $port nats

finish
