# SPDX-License-Identifier: BSD-2-Clause
"""How fast large messages are read: results, bodies, and what is compressed in them.

Each load is a connection whose server answers COUNT times with about a megabyte, as a packet capture
that `socktape import` makes a recording of."""
import ctypes
import ctypes.util
import glob
import os
import random
import struct
import time
import zlib

from measure import SOCKTAPE, median, run, table

COUNT = 100
WORDS = [random.Random(n).randbytes(3).hex() for n in range(2000)]
SEGMENT = 60000


# ---- what a server answers ----

def text(number, length):
    """About as compressible as people's text is."""
    chosen = random.Random(number)
    return " ".join(chosen.choices(WORDS, k=length // 7)).encode()


def rows_of(number, count=6000):
    chosen = random.Random(number)
    return [(n, " ".join(chosen.choices(WORDS, k=20)).encode(), chosen.randrange(100000) / 100) for n in range(count)]


def cql_frame(head, flags, opcode, body, stream=1):
    return struct.pack(">BBhBI", head, flags, stream, opcode, len(body)) + body


def cql_rows(number):
    names = b"".join(struct.pack(">H", len(name)) + name + struct.pack(">H", kind)
                     for name, kind in ((b"id", 9), (b"name", 13), (b"price", 7)))
    rows = rows_of(number)
    body = struct.pack(">IIIH", 2, 1, 3, 4) + b"shop" + struct.pack(">H", 6) + b"orders" + names
    body += struct.pack(">I", len(rows))
    return body + b"".join(struct.pack(">ii", 4, n) + struct.pack(">i", len(name)) + name +
                           struct.pack(">id", 8, price) for n, name, price in rows)


def cql(number, compress=None):
    query = b"SELECT id, name, price FROM shop.orders"
    request = cql_frame(4, 0, 7, struct.pack(">I", len(query)) + query + b"\0\1\0")
    body = cql_rows(number)
    return request, cql_frame(0x84, 1 if compress else 0, 8, compress(body) if compress else body)


def crc24(data):
    crc = 0x875060
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1974f0b if crc >> 23 & 1 else 0)
    return (crc & 0xffffff).to_bytes(3, "little")


def cql_segments(message, compress=None):
    """Version 5: segments with checksums, of which each holds a part of a large message."""
    out, whole = b"", len(message) < 1 << 17
    for at in range(0, len(message), 0x1ffff):
        plain = message[at:at + 0x1ffff]
        packed = compress(plain) if compress else plain
        head = (len(packed) | len(plain) << 17 | whole << 34).to_bytes(5, "little") if compress else (
            len(packed) | whole << 17).to_bytes(3, "little")
        crc = zlib.crc32(packed, zlib.crc32(b"\xfa\x2d\x55\xca"))
        out += head + crc24(head) + packed + crc.to_bytes(4, "little")
    return out


def cql5(number, compress=None):
    query = b"SELECT id, name, price FROM shop.orders"
    request = cql_frame(5, 0, 7, struct.pack(">I", len(query)) + query + b"\0\1\0\0\0\0")
    # A stored segment, as drivers write small ones: it has no length of what is behind compression.
    head = (len(request) | 1 << 34).to_bytes(5, "little") if compress else (len(request) | 1 << 17).to_bytes(3, "little")
    crc = zlib.crc32(request, zlib.crc32(b"\xfa\x2d\x55\xca")).to_bytes(4, "little")
    return head + crc24(head) + request + crc, cql_segments(cql_frame(0x85, 0, 8, cql_rows(number)), compress)


def mysql_packet(number, body):
    return len(body).to_bytes(3, "little") + bytes([number & 255]) + body


def mysql_text(word):
    return (bytes([len(word)]) if len(word) < 251 else b"\xfc" + struct.pack("<H", len(word))) + word


def mysql_rows(number):
    packets = [b"\3"]
    for name, kind in ((b"id", 3), (b"name", 253), (b"price", 5)):
        packets.append(b"".join(map(mysql_text, (b"def", b"shop", b"orders", b"orders", name, name))) +
                       struct.pack("<BHIBHBH", 12, 45, 255, kind, 0, 0, 0))
    packets += [mysql_text(b"%d" % n) + mysql_text(name) + mysql_text(b"%.2f" % price)
                for n, name, price in rows_of(number)]
    packets.append(b"\xfe\0\0\2\0\0\0")
    return b"".join(mysql_packet(1 + n, body) for n, body in enumerate(packets))


def mysql(number, compress=None):
    """The compressed protocol, in packets of 16 KiB as servers write them."""
    asked = mysql_packet(0, b"\3SELECT id, name, price FROM shop.orders")
    if not compress:
        return asked, mysql_rows(number)
    answer, out = mysql_rows(number), b""
    for at in range(0, len(answer), 16384):
        plain = answer[at:at + 16384]
        packed = compress(plain)
        out += len(packed).to_bytes(3, "little") + bytes([1 + at // 16384 & 255]) + len(plain).to_bytes(3, "little") + packed
    return len(asked).to_bytes(3, "little") + b"\0" + b"\0\0\0" + asked, out


def bson(pairs):
    body = b""
    for name, value in pairs:
        key = name.encode() + b"\0"
        if isinstance(value, int):
            body += b"\x10" + key + struct.pack("<i", value)
        elif isinstance(value, float):
            body += b"\1" + key + struct.pack("<d", value)
        elif isinstance(value, bytes):
            body += b"\2" + key + struct.pack("<I", len(value) + 1) + value + b"\0"
        elif isinstance(value, list):
            body += b"\4" + key + bson((str(n), one) for n, one in enumerate(value))
        else:
            body += b"\3" + key + bson(value.items())
    return struct.pack("<I", len(body) + 5) + body + b"\0"


def mongodb_message(number, answers, body, how=None):
    payload = b"\0\0\0\0\0" + body
    code = 2013
    if how:
        payload, code = struct.pack("<iib", 2013, len(payload), how[0]) + how[1](payload), 2012
    return struct.pack("<iiii", 16 + len(payload), number, answers, code) + payload


def mongodb(number, how=None):
    asked = bson({"find": b"orders", "filter": {}, "$db": b"shop"}.items())
    batch = [{"_id": n, "name": name, "price": price} for n, name, price in rows_of(number)]
    answer = bson({"cursor": {"firstBatch": batch, "id": 0, "ns": b"shop.orders"}, "ok": 1.0}.items())
    return mongodb_message(number, 0, asked), mongodb_message(9000 + number, number, answer, how)


def amqp_frame(kind, payload):
    return struct.pack(">BHI", kind, 1, len(payload)) + payload + b"\xce"


def amqp(number):
    body = text(number, 1000000)
    deliver = struct.pack(">HHB", 60, 60, 1) + b"c" + struct.pack(">QB", number, 0) + b"\6events\3key"
    out = amqp_frame(1, deliver) + amqp_frame(2, struct.pack(">HHQH", 60, 0, len(body), 0))
    for at in range(0, len(body), 131064):
        out += amqp_frame(3, body[at:at + 131064])
    return amqp_frame(1, struct.pack(">HHQB", 60, 80, number - 1, 0)), out


def nats(number):
    body = text(number, 1000000)
    return (b"PUB shop.all _INBOX.a.%d 2\r\n{}\r\n" % number,
            b"MSG _INBOX.a.%d 1 %d\r\n%s\r\n" % (number, len(body), body))


def thrift_call(number, kind, fields):
    message = struct.pack(">II", 0x80010000 | kind, 3) + b"all" + struct.pack(">I", number) + fields + b"\0"
    return message


def thrift_rows(number):
    rows = rows_of(number)
    return b"\x0f\0\0\x0c" + struct.pack(">I", len(rows)) + b"".join(
        b"\x08\0\1" + struct.pack(">I", n) + b"\x0b\0\2" + struct.pack(">I", len(name)) + name +
        b"\4\0\3" + struct.pack(">d", price) + b"\0" for n, name, price in rows)


def framed(message):
    return struct.pack(">I", len(message)) + message


def thrift(number):
    return framed(thrift_call(number, 1, b"")), framed(thrift_call(number, 2, thrift_rows(number)))


def mux_frame(kind, tag, body):
    return struct.pack(">Ib", len(body) + 4, kind) + tag.to_bytes(3, "big") + body


def mux(number):
    asked = b"\0\0\0\5/shop\0\0" + b"all of it"
    return mux_frame(2, 2, asked), mux_frame(-2, 2, b"\0\0\0" + text(number, 1000000))


def zigzag(number):
    number, out = number << 1, b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def crc32c_table():
    """Of two bytes at once, which is as fast as Python can."""
    one = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
        one.append(crc)
    return [one[(one[n & 255] ^ n >> 8) & 255] ^ one[n & 255] >> 8 for n in range(65536)], one


CRC32C = crc32c_table()


def crc32c(data):
    two, one = CRC32C
    crc, even = 0xffffffff, len(data) & ~1
    for (word,) in struct.iter_unpack("<H", data[:even]):
        crc = two[(crc ^ word) & 0xffff] ^ crc >> 16
    for byte in data[even:]:
        crc = one[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xffffffff


def kafka(number, code=0, compress=None):
    """A Fetch of version 4 with its answer: a batch of a hundred records."""
    records = b""
    for at in range(100):
        value = text(number * 100 + at, 10000)
        record = b"\0\0" + zigzag(at) + b"\6key" + zigzag(len(value)) + value + b"\0"
        records += zigzag(len(record)) + record
    batch = struct.pack(">hiqqqhii", code, 99, 1790000000000, 1790000000000, -1, -1, -1, 100)
    batch += compress(records) if compress else records
    batch = struct.pack(">qiibI", number * 100, len(batch) + 9, 0, 2, crc32c(batch)) + batch
    asked = struct.pack(">hhih", 1, 4, number, 5) + b"bench" + struct.pack(">iiiibih", -1, 500, 1, 1 << 20, 0, 1, 4)
    asked += b"bulk" + struct.pack(">iiqi", 1, 0, number * 100, 1 << 20)
    answer = struct.pack(">iiih", number, 0, 1, 4) + b"bulk" + struct.pack(
        ">iihqqii", 1, 0, 0, number * 100 + 100, number * 100 + 100, 0, len(batch)) + batch
    return framed(asked), framed(answer)


# ---- compression, by the libraries that socktape has, too ----

def library(name):
    return ctypes.CDLL(ctypes.util.find_library(name))


class Snappy:
    name = "snappy"

    def __init__(self):
        self.lib = library("snappy")

    def compress(self, data):
        out = ctypes.create_string_buffer(len(data) * 2)
        size = ctypes.c_size_t(len(out))
        self.lib.snappy_compress(data, ctypes.c_size_t(len(data)), out, ctypes.byref(size))
        return out.raw[:size.value]

    def decompress(self, data, out):
        size = ctypes.c_size_t(len(out))
        self.lib.snappy_uncompress(data, ctypes.c_size_t(len(data)), out, ctypes.byref(size))


class Lz4:
    name = "lz4"

    def __init__(self):
        self.lib = library("lz4")

    def compress(self, data):
        out = ctypes.create_string_buffer(len(data) * 2)
        size = self.lib.LZ4_compress_default(data, out, len(data), len(out))
        return out.raw[:size]

    def decompress(self, data, out):
        self.lib.LZ4_decompress_safe(data, out, len(data), len(out))


class Zstd:
    name = "zstd"

    def __init__(self):
        self.lib = library("zstd")
        self.lib.ZSTD_compress.restype = ctypes.c_size_t

    def compress(self, data):
        out = ctypes.create_string_buffer(len(data) * 2)
        size = self.lib.ZSTD_compress(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)), 3)
        return out.raw[:size]

    def decompress(self, data, out):
        self.lib.ZSTD_decompress(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)))


