# SPDX-License-Identifier: BSD-2-Clause
"""WebSocket in Python: a server that sends back what it gets, and a client with and without
compression, in fragments, with pings, and closed in several ways.

    websocket.py serve PORT | ask PORT"""
import asyncio
import sys

import websockets
from ledger import Connection


async def echo(connection, _path=None):
    async for message in connection:
        if message == "go away":
            await connection.close(1001, "as you wish")
            return
        await connection.send(message)


async def serve(port):
    async with websockets.serve(echo, "127.0.0.1", port, ping_interval=None, max_size=None,
                                compression="deflate"):
        await asyncio.Future()


def shown(message):
    return message if isinstance(message, str) else message.decode("utf-8", "backslashreplace")


class Client:
    """Writes down each message of both ends, in the order in which one end must see them."""

    def __init__(self, who, connection, compressed):
        self.connection, self.compressed = connection, compressed
        port = connection.transport.get_extra_info("sockname")[1]
        self.account = Connection(who, port)

    def did(self, sender, opcode, message, **row):
        length = len(message if isinstance(message, bytes) else message.encode())
        self.account.did(sender=sender, opcode=opcode, length=length, payload=shown(message),
                         compressed=self.compressed, **row)

    async def say(self, message):
        opcode = "text" if isinstance(message, str) else "binary"
        await self.connection.send(message)
        assert await self.connection.recv() == message
        for sender in ("client", "server"):
            self.did(sender, opcode, message, fragments=1)

    async def say_in_pieces(self, pieces):
        await self.connection.send(pieces)
        whole = "".join(pieces)
        assert await self.connection.recv() == whole
        # A last frame that is empty ends them.
        self.did("client", "text", whole, fragments=len(pieces) + 1)
        self.did("server", "text", whole, fragments=1)

    async def ping(self, payload):
        await (await self.connection.ping(payload))
        self.account.did(sender="client", opcode="ping", payload=payload)
        self.account.did(sender="server", opcode="pong", payload=payload)

    def closed(self, first, code, reason):
        for sender in (first, "server" if first == "client" else "client"):
            self.account.did(sender=sender, opcode="close", close_code=code, close_reason=reason)
        self.account.write()


async def converse(port, compression):
    who = f"websockets, compression {compression}"
    async with websockets.connect(f"ws://127.0.0.1:{port}/chat", compression=compression,
                                  max_size=None, ping_interval=None) as connection:
        client = Client(who, connection, compression is not None)
        for message in ("hello", "caf\u00e9 \u2713", "", b"\0\xff\x80", "x" * 125, "y" * 126,
                        "z" * 65536, b"\1" * 300000, '{"n": 1}'):
            await client.say(message)
        await client.say_in_pieces(["one ", "two ", "three"])
        await client.ping("are you there")
        await connection.close(1000, "that's all")
        client.closed("client", 1000, "that's all")


async def dismissed(port):
    async with websockets.connect(f"ws://127.0.0.1:{port}/", compression=None) as connection:
        client = Client("websockets, which is sent away", connection, False)
        await connection.send("go away")
        client.did("client", "text", "go away")
        await connection.wait_closed()
        client.closed("server", connection.close_code, connection.close_reason)


async def ask(port):
    for compression in ("deflate", None):
        await converse(port, compression)
    await dismissed(port)


asyncio.run({"serve": serve, "ask": ask}[sys.argv[1]](int(sys.argv[2])))
