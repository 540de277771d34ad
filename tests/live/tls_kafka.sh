#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Kafka over TLS: what kafka-python, whose library is OpenSSL, says to a broker, whose is Java's. Prints
# TAP. The server and the client are downloads: only with LIVE_ALL=1 (tools/check --all).
# shellcheck disable=SC2317 # functions are called by name, through check()
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/live/clients/kafka.bash
kafka_fetch
# shellcheck source=tests/live/tls_lib.bash
. tests/live/tls_lib.bash

port=$(free_port)
controller=$(free_port)
cat "$key" "$cert" >"$work/server.pem"
cat >"$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=SSL://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=SSL://127.0.0.1:$port
inter.broker.listener.name=SSL
controller.listener.names=CONTROLLER
listener.security.protocol.map=SSL:SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location=$work/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$cert
log.dirs=$work/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
PROPERTIES
server() { java -Xmx512m -cp "$kafka/jars/*" "$@" "$work/server.properties"; }
check "a log directory is made" java -cp "$kafka/jars/*" kafka.tools.StorageTool format \
	-t MkU3OEVBNTcwNTJENDM2Qg -c "$work/server.properties"
server kafka.Kafka >"$work/server" 2>&1 &
wait_for 90 listening "$port" || not_ok "it starts" "$(tail -5 "$work/server")"

kafka_client() {
	timeout 120 "$kafka/python/bin/python" - "$port" "$cert" <<'PYTHON'
import sys
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

link = {"bootstrap_servers": "localhost:" + sys.argv[1], "security_protocol": "SSL", "ssl_cafile": sys.argv[2]}
producer = KafkaProducer(**link)
for n in range(3):
    producer.send("words", b"hello over TLS %d" % n, partition=0).get(30)
producer.close()
consumer = KafkaConsumer(group_id=None, consumer_timeout_ms=5000, auto_offset_reset="earliest", **link)
consumer.assign([TopicPartition("words", 0)])
got = [next(consumer).value for _ in range(3)]
consumer.close()
assert got == [b"hello over TLS %d" % n for n in range(3)], got
PYTHON
}

kafka_talk() {
	record "$port" kafka_client || return 1
	# Of the client's end alone: nothing of Java's is read. By keys, both ends of a connection are.
	rows kafka_messages | jq -se --arg tls "$tls" '
		map(select(.role == "client" and (.value | tostring | contains("hello over TLS")))) |
		[(map(select(.direction == "produced")) | length), (map(select(.direction == "fetched")) | length)]
		| .[0] == 3 and .[1] >= 3' || { rows kafka_messages | head -5; return 1; }
}
check "Kafka over TLS: what the client sent and got" kafka_talk
check "Kafka by keys" in_keys kafka_talk

finish
