#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every Redis capture of the shared collection gives as many records as tests/captures/redis.tsv
# explains, and no other capture gives any.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

captures=${SOCKTAPE_SHARED:-../shared}/captures
[ -d "$captures/redis" ] || skip_all "no shared captures (SOCKTAPE_SHARED)"

# records CAPTURE: how many Redis records it gives.
records() {
	rm -rf "$work/rec"
	"$socktape" import -q "$1" -o "$work/rec" 2>/dev/null || [ $? -eq 2 ] || return 1
	"$socktape" show "$work/rec" redis --format json | wc -l
}

while IFS=$'\t' read -r file oracle ours why; do
	[[ $file != \#* ]] || continue
	is "$file: the oracle's count is the one explained" "$oracle" \
		"$(awk -F'\t' -v f="redis/$file" '$1 == f { print $8 }' "$captures/SOURCES.tsv")"
	is "$file: $why" "$(records "$captures/redis/$file")" "$ours"
done <tests/captures/redis.tsv

for capture in "$captures"/redis/*; do
	grep -q "^${capture##*/}	" tests/captures/redis.tsv ||
		not_ok "${capture##*/} is not explained in tests/captures/redis.tsv"
done

for folder in confusers nats http dns; do
	taken=
	for capture in "$captures/$folder"/*; do
		[ "$(records "$capture")" = 0 ] || taken+=" ${capture##*/}"
	done
	is "nothing in $folder is taken for Redis" "$taken" ""
done

finish
