# SPDX-License-Identifier: BSD-2-Clause
"""Holds the plaintext in a recording against what tls_talk said.

    tls_judge.py SOCKTAPE RECORDING PORT CONNECTIONS MESSAGES [--lossy] [--clients-only] [--keys]
             [--keylog=FILE] [--from=K] [--told]

Every connection to PORT must have, at both of its ends, exactly what one client has said, in order, and
every client's words must be there. With --lossy a loss that is told in the recording stands for what is
missing, with --told one of just what is missing before it, and with --clients-only the server's end is not looked at. With --keys it is what the recorded
secrets open, or those of the key log FILE with --keylog=FILE: an export has it as packets, both ends of a
connection once. With --from=K it is all from message K on, as the recorder came late.
"""
import json
import re
import subprocess
import sys
import tempfile


def text(i, k):
    return f"conn-{i}-msg-{k}-{'x' * ((i * 7 + k * 13) % 400)}."


def events(socktape, recording):
    out = subprocess.run([socktape, "events", recording, "--all", "--format", "json"], check=True,
                         capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def fail(why):
    print(why)
    sys.exit(1)


def opened(socktape, recording, keylog):
    """What clients sent, who speak first, and what came back, by TCP stream of an export that has no TLS."""
    with tempfile.TemporaryDirectory() as where:
        path = where + "/x.pcapng"
        subprocess.run([socktape, "export", "-q", recording, "-o", path, *keylog], check=True)
        fields = [w for f in ("tcp.stream", "tcp.srcport", "tcp.payload") for w in ("-e", f)]
        out = subprocess.run(["tshark", "-n", "-r", path, "-Y", "tcp.len > 0", "-T", "fields", *fields],
                             check=True, capture_output=True, text=True).stdout
    streams = {}
    for line in out.splitlines():
        stream, port, payload = line.split("\t")
        said = streams.setdefault(stream, {"client": port, "sent": b"", "received": b""})
        said["sent" if port == said["client"] else "received"] += bytes.fromhex(payload)
    return [{way: said[way].decode() for way in ("sent", "received")}
            for said in streams.values() if said["sent"][:1] not in (b"\x16", b"\x17")]


def said_by(connections, messages):
    """What each client says, of what is to be in the recording."""
    first = max([int(word[7:]) for word in sys.argv if word.startswith("--from=")], default=0)
    return {i: "".join(text(i, k) for k in range(first, messages)) for i in range(connections)}


def judge_keys(socktape, recording, connections, messages, keylog):
    expected = sorted(said_by(connections, messages).values())
    streams = opened(socktape, recording, keylog)
    for stream in streams:
        if stream["sent"] != stream["received"]:
            fail(f"what was sent is not what was received: {stream['sent'][:80]}")
    if sorted(stream["sent"] for stream in streams) != expected:
        fail(f"{len(streams)} streams of {connections}, or other words")
    ties = [e for e in events(socktape, recording) if e["event"] == "tls"]
    if any(not e["detail"].startswith("tied by client random") for e in ties):
        fail(f"ties: {ties[:3]}")
    print(f"{len(streams)} connections opened")


def main():
    options = {word for word in sys.argv if word.startswith("--")}
    socktape, recording, port, connections, messages = [w for w in sys.argv[1:] if w not in options]
    connections, messages = int(connections), int(messages)
    keylog = [word for word in options if word.startswith("--keylog=")]
    if "--keys" in options or keylog:
        judge_keys(socktape, recording, connections, messages, keylog)
        return
    ends, streams, ties, losses, placed = {}, {}, {}, [], {}
    for e in events(socktape, recording):
        conn = e.get("conn")
        if e["event"] == "conn":
            words = e.get("detail") or ""
            match = re.match(r"(\S+) (\S*) (\S*), (\w+), (\w+)", words)
            if match and port in (match[2].rpartition(":")[2], match[3].rpartition(":")[2]):
                ends[conn] = "client" if match[3].endswith(":" + port) else "server"
        elif e["event"] == "tls":
            ties[conn] = e["detail"].split(",")[0]
        elif e["event"] == "loss":
            loss = e["fields"]
            if "--told" not in options or loss["layer"] != "tls":
                losses.append(e)
                continue
            stream = streams.setdefault((conn, loss["dir"]), [0, ""])
            if loss["position"] != stream[0]:
                fail(f"connection {conn} {loss['dir']}: a loss at {loss['position']}, not {stream[0]}")
            stream[0] += loss["bytes"]
            stream[1] += "?" * loss["bytes"]
        elif e["event"] == "data" and e["layer"] == "tls":
            stream = streams.setdefault((conn, e["dir"]), [0, ""])
            if e["offset"] != stream[0] and "--lossy" not in options:
                fail(f"connection {conn} {e['dir']}: {e['offset']} follows {stream[0]}")
            if e["captured"] != e["len"]:
                fail(f"connection {conn}: {e['cut']}")
            stream[0] = e["offset"] + e["len"]
            stream[1] += e["payload"]
    alone = [conn for conn, tie in ties.items() if tie == "tied by not tied"]
    if alone and "--lossy" not in options:
        fail(f"{len(alone)} objects are tied to no connection")
    if losses and "--lossy" not in options:
        fail(f"losses: {losses[:3]}")
    expected = said_by(connections, messages)
    for end in ("client", "server"):
        if end == "server" and "--clients-only" in options:
            continue
        seen = {}
        for conn, role in ends.items():
            if role != end:
                continue
            for direction in ("sent", "received"):
                said = streams.get((conn, direction), [0, ""])[1]
                who = {int(n) for n in re.findall(r"conn-(\d+)-", said)}
                if len(who) > 1:
                    fail(f"connection {conn} has the words of {sorted(who)}")
                if not who:
                    continue
                i = who.pop()
                told = len(said) - len(said.lstrip("?"))
                whole = said == "?" * told + expected[i][told:]
                part = "--lossy" in options and expected[i].endswith(said)
                if not whole and not part:
                    fail(f"connection {conn} {direction}: {said[:80]}... is not what was said")
                seen.setdefault(direction, []).append(i)
        for direction in ("sent", "received"):
            got = sorted(seen.get(direction, []))
            if got != sorted(expected) and "--lossy" not in options:
                fail(f"{end}s {direction}: {len(got)} of {len(expected)}")
            if "--lossy" in options and not got:
                fail(f"{end}s {direction}: nothing")
    kinds = sorted({tie for conn, tie in ties.items() if conn in ends})
    print(f"{len(ends)} ends, {', '.join(kinds)}")


main()
