# SPDX-License-Identifier: BSD-2-Clause
"""What questions cost, beside printing all there is; and how little is read for a part of the time."""
import importlib.util
import os
import shutil
import subprocess
import sys

from measure import SOCKTAPE, bench_program, have, median, run, table

RECORDS = int(os.environ.get("QUERY_RECORDS", 3000000))
TSHARK_RECORDS = 20000
# Of how many records a path is one; and what the question may take, as part of `show --json`.
LOADS = {"paths": ("50 paths", 1.5), "http": ("all paths differ", 2.2)}
STAT_LIMIT = 1.3  # as part of reading all rows
MEMORY_LIMIT = 256 * 1024 + 100 * 1000  # KiB: --memory, and a hundred MB
HOUR = 3600
HOUR_RECORDS = 900000
SECOND_PART = 0.02  # of the blocks, for one second of an hour; beside the lead-in
LEAD_IN = 60  # seconds
BY_PATH = "SELECT path(path) AS path, count(*), p99(latency_ns) FROM http GROUP BY 1"

DUCKDB = """
import duckdb, sys, time
db = duckdb.connect()
db.execute("SET threads = 1")
db.execute("SET enable_progress_bar = false")
db.execute(f"COPY (SELECT path, latency_ns FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet)")
begin = time.process_time()
db.execute(f"SELECT path, count(*), quantile_disc(latency_ns, 0.99) FROM '{sys.argv[2]}' GROUP BY path").fetchall()
print(time.process_time() - begin)
"""


def make(work, load, records, *more):
    target = os.path.join(work, load)
    shutil.rmtree(target, ignore_errors=True)
    if run([bench_program("make_recording"), load, str(records), target, *map(str, more)]).status != 0:
        raise RuntimeError("make_recording failed")
    return target


def duckdb_seconds(work, recording):
    """The same question on the same rows as Parquet; None where there is no DuckDB."""
    if importlib.util.find_spec("duckdb") is None:
        return None
    rows, parquet = os.path.join(work, "rows.csv"), os.path.join(work, "rows.parquet")
    with open(rows, "wb") as out:
        subprocess.run([SOCKTAPE, "show", recording, "http", "--format", "csv", "--columns", "path,latency_ns"],
                       stdout=out, check=True)
    ended = subprocess.run([sys.executable, "-c", DUCKDB, rows, parquet], stdout=subprocess.PIPE, check=True)
    os.unlink(rows)
    return float(ended.stdout)


def tshark_seconds(work):
    """-z http,tree, and -Y on one path, for as many records as RECORDS, reckoned from fewer."""
    if not have("tshark"):
        return None
    recording = make(work, "http", TSHARK_RECORDS)
    capture = os.path.join(work, "few.pcapng")
    run([SOCKTAPE, "export", recording, "-q", "-o", capture])
    counted = run(["tshark", "-n", "-q", "-r", capture, "-z", "http,tree"])
    chosen = run(["tshark", "-n", "-r", capture, "-Y", 'http.request.uri contains "/9"'])
    return [ended.cpu * RECORDS / TSHARK_RECORDS for ended in (counted, chosen)]


def bench_load(work, load, options):
    recording = make(work, load, RECORDS)
    one = ["--threads", "1"]
    modes = {
        "show": [SOCKTAPE, "show", recording, "--json", *one],
        "sql": [SOCKTAPE, "sql", recording, BY_PATH, "--format", "csv", *one],
        "scan": [SOCKTAPE, "sql", recording, "SELECT count(*) FROM http", *one],
        "stat": [SOCKTAPE, "stat", recording, "http", "--json", *one],
    }
    results = {mode: [] for mode in modes}
    for count in range(options.rounds):
        turn = count % len(modes)
        for mode in list(modes)[turn:] + list(modes)[:turn]:
            results[mode].append(run(modes[mode]))
    cpu = {mode: median([r.cpu for r in ended]) for mode, ended in results.items()}
    peak = {mode: max(r.max_kb for r in ended) for mode, ended in results.items()}
    name, limit = LOADS[load]
    duckdb = duckdb_seconds(work, recording)
    shutil.rmtree(recording)
    reached = (cpu["sql"] <= limit * cpu["show"], cpu["stat"] <= STAT_LIMIT * cpu["scan"],
               max(peak.values()) <= MEMORY_LIMIT)
    return [name, f"{cpu['show']:.2f} s", f"{cpu['sql'] / cpu['show']:.2f} (at most {limit})",
            f"{cpu['stat'] / cpu['scan']:.2f} (at most {STAT_LIMIT})",
            f"{peak['sql'] / 1000:.0f} MB, {peak['stat'] / 1000:.0f} MB",
            "-" if duckdb is None else f"{duckdb / cpu['show']:.2f}",
            "reached" if all(reached) else "MISSED"]


def blocks(work, connections):
    """Of an hour with 250 exchanges a second: blocks read for one second of it, and all."""
    recording = make(work, "http", HOUR_RECORDS, connections, HOUR)
    worst, every = 0, 0
    for second in (HOUR // 6, HOUR // 2, HOUR * 5 // 6):
        ended = run([bench_program("count_blocks"), recording, f"{second}000000000", f"{second + 1}000000000"],
                    subprocess.PIPE)
        read, every = (int(n) for n in ended.out.split())
        worst = max(worst, read)
    shutil.rmtree(recording)
    return worst, every


def bench_blocks(work):
    rows = []
    for name, connections in (("50 connections that last", 50), ("a new one for each exchange", 0)):
        read, every = blocks(work, connections)
        limit = every * (SECOND_PART + LEAD_IN / HOUR)
        rows.append([name, every, read, f"{limit:.0f}", "reached" if read <= limit else "MISSED"])
    table("one second of an hour: blocks", ["", "all", "read", "at most (2 %, and the minute before)", "goal"], rows)


def bench(work, options):
    table(f"questions about {RECORDS:,} records of HTTP, on one processor, by CPU time",
          ["", "show --json", "SQL by path / show", "stat / reading", "memory of SQL, stat",
           "DuckDB on Parquet / show", "goals"],
          [bench_load(work, load, options) for load in LOADS])
    bench_blocks(work)
    tshark = tshark_seconds(work)
    if tshark:
        table("for comparison, reckoned from fewer records", ["", "seconds of CPU"],
              [["tshark -z http,tree", f"{tshark[0]:.0f}"], ["tshark -Y", f"{tshark[1]:.0f}"]])
