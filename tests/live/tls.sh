#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Plaintext of TLS libraries: every word that clients and servers say to each other is recorded, on the
# connection that it was said on, and nobody is disturbed. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
set -u
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

[ -x "$recorder" ] || skip_all "socktape-record is not built"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"
[ "$(uname -m)" = x86_64 ] || skip_all "plaintext is read on x86-64"
"$recorder" --list-tls 2>/dev/null | grep -q '^    hooked: plaintext' ||
	skip_all "no TLS library can be hooked here"

talk=$PWD/tests/live/tls_talk
judge=$PWD/tests/live/tls_judge.py
cert=$work/cert.pem key=$work/key.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$key" -out "$cert" -days 2 -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost,IP:127.0.0.1" 2>/dev/null || skip_all "no certificate"

# record PORT COMMAND...: the whole host's connections with PORT, from before the command to its end.
# Sets $rec.
record() {
	local port=$1 pid status
	shift
	rec=$(mktemp -du "$work/rec.XXXXXX")
	"$recorder" --port "$port" -o "$rec" 2>"$rec.err" &
	pid=$!
	wait_for 60 grep -q 'recording into' "$rec.err" || return 1
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
	server=$!
	wait_for 20 test -s "$work/port" || return 1
	port=$(cat "$work/port")
}

python_talk() {
	serve python3 "$talk.py" serve "$1" "$cert" "$key" || return 1
	record "$port" timeout 120 python3 "$talk.py" client "$1" "$cert" "$port" "$2" "$3" || return 1
	kill "$server"
	python3 "$judge" "$socktape" "$rec" "$port" "$2" "$3"
}
check "python, blocking: 200 connections, none crossed" python_talk blocking 200 5
check "python, asyncio: 200 connections, none crossed" python_talk asyncio 200 5

node_talk() {
	serve node "$talk.js" serve "$cert" "$key" || return 1
	record "$port" timeout 120 node "$talk.js" client "$cert" "$port" 200 5 || return 1
	kill "$server"
	python3 "$judge" "$socktape" "$rec" "$port" 200 5
}
if have node; then
	check "node: 200 connections, none crossed" node_talk
else
	skip "node: 200 connections, none crossed" "no node"
fi

# go_talk NAME FLAGS...: built with these flags; the server is one that wasn't there before.
go_talk() {
	local program=$work/$1
	shift
	GOCACHE=${GOCACHE:-$work/go-cache} GOFLAGS=-mod=mod go build -o "$program" "$@" "$talk.go" || return 1
	serve "$program" serve "$cert" "$key" || return 1
	record "$port" timeout 120 "$program" client "$cert" "$port" 200 5 || return 1
	kill "$server"
	python3 "$judge" "$socktape" "$rec" "$port" 200 5
}
if have go; then
	check "Go: 200 connections, none crossed" go_talk go-plain
	check "Go, stripped" go_talk go-stripped -trimpath -ldflags "-s -w"
	check "Go, position independent and stripped" go_talk go-pie -buildmode=pie -ldflags "-s -w"
else
	skip "Go: 200 connections, none crossed" "no Go"
fi

late_talk() {
	serve python3 "$talk.py" serve blocking "$cert" "$key" || return 1
	python3 "$talk.py" late "$cert" "$port" "$work/go" &
	late=$!
	go() {
		touch "$work/go"
		wait "$late"
	}
	record "$port" go || return 1
	kill "$server"
	python3 "$judge" "$socktape" "$rec" "$port" 1 3
}
check "a process that runs before the recorder, and loads its library later" late_talk

# The library is a copy that is mounted for this process alone.
apart_talk() {
	local libraries
	serve python3 "$talk.py" serve blocking "$cert" "$key" || return 1
	libraries=$(ldconfig -p | sed -n 's/.*lib\(ssl\|crypto\)\.so\.3 .*=> //p' | sort -u)
	mkdir -p "$work/apart"
	apart() {
		# shellcheck disable=SC2016,SC2086 # the inner shell expands it; paths without blanks
		unshare -m sh -ec '
			mount -t tmpfs tmpfs "$1"
			where=$1 program=$2 cert=$3 port=$4 go=$5
			shift 5
			cp -L "$@" "$where/"
			LD_LIBRARY_PATH=$where exec python3 "$program" late "$cert" "$port" "$go"
		' sh "$work/apart" "$talk.py" "$cert" "$port" "$work/go2" $libraries &
		late=$!
		wait_for 20 sh -c "ls /proc/$late/root$work/apart/libssl.so.3" || return 1
		touch "$work/go2"
		wait "$late"
	}
	record "$port" apart || return 1
	kill "$server"
	python3 "$judge" "$socktape" "$rec" "$port" 1 3 --lossy || return 1
	"$socktape" events "$rec" --all | grep -q "$work/apart/libssl.so.3"
}
check "a process in another mount namespace, with a library of its own" apart_talk

