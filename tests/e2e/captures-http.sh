#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every HTTP capture of the shared collection gives as many requests and responses as the oracle
# counts, or as tests/captures/http.tsv explains; of all others only those in http-elsewhere.tsv
# give any.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# show CAPTURE: its HTTP records.
show() {
	import "$1" || return 1
	"$socktape" show "$work/rec" http --format json
}

# count: how many requests and responses the records have.
count() {
	python3 -c '
import json, re, sys
requests = responses = 0
for line in sys.stdin.buffer.read().split(b"\n"):
    if not line:
        continue
    record = json.loads(line)
    interim = re.search("interim ([^;]*)", record["note"] or "")
    requests += record["method"] is not None
    responses += record["resp_bytes"] is not None
    responses += len(interim.group(1).split(", ")) if interim else 0
print(requests, responses)'
}

# counted CAPTURE: its requests and responses.
counted() { show "$1" | count; }

# oracle FILE: what tshark counts of both; the number of packets says nothing.
oracle() {
	field "$captures/SOURCES.tsv" "$1" 17 |
		sed -nE 's/.*requests=([0-9]+) responses=([0-9]+).*/\1 \2/p'
}

all_explained http counted oracle

elsewhere=tests/captures/http-elsewhere.tsv
for folder in amqp confusers cql dns http2 kafka mongodb mux mysql nats pgsql redis tls; do
	wrong=
	for capture in "$captures/$folder"/*.pcap*; do
		file=$folder/${capture##*/}
		expected=$(field $elsewhere "$file" 2)
		got=$(show "$capture" | wc -l)
		[ "$got" = "${expected:-0}" ] || wrong+=" ${capture##*/}: $got"
	done
	is "in $folder only HTTP is taken for HTTP" "$wrong" ""
done

finish
