# SPDX-License-Identifier: BSD-2-Clause
"""How fast an export is, and how much memory it takes however long the recording is."""
import re
import shutil
import subprocess

from measure import SOCKTAPE, run, table
from replay import make

# As many exchanges, and ten times as many: 3 million records, and 10 GB of payload.
LOADS = {"http": (300000, 3000000), "bulk": (15000, 150000)}
WAYS = {"plain": [], "records": ["--records"]}


def export(recording, options):
    """Into nothing, so that no disk is measured: how it ended, and the payload in bytes."""
    ended = run([SOCKTAPE, "export", recording, "-o", "/dev/null", "-q", *options])
    if ended.status != 0:
        raise RuntimeError(f"export of {recording} failed")
    return ended


def payload(recording):
    told = subprocess.run([SOCKTAPE, "export", recording, "-o", "/dev/null"], check=True,
                          capture_output=True, text=True).stderr
    return int(re.search(r"payload +(\d+)", told).group(1))


def bench_load(work, load):
    rows = {way: [load, way] for way in WAYS}
    peaks = {way: [] for way in WAYS}
    for exchanges in LOADS[load]:
        recording = make(work, load, exchanges)
        size = payload(recording)
        for way, options in WAYS.items():
            ended = export(recording, options)
            peaks[way].append(ended.max_kb)
            if exchanges == LOADS[load][-1]:
                rows[way] += [f"{size / 1e9:.2f} GB", f"{size / ended.cpu / 1e6:,.0f} MB/s",
                              f"{exchanges / ended.cpu / 1e3:,.0f} k/s"]
        shutil.rmtree(recording)
    for way, (few, many) in peaks.items():
        rows[way] += [f"{few / 1000:.1f} MB", f"{many / 1000:.1f} MB", f"{many / few:.2f}x"]
    return list(rows.values())


def bench(work, _options):
    print("\nexport: socktape export -o /dev/null, CPU time of one core, both passes")
    rows = [row for load in LOADS for row in bench_load(work, load)]
    table("export", ["", "", "payload", "of it", "exchanges", "peak memory of a tenth", "of all",
                     "ratio"], rows)
