#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Cassandra with its drivers for Python, Node and Java, in versions 3 to 5 of the protocol, with and without
# compression: what each says that it did is what the recording shows at both ends. Prints TAP. The
# server and the drivers are downloads: only with LIVE_ALL=1 (tools/check --all).
# shellcheck source=tests/live/clients/downloads.bash
. "$(dirname "$0")/clients/downloads.bash"
cassandra=$downloads/cassandra

# jars FILE GROUP:NAME:VERSION...: what Maven is to fetch.
jars() {
	local one
	{
		echo '<project xmlns="http://maven.apache.org/POM/4.0.0">'
		echo '<modelVersion>4.0.0</modelVersion><groupId>live</groupId>'
		echo '<artifactId>live</artifactId><version>1</version><dependencies>'
		for one in "${@:2}"; do
			IFS=: read -r group name version <<<"$one"
			echo "<dependency><groupId>$group</groupId><artifactId>$name</artifactId>"
			echo "<version>$version</version></dependency>"
		done
		echo '</dependencies></project>'
	} >"$1"
}

fetch() {
	downloads_need java mvn npm node python3
	mkdir -p "$cassandra/node" "$cassandra/java"
	jars "$cassandra/pom.xml" org.apache.cassandra:cassandra-all:5.0.4
	download "$cassandra" server timeout 600 mvn -q -B -f "$cassandra/pom.xml" dependency:copy-dependencies \
		-DoutputDirectory=jars
	jars "$cassandra/java/pom.xml" com.datastax.oss:java-driver-core:4.17.0 \
		org.lz4:lz4-java:1.8.0 org.slf4j:slf4j-nop:1.7.36
	download "$cassandra" java timeout 600 mvn -q -B -f "$cassandra/java/pom.xml" \
		dependency:copy-dependencies -DoutputDirectory=jars
	download "$cassandra" python sh -c "python3 -m venv '$cassandra/python' && timeout 300 \
		'$cassandra/python/bin/pip' install -q cassandra-driver==3.29.2 lz4 python-snappy"
	download "$cassandra" node timeout 300 npm install --silent --prefix "$cassandra/node" cassandra-driver@4.7.2
}

[ -n "${LIVE_INSIDE:-}" ] || fetch
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
needs tcpdump ss

port=9042
cat >"$work/cassandra.yaml" <<YAML
cluster_name: live
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
commitlog_sync: periodic
commitlog_sync_period: 10000ms
commitlog_directory: $work/server/commitlog
data_file_directories: [$work/server/data]
hints_directory: $work/server/hints
saved_caches_directory: $work/server/saved
cdc_raw_directory: $work/server/cdc
listen_address: 127.0.0.1
storage_port: 7000
rpc_address: 127.0.0.1
native_transport_port: $port
endpoint_snitch: SimpleSnitch
seed_provider: [{class_name: org.apache.cassandra.locator.SimpleSeedProvider,
  parameters: [{seeds: "127.0.0.1:7000"}]}]
authenticator: PasswordAuthenticator
memtable_heap_space: 128MiB
memtable_offheap_space: 128MiB
batch_size_warn_threshold: 1KiB
YAML

cat >"$work/logback.xml" <<'XML'
<configuration><appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder>
<pattern>%-5level %date %msg%n</pattern></encoder></appender>
<root level="WARN"><appender-ref ref="out"/></root></configuration>
XML

# What Cassandra's own script tells Java 17.
open=()
for package in java.base/jdk.internal.misc java.base/jdk.internal.ref java.base/sun.nio.ch \
	java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry \
	java.rmi/sun.rmi.server java.sql/java.sql java.base/java.lang.module \
	java.base/jdk.internal.loader java.base/jdk.internal.reflect java.base/jdk.internal.math \
	java.base/jdk.internal.module java.base/jdk.internal.util.jar \
	jdk.management/com.sun.management.internal java.base/java.io java.base/java.lang \
	java.base/java.nio java.base/java.util java.base/java.util.concurrent \
	java.base/java.util.concurrent.atomic; do
	open+=(--add-exports "$package=ALL-UNNAMED" --add-opens "$package=ALL-UNNAMED")
done
java -Xmx1g -Xss512k -cp "$cassandra/jars/*" "${open[@]}" \
	-Dcassandra.config="file://$work/cassandra.yaml" -Dcassandra.storagedir="$work/server" \
	-Dcassandra.ring_delay_ms=100 -Dcassandra.skip_wait_for_gossip_to_settle=0 \
	-Dcassandra.superuser_setup_delay_ms=0 -Dlogback.configurationFile="file://$work/logback.xml" \
	org.apache.cassandra.service.CassandraDaemon >"$work/log" 2>&1 &
server=$!
wait_for 120 listening $port || not_ok "Cassandra starts" "$(tail -5 "$work/log")"
# Its first user is made a moment later.
wait_for 60 "$cassandra/python/bin/python" -c "
from cassandra.auth import PlainTextAuthProvider as Auth
from cassandra.cluster import Cluster
Cluster(['127.0.0.1'], port=$port, auth_provider=Auth('cassandra', 'cassandra')).connect()" ||
	not_ok "Cassandra has a user" "$(tail -5 "$work/log")"

record_begin
for how in "5 none" "5 lz4" "4 none" "4 lz4" "4 snappy" "3 none"; do
	# shellcheck disable=SC2086 # two words
	check "the Python driver, $how" timeout 120 "$cassandra/python/bin/python" \
		tests/live/clients/cql_driver.py $port $how
done
for version in 4 3; do
	check "the Node driver, $version" env NODE_PATH="$cassandra/node/node_modules" timeout 120 \
		node tests/live/clients/cql_driver.js $port $version
done
for compression in none lz4; do
	check "the Java driver, $compression" timeout 120 java -Xmx256m -cp "$cassandra/java/jars/*" \
		tests/live/clients/CqlDriver.java $port $compression
done
record_end $port
kill "$server"
wait "$server" 2>/dev/null
judge Cassandra $port cql
exports_are_read cql

finish
