#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A few services that ask each other. The live test of maps runs it under several names.

    map_town.py http PORT|PATH [HOST PORT]   serves HTTP; what is asked for /deep it asks PORT for, too, as HOST
    map_town.py raw PORT                     says what nobody knows, and closes
    map_town.py load SHOP ADMIN NAMES ...    asks, as main() has it
"""
import http.client
import http.server
import socket
import socketserver
import struct
import sys


def ask(port, host, path):
    """One request on a connection of its own; PORT may be the path of a Unix socket."""
    connection = http.client.HTTPConnection("127.0.0.1", 1)
    if isinstance(port, str) and not port.isdigit():
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(port)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", int(port))
    connection.request("GET", path, headers={"Host": host})
    connection.getresponse().read()
    connection.close()


class Handler(http.server.BaseHTTPRequestHandler):
    behind = None

    def do_GET(self):
        if self.behind and self.path == "/deep":
            ask(self.behind[1], self.behind[0], "/deep")
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass

    def address_string(self):
        return "somebody"


def serve_http(where, behind):
    Handler.behind = behind
    if where.isdigit():
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(where)), Handler)
    else:
        class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
        server = Unix(where, Handler)
    print("ready", flush=True)
    server.serve_forever()


def serve_raw(port):
    server = socket.create_server(("127.0.0.1", int(port)))
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        connection.recv(100)
        connection.sendall(bytes(range(200, 256)) * 10)
        connection.close()


def question(number, name):
    labels = b"".join(bytes([len(label)]) + label for label in name.split(b"."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def resolve(port, name):
    """One question on a socket that isn't connected."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(20)
    client.sendto(question(77, name), ("127.0.0.1", int(port)))
    client.recvfrom(2000)
    client.close()


def main():
    kind = sys.argv[1]
    if kind == "http":
        serve_http(sys.argv[2], sys.argv[3:5])
    elif kind == "raw":
        serve_raw(sys.argv[2])
    else:
        front, names, unix, raw, closed = sys.argv[2:7]
        for _ in range(20):
            ask(front, "shop.test", "/deep")
        for i in range(7):
            ask(front, "admin.test", "/missing" if i < 2 else "/")
        for _ in range(5):
            ask(unix, "local.test", "/")
        for _ in range(4):
            resolve(names, b"www.town.test")
        for _ in range(3):
            resolve(names, b"nowhere.town.test")
        with socket.create_connection(("127.0.0.1", int(raw))) as client:
            client.sendall(bytes(range(128, 178)))
            while client.recv(1000):
                pass
        for _ in range(2):
            try:
                socket.create_connection(("127.0.0.1", int(closed)))
            except ConnectionRefusedError:
                pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
