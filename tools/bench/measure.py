# SPDX-License-Identifier: BSD-2-Clause
"""What the benches share: processes with their CPU time and memory, medians, tables."""
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOCKTAPE = os.path.join(TOP, "build/socktape")
RECORDER = os.path.join(TOP, "build/socktape-record")


def bench_program(name):
    return os.path.join(TOP, "build/tools/bench", name)


class Ended:
    """How a process ended: CPU seconds (the user part, too), largest memory in kB, wall seconds, what it wrote."""

    def __init__(self, status, usage, seconds, out):
        self.status = status
        self.user = usage.ru_utime
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

    def __init__(self, command, ready=None, stop_signal=signal.SIGTERM, errors=os.devnull):
        self.started = time.monotonic()
        self.stop_signal = stop_signal
        with open(errors, "wb") as stderr:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)
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


def processor():
    """The processors' model, as the kernel names it, and how many there are."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        models = {line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")}
    return f"{' and '.join(sorted(models)) or 'unknown processor'}, {os.cpu_count()} CPUs"


def interleaved(modes, one_run, options, steady):
    """Runs each of MODES in turn, in an order that turns, until there are enough rounds: at least
    options.rounds, more while STEADY(results) is false, at most three times as many, and none
    begins later than options.minutes. Gives {mode: [result of one_run(mode), ...]}."""
    results = {mode: [] for mode in modes}
    deadline = time.monotonic() + 60 * options.minutes
    count = 0
    while count < options.rounds or (count < 3 * options.rounds and not steady(results)):
        if count and time.monotonic() > deadline:
            break
        turn = count % len(modes)
        for mode in modes[turn:] + modes[:turn]:
            results[mode].append(one_run(mode))
        count += 1
    return results


def table(title, header, rows):
    print(f"\n{title}\n")
    rows = [[str(c) for c in r] for r in rows]
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()
