#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a capture of gRPC calls: usage: grpc_capture.py OUT (PATH REQUEST RESPONSE DETAILS)...

One call for each four arguments on one connection of HTTP/2 without an upgrade. REQUEST, RESPONSE and DETAILS are files
with messages; DETAILS, which may be "-", is google.rpc.Status of a call that fails."""
import base64
import struct
import sys


def literal(name, value):
    """RFC 7541, section 6.2.2, without Huffman codes; lengths below 127."""
    out = b"\0"
    for text in (name, value):
        out += bytes([len(text)]) + text
    return out


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(stream, fields, end=False):
    return frame(1, 5 if end else 4, stream, b"".join(literal(n, v) for n, v in fields))


def data(stream, path, end=False):
    message = open(path, "rb").read()
    return frame(0, 1 if end else 0, stream, b"\0" + struct.pack(">I", len(message)) + message)


def call(stream, path, request, response, details):
    asked = headers(stream, [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path.encode()),
                             (b":authority", b"shop.test"), (b"content-type", b"application/grpc"), (b"te", b"trailers")])
    answered = headers(stream, [(b":status", b"200"), (b"content-type", b"application/grpc")])
    trailers = [(b"grpc-status", b"0")]
    if details != "-":
        coded = base64.b64encode(open(details, "rb").read())
        trailers = [(b"grpc-status", b"5"), (b"grpc-message", b"no such order"), (b"grpc-status-details-bin", coded)]
    else:
        answered += data(stream, response)
    return asked + data(stream, request, True), answered + headers(stream, trailers, True)


class Capture:
    def __init__(self, out):
        self.out = out
        self.time = 1700000000
        self.seq = [1000, 5000]
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        self.packet(0, 2, b"")
        self.packet(1, 0x12, b"")
        self.packet(0, 0x10, b"")

    def packet(self, sender, flags, payload):
        ports = (40000, 50051)
        tcp = struct.pack(">HHIIBBHHH", ports[sender], ports[1 - sender], self.seq[sender], self.seq[1 - sender], 80, flags,
                          65535, 0, 0)
        ends = (b"\x0a\0\0\1", b"\x0a\0\0\2")
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0) + ends[sender] + ends[1 - sender]
        self.time += 1
        whole = ip + tcp + payload
        self.out.write(struct.pack("<IIII", self.time, 0, len(whole), len(whole)) + whole)
        self.seq[sender] += len(payload) + (flags & 2 != 0)


def main():
    with open(sys.argv[1], "wb") as out:
        capture = Capture(out)
        settings = frame(4, 0, 0, b"")
        capture.packet(0, 0x18, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)
        capture.packet(1, 0x18, settings)
        rest = sys.argv[2:]
        for i in range(0, len(rest), 4):
            for sender, payload in enumerate(call(1 + i // 2, *rest[i:i + 4])):
                capture.packet(sender, 0x18, payload)


main()
