#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture of Kafka in the shared collection gives as many requests and responses as the oracle
# counts, or as tests/captures/kafka.tsv explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# both CAPTURE: requests and responses.
both() {
	import "$1" || return 1
	"$socktape" show "$work/rec" kafka --format json | grep '"proto":"kafka"' |
		grep -oE '"(req|resp)_bytes":[0-9]' | wc -l
}

all_explained kafka both

finish
