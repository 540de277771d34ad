#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Mux: a server of Finagle with Finagle's own client, and with one that chooses tags, contexts and
# fragments by itself; Thrift inside, too. What each says that it did is what the recording shows at both
# ends. Prints TAP. Finagle is a download: only with LIVE_ALL=1 (tools/check --all).
mux=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/finagle-24.2.0

skip_mux() {
	echo "ok - mux # SKIP $1"
	exit 0
}

fetch() {
	local program
	for program in java javac mvn python3; do
		[ -n "$(command -v "$program")" ] || skip_mux "$program is not installed"
	done
	[ -e "$mux/there" ] && return
	mkdir -p "$mux"
	cat >"$mux/pom.xml" <<-'POM'
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		<groupId>live</groupId><artifactId>live</artifactId><version>1</version><dependencies>
		<dependency><groupId>com.twitter</groupId><artifactId>finagle-mux_2.13</artifactId>
		<version>24.2.0</version></dependency>
		<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
		<version>1.7.36</version></dependency></dependencies></project>
	POM
	timeout 600 mvn -q -B -f "$mux/pom.xml" dependency:copy-dependencies \
		-DoutputDirectory=jars >"$mux/log" 2>&1 ||
		skip_mux "Finagle can't be fetched: $(grep -v '^$' "$mux/log" | tail -1)"
	touch "$mux/there"
}

if [ -z "${LIVE_INSIDE:-}" ]; then
	[ -n "${LIVE_ALL:-}" ] || skip_mux "a download; LIVE_ALL=1 and tools/check --all run it"
	fetch
fi
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
needs tcpdump ss

port=9990
mkfifo "$work/end"
check "the shop is compiled" javac -nowarn -Xlint:none -d "$work/shop" -cp "$mux/jars/*" \
	tests/live/clients/MuxShop.java
shop() { java -Xmx256m -cp "$mux/jars/*:$work/shop" MuxShop "$@"; }
shop server $port <>"$work/end" >"$work/server" 2>&1 &
server=$!
wait_for 60 listening $port || not_ok "Finagle starts" "$(tail -5 "$work/server")"

record_begin
check "Finagle's client" timeout 120 java -Xmx256m -cp "$mux/jars/*:$work/shop" MuxShop client $port
check "a client tag by tag" timeout 60 "$python" tests/live/clients/mux_plain.py $port "$work/end"
record_end $port
wait "$server"
judge Mux $port mux
exports_are_read mux

finish
