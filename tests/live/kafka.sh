#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Apache Kafka with kafka-python and its own client in Java: each message that they produce and read is
# what the recording shows at both ends. Prints TAP. The server and the clients are downloads: only
# with LIVE_ALL=1 (tools/check --all).
self=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/live/clients/kafka.bash
[ -n "${LIVE_INSIDE:-}" ] || kafka_fetch
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh
needs java tcpdump ss jq

port=9092
kafka_serve $port

record_begin
check "kafka-python" timeout 120 "$kafka/python/bin/python" tests/live/clients/kafka_python.py $port
check "Java" timeout 120 java -cp "$kafka/jars/*" tests/live/clients/KafkaShop.java $port
record_end $port
kill "$server"
wait "$server"
"$socktape" show "$work/rec" kafka --json | jq -c 'select(.proto == "kafka") |
	select(.api == null or ((.note // "") | sub("a topic.s name is inferred from another connection"; "")) != "" or
		(.outcome != "ok" and .error == null)) |
	[.record_id, .api, .outcome, .note]' >"$work/odd"
is "every request is whole, answered and known" "$(head -5 "$work/odd")" ""
judge Kafka $port kafka_messages
exports_are_read kafka

finish
