# SPDX-License-Identifier: BSD-2-Clause
"""What recording costs a host that is kept fully busy, beside an older build and tcpdump."""
import subprocess

from beside import (AGAIN, FILTERED, NEW, NOTHING, OLD, SERVER, TCPDUMP, Beside, can_record,
                    modes_there)
from goals import (FILTERED_KEPT, OF_OLD_CALL, OF_OLD_COST, SERVER_KEPT, Goal)
from loads import LOADS, TITLES, serve
from measure import bench_program, have, interleaved, median, run, table

STEADY = 0.02


def ratio_aa(results, value):
    return median([value(r) for r in results[AGAIN]]) / median([value(r) for r in results[NOTHING]])


def steady(value):
    """Whether the two measurements of nothing are the same."""
    return lambda results: abs(ratio_aa(results, value) - 1) <= STEADY


def aa_text(aa):
    return f"{aa:.3f}" + ("" if abs(aa - 1) <= STEADY else " (restless: doesn't count)")


def one_load(name, work, port, options):
    def one_run(mode):
        beside = Beside(mode, work, port, LOADS[name].server)
        rate, operations = LOADS[name].load(port, options.seconds)
        return {"rate": rate, "operations": operations, **beside.stop()}
    return one_run


def missing(mode, runs):
    """The worst of what RUNS lost."""
    if mode in (NOTHING, AGAIN):
        return "-"
    if mode == TCPDUMP:
        return f"{100 * max(r['dropped'] for r in runs):.1f} % of packets"
    events = max(r["lost"] for r in runs)
    left_out = max(r["left_out"] / max(1, r["moved"]) for r in runs)
    return f"{events:,} calls, {100 * left_out:.2f} % of payload" if events or left_out else "nothing"


def load_goals(name, kept, restless, runs):
    """KEPT of the unrecorded rate, by mode."""
    title = TITLES[name]
    if name not in OF_OLD_COST:
        return [Goal(f"{title}: calls lost", max(r["lost"] for r in runs), at_most=0)]
    goals = [
        Goal(f"{title}: cost beside tcpdump's", (1 - kept[NEW]) - (1 - kept[TCPDUMP]), at_most=0,
             restless=restless),
        Goal(f"{title}: kept, server's end only", kept[SERVER], at_least=SERVER_KEPT,
             restless=restless),
        Goal(f"{title}: kept, everything filtered out", kept[FILTERED], at_least=FILTERED_KEPT,
             restless=restless),
    ]
    if OLD in kept:
        goals.insert(0, Goal(f"{title}: of the old build's cost", (1 - kept[NEW]) / (1 - kept[OLD]),
                             at_most=OF_OLD_COST[name], restless=restless))
    return goals


def bench_load(name, work, options):
    if not can_record() or not LOADS[name].there() or not have("tcpdump"):
        return []
    server, port = serve(name, work)
    modes = modes_there(NOTHING, AGAIN, NEW, OLD, TCPDUMP, SERVER, FILTERED)
    try:
        LOADS[name].load(port, 1)
        results = interleaved(modes, one_load(name, work, port, options), options,
                              steady(lambda r: r["rate"]))
    finally:
        server.stop()
    base = median([r["rate"] for mode in (NOTHING, AGAIN) for r in results[mode]])
    kept = {mode: median([r["rate"] for r in results[mode]]) / base for mode in modes}
    rows = []
    for mode in modes[2:]:
        cost = "-"
        if mode == NEW and OLD in kept:
            cost = f"{(1 - kept[mode]) / (1 - kept[OLD]):.2f}"
        each = {what: median([r[what] / r["operations"] for r in results[mode]])
                for what in ("cpu", "disk")}
        rows.append([mode, f"{kept[mode]:.3f}", cost, f"{each['cpu'] * 1e6:.2f} µs",
                     f"{each['disk']:.1f}", missing(mode, results[mode])])
    aa = ratio_aa(results, lambda r: r["rate"])
    table(f"{TITLES[name]}: {base:,.0f} a second unrecorded, A/A {aa_text(aa)}, "
          f"{len(results[NOTHING])} rounds of {options.seconds:g} s",
          ["", "kept", "of the old build's cost", "own CPU an operation", "bytes on disk", "lost, worst round"],
          rows)
    return load_goals(name, kept, abs(aa - 1) > STEADY, results[NEW])


# ---- calls ----

CALLS = {"getpid": ("getpid", 2000000), "read": ("read of 1 byte, /dev/zero", 2000000),
         "tcp64": ("64 bytes over TCP", 200000)}


def one_round_of_calls(work):
    def one_run(mode):
        beside = Beside(mode, work)
        times = {call: float(run([bench_program("calls"), call, str(count)], subprocess.PIPE).out)
                 for call, (_, count) in CALLS.items()}
        beside.stop()
        return times
    return one_run


def call_goal(call, base, added, aa):
    """A call that moves nothing through a socket differs by no more than A/A may."""
    title = CALLS[call][0]
    if call != "tcp64":
        return Goal(f"{title}: difference, of its time", abs(added[NEW]) / base,
                    at_most=max(abs(aa - 1), STEADY))
    return Goal(f"{title}: of the time that the old build adds", added[NEW] / added[OLD],
                at_most=OF_OLD_CALL, restless=abs(aa - 1) > STEADY) if OLD in added else None


def bench_calls(work, options):
    if not can_record():
        return []
    modes = modes_there(NOTHING, AGAIN, NEW, OLD, FILTERED)
    results = interleaved(modes, one_round_of_calls(work), options, lambda results: all(
        steady(lambda r, c=call: r[c])(results) for call in CALLS))
    rows, goals = [], []
    for call, (title, _) in CALLS.items():
        base = median([r[call] for mode in (NOTHING, AGAIN) for r in results[mode]])
        added = {mode: median([r[call] for r in results[mode]]) - base for mode in modes[2:]}
        aa = ratio_aa(results, lambda r, c=call: r[c])
        goals.append(call_goal(call, base, added, aa))
        row = [title, f"{base:.0f} ns", aa_text(aa)]
        row += [f"{added[mode]:+.0f} ns" if mode in added else "-" for mode in (NEW, OLD, FILTERED)]
        rows.append(row)
    table(f"a call of another process, {len(results[NOTHING])} rounds",
          ["", "unrecorded", "A/A", NEW, OLD, FILTERED], rows)
    return [goal for goal in goals if goal]
