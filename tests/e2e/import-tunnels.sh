#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Tunnels and tags: import opens each that tshark opens without settings, with the right bytes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

python3 tests/e2e/tunnels.py "$work/x.pcap" | sort >"$work/names"
check "a capture of $(wc -l <"$work/names") tunnels is imported" \
	"$socktape" import -q "$work/x.pcap" -o "$work/rec"
"$socktape" show "$work/rec" http --json |
	jq -r 'select(.outcome == "ok" and .status == 200 or .code == 200).path[1:]' | sort >"$work/ours"
is "each gives its exchange" "$(comm -3 "$work/names" "$work/ours")" ""
is "and no datagram of a tunnel is left over" \
	"$("$socktape" conns "$work/rec" --json | jq -r .transport | sort -u)" tcp

have tshark || {
	skip "tshark opens the same" "tshark is not installed"
	finish
	exit
}
# It takes a pseudowire's frame for one only where it knows the maker of its addresses, a T-PDU
# never for PPP, and Teredo only on its port.
tshark -n -r "$work/x.pcap" -Y http.request -T fields -e http.request.uri 2>/dev/null |
	sed 's,.*/,,' | sort >"$work/theirs"
is "tshark opens the same" \
	"$(grep -vE '^(gtpu-ppp|pseudowire|pseudowire-without-control-word|teredo-between-clients)$' \
		"$work/names" | comm -23 - "$work/theirs")" ""
finish
