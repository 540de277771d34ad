# SPDX-License-Identifier: BSD-2-Clause
"""A shop over gRPC in Python, its server and a client: all four kinds of calls, errors with details,
metadata, a deadline, a cancelled call, compression, a large message.

    grpc_shop.py serve PORT | ask PORT"""
import sys
import time
from concurrent import futures

import grpc
from ledger import Connection

SERVICE = "shop.v1.Orders"


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def message(number, name=b""):
    """message Order { int64 id = 1; string name = 2; }"""
    return b"\x08" + varint(number) + (b"\x12" + varint(len(name)) + name if name else b"")


def number_of(data):
    n = shift = 0
    for byte in data[1:]:
        n |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return n


class Shop:
    @staticmethod
    def get(request, context):
        context.set_trailing_metadata((("cost", "3"), ("trace-bin", b"\0\1\2")))
        return message(number_of(request), b"open")

    @staticmethod
    def list(request, _):
        for i in range(number_of(request)):
            yield message(i + 1, b"listed")

    @staticmethod
    def upload(requests, _):
        return message(sum(1 for _ in requests))

    @staticmethod
    def chat(requests, _):
        for request in requests:
            yield message(number_of(request), b"heard")

    @staticmethod
    def fail(request, context):
        context.set_trailing_metadata((("grpc-status-details-bin", b"\x08\5\x12\3why"),))
        context.abort(list(grpc.StatusCode)[number_of(request) % 16 + 1], "it's f\u00e9d up 100%")

    @staticmethod
    def slow(_, context):
        while context.is_active():
            time.sleep(0.02)
        return b""


def serve(port):
    kinds = {"Get": grpc.unary_unary_rpc_method_handler, "Upload": grpc.stream_unary_rpc_method_handler,
             "List": grpc.unary_stream_rpc_method_handler, "Chat": grpc.stream_stream_rpc_method_handler,
             "Fail": grpc.unary_unary_rpc_method_handler, "Slow": grpc.unary_unary_rpc_method_handler}
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        name: kind(getattr(Shop, name.lower())) for name, kind in kinds.items()}),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def fields(number, name=None):
    return {"1": number, **({"2": name} if name else {})}


class Client:
    def __init__(self, port):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.account = Connection("grpcio", service=SERVICE, authority=f"127.0.0.1:{port}")

    def call(self, kind, method):
        return getattr(self.channel, kind)(f"/{SERVICE}/{method}")

    def did(self, method, requests, responses, status="OK", **row):
        code = getattr(grpc.StatusCode, status).value[0]
        row.setdefault("outcome", "error" if code else "ok")
        self.account.did(method=method, code=code, status=status, req_messages=len(requests),
                         resp_messages=len(responses), requests=requests, responses=responses,
                         **row)

    def unary(self):
        get = self.call("unary_unary", "Get")
        for i in range(1, 40):
            answer, call = get.with_call(message(i, b"caf\xc3\xa9"),
                                         metadata=(("tenant", "blue"), ("key-bin", b"\xff\0")))
            assert number_of(answer) == i and dict(call.trailing_metadata())["cost"] == "3"
            self.did("Get", [fields(i, "café")], [fields(i, "open")], req_bytes=len(message(i, b"caf..")),
                     resp_bytes=len(answer))
        large = message(7, b"L" * 400000)
        get(large)
        self.did("Get", [fields(7, "L" * 400000)], [fields(7, "open")], req_bytes=len(large))
        zeroes = message(8, b"z" * 20000)
        get(zeroes, compression=grpc.Compression.Gzip)
        self.did("Get", [fields(8, "z" * 20000)], [fields(8, "open")], req_encoding="gzip")

    def streams(self):
        got = list(self.call("unary_stream", "List")(message(25)))
        self.did("List", [fields(25)], [fields(i + 1, "listed") for i in range(len(got))])
        assert len(got) == 25
        orders = [message(i) for i in range(1, 31)]
        total = self.call("stream_unary", "Upload")(iter(orders))
        self.did("Upload", [fields(i) for i in range(1, 31)], [fields(number_of(total))])
        heard = list(self.call("stream_stream", "Chat")(iter(orders[:15])))
        self.did("Chat", [fields(i) for i in range(1, 16)],
                 [fields(number_of(one), "heard") for one in heard])

    def failures(self):
        for i in range(16):
            try:
                self.call("unary_unary", "Fail")(message(i + 1))
            except grpc.RpcError as error:
                self.did("Fail", [fields(i + 1)], [], error.code().name, message=error.details(),
                         details={"1": 5, "2": "why"})

    def impatient(self):
        try:
            self.call("unary_unary", "Slow")(message(1), timeout=0.25)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        # Which end gives up first is a race: a cancel and a status are both right.
        self.account.did(method="Slow", requests=[fields(1)], outcome="error")
        call = self.call("unary_unary", "Slow").future(message(2))
        time.sleep(0.2)
        call.cancel()
        self.account.did(method="Slow", requests=[fields(2)], cancelled=True, reset_by="client",
                         reset_code="CANCEL", outcome="error")


def ask(port):
    client = Client(port)
    for part in (client.unary, client.streams, client.failures, client.impatient):
        part()
    client.channel.close()
    client.account.write()


{"serve": serve, "ask": ask}[sys.argv[1]](sys.argv[2])
