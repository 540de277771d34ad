# SPDX-License-Identifier: BSD-2-Clause
"""What the recorder takes where little happens: memory, and many connections that are open."""
import os
import resource
import socket
import subprocess
import time

from beside import NEW, NOTHING, OLD, Beside, can_record, modes_there
from goals import IDLE_MB, Goal
from measure import bench_program, interleaved, median, run, table

OPEN = 5000


def memory(pid):
    """Resident kB of a process: of the maps shared with the kernel, and of all else."""
    shared = other = 0
    ours = False
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split()
            if words[0].count("-") == 1 and not words[0].endswith(":"):
                ours = "bpf" in line or "perf_event" in line
            elif words[0] == "Rss:":
                shared, other = shared + ours * int(words[1]), other + (not ours) * int(words[1])
    return shared, other


def bench_idle(work, _options):
    if not can_record():
        return []
    rows, goals = [], []
    for mode in modes_there(NEW, OLD):
        beside = Beside(mode, work)
        time.sleep(2)
        shared, other = memory(beside.pid())
        beside.stop()
        rows.append([mode, f"{shared / 1000:.1f} MB", f"{other / 1000:.1f} MB"])
        if mode == NEW:
            goals.append(Goal("idle: MB resident besides the pool", other / 1000, at_most=IDLE_MB))
    table("resident memory of an idle recorder", ["", "pool, shared with the kernel", "all else"],
          rows)
    return goals


def bench_open(work, options):
    """The same calls, and a recorder's own time, while many other connections are open."""
    if not can_record():
        return []
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * OPEN + 200, max(
        2 * OPEN + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    pairs = []
    for _ in range(OPEN):
        client = socket.create_connection(listener.getsockname())
        pairs.append((client, listener.accept()[0]))

    def one_run(mode):
        beside = Beside(mode, work)
        for client, server in pairs:
            client.send(b"hello")
            server.recv(5)
        out = run([bench_program("calls"), "tcp64", "100000"], subprocess.PIPE).out
        return {"ns": float(out), **beside.stop()}

    modes = modes_there(NOTHING, NEW, OLD)
    results = interleaved(modes, one_run, options, lambda _: True)
    base = median([r["ns"] for r in results[NOTHING]])
    rows = [[mode, f"{median([r['ns'] for r in results[mode]]) - base:+.0f} ns",
             f"{median([r['cpu'] for r in results[mode]]):.2f} s",
             str(max(r["lost"] for r in results[mode]))] for mode in modes[1:]]
    for pair in pairs:
        for end in pair:
            end.close()
    table(f"{OPEN:,} connections open, a message over each, then 200,000 calls of 64 bytes "
          f"({base:.0f} ns)", ["", "added to a call", "own CPU", "calls lost, worst"], rows)
    os.sync()
    return [Goal(f"{OPEN:,} connections open: calls lost", max(r["lost"] for r in results[NEW]),
                 at_most=0)]
