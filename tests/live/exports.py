#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Exports of what was just recorded, in every way, read by two versions of Wireshark.

    exports.py SOCKTAPE WORK PROTOCOL [WIREGASM]

WORK has the recording rec and tcpdump's file of the same time, wire.pcap. What tshark finds in the
export is what it finds on the wire: as many messages, nothing malformed that isn't there, too, and TCP
has nothing to say. (That the bytes of every stream are those of the wire, accounts.py tells.) Prints TAP.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from export_corpora import FILTERS, MODES, Sharkd, Wiregasm  # noqa: E402

# Of each protocol a field that a message has once.
MESSAGE = {
    "pgsql": "pgsql.type", "mysql": "mysql.packet_number", "kafka": "kafka.correlation_id", "mongodb": "mongo.request_id",
    "amqp": "amqp.channel", "cql": "cql.opcode", "http2": "http2.flags.end_stream", "websocket": "websocket.opcode",
    "http": "http.request.method", "redis": "resp.array.length", "dns": "dns.id",
}
# What is counted, where not all can be: tshark 4.0 doesn't know RESP3, which servers reply in, and shows the
# begin of a command that goes on in another packet twice.
COUNTED = {"redis": "tcp.dstport == 6379 && !resp.reassembled_in_next_frame"}
HIDDEN = object()
FILTER = {**FILTERS, "websocket": "websocket", "grpc": "grpc"}
WAYS = [mode for mode in MODES if mode not in ("keys", "carrier")]


class Seen:
    """What a Wireshark says of a file: packets of the protocol, malformed ones, remarks of TCP."""

    def __init__(self, reader, file, display_filter):
        reader.load(file)
        self.packets, self.malformed, self.remarks = (
            reader.count(f) for f in (display_filter, "_ws.malformed", "tcp.analysis.flags"))


def messages(file, protocol):
    """How many messages tshark finds; None where no field tells."""
    if protocol not in MESSAGE:
        return None
    found = subprocess.run(["tshark", "-n", "-r", file, "-Y", COUNTED.get(protocol, "frame"),
                            "-T", "fields", "-e", MESSAGE[protocol]],
                           capture_output=True, text=True, check=True).stdout
    return sum(len(line.split(",")) for line in found.splitlines() if line)


def tell(what, wrong):
    print(f"{'not ok' if wrong else 'ok'} - {what}")
    for line in wrong[:10]:
        print(f"#   {line}")
    return bool(wrong)


def unread(socktape, rec):
    """Whether an end closed before it had read what the other had sent: its side then shows less."""
    listed = subprocess.run([socktape, "conns", rec, "--json"], check=True, capture_output=True, text=True).stdout
    ends = {(end["local"], end["remote"]): end for end in map(json.loads, listed.splitlines())}
    return any(end["received_bytes"] < ends[remote, local]["sent_bytes"]
               for (local, remote), end in ends.items() if (remote, local) in ends)


def compare(way, wire, seen, counted, times, short):
    """What is wrong with an export, beside the wire: (Seen, messages) of each; TIMES as many messages, or
    fewer where that is right: SHORT. What the wire hides, as compressed frames, may be malformed for a
    dissector that doesn't know all of it; and what has no dissector of its own, another one may claim."""
    wrong = []
    if seen.remarks:
        wrong.append(f"{way}: {seen.remarks} remarks of TCP analysis")
    if wire[1] is not HIDDEN and seen.malformed > times * wire[0].malformed:
        wrong.append(f"{way}: {seen.malformed} malformed packets, {wire[0].malformed} on the wire")
    if wire[0].packets and not seen.packets:
        wrong.append(f"{way}: nothing of the protocol")
    if wire[1] and wire[1] is not HIDDEN and counted is not None and not (
            wire[1] <= counted <= times * wire[1] if short else counted == times * wire[1]):
        wrong.append(f"{way}: {counted} messages, {wire[1]} on the wire")
    return wrong


def main():
    socktape, work, protocol = sys.argv[1:4]
    readers = [Sharkd()] + [Wiregasm(folder) for folder in sys.argv[4:]]
    wire, rec = os.path.join(work, "wire.pcap"), os.path.join(work, "rec")
    failed = False
    on_wire = {reader.name: Seen(reader, wire, FILTER.get(protocol, "frame")) for reader in readers}
    counted = messages(wire, protocol)
    short = unread(socktape, rec)
    wrong = {reader.name: [] for reader in readers}
    for way in WAYS:
        target = os.path.join(work, f"export-{way}.pcapng")
        options = ["--split", "1G"] if way == "split" else MODES[way]
        told = subprocess.run([socktape, "export", rec, "-o", target, *options], check=True,
                              capture_output=True, text=True).stderr
        target = target.replace(".pcapng", "-00001.pcapng") if way == "split" else target
        # Frames in another form are there once more, as what is in them.
        known = HIDDEN if " contents " in told or protocol not in FILTER else counted
        found = messages(target, protocol)
        for reader in readers:
            wrong[reader.name] += compare(
                way, (on_wire[reader.name], known), Seen(reader, target, FILTER.get(protocol, "frame")),
                None if way == "no-remap" else found, 2 if way == "both-ends" else 1,
                short and way == "both-ends")
    for reader in readers:
        failed |= tell(f"{reader.name}: exports in {len(WAYS)} ways have what is on the wire"
                       f" ({counted or 'some'} messages)", wrong[reader.name])
        reader.close()
    return failed


if __name__ == "__main__":
    sys.exit(main())
