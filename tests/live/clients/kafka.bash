# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of Kafka: its server and clients, downloaded once into a cache.
kafka=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/kafka

kafka_skip() {
	echo "ok - $(basename "$0" .sh) # SKIP $1"
	exit 0
}

# kafka_fetched WHAT COMMAND...: once; in the cache.
kafka_fetched() {
	[ -e "$kafka/$1.there" ] && return
	"${@:2}" >"$kafka/$1.log" 2>&1 ||
		kafka_skip "$1 can't be fetched: $(grep -v '^$' "$kafka/$1.log" | tail -1)"
	touch "$kafka/$1.there"
}

# Called where the project's top is the working directory.
kafka_fetch() {
	local program release
	[ -n "${LIVE_ALL:-}" ] || kafka_skip "a download; LIVE_ALL=1 and tools/check --all run it"
	for program in java mvn python3; do
		[ -n "$(command -v "$program")" ] || kafka_skip "$program is not installed"
	done
	mkdir -p "$kafka"
	cp tests/live/clients/kafka-pom.xml "$kafka/pom.xml"
	kafka_fetched server-4.1.1 timeout 600 mvn -q -B -f "$kafka/pom.xml" \
		dependency:copy-dependencies -DoutputDirectory=jars
	for release in 3.9.1 4.1.1; do
		kafka_fetched "clients-$release" timeout 300 mvn -q -B dependency:copy \
			-Dartifact="org.apache.kafka:kafka-clients:$release" \
			-DoutputDirectory="$kafka/clients-$release"
	done
	kafka_fetched python sh -c "python3 -m venv '$kafka/python' && timeout 300 '$kafka/python/bin/pip' \
		install -q kafka-python==2.2.15 lz4 zstandard python-snappy"
}
