# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the captures-*.sh tests: the collection of real captures that is shared beside the
# project, with what an oracle counts in each (SOURCES.tsv).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

captures=${SOCKTAPE_SHARED:-../shared}/captures
[ -d "$captures" ] || skip_all "no shared captures (SOCKTAPE_SHARED)"

# import CAPTURE: into $work/rec; damage in the capture is no failure.
import() {
	rm -rf "$work/rec"
	"$socktape" import -q "$1" -o "$work/rec" 2>/dev/null || [ $? -eq 2 ]
}

# field TABLE KEY N: the Nth field of the line that KEY begins.
field() { awk -F'\t' -v key="$2" -v n="$3" '$1 == key { print $n }' "$1"; }

# all_explained PROTOCOL COUNT: every capture of the protocol stands in tests/captures/PROTOCOL.tsv
# with the oracle's count, ours (what COUNT prints for a capture) and why.
all_explained() {
	local table=tests/captures/$1.tsv file oracle ours why capture
	while IFS=$'\t' read -r file oracle ours why; do
		[[ $file != \#* ]] || continue
		is "$file: the oracle's count is the one explained" "$oracle" \
			"$(field "$captures/SOURCES.tsv" "$1/$file" 8)"
		is "$file: $why" "$("$2" "$captures/$1/$file")" "$ours"
	done <"$table"
	for capture in "$captures/$1"/*; do
		[ -n "$(field "$table" "${capture##*/}" 1)" ] ||
			not_ok "${capture##*/} is not explained in $table"
	done
}