class Xerial(Snappy):
    """Blocks of 32 KiB behind a header, as Kafka's Java clients write them."""
    name = "snappy of Java"

    def compress(self, data):
        blocks = [super(Xerial, self).compress(data[at:at + 32768]) for at in range(0, len(data), 32768)]
        return b"\x82SNAPPY\0" + struct.pack(">II", 1, 1) + b"".join(
            struct.pack(">I", len(block)) + block for block in blocks)

    def decompress(self, data, out):
        at, to = 16, 0
        size = ctypes.c_size_t()
        source, target = ctypes.cast(data, ctypes.c_void_p).value, ctypes.addressof(out)
        while at < len(data):
            length = int.from_bytes(data[at:at + 4], "big")
            size.value = len(out) - to
            self.lib.snappy_uncompress(ctypes.c_void_p(source + at + 4), ctypes.c_size_t(length),
                                       ctypes.c_void_p(target + to), ctypes.byref(size))
            at, to = at + 4 + length, to + size.value


class Lz4Frame:
    """Frames of independent blocks of 64 KiB, as Kafka's clients write them."""
    name = "lz4 frame"

    def __init__(self):
        self.lib = library("lz4")
        self.lib.LZ4F_compressFrame.restype = ctypes.c_size_t
        self.context = ctypes.c_void_p()
        self.lib.LZ4F_createDecompressionContext(ctypes.byref(self.context), 100)

    def compress(self, data):
        out = ctypes.create_string_buffer(len(data) * 2)
        independent = struct.pack("<IIIIQIIiII12x", 4, 1, 0, 0, 0, 0, 0, 0, 0, 0)
        size = self.lib.LZ4F_compressFrame(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)), independent)
        return out.raw[:size]

    def decompress(self, data, out):
        taken, made = ctypes.c_size_t(len(data)), ctypes.c_size_t(len(out))
        self.lib.LZ4F_resetDecompressionContext(self.context)
        self.lib.LZ4F_decompress(self.context, out, ctypes.byref(made), data, ctypes.byref(taken), None)


