# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of Mux: Finagle, downloaded once into a cache, and what is made with it.
mux=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/finagle-24.2.0

mux_skip() {
	echo "ok - $(basename "$0" .sh) # SKIP $1"
	exit 0
}

# Called where the project's top is the working directory.
mux_fetch() {
	local program
	[ -n "${LIVE_ALL:-}" ] || mux_skip "a download; LIVE_ALL=1 and tools/check --all run it"
	for program in java javac mvn python3; do
		[ -n "$(command -v "$program")" ] || mux_skip "$program is not installed"
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
		mux_skip "Finagle can't be fetched: $(grep -v '^$' "$mux/log" | tail -1)"
	touch "$mux/there"
}

# Into $work.
# shellcheck disable=SC2154 # the script's
mux_compile() {
	javac -nowarn -Xlint:none -d "$work/shop" -cp "$mux/jars/*" tests/live/clients/MuxShop.java
}

mux_shop() { java -Xmx256m -cp "$mux/jars/*:$work/shop" MuxShop "$@"; }
