# SPDX-License-Identifier: BSD-2-Clause
"""Makes recordings that no recorder would (format/FORMAT.md), for tests of what reads them."""

import os
import struct
import subprocess
import zlib

MAGIC = 0x184D2A53
RECORDING = b"made for a test!"
SECOND = 10**9


def frame(kind, rest):
    size = 8 + 4 + len(rest)
    out = bytearray(struct.pack("<II8sI", MAGIC, size, kind, 0) + rest)
    struct.pack_into("<I", out, 16, zlib.crc32(bytes(out)))
    return bytes(out)


def head(segment=1, monotonic=SECOND, realtime=1790000000 * SECOND):
    return frame(b"SOCKTAPE", struct.pack("<HHII16sQqq", 1, 0, 0, 0, RECORDING, segment, monotonic, realtime))


def compress(raw, level=3):
    if len(raw) > 1 << 16:
        return subprocess.run(["zstd", "-q", f"-{level}", "-c", f"--stream-size={len(raw)}"], input=raw,
                              stdout=subprocess.PIPE, check=True).stdout
    # One segment whose size is known, of blocks that are stored (RFC 8878, section 3.1.1).
    out = struct.pack("<IBI", 0xfd2fb528, 0xa0, len(raw))
    pieces = [raw[i:i + 50000] for i in range(0, len(raw), 50000)] or [b""]
    for i, piece in enumerate(pieces):
        out += struct.pack("<I", len(piece) << 3 | (i + 1 == len(pieces)))[:3] + piece
    return out


def block(raw, number=0, segment=1, events=1, level=3):
    packed = compress(raw, level)
    return frame(b"STBLOCK\n", struct.pack("<IIIII16sQQqqqQQQQ4Q", 0, len(packed), len(raw), zlib.crc32(packed), events,
                                           RECORDING, segment, number, SECOND, SECOND, 2 * SECOND, 1, 1, 0, 0,
                                           *(2**64 - 1,) * 4)) + packed


def event(kind, fixed=b"", strings=b"", delta=0, flow=0, flags=0):
    fixed += b"\0" * (-len(fixed) % 8)
    size = 16 + len(fixed) + len(strings)
    return struct.pack("<iIIBBH", delta, flow, size, kind, (16 + len(fixed)) // 8, flags) + fixed + strings + \
        b"\0" * (-len(strings) % 8)


def clock(realtime=1790000000 * SECOND):
    return event(1, struct.pack("<qq", realtime, 0))


def host(*strings):
    strings = list(strings) + [b""] * (6 - len(strings))
    return event(2, struct.pack("<II6HI", 2, 4096, *[len(s) for s in strings], 0), b"".join(strings))


def process(pid, name=b"name", exe=b"/bin/name", cmdline=b"name\0", user=b"root", cgroup=b"/", container=b"", start=1):
    strings = (name, exe, cmdline, user, cgroup, container)
    return event(3, struct.pack("<IIIIqHHHHHHI", pid, 1, 0, 0, start, *[len(s) for s in strings], 0), b"".join(strings))


def address(family=4, port=80, ip=b"\x7f\0\0\1"):
    return struct.pack("<BBHI16s", family, 0, port, 0, ip)


def conn(number, remote_port=80, local=None, remote=None, transport=1, role=1, pid=1, paths=(b"", b"")):
    return event(5, struct.pack("<QQq", number, 1, SECOND) + (local or address(port=40000)) +
                 (remote or address(port=remote_port)) +
                 struct.pack("<QQIIiBBBBHHI", 0, 0, 1, pid, 3, transport, role, 1, 0, *[len(p) for p in paths], 0),
                 b"".join(paths))


def close(number, sent=0, received=0):
    return event(6, struct.pack("<QQQ", number, sent, received))


def flow(number, pid=1, direction=0):
    return event(7, struct.pack("<QIIiBBBB", number, pid, pid, 3, 1, direction, 0, 0))


def data(flow_number, payload, position=None, length=None, delta=1):
    fixed = b"" if position is None else struct.pack("<Q", position)
    flags = 0 if position is None else 1
    if length is not None:
        fixed += struct.pack("<Q", length)
        flags |= 2
    return event(8, fixed, payload, delta=delta, flow=flow_number, flags=flags)


def loss(events, size, cause, number=0, elsewhere=False):
    """ELSEWHERE: it may have hit only what was not to be recorded."""
    return event(9, struct.pack("<QQQqBBB5sQ", number, events, size, 1, cause, 0, 0, b"", 0), flags=4 if elsewhere else 0)


def secret(line, number=0):
    return event(10, struct.pack("<Q", number), line)


def write(directory, *parts):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "20260921T141320Z-000001.tape.zst.partial"), "wb") as out:
        for part in parts:
            out.write(part)