class Zlib:
    name = "zlib"

    def compress(self, data):
        return zlib.compress(data, 6)

    def decompress(self, data, out):
        zlib.decompress(data, bufsize=len(out))


class Gzip:
    name = "gzip"

    def compress(self, data):
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        return packer.compress(data) + packer.flush()

    def decompress(self, data, out):
        zlib.decompress(data, 31, len(out))


class Kept:
    """Compresses, and remembers what, to measure the decompression alone."""

    def __init__(self, how):
        self.how, self.blocks = how, []

    def __call__(self, data):
        packed = self.how.compress(data)
        self.blocks.append((packed, len(data)))
        return packed

    def alone(self):
        """CPU seconds of decompressing all of it."""
        out = {size: ctypes.create_string_buffer(size) for _, size in self.blocks}
        began = time.process_time()
        for packed, size in self.blocks:
            self.how.decompress(packed, out[size])
        return time.process_time() - began


def cql_lz4(kept):
    return lambda n: cql(n, lambda body: struct.pack(">I", len(body)) + kept(body))


LOADS = {"cql": (9042, cql), "mongodb": (27017, mongodb), "nats": (4222, nats), "amqp": (5672, amqp),
         "thrift": (9090, thrift), "mux": (9990, mux), "kafka": (9092, kafka), "mysql": (3306, mysql)}
