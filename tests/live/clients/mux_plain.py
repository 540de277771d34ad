# SPDX-License-Identifier: BSD-2-Clause
"""Mux from its specification (Finagle's documentation, "Mux Protocol"), with tags, contexts, pings,
delegations and fragments of its own choice, and what a server says when it ends.

    mux_plain.py PORT FIFO [CERT]      FIFO: a line to it ends the server; CERT: go on in TLS
"""
import json
import os
import socket
import ssl
import struct
import sys

PORT, FIFO, CERT = int(sys.argv[1]), sys.argv[2], (sys.argv + [None])[3]
TDISPATCH, TDRAIN, TPING, TDISCARDED, TINIT, RERR = 2, 64, 65, 66, 68, 127
FRAGMENT, LONGEST = 1 << 23, (1 << 23) - 1
ROWS = []


def did(kind, tag, outcome="ok", sender="client", **row):
    ROWS.append({"type": kind, "tag": tag, "outcome": outcome, "sender": sender, **row})


class Connection:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT))
        self.port = self.socket.getsockname()[1]
        self.parts = {}

    def encrypt(self):
        context = ssl.create_default_context(cafile=CERT)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, kind, tag, body=b""):
        self.socket.sendall(struct.pack(">IbI", len(body) + 4, kind, tag)[:5] +
                            tag.to_bytes(3, "big") + body)

    def exactly(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def receive(self):
        """The next message that is whole: type, tag, body, frames that it came in. Those of others
        may come between them."""
        while True:
            size = struct.unpack(">I", self.exactly(4))[0]
            frame = self.exactly(size)
            tag = int.from_bytes(frame[1:4], "big")
            frames = self.parts.setdefault(tag & LONGEST, [])
            frames.append(frame[4:])
            if not tag & FRAGMENT:
                del self.parts[tag]
                return struct.unpack(">b", frame[:1])[0], tag, b"".join(frames), len(frames)

    def ask(self, kind, tag, body=b""):
        self.send(kind, tag, body)
        answer, its_tag, rest, frames = self.receive()
        assert (answer, its_tag) == (-kind, tag), (answer, its_tag, rest)
        return rest, frames


def pairs(many):
    out = struct.pack(">H", len(many))
    for name, value in many:
        out += struct.pack(">H", len(name)) + name + struct.pack(">H", len(value)) + value
    return out


def dispatch(path, payload, contexts=(), dtab=()):
    path = path.encode()
    return pairs(contexts) + struct.pack(">H", len(path)) + path + pairs(dtab) + payload


def answered(body):
    """Status and payload of an Rdispatch."""
    count, at = struct.unpack(">H", body[1:3])[0], 3
    for _ in range(2 * count):
        at += 2 + struct.unpack(">H", body[at:at + 2])[0]
    return body[0], body[at:].decode()


def call(method, text):
    """A call of Thrift, in its binary protocol."""
    return (struct.pack(">II", 0x80010001, len(method)) + method + struct.pack(">IbHI", 7, 11, 1, len(text)) +
            text + b"\0")


def begin(connection, window):
    tls = "desired" if CERT else "off"
    headers = ((b"mux-framer", struct.pack(">I", window)), (b"tls", tls.encode()))
    body = struct.pack(">H", 1)
    for name, value in headers:
        body += struct.pack(">I", len(name)) + name + struct.pack(">I", len(value)) + value
    # Whether the server knows what Tinit is: one that does gives this error back.
    connection.send(RERR, 1, b"tinit check")
    assert connection.receive()[:3] == (RERR, 1, b"tinit check")
    did("err", 1, payload="tinit check")
    connection.ask(TINIT, 1, body)
    did("init", 1, contexts={"mux-framer": window, "tls": tls})
    if CERT:
        connection.encrypt()
    connection.ask(TPING, 9)
    did("ping", 9)


def requests(connection):
    for tag in (1, 77, LONGEST):
        status, text = answered(connection.ask(TDISPATCH, tag, dispatch("/shop/till", b"tag %d" % tag))[0])
        assert (status, text) == (0, f"tag {tag}")
        did("dispatch", tag, destination="/shop/till", status="ok", payload=text, resp_payload=text)
    trace = struct.pack(">QQQQ", 0xabc, 0x11, 0x22, 0)
    body = dispatch("/shop/till", b"with all",
                    ((b"com.twitter.finagle.tracing.TraceContext", trace),
                     (b"com.twitter.finagle.Deadline", struct.pack(">QQ", 10**9, 3 * 10**9))),
                    ((b"/s", b"/srv/there"),))
    connection.ask(TDISPATCH, 3, body)
    did("dispatch", 3, destination="/shop/till", status="ok", payload="with all", resp_payload="with all",
        dtab=[["/s", "/srv/there"]], span_id=f"{0xabc:016x}", parent_id=f"{0x11:016x}",
        trace_id=f"{0x22:016x}", deadline_ns=2 * 10**9)
    connection.ask(TDISPATCH, 4, dispatch("", call(b"order", b"a text")))
    did("dispatch", 4, destination=None, status="ok", method="order", args={"1": "a text"}, result="done: order")
    status, _ = answered(connection.ask(TDISPATCH, 6, dispatch("/shop/till", b"nack"))[0])
    assert status == 2
    did("dispatch", 6, "error", destination="/shop/till", status="nack", payload="nack")


def interleaved(connection):
    """Two messages in fragments of each other's, and their answers in pieces."""
    bodies = {11: dispatch("/shop/long", b"a" * 5000), 12: dispatch("/shop/long", b"b" * 3000)}
    frames = {tag: [body[at:at + 1000] for at in range(0, len(body), 1000)] for tag, body in bodies.items()}
    for n in range(max(len(pieces) for pieces in frames.values())):
        for tag, pieces in frames.items():
            if n < len(pieces):
                last = n == len(pieces) - 1
                connection.send(TDISPATCH, tag if last else tag | FRAGMENT, pieces[n])
    came = {}
    for _ in bodies:
        kind, tag, body, count = connection.receive()
        assert kind == -TDISPATCH
        came[tag] = answered(body)[1], count
    for tag, letter in ((11, "a"), (12, "b")):
        text, count = came[tag]
        assert set(text) == {letter}
        did("dispatch", tag, destination="/shop/long", status="ok", payload=text, resp_payload=text,
            fragments=len(frames[tag]), resp_fragments=count)


def changes_its_mind(connection):
    """The server is told that an answer isn't wanted any more, by what has the tag inside."""
    connection.send(TDISPATCH, 21, dispatch("/shop/till", b"slow"))
    connection.send(TDISCARDED, 0, (21).to_bytes(3, "big") + b"changed my mind")
    # Whatever the server makes of it, it goes on.
    answer, tag, _, _ = connection.receive()
    assert (answer, tag) == (-TDISCARDED, 21), (answer, tag)
    did("dispatch", 21, "error", destination="/shop/till", payload="slow", discarded=True, reason="changed my mind")
    did("discarded", 21, reason="changed my mind")
    connection.ask(TPING, 10)
    did("ping", 10)


def goodbye(connection):
    with open(FIFO, "w", encoding="ascii") as fifo:
        fifo.write("end\n")
    try:
        while True:
            kind, tag, _, _ = connection.receive()
            if kind == TDRAIN:
                connection.send(-TDRAIN, tag)
                did("drain", tag, sender="server")
                break
    except EOFError:
        pass
    connection.socket.close()


def main():
    connection = Connection()
    begin(connection, 1200)
    requests(connection)
    interleaved(connection)
    changes_its_mind(connection)
    goodbye(connection)
    assert any(row["type"] == "drain" for row in ROWS), "the server said nothing as it ended"
    with open(os.environ["ledger"], "a", encoding="utf-8") as file:
        file.write(json.dumps({"port": connection.port, "who": "Python, tag by tag", "sorted": ["type", "tag"],
                               "rows": ROWS}) + "\n")


main()
