#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs every command on recordings full of what commands a terminal, and looks at what it prints.

usage: terminal.py SOCKTAPE SCRATCH
"""

import csv
import io
import json
import os
import re
import struct
import subprocess
import sys
import unicodedata

import tape
from on_terminal import on_terminal

# Sequences of control characters, in ASCII, as bytes and beyond; marks that turn the direction of
# reading; line separators; what nobody sees; what isn't UTF-8.
EVIL = (b"\x1b]0;pwned\x07\x1b[31mRED\x1b[2J\x9b31m\xc2\x9b31m\xc2\x85\x08\x7f" + "\u202e\u2028\u2029\u2066\u200b\u200d\ufeff"
        "\u00ad\u061c\U000e0041\ufff9\U0001f4a9".encode() + b"\xff\xfe\xc3\xed\xa0\x80\"',;")
FORMULA = b'=HYPERLINK("http://evil","x")'
PAUSE = 100_000_000
FORMULAS = [FORMULA, b"+1+1", b"-1+1", b"@SUM(1)", b"\t=1", "\uff1d1+1".encode()]


def exchange(number, request, response, port, name):
    n = number * 2 - 2
    return (tape.process(number, name, EVIL, EVIL + b"\0" + FORMULA, EVIL, EVIL, EVIL) +
            tape.conn(number, port, pid=number) + tape.flow(number, number) + tape.flow(number, number, 1) +
            tape.data(n, request, 0, delta=PAUSE) + tape.data(n + 1, response, 0) + tape.close(number, len(request), len(response)))


def hostile(prefix=b"", times=1):
    """A recording, and how many connections it has. PREFIX: of what is asked for, so often."""
    raw = tape.host(*[EVIL] * 6) + tape.clock()
    talks = []
    for name in [EVIL[:15], *FORMULAS]:
        path = b"/" + prefix.strip() + name.replace(b" ", b"").replace(b"\t", b"")
        talks.append((b"GET " + path + b" HTTP/1.1\r\nHost: " + name + b"\r\nUser-Agent: " + EVIL + b"\r\n\r\n",
                      b"HTTP/1.1 200 " + EVIL + b"\r\nContent-Type: " + name + b"\r\nContent-Length: %d\r\n\r\n" %
                      len(EVIL + name) + name + EVIL, 80, name))
        talks.append((b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(EVIL), EVIL, len(name), name),
                      b"-ERR " + name + EVIL + b"\r\n", 6379, name))
        talks.append((b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", b"$%d\r\n%b\r\n" % (len(name), name), 6379, name))
        talks.append((EVIL + name, EVIL, 9999, name))
    talks.append((b"GET /" + prefix.strip() + EVIL.replace(b" ", b"") + b" HTTP/1.1\r\nHost: " + EVIL +
                  b"\r\nAuthorization: Basic " + EVIL + b"\r\n\r\n",
                  b"HTTP/1.1 503 " + EVIL + b"\r\nContent-Length: 0\r\n\r\n", 80, EVIL[:15]))
    talks *= times
    for number, talk in enumerate(talks, 1):
        raw += exchange(number, *talk)
    number = len(talks) + 1
    unix = tape.address(family=1, port=0, ip=b"")
    raw += tape.conn(number, local=unix, remote=unix, transport=3, paths=(b"/run/" + EVIL, b"\0" + EVIL))
    raw += tape.flow(number) + tape.data(2 * number - 2, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0)
    raw += tape.conn(number + 1, 53, transport=2) + tape.flow(number + 1) + tape.flow(number + 1, direction=1)
    label = bytes([len(EVIL[:60])]) + EVIL[:60] + b"\0\0\x10\0\1"
    raw += tape.data(2 * number - 1, struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0) + label, 0)
    raw += tape.data(2 * number, struct.pack(">HHHHHH", 1, 0x8180, 1, 1, 0, 0) + label + b"\xc0\x0c\0\x10\0\1\0\0\0\1" +
                     struct.pack(">HB", len(EVIL) + 1, len(EVIL)) + EVIL, 0)
    raw += tape.event(10, struct.pack("<QHHI", 0, len(EVIL), 0, 0), EVIL)
    return raw, number + 1


def unsafe(printed):
    """The first thing in what was printed that isn't for a terminal, or None."""
    printed = re.sub(rb"\x1b\[[0-9;]*m|\r\n", b"\n", printed)
    printed = re.sub(rb"(?m)^\t+", b"", printed)  # as dot is indented
    try:
        text = printed.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8: {printed[error.start - 20:error.end + 20]!r}"
    for i, c in enumerate(text):
        if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cn", "Co", "Cs"):
            return f"U+{ord(c):04X} in {text[max(0, i - 20):i + 20]!r}"
    return None