PACKED = {
    "cql, lz4": (9042, Lz4, cql_lz4),
    "cql 5, lz4": (9042, Lz4, lambda kept: lambda n: cql5(n, kept)),
    "cql, snappy": (9042, Snappy, lambda kept: lambda n: cql(n, kept)),
    "mongodb, snappy": (27017, Snappy, lambda kept: lambda n: mongodb(n, (1, kept))),
    "mongodb, zlib": (27017, Zlib, lambda kept: lambda n: mongodb(n, (2, kept))),
    "mongodb, zstd": (27017, Zstd, lambda kept: lambda n: mongodb(n, (3, kept))),
    "mysql, zlib": (3306, Zlib, lambda kept: lambda n: mysql(n, kept)),
    "mysql, zstd": (3306, Zstd, lambda kept: lambda n: mysql(n, kept)),
    "kafka, gzip": (9092, Gzip, lambda kept: lambda n: kafka(n, 1, kept)),
    "kafka, snappy": (9092, Snappy, lambda kept: lambda n: kafka(n, 2, kept)),
    "kafka, snappy of Java": (9092, Xerial, lambda kept: lambda n: kafka(n, 2, kept)),
    "kafka, lz4": (9092, Lz4Frame, lambda kept: lambda n: kafka(n, 3, kept)),
    "kafka, zstd": (9092, Zstd, lambda kept: lambda n: kafka(n, 4, kept)),
}


def startup(version, compression):
    body = struct.pack(">H", 2)
    for word in (b"CQL_VERSION", b"3.0.0", b"COMPRESSION", compression):
        body += struct.pack(">H", len(word)) + word
    return [(0, cql_frame(version, 0, 1, body)), (1, cql_frame(0x80 | version, 0, 2, b""))]


def negotiation():
    body = struct.pack(">HI", 1, 10) + b"mux-framer" + struct.pack(">II", 4, 1 << 30)
    return [(0, mux_frame(68, 1, body)), (1, mux_frame(-68, 1, body))]


def login(compression):
    """Of MySQL; COMPRESSION is the bit of its capability."""
    can = 0x108a209 | compression
    greeting = struct.pack("<B7sI9sHBHHB10s13s", 10, b"8.0.36", 7, b"12345678", can & 0xffff, 45, 2, can >> 16, 21, b"",
                           b"123456789012") + b"mysql_native_password\0"
    answer = struct.pack("<IIB23s", can, 1 << 24, 45, b"") + b"bench\0" + b"\x14" + b"x" * 20 + b"shop\0"
    answer += b"mysql_native_password\0" + (b"\3" if compression >> 26 else b"")
    return [(1, mysql_packet(0, greeting)), (0, mysql_packet(1, answer)), (1, mysql_packet(2, b"\0\0\0\2\0\0\0"))]


