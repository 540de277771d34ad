#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a pcap again as a bad capture would have it: usage: disturb.py IN OUT SEED

Of its packets, one in twenty is missing, one in twenty is there twice, one in five has changed its
place with one of the next four; with an odd SEED all are cut to 200 bytes. Packets with SYN stay
where they are: tshark, which the result is compared with, takes a late SYN for another connection.
"""

import random
import struct
import sys


def records(data):
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, captured, length = struct.unpack_from(order + "IIII", data, at)
        yield order, seconds, fraction, length, data[at + 16:at + 16 + captured]
        at += 16 + captured


def has_syn(packet):
    """Any TCP header with SYN at any plausible place; wrong only in being careful."""
    return any(packet[at] & 0x0f == 0x02 and packet[at - 1] & 0x0f == 0 and
               packet[at - 1] >> 4 >= 5 for at in range(33, min(len(packet), 80)))


def main():
    source, target, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    random.seed(seed)
    with open(source, "rb") as f:
        data = f.read()
    out = []
    for record in records(data):
        chance = random.random()
        fixed = has_syn(record[4])
        if fixed or chance >= 0.05:
            out.append((fixed, record))
        if not fixed and chance > 0.95:
            out.append((fixed, record))
    for i in range(len(out)):
        j = min(len(out) - 1, i + random.randint(1, 4))
        if random.random() < 0.2 and not any(fixed for fixed, _ in out[i:j + 1]):
            out[i], out[j] = out[j], out[i]
    with open(target, "wb") as f:
        f.write(data[:24])
        for _, (order, seconds, fraction, length, packet) in out:
            if seed % 2:
                packet = packet[:200]
            f.write(struct.pack(order + "IIII", seconds, fraction, len(packet), length) + packet)


main()
