#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every Redis capture of the shared collection gives as many records as tests/captures/redis.tsv
# explains, and no other capture gives any.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# records CAPTURE: how many Redis records it gives.
records() {
	import "$1" || return 1
	"$socktape" show "$work/rec" redis --format json | wc -l
}

all_explained redis records

for folder in confusers nats http dns; do
	taken=
	for capture in "$captures/$folder"/*; do
		[ "$(records "$capture")" = 0 ] || taken+=" ${capture##*/}"
	done
	is "nothing in $folder is taken for Redis" "$taken" ""
done

finish
