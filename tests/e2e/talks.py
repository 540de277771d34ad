# SPDX-License-Identifier: BSD-2-Clause
"""Conversations of which a parser has to remember more and more, as recordings.

Each function makes one at a path, of a size, and returns how many connections, records and processes are in it, as those of attacks.py do.
"""

import os
import struct
import zlib

import tape

CLIENT, SERVER = 0, 1
MB = 1 << 20


class Talk:
    """A recording that is written as it grows: connections whose client was recorded."""

    def __init__(self, path):
        os.makedirs(path, exist_ok=True)
        self.out = open(os.path.join(path, "20260921T141320Z-000001.tape.zst.partial"), "wb", buffering=1 << 20)
        self.out.write(tape.head())
        self.raw, self.size, self.number = [], 0, 0
        self.flows, self.positions = {}, {}

    def event(self, event):
        self.raw.append(event)
        self.size += len(event)

    def flush(self):
        if self.raw:
            self.out.write(tape.block(b"".join(self.raw), number=self.number, level=1))
        self.raw, self.size, self.number, self.flows = [], 0, self.number + 1, {}

    def open(self, conn, port, pid=1, remote=None):
        self.event(tape.conn(conn, port, pid=pid, remote=remote, local=tape.address(port=1024 + conn % 60000)))
        self.positions[conn] = [0, 0]
        self.pid = pid

    def say(self, conn, direction, payload):
        key = (conn, direction)
        if self.size > 4 * MB:
            self.flush()
        if key not in self.flows:
            self.flows[key] = len(self.flows)
            self.event(tape.flow(conn, pid=self.pid, direction=direction))
        self.event(tape.data(self.flows[key], payload, self.positions[conn][direction]))
        self.positions[conn][direction] += len(payload)

    def close(self, conn):
        self.event(tape.close(conn, *self.positions.pop(conn)))

    def end(self):
        self.flush()
        self.out.close()


def word(i):
    """A word for each number, in letters: digits would be taken for values."""
    return (b"%d" % i).translate(bytes.maketrans(b"0123456789", b"abcdefghij"))


# ---- PostgreSQL, MySQL, CQL: statements that are prepared and never closed ----

def pgsql_message(kind, body):
    return kind + struct.pack(">I", 4 + len(body)) + body


PGSQL_READY = pgsql_message(b"Z", b"I")


def pgsql_statements(path, n):
    talk = Talk(path)
    talk.open(1, 5432)
    talk.say(1, CLIENT, b"\0\0\0\x1d\0\3\0\0user\0me\0database\0db\0\0")
    talk.say(1, SERVER, pgsql_message(b"R", b"\0\0\0\0") + PGSQL_READY)
    for i in range(n):
        text = b"SELECT %s FROM t WHERE x = '%s'\0\0\0" % (word(i), b"x" * 900)
        talk.say(1, CLIENT, pgsql_message(b"P", b"s%d\0" % i + text) + pgsql_message(b"S", b""))
        talk.say(1, SERVER, pgsql_message(b"1", b"") + PGSQL_READY)
    talk.end()
    return 1, n + 1, 0


def mysql_packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def mysql_greeting(talk, conn):
    caps = 0x200 | 0x8000 | 0x80000
    talk.say(conn, SERVER, mysql_packet(0, b"\x0a8.0.30\0" + struct.pack("<I", 7) + b"12345678\0" +
                                        struct.pack("<HBHHB", caps & 0xffff, 33, 2, caps >> 16, 21) + bytes(10) +
                                        b"123456789012\0mysql_native_password\0"))
    talk.say(conn, CLIENT, mysql_packet(1, struct.pack("<IIB", caps, 1 << 24, 33) + bytes(23) + b"me\0\x14" + b"h" * 20 +
                                        b"mysql_native_password\0"))
    talk.say(conn, SERVER, mysql_packet(2, b"\0\0\0\2\0\0\0"))


