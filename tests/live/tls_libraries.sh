#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# TLS libraries beside those that Debian's programs have: Java's, which nothing is read of without its key
# log, and, as downloads with LIVE_ALL=1 only (tools/check --all), OpenSSL 1.1 out of a Python package,
# rustls, Go 1.19 and the GnuTLS of Debian 13. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/tls_lib.bash"

clients=$PWD/tests/live/clients
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/tls
mkdir -p "$cache"

# fetched WHAT COMMAND...: makes it once, in the cache. Sets $why when it can't be had.
fetched() {
	why="a download; LIVE_ALL=1 and tools/check --all run it"
	[ -n "${LIVE_ALL:-}" ] || return 1
	[ -e "$cache/$1.there" ] && return
	why="$1 can't be fetched; $cache/$1.log"
	"${@:2}" >"$cache/$1.log" 2>&1 && touch "$cache/$1.there"
}

# unread_says TEXT: whether conns says so, and the version.
unread_says() {
	"$socktape" conns "$rec" --json | jq -se --arg why "$1" '
		map(select(.tls_version == "TLS 1.3" and .tls_reading == "no" and
			.tls_unread == $why)) | length > 0' || { "$socktape" conns "$rec" --json; return 1; }
}

# version_is TEXT: whether a connection's library has a version that begins so.
version_is() {
	"$socktape" conns "$rec" --json | jq -se --arg v "$1" 'any(.[]; .tls_library_version // "" | startswith($v))'
}

# A host without ld.so's cache, as one of musl's: what no process uses is found where loaders look.
uncached() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m bash -c '
		mount -t tmpfs none /usr/local/lib && cp -L "$1" /usr/local/lib/ &&
			mount --bind /dev/null /etc/ld.so.cache && "$2" --list-tls' \
		- "$1" "$recorder" >"$work/uncached" || return 1
	grep -A 2 "^/usr/local/lib/${1##*/}$" "$work/uncached" | grep -q '^    hooked: plaintext' ||
		{ cat "$work/uncached"; return 1; }
}
ssl=$(ldconfig -p | awk '/libssl.so.3 .*x86-64/ { print $NF; exit }')
if [ -n "$ssl" ]; then
	check "libraries where ld.so has no cache" uncached "$ssl"
else
	skip "libraries where ld.so has no cache" "no OpenSSL 3"
fi

# ---- Java ----

java_store() {
	openssl pkcs12 -export -in "$cert" -inkey "$key" -name server -passout pass:socktape \
		-out "$work/store.p12"
}

# java_talk OPTION...: of the client.
java_talk() {
	serve java "$clients/TlsTalk.java" serve "$work/store.p12" || return 1
	record "$port" timeout 120 java "$@" "$clients/TlsTalk.java" client "$work/store.p12" "$port" 3 4 ||
		return 1
	kill "$server"
}

java_handshake() {
	java_store && java_talk && unread_says "no TLS library found in the process"
}

java_keys() {
	java_talk "-javaagent:$cache/java/extract-tls-secrets-4.0.0.jar=$work/java.keys" &&
		judge 3 4 "--keylog=$work/java.keys"
}

if have java; then
	check "Java: the handshake, and why no more" java_handshake
	if fetched java timeout 600 mvn -q -B dependency:copy -Dartifact=name.neykov:extract-tls-secrets:4.0.0 \
		"-DoutputDirectory=$cache/java"; then
		check "Java, with its key log" java_keys
	else
		skip "Java, with its key log" "$why"
	fi
else
	skip "Java" "no Java"
fi

# ---- rustls ----

rustls_build() {
	timeout 900 cargo build -q --release --manifest-path "$clients/rustls_talk/Cargo.toml" --target-dir "$cache/rustls" &&
		strip -o "$cache/rustls/release/rustls_stripped" "$cache/rustls/release/rustls_talk"
}

# It refuses an authority as a server.
rustls_chain() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/ca.key" -out "$work/ca.pem" -days 2 \
		-subj "/CN=an authority" 2>/dev/null &&
		openssl req -newkey rsa:2048 -nodes -keyout "$work/leaf.key" -out "$work/leaf.csr" \
			-subj /CN=localhost 2>/dev/null &&
		openssl x509 -req -in "$work/leaf.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 2 \
			-set_serial 1 -extfile <(echo "subjectAltName=DNS:localhost") -out "$work/leaf.pem" 2>/dev/null
}

# rustls_run PROGRAM CONNECTIONS: both ends, recorded.
rustls_run() {
	local program=$cache/rustls/release/$1
	rustls_chain && serve "$program" serve "$work/leaf.pem" "$work/leaf.key" || return 1
	record "$port" env SSLKEYLOGFILE="$work/$1.keys" timeout 120 "$program" client "$work/ca.pem" \
		"$port" "$2" 5 || return 1
	kill "$server"
}

rustls_talk() {
	rustls_run rustls_talk 200 && judge 200 5 && version_is 'rustls 0.23.'
}

# Nothing is left to hook.
rustls_stripped_talk() {
	rustls_run rustls_stripped 20 && unread_says "its functions can't be found" &&
		judge 20 5 "--keylog=$work/rustls_stripped.keys"
}

