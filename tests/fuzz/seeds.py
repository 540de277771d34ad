#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turns the captures of a corpus into seeds for the fuzz targets of protocols.

    tests/fuzz/seeds.py CORPUS FOLDER      one file for each connection

A conversation is written as tests/fuzz/converse.h reads it: pieces whose lengths are powers of two,
each after a byte that tells direction (bit 0) and length (bits 4 to 7).
"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

SOCKTAPE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/socktape")
SEED_MAX = 65536


def pieces(payload, sent):
    out = bytearray()
    while payload:
        power = min(len(payload).bit_length() - 1, 15)
        out.append(power << 4 | (1 if sent else 0))
        out += payload[:1 << power]
        payload = payload[1 << power:]
    return out


def conversations(recording):
    """The bytes of each connection of a recording, as a seed."""
    seeds = {}
    events = subprocess.run([SOCKTAPE, "events", "-x", "--json", recording], check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in events.split(b"\n"):
        if not line:
            continue
        event = json.loads(line)
        seed = seeds.setdefault(event["conn"], bytearray())
        if len(seed) < SEED_MAX:
            seed += pieces(bytes.fromhex(event["payload"]), event["dir"] == "sent")
    return seeds


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    corpus, folder = sys.argv[1:]
    for case in sorted(glob.glob(os.path.join(corpus, "*", ""))):
        name = os.path.basename(os.path.dirname(case))
        work = tempfile.mkdtemp()
        recording = case
        for capture in glob.glob(os.path.join(case, "capture.*")):
            recording = os.path.join(work, "rec")
            subprocess.run([SOCKTAPE, "import", "-q", capture, "-o", recording], check=False,
                           stderr=subprocess.DEVNULL)
        for conn, seed in conversations(recording).items():
            with open(os.path.join(folder, f"{name}-{conn}"), "wb") as file:
                file.write(seed[:SEED_MAX])
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