def records(socktape, rec):
    """The ids of the records of REC, of each protocol the first ones."""
    shown = subprocess.run([socktape, "show", rec, "--json"], capture_output=True, check=False).stdout
    ids = {}
    for line in shown.splitlines():
        row = json.loads(line)
        ids.setdefault(row["proto"], []).append(row["record_id"])
    return [record for some in ids.values() for record in some[:3]]


def main():
    socktape, scratch = sys.argv[1], sys.argv[2]
    failed = 0

    def result(good, name, why=""):
        nonlocal failed
        print(f"{'ok' if good else 'not ok'} - {name}")
        if not good:
            failed += 1
            print(f"#   {why}")

    rec = os.path.join(scratch, "hostile")
    raw, conns = hostile()
    tape.write(rec, tape.head(), tape.block(raw))
    before, after = os.path.join(scratch, "before"), os.path.join(scratch, "after")
    for folder, prefix in ((before, b""), (after, b"other ")):
        raw, _ = hostile(prefix, 40)
        tape.write(folder, tape.head(), tape.block(raw))
    tables = ("http", "redis", "dns", "conns", "processes")
    listings = [["diff", before, after]]
    listings += [[command, rec, *more] for command, more in
                (("show", []), ("show", ["http"]), ("show", ["redis"]), ("show", ["dns"]), ("conns", []),
                 ("events", []), ("events", ["--all"]), ("events", ["--hex"]), ("findings", []), ("stat", []),
                 ("stat", ["http"]), ("stat", ["--by", "comm,host"]), ("trace", ["--all"]), ("map", []),
                 ("map", ["--by", "process"]), ("map", ["--dns"]), ("map", ["--net"]),
                 ("grep", ["RED"]), *(("sql", [f"SELECT * FROM {table}"]) for table in tables))]
    case = os.path.join(scratch, "case")
    os.makedirs(case)
    raw, conns = hostile()
    tape.write(case, tape.head(), tape.block(raw))
    for name, text in (("case.txt", b"purpose: evil\n"), ("expect.json", b'{"path":"' + EVIL + b'"}\n')):
        with open(os.path.join(case, name), "wb") as out:
            out.write(text)
    commands = [[*listing, "--format", form] for listing in listings for form in ("text", "json", "csv")]
    commands += [["map", rec, *more, "--format", form] for form in ("svg", "dot", "mermaid")
                 for more in ([], ["--by", "process"], ["--dns"], ["--net"])]
    commands += [["sql", rec, f"SELECT * FROM {table}", "--format", "markdown"] for table in tables]
    commands += [["info", rec], ["info", rec, "--json"], ["test", case], ["report", rec, "-o", "-"],
                 ["export", rec, "-o", os.path.join(scratch, "x.pcapng")]]
    commands += [[command, rec, str(i), *more] for i in range(1, conns + 1)
                 for command, more in (("why", []), ("why", ["--json"]), ("follow", []), ("follow", ["-x"]))]
    for record in records(socktape, rec):
        commands += [["show", rec, "--id", record], ["show", rec, "--id", record, "--json"], ["follow", rec, record]]
    for command in commands:
        printed, _ = on_terminal(0, [socktape, *command])
        problem = unsafe(printed) or (None if len(printed) > 50 else f"too little: {printed!r}")
        result(problem is None, " ".join(command).replace(scratch, ""), problem)

    def in_file(command):
        return subprocess.run([socktape, *command], capture_output=True, check=False).stdout

    for listing in listings:
        name = " ".join(listing).replace(scratch, "")
        shown, kept = (
            [json.loads(line) for line in text.splitlines() if line.startswith(b"{")]
            for text in (on_terminal(0, [socktape, *listing, "--json"])[0], in_file([*listing, "--json"])))
        result(shown == kept and kept, f"{name}: JSON on a terminal says the same as in a file")
        rows = list(csv.reader(io.StringIO(in_file([*listing, "--format", "csv"]).decode(), newline="")))
        bad = [cell for row in rows[1:] for cell in row
               if cell[:1] in tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") and not re.fullmatch(r"-?\d+(\.\d+)?", cell)]
        result(not bad and len(rows) > 1, f"{name}: no cell of CSV begins a formula", str(bad[:3]))
    sys.exit(1 if failed else 0)


main()
