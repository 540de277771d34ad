# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the captures-*.sh tests: the collection of real captures that is shared beside the
# project, with what an oracle counts in each (SOURCES.tsv). With ORACLE_TABLE set to a file, the
# counts are appended to it, and nothing else is tested: tests/captures/oracle prints them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

captures=${SOCKTAPE_SHARED:-../shared}/captures
[ -d "$captures" ] || skip_all "no shared captures (SOCKTAPE_SHARED)"

# import CAPTURE: into $work/rec; damage in the capture is no failure.
import() {
	rm -rf "$work/rec"
	"$socktape" import -q "$1" -o "$work/rec" 2>/dev/null || [ $? -eq 2 ]
}

# records PROTOCOL CAPTURE: how many records of the protocol it gives.
records() {
	import "$2" || return 1
	"$socktape" show "$work/rec" "$1" --format json | wc -l
}

# field TABLE KEY N: the Nth field of the line that KEY begins.
field() { awk -F'\t' -v key="$2" -v n="$3" '$1 == key { print $n }' "$1"; }

# The count in SOURCES.tsv of a FILE of that collection.
oracle_count() { field "$captures/SOURCES.tsv" "$1" 8; }

# all_explained PROTOCOL COUNT [ORACLE]: in every capture of the protocol's folder ours (what COUNT
# prints for a capture) is the oracle's count (what ORACLE prints for its name; oracle_count), or
# tests/captures/PROTOCOL.tsv has both and says why they differ.
all_explained() {
	local table=tests/captures/$1.tsv file oracle ours why capture
	while IFS=$'\t' read -r file _; do
		[[ $file == \#* ]] || [ -e "$captures/$1/$file" ] ||
			not_ok "$file, which $table explains, is there"
	done <"$table"
	for capture in "$captures/$1"/*.pcap*; do
		file=${capture##*/}
		oracle=$("${3:-oracle_count}" "$1/$file")
		ours=$("$2" "$capture")
		why=$(field "$table" "$file" 4)
		if [ -n "${ORACLE_TABLE:-}" ]; then
			printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1/$file" "$oracle" "$ours" \
				"$(field "$table" "$file" 2)" "$(field "$table" "$file" 3)" "$why" \
				>>"$ORACLE_TABLE"
		elif [ -n "$why" ]; then
			is "$file: the oracle's count is the one explained" "$oracle" \
				"$(field "$table" "$file" 2)"
			is "$file: $why" "$ours" "$(field "$table" "$file" 3)"
		else
			is "$file: as many as the oracle counts" "$ours" "$oracle"
		fi
	done
	if [ -n "${ORACLE_TABLE:-}" ]; then exit 0; fi
}
