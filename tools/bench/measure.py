# SPDX-License-Identifier: BSD-2-Clause
"""What the benches share: processes with their CPU time and memory, medians, tables."""
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOCKTAPE = os.path.join(TOP, "build/socktape")
RECORDER = os.path.join(TOP, "build/socktape-record")


def bench_program(name):
    return os.path.join(TOP, "build/tools/bench", name)


class Ended:
    """How a process ended: CPU seconds, largest memory in kB, wall seconds, what it wrote."""

    def __init__(self, status, usage, seconds, out):
        self.status = status
        self.cpu = usage.ru_utime + usage.ru_stime
        self.max_kb = usage.ru_maxrss
        self.seconds = seconds
        self.out = out


def wait(process, started, out=b""):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, usage, time.monotonic() - started, out)


def run(command, stdout=subprocess.DEVNULL):
    """Runs to the end; stdout=PIPE keeps what it prints."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL)
    out = process.stdout.read() if process.stdout else b""
    return wait(process, started, out)


class Background:
    """A process that runs until stop(), which tells how it ended."""

    def __init__(self, command, ready=None, stop_signal=signal.SIGTERM):
        self.started = time.monotonic()
        self.stop_signal = stop_signal
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while ready and not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"did not start: {' '.join(command)}")
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(self.stop_signal)
        return wait(self.process, self.started)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listening(port):
    def probe():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    return probe


def tree_bytes(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(path, f)) for f in os.listdir(path))


def have(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        print(f"  left out: {', '.join(missing)} not installed")
    return not missing


def median(values):
    return statistics.median(values) if values else float("nan")


def table(title, header, rows):
    print(f"\n{title}")
    rows = [[str(c) for c in r] for r in [header] + rows]
    widths = [max(len(r[i]) for r in rows) for i in range(len(header))]
    for row in rows:
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))]
        print("  " + "  ".join(cells).rstrip())
