#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
load.py FILE SEED [COUNT] [CHANGE...]

Makes the packet capture FILE of COUNT requests (2500) of HTTP to three servers, with what disturbs real ones:
slow requests, a burst in which all are slow, ids, dates, members that may be missing, a port that is
another each time. A CHANGE is one of gone, new, errors, slower, tail, server, all, field, header, missing, and
"half": what is changed is so from the middle on. The same for the same arguments.
"""
import json
import math
import random
import struct
import sys

SYN, ACK = 2, 16
name, seed, changes = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
count = int(changes.pop(0)) if changes and changes[0].isdigit() else 2500
chance = random.Random(seed)
paths = {"/users/%d": (30, 12), "/orders": (30, 20), "/cart": (20, 8), "/search?q=%d": (19.6, 30), "/rare": (0.4, 9)}
port = 32768 + chance.randrange(20000)
burst = chance.random()

out = open(name, "wb")
out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101))  # nanoseconds; raw IP
sequence = [1000] * 6  # by server and direction
now = 1790000000 * 10**9


def packet(flow, flags, payload, us):
    global now
    now += int(1000 * us)
    ports = (port + flow // 2, 8001 + flow // 2)
    tcp = struct.pack(">HHIIBBHHH", *(ports if flow % 2 == 0 else ports[::-1]), sequence[flow], sequence[flow ^ 1],
                      0x50, flags, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, 0x7f000001, 0x7f000001)
    out.write(struct.pack("<IIII", now // 10**9, now % 10**9, 40 + len(payload), 40 + len(payload)) + ip + tcp + payload)
    sequence[flow] += len(payload) + (flags & SYN == SYN)


for i in range(3):
    packet(2 * i, SYN, b"", 1)
    packet(2 * i + 1, SYN | ACK, b"", 1)
for number in range(count):
    at = number / count
    on = "half" not in changes or at >= 0.5
    has = {change for change in changes if on}
    server = chance.randrange(3)
    template = chance.choices(list(paths), [p[0] for p in paths.values()])[0]
    if template == "/orders" and "gone" in has:
        template = "/cart"
    ms = paths[template][1] * math.exp(0.35 * chance.gauss(0, 1))
    tail = chance.random() < 0.02
    path = template % chance.randrange(400) if "%" in template else template
    if "new" in has and chance.random() < 0.02:
        path = "/brand-new"
    seeded = path == "/orders"
    ms *= (3 + chance.expovariate(1)) if tail else 1
    ms *= 4 if burst <= at < burst + 0.005 else 1
    ms *= 1.4 if seeded and "slower" in has else 1
    ms *= 3 if seeded and tail and "tail" in has else 1
    ms *= 1.6 if seeded and server == 1 and "server" in has else 1
    ms *= 1.5 if "all" in has else 1
    failed = chance.random() < (0.03 if seeded and "errors" in has else 0.001)
    body = {"id": number, "state": chance.choice(["open", "paid"]), "at": f"2026-11-22T05:10:{int(at * 59):02}Z",
            "user": {"name": f"u{chance.randrange(400)}"}}
    if chance.random() < 0.3:
        body["note"] = "hello"
    if seeded and "field" in has:
        body["user"]["email"] = "a@example.org"
    status = "500 Oops" if failed else "200 OK"
    if seeded and "missing" in has and chance.random() < 0.04:
        status = "404 Not Found"
    text = "{}" if status != "200 OK" else json.dumps(body)
    version = "1.3.0" if "header" in has else "1.2.9"
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Request-Id: {chance.randrange(1 << 60):x}\r\n\r\n"
    response = (f"HTTP/1.1 {status}\r\nServer: api/{version}\r\nContent-Type: application/json\r\n"
                f"Date: Sun, 22 Nov 2026 05:{seed % 60:02}:{int(at * 59):02} GMT\r\nContent-Length: {len(text)}\r\n\r\n{text}")
    packet(2 * server, ACK, request.encode(), 2000)
    packet(2 * server + 1, ACK, response.encode(), 1000 * ms)
out.close()
