# SPDX-License-Identifier: BSD-2-Clause
"""A Thrift server that speaks another variant on each connection.

    thrift_server.py PORT VARIANT...

The Nth connection is served as the Nth VARIANT says: plain, framed or with THeader's headers, binary or
compact, multiplexed or not, with zlib or not ("framed,compact"). Ends with the last."""
import sys

from shop import Shop
from shop.ttypes import NotFound
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.protocol.THeaderProtocol import THeaderProtocol
from thrift.TMultiplexedProcessor import TMultiplexedProcessor
from thrift.transport.THeaderTransport import THeaderClientType, THeaderSubprotocolID, THeaderTransformID
from thrift.transport.TSocket import TServerSocket
from thrift.transport.TTransport import TBufferedTransport, TFramedTransport, TTransportException

PORT = int(sys.argv[1])


class Handler:
    def __init__(self):
        self.orders = {}

    def ping(self):
        pass

    def add(self, a, b):
        return a + b

    def store(self, order):
        self.orders[order.id] = order
        return order

    def find(self, id):  # pylint: disable=redefined-builtin
        if id not in self.orders:
            raise NotFound(what="no such order", code=404)
        return self.orders[id]

    def echo(self, text):
        return text

    def note(self, text):
        pass


def serve(connection, variant):
    words = variant.split(",")
    transport = (TFramedTransport if "framed" in words else TBufferedTransport)(connection)
    protocol = (TCompactProtocol if "compact" in words else TBinaryProtocol)(transport)
    if "headers" in words:
        protocol = THeaderProtocol(transport, {THeaderClientType.HEADERS}, THeaderSubprotocolID.COMPACT
                                   if "compact" in words else THeaderSubprotocolID.BINARY)
        if "zlib" in words:
            protocol.add_transform(THeaderTransformID.ZLIB)
    processor = Shop.Processor(Handler())
    if "multiplexed" in words:
        services = TMultiplexedProcessor()
        services.registerProcessor("Shop", processor)
        processor = services
    try:
        while True:
            processor.process(protocol, protocol)
    except TTransportException:
        transport.close()


def main():
    listener = TServerSocket("127.0.0.1", PORT)
    listener.listen()
    for variant in sys.argv[2:]:
        serve(listener.accept(), variant)
    listener.close()


main()
