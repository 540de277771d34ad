#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Programs that use TLS: what they say to each other is recorded at both ends, as plaintext and by
# secrets, and nobody is disturbed. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/tls_lib.bash"

gnutls_talk() {
	printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
		gnutls-cli --insecure --no-ca-verification --priority "$1" --port "$port" 127.0.0.1 |
		grep -q "hello over TLS"
}

# Of the last recording.
keys_are_told() {
	grep -q 'will hold the SECRETS of TLS connections' "$rec.err" &&
		grep -q 'secrets are in the recording' "$rec.err" &&
		"$socktape" info "$rec" | grep -q '^SECRETS .*can decrypt them' &&
		[ "$(stat -c %a "$rec"/* | sort -u)" = 600 ]
}

nginx_talk() {
	local gnutls_clients=0
	! have gnutls-cli || gnutls_clients=2
	local url=https://127.0.0.1:$port/
	nginx_clients() {
		[ "$(curl -sk --http1.1 "$url")" = "hello over TLS" ] &&
			[ "$(curl -sk --http2 "$url")" = "hello over TLS" ] &&
			[ "$(curl -sk --http1.1 --tls-max 1.2 "$url")" = "hello over TLS" ] &&
			[ "$(wget -qO- --no-check-certificate "$url")" = "hello over TLS" ] || return 1
		[ "$gnutls_clients" -eq 0 ] || { gnutls_talk NORMAL && gnutls_talk NORMAL:-VERS-TLS1.3; }
	}
	record "$port" nginx_clients || return 1
	# Each seen at both ends; wget's library is GnuTLS.
	{ rows http && rows http2; } | both_ends $((4 + gnutls_clients)) '.code == 200 or .status == 200' ||
		{ rows http; rows http2; return 1; }
	[ $tls = plaintext ] || keys_are_told || return 1
	[ $tls = keys ] || "$socktape" events "$rec" --format json | grep -q '"gnutls_record_recv"' ||
		return 1
	! "$socktape" events "$rec" --all | grep -E 'not tied|plaintext of TLS not seen'
}

killed_talk() {
	local pid rounds=0
	"$recorder" --port "$port" -o "$work/killed" 2>"$work/killed.err" &
	pid=$!
	await_recording "$work/killed.err" || return 1
	while [ $rounds -lt 200 ]; do
		rounds=$((rounds + 1))
		[ $rounds -ne 100 ] || kill -9 "$pid"
		curl -sk "https://127.0.0.1:$port/" | grep -qx "hello over TLS" ||
			{ echo "request $rounds failed"; return 1; }
	done
	wait "$pid" 2>/dev/null
	kill -0 "$nginx"
}

rounds=$([ -n "${LIVE_ALL:-}" ] && echo 100 || echo 4)
kills=$([ -n "${LIVE_ALL:-}" ] && echo 100 || echo 10)

# under_load COMMAND...: runs it while requests do; each of those has to be answered.
under_load() {
	local load status
	rm -f "$work/enough" "$work/requests"
	(
		while [ ! -e "$work/enough" ]; do
			curl -sk "https://127.0.0.1:$port/" | grep -qx "hello over TLS" || exit 1
			echo one >>"$work/requests"
		done
	) &
	load=$!
	"$@"
	status=$?
	touch "$work/enough"
	wait "$load" && [ $status -eq 0 ] && [ "$(wc -l <"$work/requests")" -gt 10 ] && kill -0 "$nginx"
}

mode_of() { [ $(($1 % 4)) -eq 3 ] && echo keys || echo plaintext; }

attach_rounds() {
	local i
	for ((i = 0; i < rounds; i++)); do
		"$recorder" --list-tls --tls "$(mode_of $i)" >/dev/null || return 1
	done
}

# The recorder is killed while it attaches, soon after, or while it records.
kill_rounds() {
	local i pid
	for ((i = 0; i < kills; i++)); do
		"$recorder" --port "$port" --tls "$(mode_of $i)" -o "$work/kill.$i" 2>"$work/kill.err" &
		pid=$!
		[ $((i % 2)) -eq 0 ] || await_recording "$work/kill.err" || return 1
		sleep "0.$((RANDOM % 5))"
		kill -9 "$pid" && ! wait "$pid" 2>/dev/null || return 1
		rm -rf "$work/kill.$i"
	done
}

if have nginx && have curl && have wget && nginx_start; then
	check "nginx with curl (HTTP/1 and 2, TLS 1.2 and 1.3), wget and gnutls-cli" nginx_talk
	check "the same by keys, which are told of, loudly, and nobody else can read" in_keys nginx_talk
	have gnutls-cli || skip "gnutls-cli" "gnutls-bin is not installed"
	check "a recorder that is killed leaves everyone running" killed_talk
	check "$rounds rounds of attaching and detaching under load break no request" under_load attach_rounds
	check "nor do $kills recorders that are killed, whatever they do just then" under_load kill_rounds
	if have gnutls-cli; then
		check "GnuTLS by keys: a connection that is older" gnutls_older NORMAL
		check "GnuTLS by keys: a connection of TLS 1.2 that is older" gnutls_older NORMAL:-VERS-TLS1.3
	fi
	kill "$nginx"
else
	skip "nginx with curl and wget" "not all of them are installed"
fi

redis_talk() {
	port=$(free_port)
	redis-server --port 0 --tls-port "$port" --bind 127.0.0.1 --tls-cert-file "$cert" \
		--tls-key-file "$key" --tls-ca-cert-file "$cert" --tls-auth-clients no --save '' \
		--dir "$work" >/dev/null 2>&1 &
	server=$!
	cli() { redis-cli -p "$port" --tls --cacert "$cert" "$@"; }
	wait_for 20 cli ping || return 1
	redis_clients() {
		[ "$(cli set greeting 'hello over TLS')" = OK ] && [ "$(cli get greeting)" = "hello over TLS" ]
	}
	record "$port" redis_clients || return 1
	kill "$server"
	rows redis | both_ends 2 '.command == "GET" or .command == "SET"' || { rows redis; return 1; }
}
if have redis-server && redis-server --help 2>&1 | grep -q . && redis-cli --help 2>&1 | grep -q -- --tls; then
	check "redis over TLS" redis_talk
	check "redis by keys" in_keys redis_talk
else
	skip "redis over TLS" "no redis with TLS"
fi

postgres_talk() {
	postgres_start || return 1
	postgres_client() { [ "$(sql "select 'hello over ' || 'TLS'")" = "hello over TLS" ]; }
	record "$port" postgres_client || return 1
	postgres_stop
	postgres_rows
}
if postgres_there; then
	check "PostgreSQL, which turns to TLS in the middle of a connection" postgres_talk
	check "PostgreSQL by keys" in_keys postgres_talk
else
	skip "PostgreSQL" "not installed"
fi

finish
