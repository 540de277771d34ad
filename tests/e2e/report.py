#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
report.py hostile|wide|empty|many DIR [N [EACH]]

Makes recordings for tests of pages: one in which every text tries to get out of its place, one that makes as
large a page as a recording can, one in which nothing happens, and one of N services, each asked EACH things of
its own by a process of its own.
"""
import itertools
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tape  # noqa: E402

US = 1000
EVIL = [
    b"<script>pwned=1</script>",
    b"</title><script>pwned=1</script>",
    b"\"><img src=x onerror=pwned=1>",
    b"'><svg onload=pwned=1>",
    b"</pre></details></style><script>pwned=1</script>",
    b"javascript:pwned=1",
    b"data:text/html,<script>pwned=1</script>",
    b"https://attacker.test/?<a href=//attacker.test>x</a>",
    b"<base href=//attacker.test><meta http-equiv=refresh content=0;url=//attacker.test>",
    b"&lt;script&gt;&#60;b&#62;&amp;",
    b"<!--", b"--><script>pwned=1</script>", b"]]><script>pwned=1</script>", b"<![CDATA[",
    "\u202egnp.exe\u2066\u200b\u2028".encode(),
    b"\xff\xfe\xc3(\xed\xa0\x80\x00\x1b]0;x\x07\x9b31m",
    b"+ADw-script+AD4-pwned=1+ADw-/script+AD4-",
    b"{{constructor.constructor('pwned=1')()}}${pwned=1}",
    b"%3Cscript%3Epwned=1%3C/script%3E",
    b"A" * 700,
]


class Maker:
    def __init__(self):
        self.raw = bytearray()
        self.events = 0

    def add(self, *events):
        for event in events:
            self.raw += event
            self.events += 1

    def blocks(self):
        yield tape.block(bytes(self.raw), events=self.events)


def flow_of(conn, pid, direction):
    return tape.event(7, struct.pack("<QIIiBBBB", conn, pid, pid, 3, 1, direction, 0, 0))


class Talk:
    """One connection's two flows, within one block."""
    numbers = itertools.count(1)

    def __init__(self, maker, flows, pid, port, ip=b"\x0a\0\0\1", role=1):
        self.number = next(self.numbers)
        self.maker = maker
        self.out, self.back = next(flows), next(flows)
        self.began = False
        own, other = tape.address(port=40000 + self.number % 20000), tape.address(port=port, ip=ip)
        if role == 2:
            own, other = other, own
        maker.add(tape.conn(self.number, local=own, remote=other, role=role, pid=pid),
                  flow_of(self.number, pid, 0), flow_of(self.number, pid, 1))

    def call(self, request, response, us=100, pause=10):
        position = None if self.began else 0
        self.began = True
        self.maker.add(tape.data(self.out, request, position, delta=pause * US))
        if response:
            self.maker.add(tape.data(self.back, response, position, delta=us * US))


def http(path, headers=b"", body=b"", host=b"shop"):
    return b"GET " + path.replace(b" ", b"") + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + headers + \
        b"Content-Length: %d\r\n\r\n" % len(body) + body


def answer(code=b"200 OK", headers=b"", body=b"ok"):
    return b"HTTP/1.1 " + code + b"\r\n" + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def line(text):
    return text.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")


