# SPDX-License-Identifier: BSD-2-Clause
"""What it takes to find the TLS libraries of a host with many processes."""
import glob
import os
import subprocess

from beside import can_record
from goals import ATTACH_SECONDS, Goal
from measure import RECORDER, bench_program, median, run, table

PROCESSES = 2000
OBJECTS = 300
EACH = 30


def objects():
    """Real ones, of this system's own, TLS libraries among them."""
    found = {}
    for path in sorted(glob.glob("/usr/lib/*-linux-gnu/lib*.so.*")) + sorted(glob.glob("/usr/bin/*")):
        try:
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.setdefault(os.stat(path).st_ino, path)
        except OSError:
            continue
    paths = list(found.values())
    tls = [path for path in paths if os.path.basename(path).startswith(("libssl.so", "libgnutls.so"))]
    others = [path for path in paths if path not in tls]
    step = max(1, len(others) // OBJECTS)
    return (tls + others[::step])[:OBJECTS]


def bench(_work, options):
    if not can_record():
        return []
    files = objects()
    # Its processes end with it: they are asked to by the kernel.
    with subprocess.Popen([bench_program("crowd"), str(PROCESSES), str(EACH), *files],
                          stdout=subprocess.PIPE) as crowd:
        try:
            if crowd.stdout.readline() != b"ready\n":
                raise RuntimeError("the processes can't be made")
            programs, with_libraries = [], []
            for _ in range(options.rounds):
                programs.append(run([RECORDER, "--probe"]).cpu)
                with_libraries.append(run([RECORDER, "--list-tls"]).cpu)
        finally:
            crowd.kill()
    found = median(with_libraries) - median(programs)
    table(f"CPU seconds to attach, {PROCESSES} processes, {len(files)} files of {EACH} in each",
          ["", "s"], [["the kernel programs (--probe)", f"{median(programs):.2f}"],
                      ["with TLS libraries (--list-tls)", f"{median(with_libraries):.2f}"],
                      ["difference", f"{found:.2f}"]])
    return [Goal("hosts: CPU seconds to attach", median(with_libraries), at_most=ATTACH_SECONDS)]
