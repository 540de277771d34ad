# SPDX-License-Identifier: BSD-2-Clause
"""Much payload at once: an upload by curl, and 64 KiB writes as fast as they go."""
import json
import os
import random
import socket
import subprocess
import threading

from beside import NEW, NOTHING, OLD, TCPDUMP, Beside, can_record, modes_there
from goals import UPLOAD_TIMES, Goal
from measure import SOCKTAPE, bench_program, free_port, have, interleaved, median, run, table

UPLOAD = 200 * 1000 * 1000


class Sink(threading.Thread):
    """An HTTP server that throws bodies away, one connection after the other."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        room = bytearray(1 << 18)
        while True:
            client, _ = self.listener.accept()
            with client:
                left, head = UPLOAD, b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(65536)
                if b"100-continue" in head:
                    client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                left -= len(head.split(b"\r\n\r\n", 1)[1])
                while left > 0:
                    left -= client.recv_into(room) or left
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def write_file(path, compressible):
    block = random.Random(1).randbytes(1000 * 1000)
    if compressible:
        block = b"".join(f'{{"row":{i},"name":"row {i % 97}"}}\n'.encode() for i in range(40000))
    with open(path, "wb") as file:
        while file.tell() < UPLOAD:
            file.write(block[:UPLOAD - file.tell()])
            block = block[1:] + block[:1] if compressible else random.randbytes(1000 * 1000)


def bench_upload(work, options):
    if not can_record() or not have("curl"):
        return []
    sink = Sink()
    sink.start()
    modes = modes_there(NOTHING, NEW, OLD)
    file = os.path.join(work, "upload")
    rows, goals = [], []
    for kind in ("random", "compressible"):
        write_file(file, kind == "compressible")

        def one_run(mode):
            beside = Beside(mode, work)
            ended = run(["curl", "-s", "-S", "-T", file, f"http://127.0.0.1:{sink.port}/"])
            if ended.status != 0:
                raise RuntimeError(f"curl: status {ended.status}")
            return {"seconds": ended.seconds, **beside.stop()}

        ten = type(options)(**{**vars(options), "rounds": 10})
        results = interleaved(modes, one_run, ten, lambda _: True)
        base = median([r["seconds"] for r in results[NOTHING]])
        for mode in modes[1:]:
            left_out = [r["left_out"] / r["moved"] for r in results[mode]]
            took = [r["seconds"] / base for r in results[mode]]
            rows.append([kind, mode, f"{100 * max(left_out):.2f} %", f"{max(r['lost'] for r in results[mode])}",
                         f"{median(took):.2f}", f"{max(took):.2f}", str(len(took))])
            if mode == NEW:
                goals += [Goal(f"upload, {kind}: share of payload left out, worst", max(left_out),
                               at_most=0),
                          Goal(f"upload, {kind}: times as long, median", median(took),
                               at_most=UPLOAD_TIMES)]
    os.remove(file)
    table("curl uploads 200 MB, both ends recorded", ["bytes", "", "payload left out, worst",
          "calls lost, worst", "times as long, median", "worst", "runs"], rows)
    return goals


def positions(recording, port):
    """The last positions of both ends of the connection to PORT."""
    out = run([SOCKTAPE, "conns", recording, "--format", "json"], subprocess.PIPE).out
    rows = [json.loads(line) for line in out.splitlines()]
    ours = [row for row in rows if f":{port}" in f"{row['local']} {row['remote']}"]
    return (sum(row["sent_bytes"] for row in ours), sum(row["received_bytes"] for row in ours))


def bench_writes(work, options):
    if not can_record() or not have("tcpdump"):
        return []
    port = free_port()

    def one_run(mode):
        beside = Beside(mode, work, port)
        out = run([bench_program("writes"), str(port), str(options.seconds)], subprocess.PIPE).out
        moved, seconds = out.split()
        result = {"bytes": int(moved), "rate": int(moved) / float(seconds), **beside.stop()}
        if mode not in (NOTHING, TCPDUMP):
            result["exact"] = positions(beside.target, port) == (int(moved), int(moved))
        return result

    modes = modes_there(NOTHING, NEW, OLD, TCPDUMP)
    results = interleaved(modes, one_run, options, lambda _: True)
    base = median([r["rate"] for r in results[NOTHING]])
    rows = []
    for mode in modes[1:]:
        runs = results[mode]
        kept = median([r["rate"] for r in runs]) / base
        if mode == TCPDUMP:
            rows.append([mode, f"{kept:.3f}", f"{100 * max(r['dropped'] for r in runs):.1f} %", "-"])
            continue
        left_out = max(1 - (r["moved"] - r["left_out"]) / (2 * r["bytes"]) for r in runs)
        rows.append([mode, f"{kept:.3f}", f"{100 * left_out:.1f} %",
                     "yes" if all(r["exact"] for r in runs) else "NO"])
    table(f"64 KiB writes, {base / 1e9:.2f} GB/s unrecorded, {len(results[NOTHING])} rounds",
          ["", "kept", "payload or packets left out, worst", "positions exact"], rows)
    return [Goal("64 KiB writes: runs whose positions are exact", sum(r["exact"] for r in results[NEW]),
                 at_least=len(results[NEW]))]
