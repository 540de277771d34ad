#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what `socktape import` makes of captures with what tshark sees in them.

usage: import_oracle.py SOCKTAPE SCRATCH CAPTURE...

tshark tells each segment's sequence number and payload and each datagram's payload. From those
every stream is put together here a second time, in the plainest way: a table from sequence number
to byte, in which the first byte stays. Then every byte of the recording must be in that table, at
its place; no byte of the table may be missing in the recording; and positions must step over
exactly what the table lacks. Prints one line for each capture that differs, and a summary.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict

FIELDS = ["frame.number", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.stream", "tcp.srcport",
          "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.len", "tcp.payload", "udp.stream",
          "udp.srcport", "udp.dstport", "udp.payload", "udp.length"]
SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10


def tshark(path):
    command = ["tshark", "-n", "-r", path, "-Y", "(tcp or udp) and not icmp and not icmpv6",
               "-o", "tcp.desegment_tcp_streams:FALSE", "-o", "udp.process_info:FALSE",
               "-T", "fields", "-E", "occurrence=l", "-E", "separator=/t"]
    for field in FIELDS:
        command += ["-e", field]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        yield dict(zip(FIELDS, line.split("\t")))


def address(ip, port):
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


class Stream:
    """One direction of a tshark stream: sequence number (unwrapped) to byte."""

    def __init__(self):
        self.bytes = {}
        self.bases = []  # where position 0 may be, the best first
        self.last = None

    def unwrap(self, seq):
        if self.last is None:
            self.last = seq + (1 << 32)
        step = (seq - self.last) & 0xffffffff
        if step >= 1 << 31:
            step -= 1 << 32
        self.last += step
        return self.last

    def segment(self, seq, flags, payload):
        seq = self.unwrap(seq)
        if flags & SYN:
            seq += 1
            self.bases.insert(0, seq)
        elif payload:
            self.bases.append(seq)
        for i, byte in enumerate(payload):
            self.bytes.setdefault(seq + i, byte)

    def acknowledged(self, seq, flags):
        """By the other end: the first time, or with its SYN, that is where the stream begins."""
        seq = self.unwrap(seq)
        self.bases.insert(0 if flags & SYN else len(self.bases), seq)


def expected(path):
    """{addresses: [{direction's sender: Stream}, ...]}, {(from, to): [datagram, ...]}"""
    streams = defaultdict(dict)
    order = defaultdict(list)
    datagrams = defaultdict(list)
    begun = {}  # (sender, ends, sequence number of a SYN): the stream
    same = {}
    for row in tshark(path):
        source, destination = row["ip.src"] or row["ipv6.src"], row["ip.dst"] or row["ipv6.dst"]
        if row["tcp.stream"] and row["tcp.srcport"]:
            a, b = address(source, row["tcp.srcport"]), address(destination, row["tcp.dstport"])
            flags = int(row["tcp.flags"], 16)
            payload = b"" if flags & RST else bytes.fromhex(row["tcp.payload"])
            ends = frozenset((a, b))
            number = row["tcp.stream"]
            if flags & SYN:
                # Later tsharks take a SYN that comes again behind a FIN for another connection's.
                same[number] = begun.setdefault((a, ends, row["tcp.seq_raw"]), number)
            number = same.get(number, number)
            if number not in order[ends]:
                order[ends].append(number)
            both = streams[number]
            both.setdefault(a, Stream()).segment(int(row["tcp.seq_raw"]), flags, payload)
            if flags & ACK and not flags & RST:
                both.setdefault(b, Stream()).acknowledged(int(row["tcp.ack_raw"]), flags)
        elif row["udp.srcport"]:
            a, b = address(source, row["udp.srcport"]), address(destination, row["udp.dstport"])
            datagrams[a, b].append(bytes.fromhex(row["udp.payload"]))
    return {ends: [streams[n] for n in numbers] for ends, numbers in order.items()}, datagrams


