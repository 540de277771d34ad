#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every DNS capture of the shared collection gives as many messages as tests/captures/dns.tsv
# explains, and in the other captures nothing is taken for DNS that tshark doesn't take for it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

captures=${SOCKTAPE_SHARED:-../shared}/captures
[ -d "$captures/dns" ] || skip_all "no shared captures (SOCKTAPE_SHARED)"

# import CAPTURE: into $work/rec.
import() {
	rm -rf "$work/rec"
	"$socktape" import -q "$1" -o "$work/rec" 2>/dev/null || [ $? -eq 2 ]
}

# messages CAPTURE: how many DNS messages its records have.
messages() {
	import "$1" || return 1
	"$socktape" show "$work/rec" dns --format json | grep -oE '"(req|resp)_bytes":[0-9]' | wc -l
}

while IFS=$'\t' read -r file oracle ours why; do
	[[ $file != \#* ]] || continue
	is "$file: the oracle's count is the one explained" "$oracle" \
		"$(awk -F'\t' -v f="dns/$file" '$1 == f { print $8 }' "$captures/SOURCES.tsv")"
	is "$file: $why" "$(messages "$captures/dns/$file")" "$ours"
done <tests/captures/dns.tsv

for capture in "$captures"/dns/*; do
	grep -q "^${capture##*/}	" tests/captures/dns.tsv ||
		not_ok "${capture##*/} is not explained in tests/captures/dns.tsv"
done

# connections CAPTURE: how many are taken for DNS.
connections() {
	import "$1" || return 1
	"$socktape" conns "$work/rec" --format json | grep -c '"proto":"dns"'
}

# streams CAPTURE: how many tshark takes for DNS.
streams() {
	tshark -n -r "$1" -Y 'dns || mdns || llmnr' -T fields -e udp.stream -e tcp.stream 2>/dev/null |
		sort -u | wc -l
}

for folder in "$captures"/*/; do
	folder=$(basename "$folder")
	[ "$folder" != dns ] || continue
	taken=
	for capture in "$captures/$folder"/*.pcap*; do
		count=$(connections "$capture")
		[ "$count" = 0 ] || [ "$count" = "$(streams "$capture")" ] ||
			taken+=" ${capture##*/}"
	done
	is "nothing else in $folder is taken for DNS" "$taken" ""
done

finish
