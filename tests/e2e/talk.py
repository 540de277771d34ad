#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
talk.py DIR

Makes the recording DIR of a client that talks to servers. Each line of standard input is a call: a JSON
object with the request and the response, and perhaps conn (1), port (80), us (how long the answer takes,
100), and pause_us before it (10). \\r and \\n are written as JSON has them. "role": "server" makes it a
call that the process answers. All of it is within a second.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tape  # noqa: E402

raw = tape.clock() + tape.host(b"host") + tape.process(1)
flows = {}  # by connection: those of what goes there, and of what comes back
positions = {}
events = 3


def move(flow, text, us):
    payload = text.encode()
    position = None if positions.get(flow) else 0
    positions[flow] = True
    return tape.data(flow, payload, position, delta=1000 * us)


for line in sys.stdin:
    call = json.loads(line)
    number, port = call.get("conn", 1), call.get("port", 80)
    if number not in flows:
        server = call.get("role") == "server"
        flows[number] = (2 * len(flows), 2 * len(flows) + 1)
        own, other = tape.address(port=port), tape.address(port=40000 + number)
        raw += tape.conn(number, role=2 if server else 1, local=own if server else other, remote=other if server else own)
        raw += tape.flow(number, direction=1 if server else 0) + tape.flow(number, direction=0 if server else 1)
        events += 1
    there, back = flows[number]
    raw += move(there, call["request"], call.get("pause_us", 10)) + move(back, call["response"], call.get("us", 100))
    events += 2
for number in flows:
    raw += tape.close(number)
tape.write(sys.argv[1], tape.head(), tape.block(raw, events=events + len(flows)))