def recorded(socktape, path, scratch):
    """Connections in order: {transport, local, remote, data: {sender: [(offset, bytes)]}, peers}"""
    rec = os.path.join(scratch, "rec")
    subprocess.run(["rm", "-rf", rec], check=True)
    subprocess.run([socktape, "import", "-q", path, "-o", rec], check=True)
    lines = subprocess.run([socktape, "events", rec, "--all", "--hex", "--format", "json"],
                           capture_output=True, text=True, check=True).stdout
    connections = {}
    for line in lines.splitlines():
        event = json.loads(line)
        if event["event"] == "conn":
            match = re.match(r"(\S+) (\S+) (\S+), (\w+), (\w+)", event["detail"])
            transport, local, remote, _, origin = match.groups()
            connections.setdefault(event["conn"], {
                "transport": transport, "local": local, "remote": remote, "origin": origin,
                "data": {local: [], remote: []}, "peers": {local: [], remote: []}})
        elif event["event"] == "data":
            connection = connections[event["conn"]]
            sender = connection["local" if event["dir"] == "sent" else "remote"]
            payload = bytes.fromhex(event["payload"])
            if len(payload) != event["captured"] or event["captured"] > event["len"]:
                raise ValueError("payload and its length differ")
            connection["data"][sender].append((event["offset"], payload, event["len"]))
            connection["peers"][sender].append(event["peer"] or connection["remote"])
    return connections.values()


def compare_from(stream, base, data):
    """Empty when DATA are the stream's bytes from BASE on, else what differs."""
    given = 0
    position = 0
    for offset, payload, length in data:
        if offset < position:
            return f"position {offset} after {position}"
        for missing in range(position, offset):
            if base + missing in stream.bytes:
                return f"byte {missing} called lost, but it is there"
        for i, byte in enumerate(payload):
            if stream.bytes.get(base + offset + i) != byte:
                return f"byte {offset + i} differs"
        given += len(payload)
        position = offset + length
    wanted = sum(1 for seq in stream.bytes if seq >= base)
    return "" if given == wanted else f"{given} bytes of {wanted}"


def compare_stream(stream, data):
    """A stream that is joined in its middle begins with its first byte, or where it was acknowledged."""
    if not data and not stream.bytes:
        return ""
    problems = [compare_from(stream, base, data) for base in dict.fromkeys(stream.bases)]
    return "" if "" in problems else problems[0] if problems else "no bytes expected"


def compare(socktape, path, scratch):
    problems = []
    streams, datagrams = expected(path)
    imported = defaultdict(list)
    counts = [0, 0, 0]
    for connection in recorded(socktape, path, scratch):
        ends = frozenset((connection["local"], connection["remote"]))
        if connection["transport"] == "udp":
            # One flow is several connections when it was idle in between; and who answers a
            # group isn't the group.
            local = connection["local"]
            for sender, data in connection["data"].items():
                for (_, payload, _), peer in zip(data, connection["peers"][sender]):
                    imported[(local, peer) if sender == local else (peer, local)].append(payload)
            continue
        if not streams.get(ends):
            problems.append(f"tshark has no more streams for {sorted(ends)}")
            continue
        stream = streams[ends].pop(0)
        counts[0] += 1
        for sender, data in connection["data"].items():
            problem = compare_stream(stream.get(sender, Stream()), data)
            counts[2] += sum(len(payload) for _, payload, _ in data)
            if problem:
                problems.append(f"{sender} of {sorted(ends)}: {problem}")
    for ends, rest in streams.items():
        problems += [f"stream between {sorted(ends)} not imported" for _ in rest]
    for sender, other in datagrams.keys() | imported.keys():
        counts[1] += len(imported[sender, other])
        if imported[sender, other] != datagrams.get((sender, other), []):
            problems.append(f"datagrams from {sender} to {other} differ")
    return counts, problems


def main():
    socktape, scratch, captures = sys.argv[1], sys.argv[2], sys.argv[3:]
    totals = [0, 0, 0]
    os.makedirs(scratch, exist_ok=True)
    for path in captures:
        try:
            counts, problems = compare(socktape, path, scratch)
        except subprocess.CalledProcessError as error:
            counts, problems = [0, 0, 0], [str(error)]
        totals = [a + b for a, b in zip(totals, counts)]
        for problem in problems:
            print(f"{path}: {problem}")
    print(f"{len(captures)} captures, {totals[0]} TCP connections, {totals[1]} datagrams, "
          f"{totals[2]} bytes", file=sys.stderr)


main()
