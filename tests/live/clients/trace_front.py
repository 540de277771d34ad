#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A server that asks another one, twice, for each of its requests.

usage: trace_front.py PORT BACK-PORT threads|events pass|drop

Paths are /N; the other one is asked for /N/1 and /N/2. A traceparent that comes in goes out with a new
parent id (pass), or not at all (drop).
"""
import asyncio
import http.client
import http.server
import random
import sys

PORT, BACK, KIND, HOW = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]


def own_headers(incoming):
    if HOW == "drop" or not incoming:
        return {}
    version, trace, _, flags = incoming.split("-")
    return {"traceparent": f"{version}-{trace}-{random.getrandbits(64):016x}-{flags}"}


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        for n in (1, 2):
            back = http.client.HTTPConnection("127.0.0.1", BACK)
            back.request("GET", f"{self.path}/{n}", headers=own_headers(self.headers.get("traceparent")))
            back.getresponse().read()
            back.close()
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


async def ask(path, headers):
    reader, writer = await asyncio.open_connection("127.0.0.1", BACK)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: back\r\nConnection: close\r\n{lines}\r\n".encode())
    await reader.read()
    writer.close()


async def serve(reader, writer):
    while head := await read_head(reader):
        path = head.split()[1]
        traceparent = next((line.split(": ")[1] for line in head.split("\r\n")
                            if line.lower().startswith("traceparent: ")), None)
        for n in (1, 2):
            await ask(f"{path}/{n}", own_headers(traceparent))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    writer.close()


async def read_head(reader):
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""


async def events():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print("ready", flush=True)
    await server.serve_forever()


if KIND == "events":
    asyncio.run(events())
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Front)
    print("ready", flush=True)
    server.serve_forever()
