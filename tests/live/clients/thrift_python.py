# SPDX-License-Identifier: BSD-2-Clause
"""Thrift from Python: calls of every type of value, exceptions, oneway, a method that isn't there.

    thrift_python.py PORT VARIANT...      (as thrift_server.py)"""
import base64
import sys

from ledger import Connection
from shop import Newer
from shop.ttypes import NotFound, Order
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.protocol.THeaderProtocol import THeaderProtocol
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from thrift.Thrift import TApplicationException
from thrift.transport.THeaderTransport import THeaderClientType, THeaderSubprotocolID, THeaderTransformID
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TFramedTransport

PORT = int(sys.argv[1])
BLOB = bytes(range(256)) * 40


def order_json(order):
    return {"1": order.id, "2": order.customer, "3": order.total, "4": order.tags, "5": order.stock,
            "6": order.paid, "7": {"bytes": base64.b64encode(order.blob).decode()},
            "8": list(order.marks), "9": order.kind}


def orders(client, ledger):
    for n in range(20):
        order = Order(id=n << 40, customer=f"Zoë {n}", total=n * 1.25, tags=["a", "", "é" * n],
                      stock={"x": -n, "y": 1 << 30}, paid=n % 2 == 0, blob=BLOB, marks={-n},
                      kind=-n)
        shown = order_json(order)
        client.store(order)
        ledger.did(method="store", args={"1": shown}, result=shown, exception=None)
        assert client.find(order.id).customer == order.customer
        ledger.did(method="find", args={"1": order.id}, result=shown, exception=None)


def failures(client, ledger, multiplexed):
    try:
        client.find(-1)
        raise AssertionError("it isn't there")
    except NotFound as error:
        ledger.did(method="find", args={"1": -1}, result=None, error=error.what,
                   exception={"1": {"1": error.what, "2": error.code}}, error_code=None)
    if multiplexed:
        return
    try:
        client.gone()
        raise AssertionError("it isn't there")
    except TApplicationException as error:
        ledger.did(method="gone", args={}, reply="exception", error_code=error.type,
                   error=error.message, exception={"1": error.message, "2": error.type})


def run(variant):
    words = variant.split(",")
    socket = TSocket("127.0.0.1", PORT)
    transport = (TFramedTransport if "framed" in words else TBufferedTransport)(socket)
    protocol = (TCompactProtocol if "compact" in words else TBinaryProtocol)(transport)
    headers = "headers" in words
    if headers:
        protocol = THeaderProtocol(transport, {THeaderClientType.HEADERS}, THeaderSubprotocolID.COMPACT
                                   if "compact" in words else THeaderSubprotocolID.BINARY)
        if "zlib" in words:
            protocol.add_transform(THeaderTransformID.ZLIB)
        protocol.set_header(b"who", b"shop")
    multiplexed = "multiplexed" in words
    if multiplexed:
        protocol = TMultiplexedProtocol(protocol, "Shop")
    transport.open()
    client = Newer.Client(protocol)
    ledger = Connection(f"Python, {variant}", socket.handle.getsockname()[1],
                        framed="framed" in words or headers,
                        encoding="compact" if "compact" in words else "binary",
                        service="Shop" if multiplexed else None)
    client.ping()
    # Headers are of one message; the next has none.
    ledger.did(method="ping", type="call", reply="reply", args={}, result=None,
               header={"who": "shop"} if headers else None, resp_header={} if headers else None)
    for a, b in ((1, 2), (-(1 << 31), 1), (1 << 30, 5)):
        ledger.did(method="add", args={"1": a, "2": b}, result=client.add(a, b))
    orders(client, ledger)
    for text in ("", "x" * 300000, "\u20ac"):
        assert client.echo(text) == text
        ledger.did(method="echo", args={"1": text}, result=text)
    for n in range(5):
        client.note(f"note {n}")
        ledger.did(method="note", type="oneway", args={"1": f"note {n}"}, reply=None, result=None)
    failures(client, ledger, multiplexed)
    client.ping()
    ledger.did(method="ping", args={}, result=None)
    transport.close()
    ledger.write()


for one in sys.argv[2:]:
    run(one)
