# SPDX-License-Identifier: BSD-2-Clause
"""Redis in words of its protocol: pipelines, a transaction, errors, bytes that aren't text, large values.

    redis_plain.py PORT"""
import socket
import sys

from ledger import Connection


class Redis:
    def __init__(self, who):
        self.socket = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        self.file = self.socket.makefile("rb")
        self.account = Connection(who, self.socket.getsockname()[1])

    def reply(self):
        """A reply as the account has it; an error as itself."""
        kind, text = (line := self.file.readline())[:1], line[1:-2].decode()
        if kind == b"+":
            return text
        if kind == b"-":
            return {"error": text}
        if kind == b":":
            return int(text)
        if text == "-1":
            return None
        if kind == b"$":
            return self.file.read(int(text) + 2)[:-2].decode(errors="backslashreplace")
        assert kind == b"*", line
        return [self.reply() for _ in range(int(text))]

    def ask(self, *commands):
        """All of them at once, and then their replies."""
        commands = [[word if isinstance(word, bytes) else word.encode() for word in c] for c in commands]
        self.socket.sendall(b"".join(
            b"*%d\r\n" % len(c) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in c) for c in commands))
        for c in commands:
            name, *words = (word.decode(errors="backslashreplace") for word in c)
            reply = self.reply()
            failed = isinstance(reply, dict)
            self.account.did(command=name, args=words, reply=reply, outcome="error" if failed else "ok")

    def end(self):
        self.file.close()
        self.socket.close()
        self.account.write()


def main():
    one = Redis("Python, a pipeline")
    one.ask(*[["INCR", "count"] for _ in range(50)])
    one.ask(["MULTI"], ["SET", "a", "1"], ["INCR", "a"], ["EXEC"])
    one.ask(["SET", "word", "text"], ["INCR", "word"], ["NOSUCH", "command"], ["GET", "word"])
    one.end()
    other = Redis("Python, bytes")
    other.ask(["SET", "bytes", b"\0\xff\r\n$5\r\n"], ["GET", "bytes"])
    other.ask(["SET", "large", "0123456789" * 10000])
    other.ask(["GET", "large"], ["STRLEN", "large"], ["DEL", "large", "bytes"])
    other.end()


main()
