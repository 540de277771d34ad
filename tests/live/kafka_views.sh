#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What the views of Kafka say beside what clients and the broker's own tool say: delays of messages to a
# consumer that stops between its polls, lag, rebalances of the old groups and the new, share groups.
# Prints TAP. The server and the clients are downloads: only with LIVE_ALL=1 (tools/check --all).
self=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/live/clients/kafka.bash
[ -n "${LIVE_INSIDE:-}" ] || kafka_fetch
# shellcheck source=tests/live/lib.sh
. tests/live/lib.sh
needs java tcpdump ss jq

port=9092
kafka_serve $port --feature share.version=1
topics() { java -cp "$kafka/jars/*" org.apache.kafka.tools.TopicCommand --bootstrap-server 127.0.0.1:$port "$@"; }
for topic in slow team; do
	check "topic $topic" topics --create --topic $topic --partitions 3 --replication-factor 1
done
check "topic shared" topics --create --topic shared --partitions 1 --replication-factor 1

record_begin
check "a consumer that stops" timeout 120 "$kafka/python/bin/python" tests/live/clients/kafka_slow.py $port
check "groups" timeout 120 java -cp "$kafka/jars/*" tests/live/clients/KafkaGroups.java $port
record_end $port

java -cp "$kafka/jars/*" org.apache.kafka.tools.consumer.group.ConsumerGroupCommand \
	--bootstrap-server 127.0.0.1:$port --describe --all-groups >"$work/described" 2>"$work/describing"
kill "$server"
wait "$server"
[ -z "${LIVE_KEEP:-}" ] || cp -a "$work/." "$LIVE_KEEP"
"$python" tests/live/kafka_views.py "$socktape" "$work" || failures=$((failures + 1))

finish
