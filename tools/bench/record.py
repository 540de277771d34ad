# SPDX-License-Identifier: BSD-2-Clause
"""What recording costs: the host's load, other processes' calls, disk."""
import json
import os
import re
import shutil
import subprocess

from measure import (RECORDER, SOCKTAPE, Background, bench_program, free_port, have, listening,
                     median, run, table, tree_bytes)

MODES = ["nothing", "socktape-record", "tcpdump -w"]


def can_record():
    if os.geteuid() == 0 and run([RECORDER, "--probe"]).status == 0:
        return True
    print("  left out: this machine can't record (root and eBPF are needed)")
    return False


# ---- loads: each gives operations per second ----

def redis_load(port, seconds):
    # Some 50,000 operations a second: the number of them fixes how long it runs.
    out = run(["redis-benchmark", "-p", str(port), "-t", "set,get", "-n", str(int(seconds * 40000)),
               "-d", "64", "--csv"], subprocess.PIPE).out.decode()
    rates = [float(line.split('","')[1].strip('"')) for line in out.splitlines()[1:]]
    return 2 / sum(1 / r for r in rates)


def wrk_load(port, seconds):
    out = run(["wrk", "-t", "1", "-c", "32", "-d", f"{int(seconds)}s",
               f"http://127.0.0.1:{port}/page"], subprocess.PIPE).out.decode()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def start_redis(work, port):
    return Background(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                       "--dir", work], listening(port))


def start_nginx(work, port):
    root = os.path.join(work, "www")
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "page"), "w", encoding="ascii") as page:
        page.write("".join(f"line {i} of a page of one kilobyte\n" for i in range(30))[:1024])
    conf = os.path.join(work, "nginx.conf")
    with open(conf, "w", encoding="ascii") as file:
        temp = " ".join(f"{kind}_temp_path {work}/{kind};"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        file.write(f"daemon off; worker_processes 1; user root; pid {work}/nginx.pid;\n"
                   f"events {{ worker_connections 256; }}\n"
                   f"http {{ access_log off; keepalive_requests 1000000; {temp}\n"
                   f"server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n")
    return Background(["nginx", "-c", conf, "-e", os.path.join(work, "error.log")], listening(port))


LOADS = {"redis-benchmark": (start_redis, redis_load, "redis-server"),
         "wrk to nginx": (start_nginx, wrk_load, "nginx")}


# ---- what runs beside the load ----

def start_recorder(mode, work, port):
    target = os.path.join(work, "out")
    shutil.rmtree(target, ignore_errors=True)
    if mode == "socktape-record":
        return Background([RECORDER, "-q", "-o", target],
                          lambda: os.path.isdir(target) and os.listdir(target)), target
    if mode == "tcpdump -w":
        os.makedirs(target)
        file = os.path.join(target, "out.pcap")
        return Background(["tcpdump", "-i", "lo", "-s", "0", "-Z", "root", "-w", file, "port",
                           str(port)], lambda: os.path.exists(file)), target
    return None, target


def one_run(mode, work, port, load, seconds):
    recorder, target = start_recorder(mode, work, port)
    rate = load(port, seconds)
    result = {"rate": rate}
    if recorder:
        ended = recorder.stop()
        result["cpu"] = ended.cpu
        result["disk"] = tree_bytes(target)
    if mode == "socktape-record":
        info = json.loads(run([SOCKTAPE, "info", "--json", target], subprocess.PIPE).out)
        # Both ends of each connection are recorded: the payload crossed the socket once.
        result["payload"] = info["moved_bytes"] / 2
        result["lost"] = info["lost_bytes"] / max(1, info["moved_bytes"])
        result["records"] = sum(p["records"] for p in info["protocols"].values()) / 2
    return result


def summarize(name, results):
    base = median([r["rate"] for r in results["nothing"]])
    socktape = results["socktape-record"]
    payload = median([r["payload"] / r["records"] for r in socktape])
    rows = []
    for mode in MODES:
        runs = results[mode]
        rate = median([r["rate"] for r in runs])
        row = [mode, f"{rate:,.0f}", f"{rate / base:.3f}"]
        if mode == "nothing":
            rows.append(row + ["-", "-", "-"])
            continue
        if mode == "socktape-record":
            gigabytes = [r["payload"] / 1e9 for r in runs]
        else:
            # The same number of operations on average as under the recorder, of the same size.
            scale = rate / median([r["rate"] for r in socktape])
            share = 1 if name == "redis-benchmark" else scale
            gigabytes = [median([r["records"] for r in socktape]) * payload * share / 1e9] * len(runs)
        row.append(f"{median([r['cpu'] / g for r, g in zip(runs, gigabytes)]):.1f}")
        row.append(f"{median([r['disk'] / g for r, g in zip(runs, gigabytes)]) / 1e6:,.0f} MB")
        row.append(f"{100 * max(r.get('lost', 0) for r in runs):.2f} %"
                   if mode == "socktape-record" else "-")
        rows.append(row)
    table(f"recording {name}", ["", "ops/s", "kept", "CPU s/GB", "disk/GB", "lost (worst)"], rows)
    ratio = median([r["disk"] for r in socktape]) / median([r["disk"] for r in results["tcpdump -w"]])
    print(f"  recording / pcap: {ratio:.3f} of the bytes")


def bench_loads(work, options):
    print("record: what recording costs the host")
    if not can_record() or not have("redis-server", "redis-benchmark", "nginx", "wrk", "tcpdump"):
        return
    for name, (start, load, _) in LOADS.items():
        port = free_port()
        server = start(work, port)
        results = {mode: [] for mode in MODES}
        try:
            load(port, 1)
            for round_number in range(options.rounds):
                turn = round_number % len(MODES)
                for mode in MODES[turn:] + MODES[:turn]:
                    results[mode].append(one_run(mode, work, port, load, options.seconds))
        finally:
            server.stop()
        summarize(name, results)


# ---- calls ----

CALLS = [("getpid", 2000000), ("read", 2000000), ("tcp64", 200000)]
NAMES = {"getpid": "getpid", "read": "read of 1 byte, /dev/zero", "tcp64": "64 bytes over TCP"}
FILTERS = {"off": None, "on, filtered out": ["-p", "1"], "on": []}


def bench_calls(work, options):
    print("\ncalls: ns per call of another process")
    if not can_record():
        return
    times = {(call, f): [] for call, _ in CALLS for f in FILTERS}
    for _ in range(options.rounds):
        for name, arguments in FILTERS.items():
            target = os.path.join(work, "calls")
            shutil.rmtree(target, ignore_errors=True)
            recorder = None
            if arguments is not None:
                recorder = Background([RECORDER, "-q", "-o", target] + arguments,
                                      lambda d=target: os.path.isdir(d) and os.listdir(d))
            for call, count in CALLS:
                out = run([bench_program("calls"), call, str(count)], subprocess.PIPE).out
                times[call, name].append(float(out))
            if recorder:
                recorder.stop()
    rows = []
    for call, _ in CALLS:
        off = median(times[call, "off"])
        row = [NAMES[call], f"{off:.0f} ns"]
        for name in list(FILTERS)[1:]:
            value = median(times[call, name])
            row.append(f"{value:.0f} ns ({value - off:+.0f}, {value / off:.2f}x)")
        rows.append(row)
    table("cost of a call", [""] + list(FILTERS), rows)
