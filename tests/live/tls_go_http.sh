#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# HTTP over TLS by Go's net/http, which reads from another goroutine than it writes from, and the first byte
# of a request on its own: every request is recorded at both ends, on its client's connection. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/tls_lib.bash"

have go || skip_all "no Go"
http=$PWD/tests/live/tls_http

# http_talk h1|h2 PROGRAM CLIENTS REQUESTS
http_talk() {
	serve "$2" serve "$cert" "$key" || return 1
	record "$port" timeout 120 "$2" client "$cert" "$port" "$1" "$3" "$4" || return 1
	kill "$server"
	python3 "$http"_judge.py "$socktape" "$rec" "$1" "$3" "$4"
}

for how in plain stripped; do
	flags=()
	[ $how = plain ] || flags=(-trimpath -ldflags "-s -w")
	check "Go's net/http is built, $how" go_build_of "$http.go" "$work/$how" "${flags[@]}"
	for version in h1 h2; do
		check "Go's net/http, $how, $version: 60 clients, none crossed" http_talk $version "$work/$how" 60 5
		check "the same by keys" in_keys http_talk $version "$work/$how" 60 5
	done
done
finish
