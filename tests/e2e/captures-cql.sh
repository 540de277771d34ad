#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every CQL capture of the shared collection gives as many records as tests/captures/cql.tsv
# explains, and the same opcodes as tshark finds in it; of those of a real session, what the client
# says that it did.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

cql_records() { records cql "$1"; }

all_explained cql cql_records

# opcodes: those of all requests, and how many answers there are, of the records on stdin.
opcodes() {
	python3 -c '
import collections, json, sys
seen = collections.Counter()
for row in map(json.loads, sys.stdin):
    if row["req_bytes"] is not None:
        seen[row["opcode"]] += 1
    if row["resp_bytes"] is not None:
        seen["answers"] += 1
print(*(f"{name}={seen[name]}" for name in sorted(seen)))'
}

# tshark_opcodes CAPTURE: the same by tshark.
tshark_opcodes() {
	tshark -n -r "$1" -d tcp.port==29042,cql -Y cql -T fields -e cql.version \
		-e cql.opcode 2>/dev/null | python3 -c '
import collections, sys
names = {1: "STARTUP", 5: "OPTIONS", 7: "QUERY", 9: "PREPARE", 10: "EXECUTE", 11: "REGISTER",
         13: "BATCH", 15: "AUTH_RESPONSE"}
seen = collections.Counter()
for line in sys.stdin:
    for opcode in line.split("\t")[1].split(","):
        seen[names.get(int(opcode, 0), "answers")] += 1
print(*(f"{name}={seen[name]}" for name in sorted(seen)))'
}

# What tshark dissects: it knows no segments, and so nothing of version 5.
for capture in "$captures"/cql/* "$captures"/live/cassandra-v4-snappy.pcap; do
	import "$capture"
	is "${capture##*/}: requests and answers are tshark's" \
		"$("$socktape" show "$work/rec" cql --format json | opcodes)" \
		"$(tshark_opcodes "$capture")"
done

# account CAPTURE: what its client says that it did, counted in our records.
account() {
	import "$captures/live/$1.pcap" || return 1
	"$socktape" show "$work/rec" cql --format json | python3 -c '
import json, sys
did = dict(execute=0, prepare=0, batch=0, errors=0, rows=0, odd=0)
for row in map(json.loads, sys.stdin):
    opcode = (row["opcode"] or "").lower()
    if opcode in did:
        did[opcode] += 1
    did["errors"] += row["outcome"] == "error"
    did["odd"] += row["outcome"] not in ("ok", "error") or bool(row["note"])
    if row["keyspace"] == "shop" and row["result"] == "rows":
        did["rows"] += row["rows"]
print(json.dumps(did))'
}

for name in cassandra-v4-snappy cassandra-v5-lz4 cassandra-v5; do
	is "$name: what the client says" "$(account "$name")" \
		'{"execute": 120, "prepare": 2, "batch": 1, "errors": 4, "rows": 170, "odd": 0}'
done

finish
