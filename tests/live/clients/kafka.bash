# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of Kafka: its server and clients, downloaded once into a cache.
# shellcheck source=tests/live/clients/downloads.bash
. "$(dirname "${BASH_SOURCE[0]}")/downloads.bash"
kafka=$downloads/kafka

# Called where the project's top is the working directory.
kafka_fetch() {
	local release
	downloads_need java mvn python3
	mkdir -p "$kafka"
	cp tests/live/clients/kafka-pom.xml "$kafka/pom.xml"
	download "$kafka" server-4.1.1 timeout 600 mvn -q -B -f "$kafka/pom.xml" \
		dependency:copy-dependencies -DoutputDirectory=jars
	for release in 3.9.1 4.1.1; do
		download "$kafka" "clients-$release" timeout 300 mvn -q -B dependency:copy \
			-Dartifact="org.apache.kafka:kafka-clients:$release" \
			-DoutputDirectory="$kafka/clients-$release"
	done
	download "$kafka" python sh -c "python3 -m venv '$kafka/python' && timeout 300 '$kafka/python/bin/pip' \
		install -q kafka-python==2.2.15 lz4 zstandard python-snappy"
}

# kafka_serve PORT [FORMAT OPTION...]: a broker of its own in $work, process $server.
# shellcheck disable=SC2154 # work is the script's
kafka_serve() {
	local port=$1 java=(java -Xmx512m -cp "$kafka/jars/*")
	cat - >"$work/server.properties" <<-PROPERTIES
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:9093
		listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:9093
		advertised.listeners=PLAINTEXT://127.0.0.1:$port
		controller.listener.names=CONTROLLER
		log.dirs=$work/data
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=2
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		transaction.state.log.num.partitions=2
		share.coordinator.state.topic.replication.factor=1
		share.coordinator.state.topic.min.isr=1
		share.coordinator.state.topic.num.partitions=1
		group.initial.rebalance.delay.ms=0
	PROPERTIES
	check "a log directory is made" "${java[@]}" kafka.tools.StorageTool format \
		-t MkU3OEVBNTcwNTJENDM2Qg -c "$work/server.properties" "${@:2}"
	"${java[@]}" kafka.Kafka "$work/server.properties" >"$work/server" 2>&1 &
	export server=$!
	wait_for 60 listening "$port" || not_ok "it starts" "$(tail -5 "$work/server")"
}
