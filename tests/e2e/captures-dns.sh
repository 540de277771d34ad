#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every DNS capture of the shared collection gives as many messages as tests/captures/dns.tsv
# explains, and in the other captures nothing is taken for DNS that tshark doesn't take for it.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# messages CAPTURE: how many DNS messages its records have.
messages() {
	import "$1" || return 1
	"$socktape" show "$work/rec" dns --format json | grep -oE '"(req|resp)_bytes":[0-9]' | wc -l
}

all_explained dns messages

# connections CAPTURE: between how many ends something is taken for DNS. One flow is several
# connections when it was idle in between.
connections() {
	import "$1" || return 1
	"$socktape" conns "$work/rec" --format json | grep '"proto":"dns"' |
		grep -oE '"(local|remote)":"[^"]*"' | paste -d ' ' - - | sort -u | wc -l
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
