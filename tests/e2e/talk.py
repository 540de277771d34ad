#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
talk.py DIR [--loses]

Makes the recording DIR of a client that talks to servers. Each line of standard input is a call: a JSON
object with the request and the response, and perhaps conn (1), port (80), us (how long the answer takes,
100), and pause_us before it (10). \\r and \\n are written as JSON has them. "role": "server" makes it a
call that the process answers, and "within" has the calls that it makes for it meanwhile. All of it is
within a second. --loses: and the recorder lost something.
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


def converse(call):
    """The bytes of the call's connection, of what it says, and of the calls within it; and events."""
    raw, count = b"", 2
    number, port = call.get("conn", 1), call.get("port", 80)
    if number not in flows:
        server = call.get("role") == "server"
        flows[number] = (2 * len(flows), 2 * len(flows) + 1)
        own, other = tape.address(port=port), tape.address(port=40000 + number)
        raw += tape.conn(number, role=2 if server else 1, local=own if server else other, remote=other if server else own)
        raw += tape.flow(number, direction=1 if server else 0) + tape.flow(number, direction=0 if server else 1)
        count += 1
    there, back = flows[number]
    raw += move(there, call["request"], call.get("pause_us", 10))
    for inner in call.get("within", []):
        more, events_of = converse(inner)
        raw += more
        count += events_of
    return raw + move(back, call["response"], call.get("us", 100)), count


for line in sys.stdin:
    said, told = converse(json.loads(line))
    raw += said
    events += told
for number in flows:
    raw += tape.close(number)
if "--loses" in sys.argv:
    raw += tape.loss(7, 700, cause=2) + tape.loss(5, 5000, cause=5) + tape.loss(1, 10, cause=2, elsewhere=True)
    events += 3
tape.write(sys.argv[1], tape.head(), tape.block(raw, events=events + len(flows)))
