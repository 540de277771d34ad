# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by the tests of TLS libraries: a certificate, a server that tells its port, and a recording of
# what goes to and from it, of plaintext or, through in_keys(), of secrets.
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

[ -x "$recorder" ] || skip_all "socktape-record is not built"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"
[ "$(uname -m)" = x86_64 ] || skip_all "plaintext is read on x86-64"
"$recorder" --list-tls 2>/dev/null | grep -q '^    hooked: plaintext' ||
	skip_all "no TLS library can be hooked here"

export talk=$PWD/tests/live/tls_talk
judge=$PWD/tests/live/tls_judge.py
tls=plaintext # what is recorded
cert=$work/cert.pem key=$work/key.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$key" -out "$cert" -days 2 -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost,IP:127.0.0.1" 2>/dev/null || skip_all "no certificate"

# record PORT COMMAND...: the whole host's connections with PORT, from before the command to its end.
# Sets $rec.
record() {
	local port=$1 pid status
	shift
	rec=$(mktemp -du "$work/rec.XXXXXX")
	"$recorder" --tls $tls --port "$port" -o "$rec" 2>"$rec.err" &
	pid=$!
	await_recording "$rec.err" || return 1
	"$@"
	status=$?
	kill -INT "$pid"
	wait "$pid" || status=1
	# Whatever happened, nobody may have been told apart wrongly.
	grep -q 'a bug' "$rec.err" && status=1
	[ $status -eq 0 ] || cat "$rec.err"
	return $status
}

# serve COMMAND...: starts a server that tells its port in the file that is its last argument. Sets
# $port and $server.
serve() {
	rm -f "$work/port"
	"$@" "$work/port" >/dev/null 2>&1 &
	export server=$!
	wait_for 20 test -s "$work/port" || return 1
	port=$(cat "$work/port")
}

# in_keys COMMAND...: with secrets recorded in place of plaintext.
in_keys() {
	local tls=keys
	"$@"
}

# judge CONNECTIONS MESSAGES [OPTION...]: of the programs tls_talk, with $port.
judge() {
	[ $tls = plaintext ] || set -- "$@" --keys
	python3 "$judge" "$socktape" "$rec" "$port" "$@"
}

# go_build_of SOURCE PROGRAM FLAGS...
go_build_of() {
	GOCACHE=${GOCACHE:-$work/go-cache} GOFLAGS=-mod=mod go build -o "$2" "${@:3}" "$1"
}

# go_build PROGRAM FLAGS...: tls_talk with these flags.
go_build() { go_build_of "$talk.go" "$@"; }

# go_talk NAME FLAGS...: built with these flags; the server is one that wasn't there before.
go_talk() {
	local program=$work/$1
	go_build "$program" "${@:2}" || return 1
	serve "$program" serve "$cert" "$key" || return 1
	record "$port" timeout 120 "$program" client "$cert" "$port" 200 5 || return 1
	kill "$server"
	judge 200 5
}
# rows PROTOCOL: what the recording tells of them, by both ends.
rows() { "$socktape" show "$rec" "$1" --format json; }

# both_ends N SELECT: whether, of the rows on standard input that SELECT takes, N are of each end.
both_ends() {
	jq -se --argjson n "$1" "map(select($2)) |"'
		[(map(select(.role == "client")) | length), (map(select(.role == "server")) | length)]
		== [$n, $n]'
}

# ---- nginx ----

# Starts it on $port and, in clear, on $clear, which it sets; all connections have one worker.
nginx_start() {
	port=$(free_port)
	clear=$(free_port)
	mkdir -p "$work/nginx/root"
	echo "hello over TLS" >"$work/nginx/root/index.html"
	cat >"$work/nginx/nginx.conf" <<-CONF
		daemon off; worker_processes 1; pid $work/nginx/pid; error_log $work/nginx/log; user root;
		events { worker_connections 256; }
		http {
			access_log off;
			client_body_temp_path $work/nginx/b; proxy_temp_path $work/nginx/p;
			fastcgi_temp_path $work/nginx/f; uwsgi_temp_path $work/nginx/u; scgi_temp_path $work/nginx/s;
			server {
				listen 127.0.0.1:$port ssl http2;
				ssl_certificate $cert; ssl_certificate_key $key;
				ssl_protocols TLSv1.2 TLSv1.3;
				root $work/nginx/root;
			}
			server { listen 127.0.0.1:$clear; root $work/nginx/root; }
		}
	CONF
	nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" 2>/dev/null &
	export nginx=$!
	wait_for 20 curl -sk "https://127.0.0.1:$port/"
}

# ---- GnuTLS ----

gnutls_cli=(gnutls-cli)

# gnutls_older PRIORITY: a connection that has had a request when the recorder begins, of which its keys
# open the next one. Of nginx nothing is recorded.
gnutls_older() {
	local request='GET /%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n' out=$work/gnutls.$RANDOM client
	mkfifo "$out.go"
	"${gnutls_cli[@]}" --insecure --no-ca-verification --priority "$1" --port "$port" 127.0.0.1 \
		<"$out.go" >"$out" &
	client=$!
	exec 3>"$out.go"
	# shellcheck disable=SC2059 # the format is above
	printf "$request" "" "" >&3
	wait_for 20 grep -q "hello over TLS" "$out" || return 1
	rec=$out.rec
	"$recorder" --tls keys -p "$client" -o "$rec" 2>"$rec.err" &
	recording=$!
	await_recording "$rec.err" || return 1
	# shellcheck disable=SC2059
	printf "$request" "?second" $'Connection: close\r\n' >&3
	exec 3>&-
	wait "$client"
	kill -INT $recording
	wait $recording || { cat "$rec.err"; return 1; }
	rows http | jq -se 'map([.role, .path, .code]) == [["client", "/?second", 200]]' ||
		{ rows http; "$socktape" conns "$rec"; return 1; }
}

# ---- PostgreSQL, which turns to TLS in the middle of a connection ----

postgres_there() { have psql && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }

# Starts it on $port, which it sets.
postgres_start() {
	local bin home=$work/pg-$tls
	for bin in /usr/lib/postgresql/*/bin; do :; done
	port=$(free_port)
	rm -rf "$home"
	mkdir -p "$home"
	cp "$cert" "$home/server.crt"
	cp "$key" "$home/server.key"
	chmod 600 "$home/server.key"
	chmod 711 "$work"
	chown -R nobody "$home"
	runuser -u nobody -- "$bin/initdb" -D "$home/data" -A trust -U test >/dev/null || return 1
	runuser -u nobody -- "$bin/postgres" -D "$home/data" -p "$port" -k "$home" \
		-c listen_addresses=127.0.0.1 -c ssl=on -c ssl_cert_file="$home/server.crt" \
		-c ssl_key_file="$home/server.key" >/dev/null 2>&1 &
	export server=$!
	wait_for 30 sql "select 1"
}

sql() { psql "host=127.0.0.1 port=$port user=test dbname=postgres sslmode=require" -Atc "$1"; }

postgres_stop() {
	kill "$server"
	wait "$server"
}

# Whether both ends have the statement with "hello over".
postgres_rows() {
	rows pgsql | both_ends 1 '.statement | tostring | contains("hello over")' ||
		{ rows pgsql; return 1; }
}
