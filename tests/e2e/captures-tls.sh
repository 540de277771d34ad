#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture of TLS in the shared collection gives as many ClientHellos as the oracle counts, or as
# tests/captures/tls.tsv explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# hellos CAPTURE: of its handshakes; one that had to begin again has two.
hellos() {
	import "$1" || return 1
	"$socktape" show "$work/rec" tls --format json |
		jq -s '[.[] | select(.offered_version) | 1 + (if .retried then 1 else 0 end)] | add // 0'
}

all_explained tls hellos

finish
