# SPDX-License-Identifier: BSD-2-Clause
"""Holds the packets of an export against those that tcpdump saw of the same run: every stream and
every datagram. Both captures are read here, by what the specifications say, with nothing of ours."""
import re
import struct
from collections import Counter

SYN, FIN, ACK = 2, 1, 16

# Where an export shows what has no IP address: Unix sockets were never on the wire.
MADE_UP = b"\xfdsockt"


def blocks(data):
    """Packets of a pcapng file as (captured bytes, comment): draft-ietf-opsawg-pcapng."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            captured = struct.unpack_from("<I", data, at + 20)[0]
            yield data[at + 28:at + 28 + captured], comment_of(
                data[at + 28 + (captured + 3 & ~3):at + length - 4])
        at += length


def comment_of(options):
    at, found = 0, []
    while at + 4 <= len(options):
        code, length = struct.unpack_from("<HH", options, at)
        if code == 1:
            found.append(options[at + 4:at + 4 + length].decode())
        at += 4 + (length + 3 & ~3)
    return "; ".join(found)


def records(data):
    """Packets of a pcap file: RFC-to-be draft-ietf-opsawg-pcap."""
    at = 24
    while at + 16 <= len(data):
        captured = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + captured], ""
        at += 16 + captured


def ip_parts(frame):
    """(protocol, source, destination, length, bytes) of what an Ethernet frame carries over IP."""
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == 0x0800:
        head = (frame[14] & 15) * 4
        length = struct.unpack_from(">H", frame, 16)[0] - head
        return frame[23], frame[26:30], frame[30:34], length, frame[14 + head:]
    if kind == 0x86dd:
        length = struct.unpack_from(">H", frame, 18)[0]
        # Longer than the field can tell, as segments on loopback may be: all that was captured.
        length = length or len(frame) - 54
        return frame[20], frame[22:38], frame[38:54], length, frame[54:]
    return None


class Stream:
    """One direction: its bytes by position; None for what a packet has but the capture has not."""

    def __init__(self):
        self.isn = None
        self.parts = {}

    def take(self, seq, flags, data, length):
        if flags & SYN:
            self.isn = seq
        if self.isn is None:
            self.isn = (seq - 1) & 0xffffffff
        if length:
            at = (seq - self.isn - 1) & 0xffffffff
            if at >= 1 << 31:
                at -= 1 << 32
            kept = self.parts.get(at, (b"", 0))
            self.parts[at] = max(kept, (data[:length], length), key=lambda part: part[1])
        if flags & FIN:
            self.parts.setdefault((seq + length - self.isn - 1) & 0xffffffff, (b"", 0))

    def whole(self):
        """(bytes, a byte for each that tells whether it is there)"""
        out, there, base = bytearray(), bytearray(), min([0, *self.parts])
        for at in sorted(self.parts):
            data, length = self.parts[at]
            missing = at - base - len(out)
            if missing > 0:
                out += bytes(missing)
                there += bytes(missing)
            fresh = data[max(0, base + len(out) - at):]
            out += fresh
            there += b"\1" * len(fresh)
            missing = at + length - base - len(out)
            if missing > 0:
                out += bytes(missing)
                there += bytes(missing)
        return bytes(out), bytes(there)

    def empty(self):
        return not self.whole()[0]


class Connection:
    def __init__(self, client):
        self.comment = ""
        self.client = client
        self.made_up = False
        self.streams = {}

    def stream(self, source):
        return self.streams.setdefault(source, Stream())


class Capture:
    """TCP connections and UDP datagrams, by their addresses."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        exported = data[:4] == b"\n\r\r\n"
        self.connections = {}
        self.datagrams = Counter()
        self.comments = {}
        self.fragments = {}
        for frame, comment in (blocks if exported else records)(data):
            parts = ip_parts(frame)
            if parts and parts[0] == 44:
                parts = self.take_fragment(parts)
            if parts and MADE_UP in (parts[1][:6], parts[2][:6]):
                continue
            if parts and parts[0] == 6:
                self.take_segment(parts, comment)
            elif parts and parts[0] == 17:
                # The Ethernet address of the client ends in 1.
                self.take_datagram(parts, comment, frame[11] == 1)

    def take_fragment(self, parts):
        """The whole datagram with its last fragment, in order as on loopback (RFC 8200, 4.5)."""
        _, source, destination, length, bytes_ = parts
        kind, _, place, number = struct.unpack_from(">BBHI", bytes_)
        data = self.fragments.setdefault((source, destination, number), bytearray())
        data += bytes_[8:length]
        return None if place & 1 else (kind, source, destination, len(data), bytes(data))

    def take_segment(self, parts, comment):
        _, source, destination, length, bytes_ = parts
        sport, dport, seq = struct.unpack_from(">HHI", bytes_)
        head, flags = (bytes_[12] >> 4) * 4, bytes_[13]
        ends = frozenset([(source, sport), (destination, dport)])
        old = self.connections.setdefault(ends, [])
        if not old or (flags & (SYN | ACK) == SYN and
                       old[-1].stream((source, sport)).isn not in (None, seq)):
            old.append(Connection((source, sport)))
        if flags & SYN and b"Sock" in bytes_[20:head]:
            old[-1].made_up = True
        if not old[-1].comment:
            old[-1].comment = comment
        old[-1].stream((source, sport)).take(seq, flags, bytes_[head:], length - head)

    def take_datagram(self, parts, comment, from_client):
        _, source, destination, length, bytes_ = parts
        sport, dport = struct.unpack_from(">HH", bytes_)
        one, other = (source, sport), (destination, dport)
        client = one if from_client else other
        comment = self.comments.setdefault(frozenset([one, other]), comment)
        one, other = (real_end(end, end == client, comment) for end in (one, other))
        self.datagrams[one, other, bytes(bytes_[8:length])] += 1


