#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every MongoDB capture of the shared collection gives the messages that tshark sees, and what the
# client of the live one says; no other capture gives any, and nothing of these is taken for others.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

messages() {
	import "$1" || return 1
	"$socktape" show "$work/rec" mongodb --format json 2>/dev/null |
		grep -oE '"(req|resp)_bytes":[0-9]' | wc -l
}

all_explained mongodb messages

# opcodes CAPTURE: one a line, as tshark dissects them on every port of the collection.
opcodes() {
	tshark -n -r "$1" -d tcp.port==27017,mongo -d tcp.port==27018,mongo -d tcp.port==27117,mongo \
		-d tcp.port==9991,mongo -d tcp.port==48914,mongo -T fields -e mongo.opcode 2>/dev/null |
		tr ',' '\n' | grep .
}

for capture in "$captures"/mongodb/*.pcap "$captures"/live/mongo-plain.pcap; do
	name=${capture##*/}
	is "$name: tshark's messages, but for an opcode that is nobody's" "$(messages "$capture")" \
		"$(opcodes "$capture" | grep -vc '^2269$')"
	is "$name: nothing else is seen in it" \
		"$("$socktape" conns "$work/rec" --format json | jq -r '.proto // empty' | grep -vx mongodb)" ""
done

# What the client of the live capture says that it did: did NAME
did() { jq ".$1" "$captures/live/mongo-plain.json"; }
# rows FILTER [VALUE]: of the table, summed up
rows() {
	"$socktape" show "$work/rec" mongodb --format json | jq -s "map(select($1)) | ${2:-length}"
}
import "$captures/live/mongo-plain.pcap"
for command in update delete find getMore; do
	is "$command" "$(rows ".command == \"$command\" and .error == null")" "$(did $command)"
done
is "inserts, and one that fails" "$(rows '.command == "insert"')" "$(($(did insert) + 1))"
is "errors, and endSessions, which this server doesn't know" \
	"$(rows '.error != null and .command != "endSessions"')" "$(did errors)"
is "documents found" \
	"$(rows '.request.filter.total != null or .command == "getMore"' 'map(.resp_documents) | add')" \
	"$(did docs)"

for folder in "$captures"/*/; do
	folder=$(basename "$folder")
	[ "$folder" != mongodb ] || continue
	taken=
	for capture in "$captures/$folder"/*.pcap*; do
		[[ $capture != */live/mongo-* ]] || continue
		import "$capture"
		! "$socktape" conns "$work/rec" --format json | grep -q '"proto":"mongodb"' ||
			taken+=" ${capture##*/}"
	done
	is "nothing in $folder is taken for MongoDB" "$taken" ""
done

finish