# ---- programs that aren't ours ----

# rows PROTOCOL: what the recording tells of them, by both ends.
rows() { "$socktape" show "$rec" "$1" --format json; }

nginx_start() {
	port=$(free_port)
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
		}
	CONF
	nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" 2>/dev/null &
	nginx=$!
	wait_for 20 curl -sk "https://127.0.0.1:$port/"
}

nginx_talk() {
	local url=https://127.0.0.1:$port/
	nginx_clients() {
		[ "$(curl -sk --http1.1 "$url")" = "hello over TLS" ] &&
			[ "$(curl -sk --http2 "$url")" = "hello over TLS" ] &&
			[ "$(curl -sk --http1.1 --tls-max 1.2 "$url")" = "hello over TLS" ] &&
			[ "$(wget -qO- --no-check-certificate "$url")" = "hello over TLS" ]
	}
	record "$port" nginx_clients || return 1
	# Four exchanges, each seen at both ends; wget's library is GnuTLS.
	{ rows http && rows http2; } | jq -se '
		map(select(.code == 200 or .status == 200)) |
		[(map(select(.role == "client")) | length), (map(select(.role == "server")) | length)]
		== [4, 4]' || { rows http; rows http2; return 1; }
	"$socktape" events "$rec" --format json | grep -q '"gnutls_record_recv"' || return 1
	! "$socktape" events "$rec" --all | grep -E 'not tied|plaintext of TLS not seen'
}

killed_talk() {
	local pid rounds=0
	"$recorder" --port "$port" -o "$work/killed" 2>"$work/killed.err" &
	pid=$!
	wait_for 60 grep -q 'recording into' "$work/killed.err" || return 1
	while [ $rounds -lt 200 ]; do
		rounds=$((rounds + 1))
		[ $rounds -ne 100 ] || kill -9 "$pid"
		curl -sk "https://127.0.0.1:$port/" | grep -qx "hello over TLS" ||
			{ echo "request $rounds failed"; return 1; }
	done
	wait "$pid" 2>/dev/null
	kill -0 "$nginx"
}

# Attaches and detaches while requests run; each of those has to be answered.
rounds_talk() {
	local load i
	(
		while [ ! -e "$work/enough" ]; do
			curl -sk "https://127.0.0.1:$port/" | grep -qx "hello over TLS" || exit 1
			echo one >>"$work/requests"
		done
	) &
	load=$!
	for ((i = 0; i < ${TLS_ROUNDS:-3}; i++)); do
		"$recorder" --list-tls >/dev/null || return 1
	done
	touch "$work/enough"
	wait "$load" && [ "$(wc -l <"$work/requests")" -gt 10 ]
}

if have nginx && have curl && have wget && nginx_start; then
	check "nginx with curl (HTTP/1 and 2, TLS 1.2 and 1.3) and wget" nginx_talk
	check "a recorder that is killed leaves everyone running" killed_talk
	check "attaching and detaching under load breaks no request" rounds_talk
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
	rows redis | jq -se '
		map(select(.command == "GET" or .command == "SET")) |
		[(map(select(.role == "client")) | length), (map(select(.role == "server")) | length)]
		== [2, 2]' || { rows redis; return 1; }
}
if have redis-server && redis-server --help 2>&1 | grep -q . && redis-cli --help 2>&1 | grep -q -- --tls; then
	check "redis over TLS" redis_talk
else
	skip "redis over TLS" "no redis with TLS"
fi

postgres_talk() {
	local bin home=$work/pg
	for bin in /usr/lib/postgresql/*/bin; do :; done
	port=$(free_port)
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
	server=$!
	sql() { psql "host=127.0.0.1 port=$port user=test dbname=postgres sslmode=require" -Atc "$1"; }
	wait_for 30 sql "select 1" || return 1
	postgres_client() { [ "$(sql "select 'hello over ' || 'TLS'")" = "hello over TLS" ]; }
	record "$port" postgres_client || return 1
	kill "$server"
	wait "$server"
	rows pgsql | jq -se '
		map(select(.statement | tostring | contains("hello over"))) |
		[(map(select(.role == "client")) | length), (map(select(.role == "server")) | length)]
		== [1, 1]' || { rows pgsql; return 1; }
}
if have psql && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
	check "PostgreSQL, which turns to TLS in the middle of a connection" postgres_talk
else
	skip "PostgreSQL" "not installed"
fi

finish