def real_end(end, is_client, comment):
    """An end as it was before its client port was changed, which the comment tells."""
    shown = re.search(r"the client's real port is (\d+)", comment)
    return (end[0], int(shown.group(1))) if shown and is_client else end


def real_ends(ends, connection):
    return frozenset(real_end(end, end == connection.client, connection.comment) for end in ends)


def ports(ends):
    return frozenset(port for _, port in ends)


def named(comment, what):
    return sum(int(n) for n in re.findall(rf"(\d+) bytes {what}", comment))


def differs(data, there, seen):
    """Whether bytes that are there are not those that were SEEN."""
    if data == seen[:len(data)]:
        return False
    return any(a != b for a, b, here in zip(data, seen, there) if here)


def stream_problems(name, exported, wire, comment, made_up, lossy):
    data, there = exported.whole()
    seen, complete = wire.whole()
    holes = there.count(0)
    if complete.count(0):
        yield f"{name}: tcpdump missed {complete.count(0)} bytes"
    if made_up:
        seen = seen[max(0, len(seen) - len(data)):]
    if differs(data, there, seen):
        yield f"{name}: other bytes than on the wire"
    if lossy:
        return
    if holes > named(comment, "of it were lost"):
        yield f"{name}: {holes} bytes are missing in the export, which nobody names: {comment}"
    if len(data) < len(seen):
        yield f"{name}: {len(data)} bytes, not the {len(seen)} on the wire"
    elif len(data) - len(seen) > named(comment, r"that the \w+ sent were never read"):
        yield (f"{name}: {len(data) - len(seen)} bytes more than on the wire, which nobody names: "
               f"{comment}")


def connection_problems(ends, exported, wire, lossy):
    comment = exported.comment
    for end in ends:
        real = real_end(end, end == exported.client, comment)
        name = f"{'.'.join(map(str, real[0]))} port {real[1]}"
        yield from stream_problems(name, exported.stream(end), wire.stream(real), comment,
                                   exported.made_up, lossy)


def bare(connection):
    return all(stream.empty() for stream in connection.streams.values())


def in_segments(whole, ends, datagrams):
    """The datagrams of one size that WHOLE consists of, if all of them are there; else none."""
    for size in {len(data) for *of, data in datagrams if tuple(of) == ends and data}:
        parts = Counter((*ends, whole[at:at + size]) for at in range(0, len(whole), size))
        if parts <= datagrams:
            return parts
    return Counter()


def take_segments_apart(wire, exported):
    """On loopback the datagrams of one call (UDP_SEGMENT) are seen as one, which they aren't."""
    for (*ends, data), count in (wire - exported).items():
        for _ in range(count):
            parts = in_segments(data, tuple(ends), exported - wire)
            if parts:
                wire[*ends, data] -= 1
                wire.update(parts)


def packets(exported_path, wire_path, lossy=False, unequal=frozenset()):
    """What differs, as lines; LOSSY: bytes may be missing, but not be others. UNEQUAL: pairs of
    ports of TCP connections that lack bytes without knowing where."""
    exported, wire = Capture(exported_path), Capture(wire_path)
    take_segments_apart(wire.datagrams, exported.datagrams)
    seen = {ends: list(all_of) for ends, all_of in wire.connections.items()
            if ports(ends) not in unequal}
    for ends, all_of in exported.connections.items():
        for connection in all_of:
            if bare(connection) or ports(real_ends(ends, connection)) in unequal:
                continue
            candidates = seen.get(real_ends(ends, connection), [])
            while candidates and bare(candidates[0]):
                candidates.pop(0)
            if not candidates:
                yield f"{ends}: nothing on the wire"
                continue
            yield from connection_problems(ends, connection, candidates.pop(0), lossy)
    for ends, all_of in seen.items():
        for connection in all_of:
            if not bare(connection) and not lossy:
                bytes_ = [stream.whole()[0][:40] for stream in connection.streams.values()]
                yield f"{ends}: on the wire, not in the export: {bytes_}"
    for what, count in (wire.datagrams - exported.datagrams).items():
        if not lossy and what[1][1] != 9:
            yield f"{count} datagrams {what!r:.200} are on the wire, not in the export"
    anywhere = {(to, data) for _, to, data in wire.datagrams}
    for (source, to, data), count in (exported.datagrams - wire.datagrams).items():
        # Whoever isn't told who sent it doesn't know that it is recorded there, too.
        if any(source[0]) or (to, data) not in anywhere:
            yield f"{count} datagrams {(source, to, data)!r:.200} were never on the wire"
