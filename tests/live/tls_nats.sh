#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# NATS over TLS: behind INFO, with nats-server, and before it, with what ends TLS in front of it; clients in
# C and Python. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/live/clients/nats.bash
. tests/live/clients/nats.bash
nats_fetch
# shellcheck source=tests/live/tls_lib.bash
. tests/live/tls_lib.bash
have nats-server || skip_all "nats-server is not installed (tools/install-deps --test)"

# nats_serve OPTION...: on $port, which it sets.
nats_serve() {
	port=$(free_port)
	nats-server -a 127.0.0.1 -p "$port" "$@" >"$work/server" 2>&1 &
	server=$!
	wait_for 20 listening "$port" || not_ok "it starts" "$(cat "$work/server")"
}

# Three messages, and their deliveries.
c_client() {
	timeout 60 /usr/bin/python3 - "$port" <<'PYTHON'
import ctypes
import sys

lib = ctypes.CDLL("libnats.so")
options, connection, subscription, message = (ctypes.c_void_p() for _ in range(4))


def call(name, *arguments):
    assert getattr(lib, name)(*arguments) == 0, name


call("natsOptions_Create", ctypes.byref(options))
call("natsOptions_SetURL", options, b"nats://localhost:" + sys.argv[1].encode())
call("natsOptions_SetSecure", options, True)
call("natsOptions_SkipServerVerification", options, True)
call("natsConnection_Connect", ctypes.byref(connection), options)
call("natsConnection_SubscribeSync", ctypes.byref(subscription), connection, b"words")
for n in range(3):
    call("natsConnection_PublishString", connection, b"words", b"hello over TLS %d" % n)
    call("natsSubscription_NextMsg", ctypes.byref(message), subscription, ctypes.c_int64(5000))
lib.natsConnection_Destroy(connection)
PYTHON
}

# py_client FIRST: whether the handshake comes before INFO.
py_client() {
	PYTHONPATH=$nats_py timeout 60 /usr/bin/python3 - "$port" "$cert" "$1" <<'PYTHON'
import asyncio
import ssl
import sys

import nats


async def main():
    tls = ssl.create_default_context(cafile=sys.argv[2])
    link = await nats.connect("tls://localhost:" + sys.argv[1], tls=tls, tls_hostname="localhost",
                              tls_handshake_first=sys.argv[3] == "first")
    words = await link.subscribe("words")
    for n in range(3):
        await link.publish("words", b"hello over TLS %d" % n)
        assert (await words.next_msg(timeout=5)).data == b"hello over TLS %d" % n
    await link.close()


asyncio.run(main())
PYTHON
}

# Each message as it was published and as it was delivered, at the ends that are read, and nothing in
# doubt. Of plaintext nothing is read of nats-server's end where its Go is too old for that.
said_by() {
	rows nats | jq -se --argjson roles "$1" '
		[.[] | select(.payload | tostring | startswith("hello over TLS")) | [.role, .kind, .payload]]
		| map(select(.[0] | IN($roles[]))) | group_by(.) | map(length) == [range(6 * ($roles | length)) | 1]' ||
		{ rows nats | head -20; return 1; }
	rows nats | jq -se 'map(select(.outcome != "ok")) == []' || return 1
	"$socktape" conns "$rec" --format json | jq -se --arg addr ":$port" '
		map(select((.local + " " + .remote) | contains($addr))) |
		length > 0 and all(any(.spoken[]; .proto == "nats"))'
}

# nats_talk ROLES CLIENT...
nats_talk() {
	record "$port" "${@:2}" && said_by "$1"
}

both='["client", "server"]' read='["client"]'
nats_serve --tls --tlscert "$cert" --tlskey "$key"
! "$recorder" --list-tls 2>/dev/null | grep -A2 "^$(realpath "$(command -v nats-server)")" |
	grep -q '^    hooked: plaintext' || read=$both
if /usr/bin/python3 -c 'import ctypes; ctypes.CDLL("libnats.so")' 2>/dev/null; then
	check "libnats, TLS behind INFO" nats_talk "$read" c_client
	check "libnats by keys" in_keys nats_talk "$both" c_client
else
	skip "libnats, TLS behind INFO" "libnats-dev is not installed (tools/install-deps --test)"
fi
if [ -e "$nats_py/done" ]; then
	check "nats-py, TLS behind INFO" nats_talk "$read" py_client after
	check "nats-py by keys" in_keys nats_talk "$both" py_client after
else
	skip "nats-py, TLS behind INFO" "$(nats_missing)"
fi
kill "$server"

# Servers before 2.10 can't shake hands before INFO: what ends TLS in front of one does.
first_serve() {
	nats_serve
	inner=$port
	behind=$server
	serve /usr/bin/python3 -c '
import asyncio
import ssl
import sys

cert, key, inner, told = sys.argv[1:]


async def pass_on(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(reader, writer):
    other = await asyncio.open_connection("127.0.0.1", int(inner))
    await asyncio.gather(pass_on(reader, other[1]), pass_on(other[0], writer), return_exceptions=True)


async def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    with open(told, "w", encoding="ascii") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


asyncio.run(main())' "$cert" "$key" "$inner"
}
if [ -e "$nats_py/done" ]; then
	first_serve || not_ok "what ends TLS starts" ""
	check "nats-py, TLS before INFO" nats_talk "$both" py_client first
	check "nats-py by keys, TLS before INFO" in_keys nats_talk "$both" py_client first
	kill "$server" "$behind"
else
	skip "nats-py, TLS before INFO" "$(nats_missing)"
fi

finish
