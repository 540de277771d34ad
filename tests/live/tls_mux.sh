#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Mux that goes on in TLS when both sides have said in Tinit and Rinit that they want it: a server of
# Finagle, whose TLS is Java's, and a client of ours, whose is OpenSSL. Prints TAP. Finagle is a download:
# only with LIVE_ALL=1 (tools/check --all).
# shellcheck disable=SC2317 # functions are called by name, through check()
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/live/clients/mux.bash
. tests/live/clients/mux.bash
mux_fetch
# shellcheck source=tests/live/tls_lib.bash
. tests/live/tls_lib.bash

check "the shop is compiled" mux_compile

mux_client() {
	ledger=$work/ledger timeout 60 python3 tests/live/clients/mux_plain.py "$port" "$work/end" "$cert"
}

# ROLES of the connection: what the client says that it did, each once, and no more than that.
is_told_by() {
	local columns='[.type, .tag, .outcome, (.payload // "")]'
	jq -e --argjson said "$(tail -1 "$work/ledger" | jq -c ".rows | map($columns) | sort")" --arg role "$1" -s "
		map(select(.role == \$role)) | map($columns) | sort == \$said" >/dev/null
}

mux_talk() {
	local role
	port=$(free_port)
	rm -f "$work/end"
	mkfifo "$work/end"
	mux_shop server "$port" "$cert" "$key" <>"$work/end" >"$work/server" 2>&1 &
	server=$!
	wait_for 60 listening "$port" || { tail -5 "$work/server"; return 1; }
	record "$port" mux_client || return 1
	wait "$server"
	# Of the client's end alone: nothing of Java's is read. By keys, both ends of a connection are.
	for role in client $([ $tls = plaintext ] || echo server); do
		rows mux | is_told_by "$role" || { rows mux | head -40; tail -1 "$work/ledger"; return 1; }
	done
	"$socktape" conns "$rec" --format json | jq -se 'map(select(.role == "client")) |
		length == 1 and (.[0].proto == "mux" and .[0].tls != "no")'
}
check "Mux, then TLS: what the client sent and got" mux_talk
check "Mux, then TLS, by keys: what both ends sent and got" in_keys mux_talk

finish