def resp(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def hostile(directory):
    maker, flows = Maker(), itertools.count()
    maker.add(tape.clock(), tape.host(*[EVIL[i] for i in (1, 3, 2, 4, 14)]))
    for i, evil in enumerate(EVIL):
        pid = 100 + i
        maker.add(tape.process(pid, name=evil[:15], exe=evil, cmdline=evil + b"\0" + evil + b"\0", user=evil,
                               cgroup=b"/" + evil, container=evil))
        talk = Talk(maker, flows, pid, 80)
        for code in (b"200 OK", b"500 " + line(evil), b"404 " + line(evil)):
            talk.call(http(b"/" + line(evil), b"X-" + b"A: " + line(evil) + b"\r\n", evil, host=line(evil)),
                      answer(code, b"Server: " + line(evil) + b"\r\nContent-Type: text/html\r\n", evil * 3), us=1000 * (i + 1))
        talk = Talk(maker, flows, pid, 6379)
        talk.call(resp(b"SET", evil, evil), b"-" + line(evil) + b"\r\n")
        talk.call(resp(b"GET", evil), b"$%d\r\n%s\r\n" % (len(evil), evil))
        talk.call(resp(evil[:20] or b"x", evil), b"-ERR " + line(evil) + b"\r\n")
        talk = Talk(maker, flows, pid, 5432, role=2)
        talk.call(b"", evil)
    tape.write(directory, tape.head(), *maker.blocks())


def wide(directory):
    """Long texts of what takes most room in a page, many of each kind."""
    maker, flows = Maker(), itertools.count()
    maker.add(tape.clock(), tape.host(b"wide"))
    for i in range(400):
        name, long = b"%d" % i, b"'" * 700
        maker.add(tape.process(100 + i, name=b"'" * 10 + name, cmdline=long, user=long, container=long + name))
        talk = Talk(maker, flows, 100 + i, 80, ip=struct.pack(">I", 0x0a000000 + i))
        talk.call(http(b"/" + word(i) + b"/" + b"'" * 300, b"X: " + long * 3 + b"\r\n", b"'" * 9000, host=b"'" * 60 + name),
                  answer(b"%d " % (400 + i % 200) + long, b"X: " + long * 3 + b"\r\n", b"'" * 9000), us=100 + i)
    tape.write(directory, tape.head(), *maker.blocks())


def empty(directory):
    tape.write(directory, tape.head(), tape.block(tape.clock() + tape.host(b"quiet-host"), events=2))


def word(number):
    return b"".join(bytes([97 + number // 26**d % 26]) for d in range(6))


def query(statement):
    return b"Q" + struct.pack(">I", len(statement) + 5) + statement + b"\0"


STARTUP = struct.pack(">II", 16, 3 << 16) + b"user\0x\0\0"
WELCOME = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"


def complete(failed, statement):
    done = b"C" + struct.pack(">I", 13) + b"UPDATE 1\0"
    if failed:
        fields = b"SERROR\0VERROR\0C40001\0Mcould not serialize " + statement + b"\0\0"
        done = b"E" + struct.pack(">I", len(fields) + 4) + fields
    return done + b"Z\0\0\0\5I"


def many(directory, services, each=100):
    """EACH statements that nothing makes one, asked by each service of an address of its own."""
    parts = [tape.head()]
    maker, flows = Maker(), itertools.count()
    maker.add(tape.clock(), tape.host(b"large-host", b"6.12.1", b"x86_64"))
    for service in range(services):
        pid = 1000 + service
        maker.add(tape.process(pid, name=b"worker-%d" % service, cmdline=b"/usr/bin/worker\0--service\0%d\0" % service))
        talk = Talk(maker, flows, pid, 5432, ip=struct.pack(">I", 0x0a000000 + service))
        talk.call(STARTUP, WELCOME)
        for i in range(each):
            statement = b"UPDATE %s SET total = %d WHERE id = %d" % (word(service * each + i), i, service)
            talk.call(query(statement), complete((service * 7 + i) % 97 == 0, statement), us=20 + (service * 31 + i * 17) % 900)
        if len(maker.raw) > (1 << 20 if services > 100 else 1 << 14) or service + 1 == services:
            parts.append(tape.block(bytes(maker.raw), events=maker.events, number=len(parts) - 1, level=1))
            maker, flows = Maker(), itertools.count()
    tape.write(directory, *parts)


if __name__ == "__main__":
    kind, directory = sys.argv[1:3]
    if kind == "many":
        many(directory, int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 100)
    else:
        {"hostile": hostile, "wide": wide, "empty": empty}[kind](directory)
