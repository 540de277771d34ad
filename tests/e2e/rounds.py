# SPDX-License-Identifier: BSD-2-Clause
"""Recordings of connections that go on when all have been idle: memory is short, so each was put aside meanwhile.

Each function is as those of talks.py; what its rows say must not depend on how much memory there is.
"""

import os
import shutil
import ssl
import subprocess
import tempfile

import tape
from talks import CLIENT, SERVER, H2_GET, PGSQL_READY, Talk, h2, h2_opened, literal, pgsql_message

GET = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Ends:
    """A client and a server of TLS that talk through memory, and what they put on the wire."""

    def __init__(self, directory):
        key, cert, self.log = (os.path.join(directory, name) for name in ("key", "cert", "log"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-out", cert, "-subj", "/CN=a", "-days", "2"], check=True, stderr=subprocess.DEVNULL)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(cert, key)
        server.num_tickets = 0
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
        client.keylog_filename = self.log
        self.out = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        self.ends = [client.wrap_bio(self.out[SERVER], self.out[CLIENT], server_hostname="a"),
                     server.wrap_bio(self.out[CLIENT], self.out[SERVER], server_side=True)]

    def carried(self, direction, sent):
        """SENT is told, and stays where the other end reads it."""
        wire = self.out[direction].read()
        if wire:
            sent.append((direction, wire))
            self.out[direction].write(wire)

    def handshake(self):
        sent, done = [], [False, False]
        while not all(done):
            for direction in (CLIENT, SERVER):
                try:
                    self.ends[direction].do_handshake()
                    done[direction] = True
                except ssl.SSLWantReadError:
                    pass
                self.carried(direction, sent)
        return sent

    def say(self, direction, text):
        sent = []
        self.ends[direction].write(text)
        self.carried(direction, sent)
        self.ends[1 - direction].read(1 << 16)
        return sent

    def secrets(self):
        with open(self.log, "rb") as log:
            return [line.rstrip(b"\n") for line in log if not line.startswith(b"#")]


def tls(path, n):
    """HTTP inside TLS, with keys: all say the same, as to whom a record belongs is the connection's matter."""
    with tempfile.TemporaryDirectory() as directory:
        ends = Ends(directory)
        first = ends.handshake() + ends.say(CLIENT, GET % 1) + ends.say(SERVER, OK)
        second = ends.say(CLIENT, GET % 2) + ends.say(SERVER, OK)
        secrets = ends.secrets()
    talk = Talk(path)
    for line in secrets:
        talk.event(tape.secret(line))
    for said in (first, second):
        for i in range(n):
            if said is first:
                talk.open(i + 1, 443)
            for direction, wire in said:
                talk.say(i + 1, direction, wire)
    talk.end()
    return n, 3 * n, 0


def tunnels(path, n):
    """WebSocket in a stream of HTTP/2."""
    connect = b"".join(literal(name, value) for name, value in (
        (b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/w")))
    talk = Talk(path)
    for i in range(n):
        h2_opened(talk, i + 1)
        talk.say(i + 1, CLIENT, h2(1, 4, 1, connect))
        talk.say(i + 1, SERVER, h2(1, 4, 1, literal(b":status", b"200")))
        talk.say(i + 1, CLIENT, h2(0, 0, 1, b"\x81\x83\0\0\0\0one\x01\x83\0\0\0\0two"))
    for i in range(n):
        talk.say(i + 1, CLIENT, h2(0, 0, 1, b"\x80\x82\0\0\0\0!!"))
        talk.say(i + 1, CLIENT, h2(1, 5, 3, H2_GET + literal(b":path", b"/more")))
        talk.say(i + 1, SERVER, h2(1, 5, 3, literal(b":status", b"204")))
    talk.end()
    return n, 4 * n, 0


def statements(path, n):
    """A statement is prepared in the first round, and executed in the second."""
    talk = Talk(path)
    for i in range(n):
        talk.open(i + 1, 5432)
        talk.say(i + 1, CLIENT, b"\0\0\0\x1d\0\3\0\0user\0me\0database\0db\0\0")
        talk.say(i + 1, SERVER, pgsql_message(b"R", b"\0\0\0\0") + PGSQL_READY)
        talk.say(i + 1, CLIENT, pgsql_message(b"P", b"s\0SELECT a%d FROM t\0\0\0" % i) + pgsql_message(b"S", b""))
        talk.say(i + 1, SERVER, pgsql_message(b"1", b"") + PGSQL_READY)
    for i in range(n):
        talk.say(i + 1, CLIENT, pgsql_message(b"B", b"\0s\0" + bytes(6)) + pgsql_message(b"E", bytes(5)) + pgsql_message(b"S", b""))
        talk.say(i + 1, SERVER, pgsql_message(b"2", b"") + pgsql_message(b"C", b"SELECT 0\0") + PGSQL_READY)
    talk.end()
    return n, 3 * n, 0


ROUNDS = [(tunnels, 300000), (statements, 300000)]
if shutil.which("openssl"):
    ROUNDS.append((tls, 100000))
