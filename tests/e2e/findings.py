#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes one small input for each finding, and for none.

usage: findings.py DIRECTORY

Prints, tab-separated: a file, and the findings that it must yield, in order, parted by spaces.
"""

import os
import ssl
import struct
import subprocess
import sys

import tape
from tunnels import ipv4

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MS, SECOND = 10**6, 10**9
START = 1790000000 * SECOND


class Capture:
    """A pcap of raw IPv4 with times in nanoseconds."""

    def __init__(self, start=START):
        self.bytes = struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 1 << 18, 101)
        self.now = start

    def packet(self, data, after=MS):
        self.now += after
        self.bytes += struct.pack("<IIII", self.now // SECOND, self.now % SECOND, len(data), len(data)) + data


class Talk:
    """A TCP conversation; c and s say something, after so many milliseconds."""

    def __init__(self, port, capture=None, source=50000, handshake=True):
        self.capture = capture or Capture()
        self.port, self.source = port, source
        self.seq = [1000, 5000]
        if handshake:
            self.segment(0, SYN)
            self.segment(1, SYN | ACK)
            self.segment(0, ACK)

    def segment(self, side, flags, payload=b"", after=1):
        ports = (self.port, self.source) if side else (self.source, self.port)
        ack = self.seq[1 - side] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", *ports, self.seq[side], ack, 5 << 4, flags, 65535, 0, 0) + payload
        self.seq[side] = self.seq[side] + len(payload) + bool(flags & (SYN | FIN)) & 0xffffffff
        self.capture.packet(ipv4(6, tcp, side == 1), after * MS)

    def c(self, payload, after=1):
        self.segment(0, ACK | PSH, payload, after)
        return self

    def s(self, payload, after=1):
        self.segment(1, ACK | PSH, payload, after)
        return self

    def lose(self, side, count):
        self.seq[side] += count
        return self

    def end(self, side=0, flags=ACK | FIN):
        self.segment(side, flags)
        if flags & FIN:
            self.segment(1 - side, flags)
        return self


def http(port=80, **with_):
    return Talk(port, **with_)


def response(status="200 OK", body=b"hello", headers=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


GET = b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"


def redis(command, reply):
    words = command.split()
    request = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
    return Talk(6379).c(request.encode()).s(reply).end()


# ---- DNS (RFC 1035) ----

def dns(answers=(0,), port=53):
    question = b"\x07example\x03org\x00\x00\x01\x00\x01"
    capture = Capture()

    def datagram(payload, back):
        ports = (port, 40000) if back else (40000, port)
        capture.packet(ipv4(17, struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload, back))

    datagram(struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question, False)
    for flags in answers:
        datagram(struct.pack(">HHHHHH", 7, 0x8180 | flags, 1, 0, 0, 0) + question, True)
    capture.packet(ipv4(17, struct.pack(">HHHH", 9, 9, 8, 0)), 60 * SECOND)
    return capture


# ---- MySQL ----

def mysql_packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def mysql_error(number, code, state, text):
    return mysql_packet(number, b"\xff" + struct.pack("<H", code) + f"#{state}{text}".encode())


MYSQL_GREETING = mysql_packet(0, b"\x0a8.0.36\0" + struct.pack("<I", 9) + b"abcdefgh\0" +
                              struct.pack("<HBHHB", 0xf7ff & ~0x800, 45, 2, 0x0008, 21) + bytes(10) + b"ijklmnopqrst\0")
MYSQL_LOGIN = mysql_packet(1, struct.pack("<IIB23x", 0x000aa205, 1 << 24, 45) + b"root\0" + b"\x14" + b"x" * 20 +
                           b"mysql_native_password\0")
MYSQL_OK = b"\x00\x00\x00\x02\x00\x00\x00"


def mysql(code, state, text):
    talk = Talk(3306).s(MYSQL_GREETING).c(MYSQL_LOGIN).s(mysql_packet(2, MYSQL_OK))
    talk.c(mysql_packet(0, b"\x03UPDATE t SET a = 1")).s(mysql_error(1, code, state, text))
    return talk.c(mysql_packet(0, b"\x01")).end()


# ---- PostgreSQL ----

def pg(kind, payload):
    return kind + struct.pack(">I", 4 + len(payload)) + payload


def pgsql(state, text):
    startup = struct.pack(">I", 196608) + b"user\0u\0database\0d\0\0"
    talk = Talk(5432).c(struct.pack(">I", 4 + len(startup)) + startup)
    talk.s(pg(b"R", struct.pack(">I", 0)) + pg(b"K", struct.pack(">II", 1, 2)) + pg(b"Z", b"I"))
    error = f"SERROR\0VERROR\0C{state}\0M{text}\0\0".encode()
    talk.c(pg(b"Q", b"UPDATE t SET a = 1\0")).s(pg(b"E", error) + pg(b"Z", b"I"))
    return talk.c(pg(b"X", b"")).end()


# ---- HTTP/2 (RFC 9113), headers without indexing (RFC 7541, section 6.2.2) ----

def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(**fields):
    out = b""
    for name, value in fields.items():
        name = name.replace("_", "-").replace("--", ":").encode()
        out += b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value.encode()
    return out


def http2(settings=b""):
    talk = Talk(8080).c(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, settings)).s(frame(4, 0, 0))
    return talk.c(frame(4, 1, 0)).s(frame(4, 1, 0))


def h2_request(stream=1, flags=5, **more):
    return frame(1, flags, stream, headers(__method="GET", __scheme="http", __path="/", __authority="h", **more))


def grpc_call(**more):
    return http2().c(frame(1, 4, 1, headers(__method="POST", __scheme="http", __path="/a.B/C", __authority="h",
                                            content_type="application/grpc", te="trailers", **more)) + frame(0, 1, 1, bytes(5)))


def grpc(status):
    talk = grpc_call()
    return talk.s(frame(1, 5, 1, headers(__status="200", content_type="application/grpc", grpc_status=status))).end()


# ---- TLS, as Python's library speaks it with itself ----

def certificate(directory):
    key, cert = os.path.join(directory, "key.pem"), os.path.join(directory, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=example.org",
                    "-addext", "subjectAltName=DNS:example.org,DNS:*.example.org", "-keyout", key, "-out", cert],
                   check=True, stderr=subprocess.DEVNULL)
    return cert, key


def tls(pair, name="www.example.org", version=ssl.TLSVersion.TLSv1_2, now=None, distrust=False):
    import time
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(*pair)
    if not distrust:
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    for context in server, client:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(to_client, to_server, server_hostname=name), server.wrap_bio(to_server, to_client,
                                                                                      server_side=True)
    talk = Talk(443, Capture((now or int(time.time())) * SECOND))
    carried = [bytearray(), bytearray()]
    for _ in range(6):
        for side, end, bio, say in ((0, ends[0], to_server, talk.c), (1, ends[1], to_client, talk.s)):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                pass
            # What is pending goes over the wire, and to the other end.
            pending = bio.read()
            if pending:
                say(pending)
                bio.write(pending)
                carried[side] += pending
    return talk.end()


# ---- Kafka, NATS, WebSocket ----

def kafka(error):
    request = struct.pack(">hhih", 12, 0, 1, 1) + b"c" + struct.pack(">h", 1) + b"g" + struct.pack(">ih", 1, 1) + b"m"
    answer = struct.pack(">ih", 1, error)
    return Talk(9092).c(struct.pack(">I", len(request)) + request).s(struct.pack(">I", len(answer)) + answer).end()


INFO = b'INFO {"server_id":"x","version":"2.9.0","proto":1,"headers":true,"max_payload":1048576}\r\n'
CONNECT = b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n'


def nats():
    return Talk(4222).s(INFO).c(CONNECT + b"PING\r\n").s(b"PONG\r\n")


def websocket(code):
    talk = Talk(80).c(b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    talk.s(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    close = struct.pack(">H", code)
    return talk.s(b"\x88\x02" + close).c(b"\x88\x82\0\0\0\0" + close).end(1)


# ---- AMQP 0-9-1 ----

def amqp_method(channel, class_id, method_id, arguments=b""):
    payload = struct.pack(">HH", class_id, method_id) + arguments
    return struct.pack(">BHI", 1, channel, len(payload)) + payload + b"\xce"


def amqp_content(channel, body=b"x"):
    head = struct.pack(">HHQH", 60, 0, len(body), 0)
    return (struct.pack(">BHI", 2, channel, len(head)) + head + b"\xce" + struct.pack(">BHI", 3, channel, len(body)) +
            body + b"\xce")


def amqp():
    table = struct.pack(">I", 0)
    talk = Talk(5672).c(b"AMQP\0\0\x09\x01")
    talk.s(amqp_method(0, 10, 10, b"\0\x09" + table + struct.pack(">I", 8) + b"EXTERNAL" + struct.pack(">I", 5) + b"en_US"))
    talk.c(amqp_method(0, 10, 11, table + b"\x08EXTERNAL" + struct.pack(">I", 0) + b"\x05en_US"))
    talk.s(amqp_method(0, 10, 30, struct.pack(">HIH", 10, 131072, 0)))
    talk.c(amqp_method(0, 10, 31, struct.pack(">HIH", 10, 131072, 0)) + amqp_method(0, 10, 40, b"\x01/\0\0"))
    talk.s(amqp_method(0, 10, 41, b"\0"))
    return talk.c(amqp_method(1, 20, 10, b"\0")).s(amqp_method(1, 20, 11, table))


# ---- what only a recorder sees ----

def state(number, which, by, error, delta=MS):
    return tape.event(12, struct.pack("<QBBHI", number, which, by, error, 0), delta=delta)


def recorded(directory, *events):
    raw = b"".join((tape.clock(), tape.process(1), *events))
    tape.write(directory, tape.head(), tape.block(raw, events=2 + len(events)))


def lost(conn, cause, events, bytes_):
    return tape.event(9, struct.pack("<QQQqBBB5xQ", conn, events, bytes_, SECOND, cause, 0, 0, 0), delta=MS)


def several(times):
    """HTTP exchanges on one connection, answered after so many milliseconds."""
    talk = http()
    for after in times:
        talk.c(GET).s(response(), after)
    return talk.end()


def pool(second_at, connections=1):
    """Two requests to a process that asks Redis for each, the second on what the first left free, or on its own."""
    asked, answered = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$1\r\nv\r\n"
    web = tape.address(port=8080)
    out = [tape.conn(1, local=web, remote=tape.address(port=50001), role=2),
           tape.conn(2, local=web, remote=tape.address(port=50002), role=2),
           tape.conn(3, remote_port=6379), tape.conn(4, remote_port=6379)]
    flows = [(conn, direction) for conn in (1, 2, 3, 4) for direction in (0, 1)]
    out += [tape.flow(conn, direction=direction) for conn, direction in flows]
    other = 3 if connections == 1 else 4
    begun, now = set(), 0
    for at, conn, direction, text in sorted((
            (10, 1, 1, GET), (11, 3, 0, asked), (120, 3, 1, answered), (121, 1, 0, response()),
            (20, 2, 1, GET), (second_at, other, 0, asked), (second_at + 4, other, 1, answered),
            (second_at + 5, 2, 0, response()))):
        flow = flows.index((conn, direction))
        out.append(tape.data(flow, text, None if flow in begun else 0, delta=int((at - now) * MS)))
        begun.add(flow)
        now = at
    return tuple(out) + tuple(tape.close(conn) for conn in (1, 2, 3, 4))


def captures(pair):
    refused = Talk(80, handshake=False)
    refused.segment(0, SYN)
    refused.segment(1, RST | ACK)
    unheard = Talk(80, handshake=False)
    slow = Talk(80, handshake=False)
    for talk, times in ((unheard, 3), (slow, 2)):
        for i in range(times):
            talk.seq[0] = 1000
            talk.segment(0, SYN, after=1000 * i + 1)
    slow.segment(1, SYN | ACK)
    slow.segment(0, ACK)
    late = int(START / SECOND)
    yield "clean", "", http().c(GET).s(response()).end()
    yield "clean-dns", "", dns()
    yield "clean-redis", "", redis("GET k", b"$1\r\nv\r\n")
    yield "clean-redis-error", "", redis("LPUSH k v", b"-WRONGTYPE Operation against a key\r\n")
    yield "clean-404", "", http().c(GET).s(response("404 Not Found")).end()
    yield "clean-tls", "", tls(pair)
    yield "clean-amqp", "", amqp().c(amqp_method(0, 10, 50, b"\0\xc8\0\0\0\0\0")).s(amqp_method(0, 10, 51)).end()
    yield "clean-http2", "", http2().c(h2_request()).s(frame(1, 5, 1, headers(__status="200"))).end()
    yield "clean-grpc", "", grpc("0")
    yield "clean-websocket", "", websocket(1000)
    yield "clean-kafka", "", kafka(0)
    yield "clean-nats", "", nats().end()
    yield "clean-slow", "", several((200, 150, 2, 2, 2, 2, 2, 2))
    yield "clean-one-slow", "", several((2, 2, 200, 2, 2, 2, 2, 2))
    yield "refused", "connection-refused", refused
    yield "slow-start", "slow-start", several((200, 2, 3, 4, 5, 6, 2))
    yield "unheard", "connection-not-answered", unheard
    yield "slow", "slow-connect", slow.c(GET).s(response()).end()
    yield "reset", "connection-reset", http().c(GET).s(response()).end(1, RST | ACK)
    yield "lost", "data-lost", http().c(GET).s(response(body=b"x" * 500)[:300]).lose(1, 100).s(b"x" * 150).end()
    yield "unanswered", "unanswered", http().c(GET).end(1)
    yield "unanswered-dns", "unanswered", dns(answers=())
    yield "gave-up", "client-gave-up", http().c(GET).end(0)
    yield "stray", "answer-without-request", http().s(response("408 Request Timeout", headers="Connection: close\r\n")).end(1)
    yield "violation", "protocol-violation", http().c(GET).s(response(headers="Content-Encoding: gzip\r\n")).end()
    yield "retried", "server-error retried", http().c(GET).s(response("500 No")).c(GET).s(response()).end()
    yield "delayed", "delayed-ack", http().c(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n").c(b"ab", 41).s(
        response()).end()
    yield "server-error", "server-error", http().c(GET).s(response("502 Bad Gateway")).end()
    yield "rate-limited", "rate-limited", http().c(GET).s(response("503 No", headers="Retry-After: 5\r\n")).end()
    yield "charset", "wrong-charset", http().c(GET).s(
        response(body=b"caf\xe9 au lait", headers="Content-Type: text/plain; charset=utf-8\r\n")).end()
    yield "credentials", "credentials-in-clear", http().c(
        GET[:-2] + b"Authorization: Basic dTpw\r\n\r\n").s(response()).end()
    yield "credentials-redis", "credentials-in-clear", redis("AUTH secret", b"+OK\r\n")
    yield "credentials-redis-setting", "credentials-in-clear", redis("CONFIG SET requirepass s", b"+OK\r\n")
    yield "login", "authentication-failed", redis("GET k", b"-NOAUTH Authentication required.\r\n")
    yield "login-pgsql", "authentication-failed", pgsql("28P01", "password authentication failed")
    yield "oom", "out-of-resources", redis("SET k v", b"-OOM command not allowed\r\n")
    yield "loading", "server-not-ready", redis("GET k", b"-LOADING Redis is loading\r\n")
    yield "moved", "redirected", redis("GET k", b"-MOVED 866 10.0.0.9:6379\r\n")
    yield "deadlock", "transaction-conflict", mysql(1213, "40001", "Deadlock found")
    yield "lock", "lock-timeout", mysql(1205, "HY000", "Lock wait timeout exceeded")
    yield "cancelled", "statement-cancelled", pgsql("57014", "canceling statement due to statement timeout")
    yield "dead", "failed-transaction-used", pgsql("25P02", "current transaction is aborted")
    yield "too-many", "too-many-connections", mysql(1226, "42000", "User has exceeded max_user_connections")
    yield "servfail", "dns-failure", dns(answers=(2,))
    yield "nxdomain", "dns-no-such-name", dns(answers=(3,))
    yield "truncated", "dns-truncated", dns(answers=(0x0200,))
    yield "stream-reset", "stream-reset", http2().c(h2_request()).s(frame(3, 0, 1, struct.pack(">I", 2))).end()
    yield "stream-cancelled", "client-gave-up", http2().c(h2_request()).c(frame(3, 0, 1, struct.pack(">I", 8))).end()
    yield "stalled", "flow-control-stall", http2(struct.pack(">HI", 4, 10)).c(h2_request()).s(
        frame(1, 4, 1, headers(__status="200")) + frame(0, 0, 1, b"0123456789")).c(
            frame(8, 0, 1, struct.pack(">I", 100)), 60).s(frame(0, 1, 1, b"abc")).end()
    yield "goaway", "goaway", http2().c(h2_request()).s(frame(1, 5, 1, headers(__status="200"))).s(
        frame(7, 0, 0, struct.pack(">II", 1, 11))).end(1)
    yield "goaway-left-out", "goaway", http2().c(h2_request()).s(frame(7, 0, 0, struct.pack(">II", 1, 0))).c(
        h2_request(3)).s(frame(1, 5, 1, headers(__status="200"))).end(1)
    yield "goaway-in-order", "", http2().c(h2_request()).s(frame(7, 0, 0, struct.pack(">II", 1, 0))).s(
        frame(1, 5, 1, headers(__status="200"))).end(1)
    yield "deadline", "deadline-exceeded", grpc("4")
    yield "deadline-cancel", "deadline-exceeded", grpc_call(grpc_timeout="252m").c(
        frame(3, 0, 1, struct.pack(">I", 8)), 250).end()
    yield "grpc-cancel", "client-gave-up", grpc_call(grpc_timeout="252m").c(
        frame(3, 0, 1, struct.pack(">I", 8)), 100).end()
    yield "grpc-refused", "stream-reset", grpc_call().s(frame(3, 0, 1, struct.pack(">I", 7))).end()
    yield "websocket", "websocket-closed-badly", websocket(1011)
    yield "rebalance", "rebalance", kafka(27)
    yield "no-responders", "no-responders", nats().c(b"SUB _INBOX.a.* 1\r\nPUB svc _INBOX.a.1 2\r\nhi\r\n").s(
        b"HMSG _INBOX.a.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n").end()
    yield "slow-consumer", "slow-consumer", nats().s(b"-ERR 'Slow Consumer'\r\n").end(1)
    yield "returned", "message-returned", amqp().c(
        amqp_method(1, 60, 40, b"\0\0\0\1k\1") + amqp_content(1)).s(
            amqp_method(1, 60, 50, struct.pack(">H", 312) + b"\x08NO_ROUTE\0\1k") + amqp_content(1)).end()
    yield "rejected", "message-rejected", amqp().s(
        amqp_method(1, 60, 60, b"\1c" + struct.pack(">QB", 1, 0) + b"\0\1k") + amqp_content(1)).c(
            amqp_method(1, 60, 90, struct.pack(">QB", 1, 0))).end()
    yield "alert", "tls-alert", tls(pair, distrust=True)
    yield "old-tls", "tls-old-version", tls(pair, version=ssl.TLSVersion.TLSv1_1)
    yield "expired", "certificate-not-valid", tls(pair, now=late + 20 * 365 * 86400)
    yield "other-name", "certificate-for-another-name", tls(pair, name="example.net")


def recordings():
    conn = (tape.conn(1, role=1),)
    close = (tape.close(1),)
    yield "timed-out", "connection-timed-out", conn + (state(1, 1, 0, 0), state(1, 3, 0, 110)) + close
    yield "unreachable", "connection-unreachable", conn + (state(1, 1, 0, 0), state(1, 3, 0, 113)) + close
    yield "failed", "connection-failed", conn + (state(1, 1, 0, 0), state(1, 3, 0, 99)) + close
    yield "events-lost", "events-lost", (lost(0, 1, 7, 700),)
    yield "pool-wait", "pool-wait", pool(120.5)
    yield "clean-pool", "", pool(200)
    yield "clean-pool-of-two", "", pool(60, 2)
    yield "clean-pool-own", "", pool(120.5, 2)


def main(directory):
    pair = certificate(directory)
    for name, expected, talk in captures(pair):
        path = os.path.join(directory, name + ".pcap")
        with open(path, "wb") as out:
            out.write(getattr(talk, "capture", talk).bytes)
        print(path, expected, sep="\t")
    for name, expected, events in recordings():
        recorded(os.path.join(directory, name), *events)
        print(os.path.join(directory, name), expected, sep="\t")


main(sys.argv[1])
