#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Captures and recordings that would take all memory there is, if they were let.

usage: attacks.py SOCKTAPE SCRATCH SCALE MEMORY... [NAME...]

SCALE 1 makes each as large as an attacker would, 0.03 makes them as large as a test has time for.
MEMORY is a limit in MiB. Every command that reads must keep to it, with 64 MiB for the program
itself, and nevertheless print every row. Prints a line of TAP for each, with what it took. NAMEs are
of the functions below, and of talks.py: only those inputs are made.
"""

import json
import os
import random
import re
import resource
import struct
import subprocess
import sys
import time
import zlib

import rounds
import talks
import tape

SLACK = 64  # MiB beyond the limit: code, blocks of the recording, output
MB = 1 << 20


class Capture:
    """Packets of link type raw, a microsecond apart unless told otherwise."""

    def __init__(self, path, step=1):
        self.out = open(path, "wb", buffering=1 << 20)
        self.out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        self.us = 1700000000 * 1000000
        self.step = step

    def packet(self, protocol, a, b, payload):
        size = 20 + len(payload)
        self.out.write(struct.pack("<IIII", self.us // 1000000, self.us % 1000000, size, size) +
                       struct.pack(">BBHHHBBHII", 0x45, 0, size, 0, 0, 64, protocol, 0, a[0], b[0]) + payload)
        self.us += self.step

    def udp(self, a, b, payload):
        self.packet(17, a, b, struct.pack(">HHHH", a[1], b[1], 8 + len(payload), 0) + payload)

    def tcp(self, a, b, seq, ack, flags, payload=b""):
        self.packet(6, a, b, struct.pack(">HHIIBBHHH", a[1], b[1], seq, ack, 0x50, flags, 65535, 0, 0) + payload)

    def handshake(self, a, b):
        self.tcp(a, b, 1000, 0, 2)
        self.tcp(b, a, 5000, 1001, 0x12)
        self.tcp(a, b, 1001, 5001, 0x10)


def client(i):
    return 0x0b000000 + i // 50000, 1024 + i % 50000


def server(port):
    return 0x0a000002, port


# ---- captures: each returns how many connections and how many records are in it ----

QUESTION = b"\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"
ANSWER = b"\0\1\0\1\0\0\0\0\1a\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def lookups(path, n, step=1000):
    """Each from a new port, each answered."""
    c = Capture(path, step)
    for i in range(n):
        name = struct.pack(">H", i * 31 & 0xffff)
        c.udp(client(i), server(53), name + b"\1\0" + QUESTION)
        c.udp(server(53), client(i), name + b"\x81\x80" + ANSWER)
    return n, n


def lookups_at_once(path, n):
    return lookups(path, n, 1)


def unanswered(path, n):
    c = Capture(path)
    for i in range(n):
        c.udp(client(i), server(53), struct.pack(">H", i * 31 & 0xffff) + b"\1\0" + QUESTION)
    return n, n


def udp_flows(path, n):
    c = Capture(path)
    for i in range(n):
        c.udp(client(i), server(9999), b"x")
    return n, 0


def open_connections(path, n):
    """Each with one exchange, none closed."""
    c = Capture(path)
    for i in range(n):
        c.handshake(client(i), server(80))
        c.tcp(client(i), server(80), 1001, 5001, 0x18, GET)
        c.tcp(server(80), client(i), 5001, 1001 + len(GET), 0x18, OK)
    return n, n


def two_rounds(path, n):
    """Another exchange on each, when all have been idle."""
    open_connections(path, n)
    c = Capture(path + ".2", 2)
    c.us += 10000000000
    for i in range(n):
        c.tcp(client(i), server(80), 1001 + len(GET), 5001 + len(OK), 0x18, GET)
        c.tcp(server(80), client(i), 5001 + len(OK), 1001 + 2 * len(GET), 0x18, OK)
    c.out.close()
    with open(path, "ab") as out, open(path + ".2", "rb") as more:
        more.seek(24)
        out.write(more.read())
    os.unlink(path + ".2")
    return n, 2 * n


def half_heads(path, n):
    c = Capture(path)
    for i in range(n):
        c.handshake(client(i), server(80))
        c.tcp(client(i), server(80), 1001, 5001, 0x18, b"POST / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1000)
    return n, n


def half_bodies(path, n):
    c = Capture(path)
    for i in range(n):
        c.handshake(client(i), server(80))
        c.tcp(client(i), server(80), 1001, 5001, 0x18,
              b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + b"a" * 1000)
    return n, n


def redis_connections(path, n):
    c = Capture(path)
    for i in range(n):
        c.handshake(client(i), server(6379))
        c.tcp(client(i), server(6379), 1001, 5001, 0x18, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n" * 2)
        c.tcp(server(6379), client(i), 5001, 1043, 0x18, b"$1\r\nb\r\n")
    return n, 2 * n


def long_paths(path, n):
    """Each asks for another word of 8,000 letters, on a hundred connections."""
    c = Capture(path)
    conns = min(n, 100)
    sent, got = [1001] * conns, [5001] * conns
    letters = bytes.maketrans(b"0123456789", b"abcdefghij")
    for i in range(conns):
        c.handshake(client(i), server(80))
    for i in range(n):
        k = i % conns
        get = b"GET /" + (b"%d" % i).translate(letters) + b"x" * 8000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
        c.tcp(client(k), server(80), sent[k], got[k], 0x18, get)
        sent[k] += len(get)
        c.tcp(server(80), client(k), got[k], sent[k], 0x18, OK)
        got[k] += len(OK)
    return conns, n


def syns(path, n):
    c = Capture(path)
    for i in range(n):
        c.tcp(client(i), server(80), 1000, 0, 2)
    return n, 0


# ---- recordings: connections, records (None: whatever they are), processes ----

def early_bytes(path, n):
    """A hole, and behind it 60,000 bytes that wait for it."""
    late = b"x" * 60000

    def blocks():
        yield tape.head()
        for k in range(n // 1000):
            yield tape.block(b"".join(tape.flow(k * 1000 + i + 1) + tape.data(i, b"a", 0) + tape.data(i, late, 10)
                                      for i in range(1000)), number=k)
    tape.write(path, *blocks())
    return n // 1000 * 1000, 0, 0


def many_early_bytes(path, n):
    late = b"x" * 60000

    def blocks():
        yield tape.head()
        for k in range(n // 64):
            yield tape.block(b"".join(
                tape.flow(k * 1000 + i + 1) + tape.data(i, b"a", 0) +
                b"".join(tape.data(i, late, 10 + 70000 * j) for j in range(15)) for i in range(64)), number=k)
    tape.write(path, *blocks())
    return n // 64 * 64, 0, 0


def long_commands(path, n):
    def blocks():
        yield tape.head()
        for k in range(n // 900):
            yield tape.block(b"".join(tape.process(k * 900 + i + 1, cmdline=b"x" * 65000) for i in range(900)),
                             number=k)
    tape.write(path, *blocks())
    return 0, 0, n // 900 * 900


def one_block(path, n):
    """As many connections as go into a block, each with half a word."""
    raw = b"".join(tape.flow(i + 1) + tape.data(i, b"GET / HT", 0) for i in range(n))
    tape.write(path, tape.head(), tape.block(raw))
    return n, None, 0


def one_block_of_processes(path, n):
    tape.write(path, tape.head(), tape.block(b"".join(tape.process(i + 1) for i in range(n))))
    return 0, 0, n


def noise(path, n):
    """Blocks as large as they may be, which nothing makes smaller."""
    pieces = [random.Random(k).randbytes(15 * MB) for k in range(4)]
    raw = tape.conn(1) + tape.flow(1) + b"".join(tape.data(0, p, k * 15 * MB) for k, p in enumerate(pieces))
    tape.write(path, tape.head(), *(tape.block(raw, number=k, level=1) for k in range(max(1, n))))
    return 1, 0, 0


CAPTURES = [(lookups, 1000000), (lookups_at_once, 300000), (unanswered, 300000), (udp_flows, 2000000),
            (open_connections, 2000000), (two_rounds, 300000), (half_heads, 300000), (half_bodies, 300000),
            (redis_connections, 300000), (long_paths, 100000), (syns, 1000000)]
RECORDINGS = [(early_bytes, 80000), (many_early_bytes, 3840), (long_commands, 54000), (one_block, 700000),
              (one_block_of_processes, 400000), (noise, 2)]


def in_another_process(make, path, n):
    """What MAKE returns. A child's largest size counts its parent's at the fork: this one stays small."""
    end, start = os.pipe()
    if os.fork() == 0:
        os.write(start, json.dumps(make(path, n)).encode())
        os._exit(0)
    os.close(start)
    with os.fdopen(end) as result:
        made = json.loads(result.read())
    os.wait()
    return made


COUNT = re.compile(rb'"count":(\d+)')


def run(command):
    """(exit status, lines, sum of their checksums, last line, sum of their counts, MiB, seconds, errors)"""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        lines, sums, last, counted = 0, 0, b"", 0
        for last in process.stdout:
            lines += 1
            # Whether a row comes late is a matter of how many wait to be put in order.
            sums += zlib.crc32(last.replace(b'"late":true', b'"late":false'))
            counted += sum(map(int, COUNT.findall(last)))
        errors = process.stderr.read().decode(errors="replace").strip()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    return os.waitstatus_to_exitcode(status), lines, sums, last, counted, usage.ru_maxrss / 1024, time.monotonic() - start, errors


TITLES = ("--net", "--dns", "--keep", "--sort", "--threads")  # options that make another command of one


class Table:
    def __init__(self, socktape, limits):
        self.socktape = socktape
        self.limits = limits
        self.failed = 0

    def result(self, name, limit, command, wanted=None, statuses=(0, 2), last=(), count=None, same=None):
        """SAME: what this returned of another run, whose lines must have been the same."""
        status, lines, sums, end, counted, mib, seconds, errors = run(
            [self.socktape, *command, "--memory", f"{limit}MiB"])
        problems = []
        if status not in statuses:
            problems.append(f"exit status {status}")
        if mib > limit + SLACK:
            problems.append(f"more than {limit + SLACK} MiB")
        if wanted is not None and lines != wanted:
            problems.append(f"{lines} rows, not {wanted}")
        if count is not None and counted != count:
            problems.append(f"{counted} are counted, not {count}")
        if same is not None and sums != same:
            problems.append("other rows than with enough memory")
        for part in last:
            if part not in end:
                problems.append(f"{part} isn't in {end[:300]}")
        words = " ".join([command[0]] + [word for word in command[1:] if word in TITLES])
        title = f"{name}, {words}, {limit} MiB: {mib:.0f} MiB, {seconds:.1f} s"
        print(f"{'ok' if not problems else 'not ok'} - {title}", flush=True)
        for problem in problems:
            print(f"#   {problem}")
            print(f"#   {errors[-300:]}")
        self.failed += bool(problems)
        return sums

    def read(self, name, rec, conns, records, processes=None):
        for limit in self.limits:
            self.result(name, limit, ["show", rec, "--json"], records)
            self.result(name, limit, ["conns", rec, "--json"], conns)
            info = [b'"connections":%d,' % conns]
            if processes is not None:
                info.append(b'"processes":%d,' % processes)
            self.result(name, limit, ["info", rec, "--json"], 1, last=info)
            self.result(name, limit, ["export", rec, "-q", "-o", "/dev/null"], 0)
            self.result(name, limit, ["report", rec, "-o", "/dev/null"], 0)
            self.result(name, limit, ["stat", rec, "--json"], count=records)
            self.result(name, limit, ["sql", rec, "SELECT count(*) AS count FROM records", "--json"], 1,
                        count=records)
            for command in (["findings"], ["trace"], ["map"], ["map", "--net"]):
                self.result(name, limit, [*command, rec, "--json"])
            # Where there are no records nothing can be compared.
            self.result(name, limit, ["diff", rec, rec, "--json"], statuses=(0, 2) if records else (0, 1, 2))
            self.result(name, limit, ["grep", rec, "needle", "--json"], 0)


    def talk(self, name, rec, conns, records):
        """Of what a parser remembers: what it takes to show it, in every way."""
        for limit in self.limits:
            rows = ["show", rec, "--json"]
            self.result(name, limit, rows, records)
            self.result(name, limit, [*rows, "--keep", "all", "--threads", "1"], records)
            self.result(name, limit, [*rows, "--sort", "-ts"], records)
            self.result(name, limit, ["conns", rec, "--json"], conns)
            self.result(name, limit, ["stat", rec, "--json"], count=records)
            for command in (["follow", rec, "1"], ["grep", rec, "needle"], ["map", rec], ["export", rec, "-o", "/dev/null"]):
                self.result(name, limit, command)


    def rounds(self, name, rec, conns, records):
        rows = ["show", rec, "--json"]
        same = self.result(name, 4096, rows, records)
        for limit in self.limits:
            self.result(name, limit, rows, records, same=same)
            self.result(name, limit, ["conns", rec, "--json"], conns)


def chosen(inputs, names):
    return [(make, n) for make, n in inputs if not names or make.__name__ in names]


def main():
    socktape, scratch, scale = sys.argv[1], sys.argv[2], float(sys.argv[3])
    names = {word for word in sys.argv[4:] if not word.isdigit()}
    table = Table(socktape, [int(word) for word in sys.argv[4:] if word.isdigit()])
    os.makedirs(scratch, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for make, n in chosen(CAPTURES, names):
        name = f"{make.__name__} {int(n * scale)}"
        path, rec = os.path.join(scratch, "x.pcap"), os.path.join(scratch, "rec")
        conns, records = in_another_process(make, path, int(n * scale))
        for limit in table.limits:
            subprocess.run(["rm", "-rf", rec], check=True)
            table.result(name, limit, ["import", path, "-q", "-o", rec], 0, statuses=(0,))
        os.unlink(path)
        table.read(name, rec, conns, records)
    for make, n in chosen(RECORDINGS, names):
        name = f"{make.__name__} {int(n * scale)}"
        rec = os.path.join(scratch, "rec")
        subprocess.run(["rm", "-rf", rec], check=True)
        table.read(name, rec, *in_another_process(make, rec, int(n * scale)))
    for make, n in chosen(talks.TALKS, names):
        size = max(1, int(n * scale))
        rec = os.path.join(scratch, "rec")
        subprocess.run(["rm", "-rf", rec], check=True)
        conns, records, _ = in_another_process(make, rec, size)
        table.talk(f"{make.__name__} {size}", rec, conns, records)
    for make, n in chosen(rounds.ROUNDS, names):
        size = max(1, int(n * scale))
        rec = os.path.join(scratch, "rec")
        subprocess.run(["rm", "-rf", rec], check=True)
        conns, records, _ = in_another_process(make, rec, size)
        table.rounds(f"rounds of {make.__name__} {size}", rec, conns, records)
    sys.exit(1 if table.failed else 0)


main()
