# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of NATS: Python's nats-py, a small download, once into a cache.
# shellcheck source=tests/live/clients/downloads.bash
. "$(dirname "${BASH_SOURCE[0]}")/downloads.bash"
nats_py=$downloads/nats-py-2.9.0

# Before anything that has no network.
nats_fetch() {
	[ -e "$nats_py/done" ] && return
	mkdir -p "$nats_py" && timeout 300 /usr/bin/python3 -m pip install -q --target "$nats_py" \
		nats-py==2.9.0 >"$nats_py/log" 2>&1 && touch "$nats_py/done"
}

# Why it isn't there.
nats_missing() { echo "it can't be fetched: $(grep -v '^$' "$nats_py/log" | tail -1)"; }
