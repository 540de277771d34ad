# SPDX-License-Identifier: BSD-2-Clause
"""How fast the analyzer is, and how much memory it takes."""
import glob
import os
import shutil
import subprocess

from measure import SOCKTAPE, bench_program, have, median, run, table

EXCHANGES = 500000
TSHARK_EXCHANGES = 20000
TSHARK_FIELDS = {
    "http": ["http.request.method", "http.request.uri", "http.response.code", "http.file_data"],
    "redis": ["resp.string", "resp.bulk_string.value"],
}


def make(work, protocol, exchanges):
    target = os.path.join(work, f"{protocol}-{exchanges}")
    shutil.rmtree(target, ignore_errors=True)
    if run([bench_program("make_recording"), protocol, str(exchanges), target]).status != 0:
        raise RuntimeError("make_recording failed")
    return target


def tshark_rate(work, protocol):
    """Exchanges a second of tshark on the same traffic, written by socktape export."""
    recording = make(work, protocol, TSHARK_EXCHANGES)
    capture = os.path.join(work, "same.pcapng")
    run([SOCKTAPE, "export", recording, "-q", "-o", capture])
    command = ["tshark", "-n", "-r", capture, "-T", "fields"]
    for field in ["frame.time_epoch", "tcp.stream"] + TSHARK_FIELDS[protocol]:
        command += ["-e", field]
    ended = run(command)
    return TSHARK_EXCHANGES / ended.cpu if ended.status == 0 else float("nan")


def bench_protocol(work, protocol, options):
    recording = make(work, protocol, EXCHANGES)
    segments = sorted(glob.glob(os.path.join(recording, "*.tape.zst")))
    show, zstd, tshark = [], [], []
    with_tshark = have("tshark")
    for _ in range(options.rounds):
        ended = run([SOCKTAPE, "show", recording, "--json"])
        show.append(EXCHANGES / ended.cpu)
        zstd.append(EXCHANGES / run(["zstd", "-dc", "--single-thread"] + segments).cpu)
        if with_tshark:
            tshark.append(tshark_rate(work, protocol))
    speed = median(show)
    return [protocol, f"{speed / 1e6:.2f} M/s", f"{speed / median(tshark):.0f}x",
            f"{median(zstd) / speed:.1f}x"]


def bench_memory(work, protocol):
    """Largest memory for a recording and for one ten times as long."""
    sizes = [EXCHANGES // 5, EXCHANGES * 2]
    peaks = []
    for size in sizes:
        recording = make(work, protocol, size)
        peaks.append(run([SOCKTAPE, "show", recording, "--json"], subprocess.DEVNULL).max_kb)
        shutil.rmtree(recording)
    return [protocol, f"{peaks[0] / 1000:.1f} MB", f"{peaks[1] / 1000:.1f} MB",
            f"{peaks[1] / peaks[0]:.2f}x"]


def bench(work, options):
    print("\nreplay: socktape show --json, CPU time of one core")
    rows = [bench_protocol(work, p, options) for p in ("http", "redis")]
    table("records to JSON", ["", "records", "of tshark's speed", "of zstd -dc's time"], rows)
    rows = [bench_memory(work, p) for p in ("http", "redis")]
    table("peak memory", ["", f"{EXCHANGES // 5:,}", f"{EXCHANGES * 2:,} records", "ratio"], rows)