def mysql_statements(path, n):
    talk = Talk(path)
    talk.open(1, 3306)
    mysql_greeting(talk, 1)
    for i in range(n):
        talk.say(1, CLIENT, mysql_packet(0, b"\x16SELECT %s FROM t WHERE x = '%s'" % (word(i), b"x" * 900)))
        talk.say(1, SERVER, mysql_packet(1, struct.pack("<BIHHBH", 0, i + 1, 0, 0, 0, 0)))
    talk.end()
    return 1, n + 1, 0


def cql_frame(answer, stream, opcode, body):
    return struct.pack(">BBhBI", 0x84 if answer else 4, 0, stream, opcode, len(body)) + body


def cql_opened(talk, conn):
    talk.open(conn, 9042)
    talk.say(conn, CLIENT, cql_frame(0, 0, 1, b"\0\1\0\x0bCQL_VERSION\0\x053.0.0"))
    talk.say(conn, SERVER, cql_frame(1, 0, 2, b""))


def cql_statements(path, n):
    talk = Talk(path)
    cql_opened(talk, 1)
    for i in range(n):
        text = b"SELECT %s FROM k.t WHERE x = '%s'" % (word(i), b"x" * 900)
        talk.say(1, CLIENT, cql_frame(0, i % 1000, 9, struct.pack(">I", len(text)) + text))
        talk.say(1, SERVER, cql_frame(1, i % 1000, 8, struct.pack(">IH", 4, 16) + b"%016d" % i +
                                      struct.pack(">IIIII", 0, 0, 0, 4, 0)))
    talk.end()
    return 1, n + 1, 0