if ! have cargo; then
	skip "rustls" "no Rust"
elif fetched "rustls-$(cksum <"$clients/rustls_talk/main.rs" | tr ' ' -)" rustls_build; then
	check "rustls: 200 connections, none crossed" rustls_talk
	check "rustls, stripped: why it isn't read, and all of it with its key log" rustls_stripped_talk
else
	skip "rustls" "$why"
fi

# ---- Go of 2022, whose functions have no frame pointer in the same place ----

old_go=go1.19.13

go_old_talk() {
	local -x GOTOOLCHAIN=$old_go
	go_talk "go-old-$tls" "$@" && version_is "$old_go"
}

if ! have go; then
	skip "Go 1.19" "no Go"
elif fetched $old_go env GOTOOLCHAIN=$old_go timeout 300 go version; then
	check "Go 1.19: 200 connections, none crossed" go_old_talk
	check "Go 1.19, stripped" go_old_talk -trimpath -ldflags "-s -w"
	check "Go 1.19 by keys, stripped" in_keys go_old_talk -trimpath -ldflags "-s -w"
else
	skip "Go 1.19" "$why"
fi

# ---- OpenSSL 1.1, and a copy that nobody has installed ----

old_fetch() {
	python3 -m venv "$cache/venv" && timeout 300 "$cache/venv/bin/pip" download -q --no-deps --only-binary=:all: --python-version 3.11 --platform \
		manylinux2014_x86_64 -d "$cache/old" psycopg2-binary==2.9.5 &&
		python3 -m zipfile -e "$cache"/old/psycopg2_binary-2.9.5-*.whl "$cache/old/packages"
}

# A library is read from a moment after it was seen first, and the client is quick: another program has
# it already.
old_talk() {
	local holder status
	postgres_start || return 1
	PYTHONPATH=$cache/old/packages python3 -c '
import signal, psycopg2
print("there", flush=True)
signal.pause()' >"$work/holder" &
	holder=$!
	wait_for 20 grep -q there "$work/holder" || return 1
	old_client() {
		PYTHONPATH=$cache/old/packages timeout 60 python3 -c '
import sys
import psycopg2
link = psycopg2.connect(host="127.0.0.1", port=sys.argv[1], user="test", dbname="postgres", sslmode="require")
cursor = link.cursor()
cursor.execute("select %s || %s", ("hello over ", "TLS"))
assert cursor.fetchone() == ("hello over TLS",)' "$port"
	}
	record "$port" old_client
	status=$?
	kill $holder
	postgres_stop
	[ $status -eq 0 ] || return 1
	version_is 'OpenSSL 1.1.1' && postgres_rows
}

if ! postgres_there; then
	skip "OpenSSL 1.1" "no PostgreSQL to talk to"
elif ! fetched old old_fetch; then
	skip "OpenSSL 1.1" "$why"
elif ! PYTHONPATH=$cache/old/packages python3 -c 'import psycopg2' 2>/dev/null; then
	skip "OpenSSL 1.1" "the package isn't for this version of Python"
else
	check "OpenSSL 1.1 that came with a Python package, beside 3.0" old_talk
	check "OpenSSL 1.1 by keys" in_keys old_talk
fi

# ---- GnuTLS of Debian 13, with its own loader and C library ----

gnutls_new=$cache/gnutls-3.8

# shellcheck source=tests/kernels/debian.bash
gnutls_fetch() (
	. tests/kernels/debian.bash
	apt_update || return 1
	rm -rf "$gnutls_new"
	mkdir -p "$gnutls_new"
	cd "$gnutls_new" || return 1
	debian apt-get -qq download {gnutls-bin,libgnutls30t64,libgnutls-dane0t64,libunbound8,libevent-2.1-7t64}/trixie \
		{libhogweed6t64,libnettle8t64,libgmp10,libp11-kit0,libffi8,libidn2-0,libunistring5}/trixie \
		{libtasn1-6,libssl3t64,libzstd1,zlib1g,libc6,libgcc-s1}/trixie || return 1
	for package in *.deb; do dpkg-deb -x "$package" . || return 1; done
	rm ./*.deb
)

gnutls_cli=("$gnutls_new/usr/lib64/ld-linux-x86-64.so.2" --library-path "$gnutls_new/usr/lib/x86_64-linux-gnu"
	"$gnutls_new/usr/bin/gnutls-cli")

gnutls_new_older() {
	gnutls_older "$1" && version_is "GnuTLS 3.8"
}

if ! have nginx || ! have curl; then
	skip "GnuTLS 3.8" "no nginx to talk to, or no curl"
elif ! fetched gnutls-3.8 gnutls_fetch; then
	skip "GnuTLS 3.8" "$why"
elif nginx_start; then
	check "GnuTLS 3.8 by keys: a connection that is older" gnutls_new_older NORMAL
	check "GnuTLS 3.8 by keys: a connection of TLS 1.2 that is older" gnutls_new_older NORMAL:-VERS-TLS1.3
	kill "$nginx"
fi

finish
