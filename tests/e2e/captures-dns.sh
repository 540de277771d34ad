#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every DNS capture of the shared collection gives as many messages as tests/captures/dns.tsv
# explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# messages CAPTURE: how many DNS messages its records have.
messages() {
	import "$1" || return 1
	"$socktape" show "$work/rec" dns --format json | grep -oE '"(req|resp)_bytes":[0-9]' | wc -l
}

all_explained dns messages

finish
