#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# HTTP/2 after an upgrade from HTTP/1.1 (h2c): nghttpx before a server in Python, with curl and nghttp.
# What each says that it did is what the recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs nghttpx nghttp curl tcpdump ss
port=8082 behind=8083
mkdir "$work/root"
echo small >"$work/root/small"
head -c 20000 /dev/zero | tr '\0' m >"$work/root/medium"
head -c 300000 /dev/zero | tr '\0' l >"$work/root/large"
"$python" -m http.server -b 127.0.0.1 -d "$work/root" $behind >"$work/backend" 2>&1 &
backend=$!
nghttpx -f "127.0.0.1,$port;no-tls" -b "127.0.0.1,$behind" --conf=/dev/null --workers=1 >"$work/server" 2>&1 &
server=$!
wait_for 20 listening $port || not_ok "it starts" "$(cat "$work/server")"
wait_for 20 listening $behind || not_ok "its backend starts" "$(cat "$work/backend")"

# asks PATH STATUS BYTES: the request of the upgrade itself, which is answered on stream 1. curl fails where more
# than 32 KiB come with the 101 ("connection buffer size is too small"), so it gets less; nghttp gets more.
asks() {
	local got
	got=$(curl -s --http2 -o /dev/null -w '%{http_version} %{http_code} %{size_download} %{local_port}' \
		"http://127.0.0.1:$port$1")
	is "curl gets $1" "${got% *}" "2 $2 $3"
	printf '{"who": "curl", "port": %s, "rows": [{"method": "GET", "path": "%s", "status": %s, "resp_bytes": %s,
		"stream_id": 1, "outcome": "%s"}]}' "${got##* }" "$1" "$2" "$3" "$4" | tr -d '\n\t' >>"$ledger"
	echo >>"$ledger"
}

record_begin
asks /small 200 6 ok
asks /medium 200 20000 ok
size=$(curl -s "http://127.0.0.1:$behind/missing" | wc -c)
asks /missing 404 "$size" error
check "nghttp" nghttp -nu "http://127.0.0.1:$port/large" "http://127.0.0.1:$port/small"
printf '%s\n' '{"who": "nghttp", "port": null, "rows": [
	{"method": "GET", "path": "/large", "status": 200, "resp_bytes": 300000, "stream_id": 1},
	{"method": "GET", "path": "/small", "status": 200, "resp_bytes": 6}]}' | tr -d '\n\t' >>"$ledger"
echo >>"$ledger"
record_end $port
kill $server $backend
wait $server $backend 2>/dev/null

judge "HTTP/2 after an upgrade" $port http2

finish
