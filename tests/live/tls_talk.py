# SPDX-License-Identifier: BSD-2-Clause
"""What tests/live/tls.sh records: servers that send back what they get, and clients that say who they are.

    tls_talk.py serve  blocking|asyncio CERT KEY PORTFILE
    tls_talk.py client blocking|asyncio CERT PORT CONNECTIONS MESSAGES
    tls_talk.py late   CERT PORT GO        waits for the file GO, and loads its TLS library then

With TALK_VERSION=TLSv1_2 in the environment they speak no newer version than that. With TALK_HELD=GO all clients
stop after their first message, make GO.held, and go on when the file GO is there.
"""
import os
import random
import socket
import sys
import threading
import time


def text(i, k):
    return f"conn-{i}-msg-{k}-{'x' * ((i * 7 + k * 13) % 400)}.".encode()


def tell(path, port):
    with open(path + ".new", "w") as out:
        out.write(str(port))
    os.rename(path + ".new", path)


class Held:
    """Where clients wait for each other, and for a file."""

    def __init__(self, connections):
        self.go = os.environ.get("TALK_HELD")
        self.missing = connections
        self.lock = threading.Lock()

    def arrive(self, k):
        """Whether this one is to wait until gone()."""
        if k != 1 or not self.go:
            return False
        with self.lock:
            self.missing -= 1
            if not self.missing:
                tell(self.go + ".held", 1)
        return True

    def gone(self):
        return os.path.exists(self.go)


def limited(context):
    import ssl

    context.maximum_version = ssl.TLSVersion[os.environ.get("TALK_VERSION", "MAXIMUM_SUPPORTED")]
    return context


def client_context(cert):
    import ssl

    return limited(ssl.create_default_context(cafile=cert))


def server_context(cert, key):
    import ssl

    context = limited(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
    context.load_cert_chain(cert, key)
    return context


def serve_blocking(cert, key, path):
    context = server_context(cert, key)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    tell(path, listener.getsockname()[1])

    def answer(plain):
        try:
            with context.wrap_socket(plain, server_side=True) as s:
                while data := s.recv(4096):
                    s.sendall(data)
        except OSError:
            pass

    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def talk_blocking(cert, port, i, messages, held):
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with client_context(cert).wrap_socket(plain, server_hostname="localhost") as s:
            for k in range(messages):
                if held.arrive(k):
                    while not held.gone():
                        time.sleep(0.02)
                time.sleep(random.random() * 0.02)
                want = text(i, k)
                s.sendall(want)
                got = b""
                while len(got) < len(want):
                    got += s.recv(4096)
                assert got == want


def clients_blocking(cert, port, connections, messages):
    held = Held(connections)
    threads = [threading.Thread(target=talk_blocking, args=(cert, port, i, messages, held))
               for i in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def serve_asyncio(cert, key, path):
    import asyncio

    async def answer(reader, writer):
        try:
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    async def serve():
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_context(cert, key),
                                            backlog=256)
        tell(path, server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def clients_asyncio(cert, port, connections, messages):
    import asyncio

    held = Held(connections)

    async def talk(i, context):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context,
                                                       server_hostname="localhost")
        for k in range(messages):
            if held.arrive(k):
                while not held.gone():
                    await asyncio.sleep(0.02)
            await asyncio.sleep(random.random() * 0.02)
            want = text(i, k)
            writer.write(want)
            await writer.drain()
            assert await reader.readexactly(len(want)) == want
        writer.close()
        await writer.wait_closed()

    async def all_of_them():
        context = client_context(cert)
        await asyncio.gather(*[talk(i, context) for i in range(connections)])

    asyncio.run(all_of_them())


def late(cert, port, go):
    while not os.path.exists(go):
        time.sleep(0.02)
    talk_blocking(cert, port, 0, 3, Held(1))


def main(what, *args):
    if what == "late":
        late(args[0], int(args[1]), args[2])
        return
    kind, rest = args[0], args[1:]
    if what == "serve":
        {"blocking": serve_blocking, "asyncio": serve_asyncio}[kind](*rest)
    else:
        {"blocking": clients_blocking, "asyncio": clients_asyncio}[kind](
            rest[0], int(rest[1]), int(rest[2]), int(rest[3]))


main(*sys.argv[1:])
