# SPDX-License-Identifier: BSD-2-Clause
"""Both ends of each TCP connection were recorded: what one sent the other must have received."""
import hashlib


def digests(events):
    """For each stream its length and a digest of its bytes; None when something is missing."""
    streams = {}
    for event in events:
        if event["event"] != "data":
            continue
        key = (event["conn"], event["dir"])
        length, digest = streams.setdefault(key, (0, hashlib.sha256()))
        if digest is None or event["offset"] != length or event["captured"] != event["len"]:
            streams[key] = (length, None)
            continue
        digest.update(bytes.fromhex(event["payload"]))
        streams[key] = (length + event["len"], digest)
    return {key: (n, digest and digest.hexdigest()) for key, (n, digest) in streams.items()}


def agree(conns, events):
    """What differs, as lines; CONNS are the rows of socktape conns, EVENTS those of events -x."""
    streams = digests(events)
    conns = {(row["local"], row["remote"]): row["conn"] for row in conns}
    agreed = 0
    for (local, remote), conn in conns.items():
        sent = streams.get((conn, "sent"))
        if sent is None:
            continue
        received = streams.get((conns.get((remote, local)), "received"))
        if sent[1] is not None and sent == received:
            agreed += 1
        else:
            yield f"{local} to {remote}: sent {sent}, received {received}"
    if not agreed:
        yield "no connection was recorded at both ends"
