# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of Mux: Finagle, downloaded once into a cache, and what is made with it.
# shellcheck source=tests/live/clients/downloads.bash
. "$(dirname "${BASH_SOURCE[0]}")/downloads.bash"
mux=$downloads/finagle-24.2.0

mux_fetch() {
	downloads_need java javac mvn python3
	mkdir -p "$mux"
	cat >"$mux/pom.xml" <<-'POM'
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		<groupId>live</groupId><artifactId>live</artifactId><version>1</version><dependencies>
		<dependency><groupId>com.twitter</groupId><artifactId>finagle-mux_2.13</artifactId>
		<version>24.2.0</version></dependency>
		<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId>
		<version>1.7.36</version></dependency></dependencies></project>
	POM
	download "$mux" finagle timeout 600 mvn -q -B -f "$mux/pom.xml" dependency:copy-dependencies \
		-DoutputDirectory=jars
}

# Into $work.
# shellcheck disable=SC2154 # the script's
mux_compile() {
	javac -nowarn -Xlint:none -d "$work/shop" -cp "$mux/jars/*" tests/live/clients/MuxShop.java
}

mux_shop() { java -Xmx256m -cp "$mux/jars/*:$work/shop" MuxShop "$@"; }
