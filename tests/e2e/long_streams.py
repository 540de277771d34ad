#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a capture of two long connections, HTTP/1 and HTTP/2, with messages of some kilobytes
each: long_streams.py FILE."""
import struct
import sys

EXCHANGES = 200
BODY = 4000


class Connection:
    """TCP over IPv4 in Ethernet, with checksums of 0 that nobody looks at."""

    def __init__(self, out, client_port, server_port):
        self.out = out
        self.ports = client_port, server_port
        self.seq = [1000, 2000]
        self.segment(0, 2, b"")
        self.segment(1, 18, b"")
        self.segment(0, 16, b"")

    def segment(self, side, flags, payload):
        ports = self.ports if side == 0 else self.ports[::-1]
        ack = self.seq[1 - side] if flags & 16 else 0
        tcp = struct.pack(">HHIIBBHHH", *ports, self.seq[side], ack, 80, flags, 65535, 0, 0)
        ends = bytes([10, 0, 0, 1 + side]), bytes([10, 0, 0, 2 - side])
        ip = struct.pack(">BBHHHBBH4s4s", 69, 0, 40 + len(payload), 0, 0, 64, 6, 0, *ends)
        self.out.packet(bytes(12) + b"\x08\0" + ip + tcp + payload)
        self.seq[side] += len(payload) + bool(flags & 3)

    def say(self, side, payload):
        self.segment(side, 24, payload)

    def close(self):
        self.segment(0, 17, b"")
        self.segment(1, 17, b"")
        self.segment(0, 16, b"")


class Capture:
    def __init__(self, file):
        self.file = file
        self.now = 1_700_000_000_000_000
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))

    def packet(self, data):
        self.now += 100
        self.file.write(struct.pack("<IIII", self.now // 1000000, self.now % 1000000, len(data),
                                    len(data)) + data)


def http1(connection, number):
    connection.say(0, b"GET /%d HTTP/1.1\r\nHost: a.test\r\n\r\n" % number)
    connection.say(1, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BODY + b"x" * BODY)


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def http2(connection, number):
    """Indexed headers of the static table only (RFC 7541, appendix A): GET, https, /, a status."""
    stream = 2 * number + 1
    begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") if number == 0 else b""
    connection.say(0, begin + frame(1, 5, stream, b"\x82\x87\x84\x41\x06a.test"))
    connection.say(1, (frame(4, 0, 0, b"") if number == 0 else b"") +
                   frame(1, 4, stream, b"\x88") + frame(0, 1, stream, b"y" * BODY))


def main():
    with open(sys.argv[1], "wb") as file:
        capture = Capture(file)
        first, second = Connection(capture, 40000, 80), Connection(capture, 40001, 8123)
        for number in range(EXCHANGES):
            http1(first, number)
            http2(second, number)
        first.close()
        second.close()


main()
