#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds what socktape reads of every message of Kafka against what Kafka says it wrote.

    kafka_messages.py SOCKTAPE WORK WHAT <LINES     (of KafkaMessages.java)

Each request with its response is a connection of a capture. Prints TAP."""
import base64
import json
import os
import struct
import subprocess
import sys

SOCKTAPE, WORK, WHAT = sys.argv[1:4]
BROKER = 9092
# Fields that are secrets, whose values are not shown.
SECRETS = {"authBytes", "hmac", "salt", "saltedPassword"}
# Fields that got another name in a later release, which is the one that is shown.
RENAMED = {"clientMetricsResources": "configResources", "name": "resourceName",
           "candidateEpoch": "replicaEpoch", "candidateId": "replicaId",
           "candidateDirectoryId": "replicaDirectoryId"}
# Changed within a version, before it was one that brokers speak: as the latest release has it.
UNSTABLE = {("Kafka 3.9.1", "ReadShareGroupStateSummary", "response")}


def segment(ts, ports, seq, ack, flags, data):
    """A packet of a pcap file, from 127.0.0.1 to itself, without a link layer."""
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + data
    packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0,
                         b"\x7f\0\0\1", b"\x7f\0\0\1") + tcp
    return struct.pack("<IIII", ts // 1000000, ts % 1000000, len(packet), len(packet)) + packet


def conversation(client, exchanges):
    """(who sends, sequence number, acknowledged, flags, bytes) of each packet."""
    there, back = (client, BROKER), (BROKER, client)
    sent, answered = 1, 1
    yield there, 0, 0, 2, b""
    yield back, 0, 1, 18, b""
    for asks, answers in exchanges:
        yield there, sent, answered, 24, asks
        sent += len(asks)
        yield back, answered, sent, 24, answers
        answered += len(answers)
    yield there, sent, answered, 17, b""
    yield back, answered, sent + 1, 17, b""


def capture(path, conversations):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))
        for n, exchanges in enumerate(conversations):
            for k, packet in enumerate(conversation(10000 + n, exchanges)):
                file.write(segment((n + 1) * 1000 + k, *packet))


def is_silent(message):
    """Whoever wants no acknowledgement gets no response."""
    return message["api"] == "Produce" and message["request"]["acks"] == 0


def exchanges_of(messages, n):
    """The message's own; one without a client's id, by which a request is told, needs another
    before it."""
    all_of = [messages[n]]
    if (messages[n]["api"], messages[n]["version"]) == ("ControlledShutdown", 0):
        all_of.insert(0, messages[0])
    return [(bytes.fromhex(m["asks"]), b"" if is_silent(m) else bytes.fromhex(m["answers"]))
            for m in all_of]


def differences(said, shown, path=""):
    """Where SHOWN isn't what Kafka SAID."""
    if isinstance(said, dict) and isinstance(shown, dict):
        for name, value in said.items():
            where = f"{path}.{name}"
            name = name if name in shown else RENAMED.get(name, name)
            if name in SECRETS or name.endswith("SizeInBytes"):
                continue
            if name not in shown:
                yield f"{where} is missing"
            else:
                yield from differences(value, shown[name], where)
        for name in shown.keys() - said.keys():
            old = [before for before, now in RENAMED.items() if now == name]
            if f"{name}SizeInBytes" not in said and not set(old) & said.keys():
                yield f"{path}.{name}: Kafka doesn't have it"
    elif isinstance(said, list) and isinstance(shown, list) and len(said) == len(shown):
        for n, (one, other) in enumerate(zip(said, shown)):
            yield from differences(one, other, f"{path}[{n}]")
    elif said != shown and not is_bytes(said, shown):
        yield f"{path} is {json.dumps(shown)[:100]}, not {json.dumps(said)[:100]}"


def is_bytes(said, shown):
    """Kafka shows bytes in base64, socktape as text; of records it tells how many bytes they are."""
    try:
        said = base64.b64decode(said, validate=True)
    except (TypeError, ValueError):
        return False
    return len(said) == shown if isinstance(shown, int) else said == str(shown).encode()


def main():
    messages = [json.loads(line) for line in sys.stdin]
    path = os.path.join(WORK, "messages.pcap")
    capture(path, [exchanges_of(messages, n) for n in range(len(messages))])
    recording = os.path.join(WORK, "messages")
    subprocess.run([SOCKTAPE, "import", "-q", path, "-o", recording], check=True)
    out = subprocess.run([SOCKTAPE, "show", recording, "kafka", "--json"], check=True,
                         stdout=subprocess.PIPE).stdout
    shown = {}
    for line in out.splitlines():
        row = json.loads(line)
        if row["proto"] == "kafka":
            shown[int(row["local"].rpartition(":")[2]) - 10000] = row
    problems = []
    for n, m in enumerate(messages):
        name = f"{m['api']} v{m['version']}{'' if n % 2 == 0 else ' of defaults'}"
        row = shown.get(n)
        if not row:
            problems.append(f"{name}: no record")
            continue
        for half in ("request",) if is_silent(m) else ("request", "response"):
            if (WHAT, m["api"], half) in UNSTABLE:
                continue
            for problem in differences(m[half], row[half]):
                problems.append(f"{name}, {half}{problem}")
        if row["version"] != m["version"]:
            problems.append(f"{name}: version {row['version']}, {row['note']}")
    what = f"{WHAT}: {len(messages)} requests and responses are read as Kafka wrote them"
    print(f"{'not ok' if problems or not messages else 'ok'} - {what}")
    for problem in problems[:40]:
        print(f"#   {problem}")
    if len(problems) > 40:
        print(f"#   and {len(problems) - 40} more")
    return 1 if problems or not messages else 0


if __name__ == "__main__":
    sys.exit(main())