def cql_in_flight(path, n):
    """All the streams there are, of as many connections as it takes."""
    talk = Talk(path)
    text = b"SELECT a FROM k.t WHERE x = '%s'" % (b"x" * 900)
    for i in range(n):
        if i % 32768 == 0:
            cql_opened(talk, i // 32768 + 1)
        talk.say(i // 32768 + 1, CLIENT, cql_frame(0, i % 32768, 7, struct.pack(">I", len(text)) + text + b"\0\1\0"))
    talk.end()
    return (n + 32767) // 32768, n + (n + 32767) // 32768, 0


# ---- HTTP/2 and gRPC ----

def h2(kind, flags, stream, body):
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


def literal(name, value):
    return b"\0" + integer(len(name), 7) + name + integer(len(value), 7) + value


def indexed_later(name, value):
    return b"\x40" + integer(len(name), 7) + name + integer(len(value), 7) + value


def integer(value, bits, first=0):
    """RFC 7541, section 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out = [first | most]
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + [value])


def h2_opened(talk, conn, table=4096):
    talk.open(conn, 8080)
    settings = struct.pack(">HI", 1, table)
    talk.say(conn, CLIENT, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2(4, 0, 0, settings))
    talk.say(conn, SERVER, h2(4, 0, 0, settings))


H2_GET = literal(b":method", b"GET") + literal(b":scheme", b"http") + literal(b":authority", b"a")


def http2_streams(path, n):
    talk = Talk(path)
    h2_opened(talk, 1)
    for i in range(n):
        talk.say(1, CLIENT, h2(1, 4, 2 * i + 1, H2_GET + literal(b":path", b"/" + word(i)) + literal(b"x", b"x" * 200)))
    talk.end()
    return 1, n, 0


def http2_half_bodies(path, n):
    """Each stream asks, and is answered with a part of a body."""
    talk = Talk(path)
    h2_opened(talk, 1)
    for i in range(n):
        talk.say(1, CLIENT, h2(1, 5, 2 * i + 1, H2_GET + literal(b":path", b"/a")))
        talk.say(1, SERVER, h2(1, 4, 2 * i + 1, literal(b":status", b"200")) + h2(0, 0, 2 * i + 1, b"x" * 4000))
    talk.end()
    return 1, n, 0


def hpack_tables(path, n):
    """Each connection has its table full."""
    talk = Talk(path)
    for i in range(n):
        h2_opened(talk, i + 1, 65536)
        fields = b"".join(indexed_later(b"x", word(i) + b"x" * 4000) for _ in range(15))
        talk.say(i + 1, CLIENT, h2(1, 0, 1, H2_GET + literal(b":path", b"/")) +
                 b"".join(h2(9, 4 if j == 4 else 0, 1, fields[j * 14000:(j + 1) * 14000]) for j in range(5)))
    talk.end()
    return n, n, 0


def hpack_bomb(path, n):
    """Heads of 64 MB each, in 16 KB: a field of 4 KB, again and again."""
    talk = Talk(path)
    h2_opened(talk, 1)
    for i in range(n):
        first = indexed_later(b"x", b"x" * 4000) if i == 0 else b""
        talk.say(1, CLIENT, h2(1, 5, 2 * i + 1, H2_GET + literal(b":path", b"/") + first + b"\xbe" * 12000))
    talk.end()
    return 1, n, 0


def http2_continuations(path, n):
    talk = Talk(path)
    h2_opened(talk, 1)
    talk.say(1, CLIENT, h2(1, 0, 1, H2_GET + literal(b":path", b"/")))
    for i in range(n):
        talk.say(1, CLIENT, h2(9, 0, 1, literal(b"x", b"x" * 8000)))
    talk.end()
    return 1, 1, 0


def grpc_messages(path, n):
    """A stream that never ends, with small messages in both directions."""
    talk = Talk(path)
    h2_opened(talk, 1)
    head = literal(b"content-type", b"application/grpc")
    talk.say(1, CLIENT, h2(1, 4, 1, literal(b":method", b"POST") + literal(b":scheme", b"http") +
                           literal(b":authority", b"a") + literal(b":path", b"/a.B/C") + head + literal(b"te", b"trailers")))
    talk.say(1, SERVER, h2(1, 4, 1, literal(b":status", b"200") + head))
    message = b"\0\0\0\0\x04\x0a\x02hi"
    for i in range(n // 100):
        talk.say(1, CLIENT, h2(0, 0, 1, message * 50))
        talk.say(1, SERVER, h2(0, 0, 1, message * 50))
    talk.end()
    return 1, 1, 0


def grpc_bombs(path, n):
    talk = Talk(path)
    h2_opened(talk, 1)
    head = literal(b"content-type", b"application/grpc") + literal(b"grpc-encoding", b"gzip")
    packed = bomb("gzip", 64)
    for i in range(n):
        stream = 2 * i + 1
        talk.say(1, CLIENT, h2(1, 4, stream, literal(b":method", b"POST") + literal(b":scheme", b"http") +
                               literal(b":authority", b"a") + literal(b":path", b"/a.B/C") + head))
        body = struct.pack(">BI", 1, len(packed)) + packed
        for at in range(0, len(body), 16000):
            talk.say(1, CLIENT, h2(0, 0, stream, body[at:at + 16000]))
        talk.say(1, CLIENT, h2(0, 1, stream, b""))
        talk.say(1, SERVER, h2(1, 5, stream, literal(b":status", b"200") + head + literal(b"grpc-status", b"0")))
    talk.end()
    return 1, n, 0


# ---- bombs ----

def bomb(codec, mib):
    """MIB of zeros, packed."""
    zeros = bytes(1 << 20)
    if codec in ("gzip", "deflate", "raw"):
        z = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[codec])
        return b"".join(z.compress(zeros) for _ in range(mib)) + z.flush()
    return tape.compress(zeros * mib, 19)  # zstd


def http_bombs(path, n):
    talk = Talk(path)
    packed = {codec: bomb(codec, 256) for codec in ("gzip", "deflate", "zstd")}
    for i in range(n):
        codec = ("gzip", "deflate", "zstd")[i % 3]
        body = packed[codec]
        talk.open(i + 1, 80)
        talk.say(i + 1, CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        talk.say(i + 1, SERVER, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
                 % (codec.encode(), len(body)) + body)
    talk.end()
    return n, n, 0


def websocket_bombs(path, n):
    talk = Talk(path)
    packed = bomb("raw", 128)
    talk.open(1, 80)
    talk.say(1, CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    talk.say(1, SERVER, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    for i in range(n):
        talk.say(1, SERVER, b"\xc1\x7f" + struct.pack(">Q", len(packed)) + packed)
    talk.end()
    return 1, n + 1, 0


# ---- MongoDB: cursors ----

def bson(*fields):
    body = b""
    for name, value in fields:
        if isinstance(value, bytes):
            body += b"\2" + name + b"\0" + struct.pack("<I", len(value) + 1) + value + b"\0"
        elif isinstance(value, float):
            body += b"\1" + name + b"\0" + struct.pack("<d", value)
        elif isinstance(value, int):
            body += b"\x12" + name + b"\0" + struct.pack("<q", value)
        elif isinstance(value, list):
            body += b"\4" + name + b"\0" + bson(*[(b"%d" % i, v) for i, v in enumerate(value)])
        else:
            body += b"\3" + name + b"\0" + bson(*value)
    return struct.pack("<I", len(body) + 5) + body + b"\0"


def op_msg(request, answer_to, document):
    body = struct.pack("<IB", 0, 0) + document
    return struct.pack("<IIII", 16 + len(body), request, answer_to, 2013) + body


def mongodb_cursors(path, n):
    talk = Talk(path)
    talk.open(1, 27017)
    for i in range(n):
        talk.say(1, CLIENT, op_msg(2 * i + 1, 0, bson((b"find", b"c" + word(i)), (b"filter", ((b"a", b"x" * 300),)), (b"$db", b"d"))))
        talk.say(1, SERVER, op_msg(2 * i + 2, 2 * i + 1, bson((b"cursor", ((b"firstBatch", []), (b"id", 1000 + i), (b"ns", b"d.c"))),
                                                         (b"ok", 1.0))))
    talk.end()
    return 1, n, 0


def mongodb_unanswered(path, n):
    talk = Talk(path)
    talk.open(1, 27017)
    for i in range(n):
        talk.say(1, CLIENT, op_msg(i + 1, 0, bson((b"find", b"c" + word(i)), (b"filter", ((b"a", b"x" * 300),)), (b"$db", b"d"))))
    talk.end()
    return 1, n, 0


# ---- Kafka: topics' ids, messages ----

def kafka_frame(body):
    return struct.pack(">I", len(body)) + body


def varint(value):
    out = []
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + [value])


def zigzag(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def kafka_topics(path, n):
    talk = Talk(path)
    talk.open(1, 9092)
    for k in range(0, n, 1000):
        corr = k // 1000 + 1
        talk.say(1, CLIENT, kafka_frame(struct.pack(">hhIh", 3, 12, corr, 1) + b"c\0" + b"\0\1\0\0"))
        topics = b"".join(struct.pack(">h", 0) + varint(201) + b"t%s" % word(i).rjust(199, b"x") +
                          b"\1\2\3\4" + struct.pack(">QI", i, 7) + b"\0\1" + struct.pack(">i", -2147483648) + b"\0"
                          for i in range(k, k + 1000))
        talk.say(1, SERVER, kafka_frame(struct.pack(">I", corr) + b"\0" + struct.pack(">i", 0) + b"\2" + struct.pack(">i", 0) +
                                        b"\5host" + struct.pack(">i", 9092) + b"\0\0" + b"\5abcd" + struct.pack(">i", 0) +
                                        varint(1001) + topics + b"\0"))
    talk.end()
    return 1, (n + 999) // 1000, 0


CRC32C = []


def crc32c(data):
    if not CRC32C:
        for i in range(256):
            c = i
            for _ in range(8):
                c = c >> 1 ^ 0x82f63b78 if c & 1 else c >> 1
            CRC32C.append(c)
    c = 0xffffffff
    for b in data:
        c = CRC32C[(c ^ b) & 255] ^ c >> 8
    return c ^ 0xffffffff


def kafka_batch(records, count, codec=0):
    rest = struct.pack(">hiqqqhii", codec, count - 1, 1700000000000, 1700000000000, -1, -1, -1, count) + records
    return struct.pack(">qiibI", 0, 9 + len(rest), 0, 2, crc32c(rest)) + rest


def kafka_record(i, key, value):
    body = b"\0\0" + zigzag(i) + zigzag(len(key)) + key + zigzag(len(value)) + value + b"\0"
    return zigzag(len(body)) + body


def kafka_produce(talk, corr, topic, batch):
    talk.say(1, CLIENT, kafka_frame(struct.pack(">hhIh", 0, 8, corr, 1) + b"c" + struct.pack(">hhiIh", -1, 1, 1000, 1, len(topic)) +
                                    topic + struct.pack(">III", 1, 0, len(batch)) + batch))
    talk.say(1, SERVER, kafka_frame(struct.pack(">IIh", corr, 1, len(topic)) + topic +
                                    struct.pack(">IIhqqqIhi", 1, 0, 0, corr, -1, 0, 0, -1, 0)))


def kafka_messages(path, n):
    """A thousand in each batch, small ones; each batch to a topic of its own."""
    talk = Talk(path)
    talk.open(1, 9092)
    batch = kafka_batch(b"".join(kafka_record(i, b"k%d" % i, b"v") for i in range(1000)), 1000)
    for k in range(n // 1000):
        kafka_produce(talk, k + 1, b"t" + word(k), batch)
    talk.end()
    return 1, n // 1000 * 1001, 0


def kafka_bombs(path, n):
    """Batches that say a million messages of nothing, packed by gzip and zstd."""
    talk = Talk(path)
    talk.open(1, 9092)
    one = kafka_record(0, b"", b"")
    count = 1000000
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    batches = [kafka_batch(z.compress(one * count) + z.flush(), count, 1),
               kafka_batch(tape.compress(one * count, 19), count, 4)]
    for k in range(n):
        kafka_produce(talk, k + 1, b"t", batches[k % 2])
    talk.end()
    return 1, n * 1000001, 0


# ---- AMQP, NATS, Mux, Thrift ----

def amqp_frame(kind, channel, body):
    return struct.pack(">BHI", kind, channel, len(body)) + body + b"\xce"


def short(text):
    return bytes([len(text)]) + text


def long(text):
    return struct.pack(">I", len(text)) + text


def amqp_method(channel, class_id, method, arguments=b""):
    return amqp_frame(1, channel, struct.pack(">HH", class_id, method) + arguments)


def amqp_opened(talk):
    talk.open(1, 5672)
    talk.say(1, CLIENT, b"AMQP\0\0\x09\1")
    talk.say(1, SERVER, amqp_method(0, 10, 10, b"\0\x09" + long(b"") + long(b"PLAIN") + long(b"en_US")))
    talk.say(1, CLIENT, amqp_method(0, 10, 11, long(b"") + short(b"PLAIN") + long(b"\0a\0b") + short(b"en_US")))
    talk.say(1, SERVER, amqp_method(0, 10, 30, struct.pack(">HIH", 2047, 131072, 60)))
    talk.say(1, CLIENT, amqp_method(0, 10, 31, struct.pack(">HIH", 2047, 131072, 60)) + amqp_method(0, 10, 40, short(b"/") + b"\0\0"))
    talk.say(1, SERVER, amqp_method(0, 10, 41, b"\0"))
    talk.say(1, CLIENT, amqp_method(1, 20, 10, b"\0"))
    talk.say(1, SERVER, amqp_method(1, 20, 11, long(b"")))


def amqp_consumers(path, n):
    talk = Talk(path)
    amqp_opened(talk)
    for i in range(n):
        tag = short(word(i).rjust(200, b"x"))
        talk.say(1, CLIENT, amqp_method(1, 60, 20, b"\0\0" + short(b"q" + word(i)) + tag + b"\0" + long(b"")))
        talk.say(1, SERVER, amqp_method(1, 60, 21, tag))
    talk.end()
    return 1, n + 5, 0


def amqp_unacked(path, n):
    talk = Talk(path)
    amqp_opened(talk)
    talk.say(1, CLIENT, amqp_method(1, 60, 20, b"\0\0\1q\1t\0" + long(b"")))
    talk.say(1, SERVER, amqp_method(1, 60, 21, b"\1t"))
    for i in range(n):
        talk.say(1, SERVER, amqp_method(1, 60, 60, b"\1t" + struct.pack(">QB", i + 1, 0) + b"\1e\1r") +
                 amqp_frame(2, 1, struct.pack(">HHQH", 60, 0, 200, 0)) + amqp_frame(3, 1, b"x" * 200))
    talk.end()
    return 1, 2 * n + 6, 0


def nats_subscriptions(path, n):
    talk = Talk(path)
    talk.open(1, 4222)
    talk.say(1, SERVER, b'INFO {"server_id":"A","version":"2.9.0","max_payload":1048576}\r\n')
    talk.say(1, CLIENT, b'CONNECT {"verbose":false}\r\nPING\r\n')
    talk.say(1, SERVER, b"PONG\r\n")
    for i in range(n):
        talk.say(1, CLIENT, b"SUB %s.%s %d\r\n" % (word(i), b"x" * 200, i))
    talk.end()
    return 1, n + 3, 0


def nats_unanswered(path, n):
    talk = Talk(path)
    talk.open(1, 4222)
    talk.say(1, SERVER, b'INFO {"server_id":"A","version":"2.9.0","max_payload":1048576}\r\n')
    talk.say(1, CLIENT, b'CONNECT {"verbose":false}\r\nSUB _INBOX.a.* 1\r\nPING\r\n')
    talk.say(1, SERVER, b"PONG\r\n")
    for i in range(n):
        talk.say(1, CLIENT, b"PUB a.%s _INBOX.a.%d 200\r\n%s\r\n" % (word(i), i, b"x" * 200))
    talk.end()
    return 1, n + 4, 0


def mux_message(kind, tag, body):
    return struct.pack(">IB", 4 + len(body), kind & 255) + struct.pack(">I", tag)[1:] + body


def mux_opened(talk):
    talk.open(1, 9990)
    for i in range(3):
        talk.say(1, CLIENT, mux_message(65, 1, b""))
        talk.say(1, SERVER, mux_message(-65, 1, b""))


def mux_tags(path, n):
    talk = Talk(path)
    mux_opened(talk)
    for i in range(n):
        talk.say(1, CLIENT, mux_message(2, i + 2, b"\0\0" + struct.pack(">H", 2) + b"/s" + b"\0\0" + b"x" * 500))
    talk.end()
    return 1, n + 3, 0


def mux_fragments(path, n):
    talk = Talk(path)
    mux_opened(talk)
    for i in range(n):
        talk.say(1, CLIENT, mux_message(2, i + 2 | 0x800000, b"\0\0" + struct.pack(">H", 2) + b"/s" + b"\0\0" + b"x" * 500))
    talk.end()
    return 1, n + 3, 0


def thrift_call(name, number, body):
    message = struct.pack(">II", 0x80010001, len(name)) + name + struct.pack(">I", number) + body
    return struct.pack(">I", len(message)) + message


def thrift_unanswered(path, n):
    talk = Talk(path)
    talk.open(1, 9090)
    for i in range(n):
        talk.say(1, CLIENT, thrift_call(b"m" + word(i), i, b"\x0b\0\1" + long(b"x" * 300) + b"\0"))
    talk.end()
    return 1, None, 0


def thrift_nested(path, n):
    """Calls whose argument is a structure in a structure in a structure: a million deep."""
    talk = Talk(path)
    talk.open(1, 9090)
    for i in range(n):
        deep = 1000000
        talk.say(1, CLIENT, thrift_call(b"m", i, b"\x0c\0\1" * deep + b"\0" * (deep + 1)))
        talk.say(1, SERVER, struct.pack(">I", 18) + struct.pack(">II", 0x80010002, 1) + b"m" + struct.pack(">I", i) + b"\0" * 5)
    talk.end()
    return 1, n, 0


# ---- TLS ----

def tls_hellos(path, n):
    talk = Talk(path)
    for i in range(n):
        name = word(i) + b".example"
        sni = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
        hello = b"\3\3" + b"%032d" % i + b"\x20" + b"%032d" % i + b"\0\2\x13\1\1\0" + struct.pack(">H", len(sni)) + sni
        hello = b"\1" + struct.pack(">I", len(hello))[1:] + hello
        talk.open(i + 1, 443)
        talk.say(i + 1, CLIENT, b"\x16\3\1" + struct.pack(">H", len(hello)) + hello)
    talk.end()
    return n, n, 0


# ---- masses: of names, processes, containers, hosts ----

def http_hosts(path, n):
    """Each to a host, a path, a user agent and an address of its own."""
    talk = Talk(path)
    for i in range(n):
        talk.open(i + 1, 80, remote=tape.address(ip=struct.pack(">I", 0x0a000000 + i)))
        talk.say(i + 1, CLIENT, b"GET /%s HTTP/1.1\r\nHost: %s.example\r\nTraceparent: 00-%032x-%016x-01\r\n\r\n" %
                 (word(i), word(i), i + 1, i + 1))
        talk.say(i + 1, SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        talk.close(i + 1)
    talk.end()
    return n, n, 0


def containers(path, n):
    """Each process in a container of its own, each with a request."""
    talk = Talk(path)
    for i in range(n):
        talk.event(tape.process(i + 1, name=word(i)[:15], exe=b"/bin/" + word(i), cmdline=word(i) + b"\0" + b"x" * 200,
                                cgroup=b"/docker/%064x" % i, container=b"%064x" % i))
        talk.open(i + 1, 80, pid=i + 1)
        talk.say(i + 1, CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        talk.say(i + 1, SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        talk.close(i + 1)
    talk.end()
    return n, n, n


def dns_names(path, n):
    """Questions for other names, on one connection."""
    talk = Talk(path)
    talk.open(1, 53)
    for i in range(n):
        name = short(word(i)) + short(b"x" * 50) + b"\7example\0\0\1\0\1"
        q = struct.pack(">HHHHHH", i & 0xffff, 0x100, 1, 0, 0, 0) + name
        a = struct.pack(">HHHHHH", i & 0xffff, 0x8180, 1, 1, 0, 0) + name + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + struct.pack(">I", i)
        talk.say(1, CLIENT, struct.pack(">H", len(q)) + q)
        talk.say(1, SERVER, struct.pack(">H", len(a)) + a)
    talk.end()
    return 1, n, 0


def redis_words(path, n):
    """Another command each: another shape, another row of statistics."""
    talk = Talk(path)
    talk.open(1, 6379)
    for i in range(n):
        w = word(i)
        talk.say(1, CLIENT, b"*3\r\n$3\r\nGET\r\n$%d\r\n%s\r\n$1\r\na\r\n" % (len(w) + 3, w + b":x:"))
        talk.say(1, SERVER, b"$1\r\nb\r\n")
    talk.end()
    return 1, n, 0


def pgsql_queries(path, n):
    """Each on another table, with another error."""
    talk = Talk(path)
    talk.open(1, 5432)
    talk.say(1, CLIENT, b"\0\0\0\x1d\0\3\0\0user\0me\0database\0db\0\0")
    talk.say(1, SERVER, pgsql_message(b"R", b"\0\0\0\0") + PGSQL_READY)
    for i in range(n):
        talk.say(1, CLIENT, pgsql_message(b"Q", b"SELECT * FROM t%s WHERE a = 1\0" % word(i)))
        talk.say(1, SERVER, pgsql_message(b"E", b"SERROR\0C42P01\0Mrelation %s is not there\0\0" % word(i)) + PGSQL_READY)
    talk.end()
    return 1, n + 1, 0


TALKS = [(pgsql_statements, 300000), (mysql_statements, 300000), (cql_statements, 300000), (cql_in_flight, 655360),
         (http2_streams, 1000000), (http2_half_bodies, 200000), (hpack_tables, 5000), (hpack_bomb, 200),
         (http2_continuations, 50000), (grpc_messages, 3000000), (grpc_bombs, 20), (http_bombs, 12), (websocket_bombs, 8),
         (mongodb_cursors, 500000), (mongodb_unanswered, 1000000), (kafka_topics, 500000), (kafka_messages, 3000000), (kafka_bombs, 20),
         (amqp_consumers, 300000), (amqp_unacked, 1000000), (nats_subscriptions, 1000000),
         (nats_unanswered, 1000000), (mux_tags, 500000), (mux_fragments, 500000), (thrift_unanswered, 1000000),
         (thrift_nested, 4), (tls_hellos, 300000), (http_hosts, 500000), (containers, 300000), (dns_names, 1000000),
         (redis_words, 1000000), (pgsql_queries, 500000)]