# What a connection begins with, where it says what the rest is: 0 the client's, 1 the server's.
BEGINNINGS = {"cql, lz4": startup(4, b"lz4"), "cql 5, lz4": startup(5, b"lz4"), "cql, snappy": startup(4, b"snappy"),
              "mux": negotiation(), "mysql": login(0), "mysql, zlib": login(0x20), "mysql, zstd": login(1 << 26)}


# ---- the capture ----

class Capture:
    def __init__(self, path, port):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, 101))
        self.port, self.sent, self.at = port, [1, 1], 0
        for flags, server, number in ((2, 0, 0), (18, 1, 0), (16, 0, 1)):
            self.packet(server, number, flags, b"")

    def packet(self, server, number, flags, data):
        ports = (self.port, 40000) if server else (40000, self.port)
        tcp = struct.pack(">HHIIBBHHH", *ports, number, self.sent[1 - server] if flags & 16 else 0, 0x50,
                          flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, 0x7f000001, 0x7f000001)
        self.at += 1
        self.file.write(struct.pack("<IIII", 1790000000 + self.at // 1000000, self.at % 1000000,
                                    40 + len(data), 40 + len(data)) + ip + tcp + data)

    def write(self, server, data):
        for at in range(0, len(data), SEGMENT):
            piece = data[at:at + SEGMENT]
            self.packet(server, self.sent[server], 24, piece)
            self.sent[server] += len(piece)

    def close(self):
        self.file.close()
        return sum(self.sent) - 2


def recorded(work, name, port, make):
    """A recording of it, and the bytes on its wire."""
    target = os.path.join(work, f"bulk-{name}")
    capture = Capture(target + ".pcap", port)
    for server, said in BEGINNINGS.get(name, []):
        capture.write(server, said)
    for number in range(1, COUNT + 1):
        request, response = make(number)
        capture.write(0, request)
        capture.write(1, response)
    size = capture.close()
    run([SOCKTAPE, "import", target + ".pcap", "-q", "-o", target])
    os.remove(target + ".pcap")
    return target, size


def seconds(recording, options, form):
    show = [SOCKTAPE, "show", recording, "--threads", "1", *form]
    return median([run(show).cpu for _ in range(options.rounds)])


def bench_packed(work, options, name):
    """Of one compressed load: the decompressor, the file's and the text table, in turn. User time of each: the
    kernel's part is that of starting and of memory, which is as much for a short run as for a long one."""
    port, how, make = PACKED[name]
    kept = Kept(how())
    recording, size = recorded(work, name, port, make(kept))
    segments = glob.glob(os.path.join(recording, "*.tape.zst"))
    rounds = [(kept.alone(), run(["zstd", "-dc", "--single-thread", *segments]).user,
               run([SOCKTAPE, "show", recording, "--threads", "1"]).user) for _ in range(options.rounds)]
    inside = sum(length for _, length in kept.blocks)
    shown = median([show for _, _, show in rounds])
    return [name, f"{size / 1e6:.0f} MB", f"{inside / 1e6 / shown:.0f} MB/s",
            f"{median([codec / show for codec, _, show in rounds]):.2f}",
            f"{median([(codec + file) / show for codec, file, show in rounds]):.2f}"]


def bench(work, options):
    rows = []
    for name, (port, make) in LOADS.items():
        recording, size = recorded(work, name, port, make)
        shown = seconds(recording, options, [])
        rows.append([name, f"{size / 1e6:.0f} MB", f"{size / 1e6 / shown:.0f} MB/s",
                     f"{size / 1e6 / seconds(recording, options, ['--json']):.0f} MB/s"])
    table("messages of a megabyte, bytes of the wire on one core", ["", "wire", "to the text table",
                                                                   "to JSON with bodies"], rows)
    table("compressed messages of a megabyte, bytes of what is in them: a reader opens the recording, which is "
          "compressed itself, and then the messages", [
              "", "wire", "to the text table", "of the messages' decompressor alone",
              "of both decompressors, zstd -dc of the recording and then the messages'"],
          [bench_packed(work, options, name) for name in PACKED])
