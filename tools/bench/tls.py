# SPDX-License-Identifier: BSD-2-Clause
"""What recording TLS costs the server: nginx under wrk, in clear and over TLS."""
import ctypes
import os
import struct
import subprocess

from beside import NEW, NOTHING, SERVER, TCPDUMP, Beside, can_record
from goals import Goal
from loads import load_wrk, start_nginx
from measure import free_port, have, interleaved, median, run, table


def listen_also(work, port):
    """The lines of nginx's configuration by which it speaks TLS, too."""
    key, certificate = os.path.join(work, "key.pem"), os.path.join(work, "cert.pem")
    made = run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
                certificate, "-days", "2", "-subj", "/CN=localhost"])
    if made.status != 0:
        raise RuntimeError("openssl made no certificate")
    return (f"listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; "
            f"ssl_certificate_key {key};")


class NaiveProbes:
    """Probes at the first instruction of SSL_read and SSL_write and at their return, which only count:
    what a tool does that doesn't look where it puts them. They are gone with their descriptors."""

    def __init__(self):
        library = ctypes.create_string_buffer(self.library().encode())
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptors = []
        for cpu in range(os.cpu_count()):
            for offset in self.offsets(library.value.decode()):
                for returns in (0, 1):
                    # include/uapi/linux/perf_event.h: struct perf_event_attr, its first 112 bytes
                    attr = struct.pack("=IIQQQQQIIQQ", self.kind(), 112, returns, 0, 0, 0, 0, 0, 0,
                                       ctypes.addressof(library), offset).ljust(112, b"\0")
                    fd = libc.syscall(298, attr, -1, cpu, -1, 0)
                    if fd < 0:
                        raise RuntimeError(f"perf_event_open: {os.strerror(ctypes.get_errno())}")
                    self.descriptors.append(fd)

    @staticmethod
    def offsets(library):
        """In shared libraries of Debian's the code's addresses are its places in the file."""
        symbols = subprocess.run(["nm", "-D", library], check=True, capture_output=True, text=True).stdout
        return [int(line.split()[0], 16) for line in symbols.splitlines()
                if line.split()[-1].partition("@")[0] in ("SSL_read", "SSL_write")]

    @staticmethod
    def kind():
        with open("/sys/bus/event_source/devices/uprobe/type", encoding="ascii") as file:
            return int(file.read())

    @staticmethod
    def library():
        cache = subprocess.run(["ldconfig", "-p"], check=True, capture_output=True, text=True).stdout
        return next(line.split(" => ")[1] for line in cache.splitlines()
                    if "libssl.so.3 " in line and "x86-64" in line)

    @staticmethod
    def there():
        return os.uname().machine == "x86_64" and have("nm", "ldconfig")

    def stop(self):
        for fd in self.descriptors:
            os.close(fd)
        return {}


class Case:
    """One row: over TLS or not, and what runs beside."""

    def __init__(self, title, tls, mode, *options):
        self.title = title
        self.tls = tls
        self.mode = mode
        self.options = options

    def begin(self, work, port):
        if self.mode == "naive":
            return NaiveProbes()
        return Beside(self.mode, work, port, "nginx", self.options)


CASES = [
    Case("in clear, unrecorded", False, NOTHING),
    Case("in clear, recorded", False, NEW),
    Case("unrecorded", True, NOTHING),
    Case("unrecorded again", True, NOTHING),
    Case("the wire alone (--no-tls)", True, NEW, "--no-tls"),
    Case("--tls=keys", True, NEW, "--tls", "keys"),
    Case("--tls=plaintext, both ends", True, NEW),
    Case("--tls=plaintext, the server's end", True, SERVER),
    Case("tcpdump -w", True, TCPDUMP),
    Case("naive probes, unrecorded", True, "naive"),
]


def worker_of(nginx):
    found = run(["pgrep", "-P", str(nginx.process.pid)], subprocess.PIPE).out.split()
    if not found:
        raise RuntimeError("nginx has no worker")
    return int(found[0])


def cpu_ns(pid):
    """What it has used of the processors: Documentation/scheduler/sched-stats.rst."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0])


# Of a megabyte, what is copied of it counts, and a call hardly.
LARGE = 1 << 20
LARGE_TITLES = ["unrecorded", "the wire alone (--no-tls)", "--tls=plaintext, both ends",
                "--tls=plaintext, the server's end"]


def one_case(work, ports, worker, options, page):
    def one_run(title):
        case = next(c for c in CASES if c.title == title)
        port = ports[case.tls]
        beside = case.begin(work, port)
        try:
            before = cpu_ns(worker)
            rate, requests = load_wrk(port, options.seconds,
                                      scheme="https" if case.tls else "http", page=page)
            used = cpu_ns(worker) - before
        finally:
            told = beside.stop()
        return {"rate": rate, "requests": requests, "nginx": used / requests / 1e3, **told}
    return one_run


def row_of(title, runs, base):
    each = {what: median([r[what] / r["requests"] for r in runs if what in r]) for what in ("cpu", "disk")}
    nginx = median([r["nginx"] for r in runs])
    recorded = "cpu" in runs[0]
    return [title, f"{nginx:.1f} µs", f"{nginx - base:+.1f} µs", f"{median([r['rate'] for r in runs]):,.0f}",
            f"{each['cpu'] * 1e6:.1f} µs" if recorded else "-", f"{each['disk']:.0f}" if recorded else "-"]


def tell(what, results, options):
    bases = {tls: median([r["nginx"] for c in CASES if c.mode == NOTHING and c.tls == tls
                          for r in results.get(c.title, [])]) for tls in (False, True)}
    rows = [row_of(c.title, results[c.title], bases[c.tls]) for c in CASES if c.title in results]
    rounds = len(next(iter(results.values())))
    table(f"wrk to nginx over TLS 1.3, {what}, {rounds} rounds of {options.seconds:g} s",
          ["", "nginx's CPU a request", "more than unrecorded", "requests a second",
           "own CPU a request", "bytes on disk a request"], rows)


PLAINTEXT_US = 5


def goals_of(results):
    """What a request may cost nginx more than unrecorded; of 1 KB."""
    used = {title: median([r["nginx"] for r in runs]) for title, runs in results.items()}
    clear = used["in clear, recorded"] - used["in clear, unrecorded"]
    restless = abs(used["unrecorded"] - used["unrecorded again"]) > PLAINTEXT_US / 10
    return [Goal("TLS: µs more a request, --tls=plaintext, the server's end",
                 used["--tls=plaintext, the server's end"] - used["unrecorded"], at_most=PLAINTEXT_US,
                 restless=restless),
            Goal("TLS: µs more a request, --tls=keys, beside the same in clear",
                 used["--tls=keys"] - used["unrecorded"], at_most=clear, restless=restless)]


def bench(work, options):
    if not can_record() or not have("nginx", "wrk", "openssl", "tcpdump", "pgrep"):
        return []
    ports = {tls: free_port() for tls in (False, True)}
    folder = os.path.join(work, "tls")
    os.makedirs(folder)
    nginx = start_nginx(folder, ports[False], listen_also(folder, ports[True]))
    with open(os.path.join(folder, "www", "large"), "wb") as large:
        large.write(os.urandom(LARGE))
    titles = [c.title for c in CASES if c.mode != "naive" or NaiveProbes.there()]
    goals = []
    try:
        worker = worker_of(nginx)
        load_wrk(ports[True], 1, scheme="https")
        for what, page, those in ("1 KB", "page", titles), ("1 MB", "large", LARGE_TITLES):
            results = interleaved(those, one_case(work, ports, worker, options, page), options,
                                  lambda _: True)
            tell(what, results, options)
            if page == "page":
                goals += goals_of(results)
        return goals
    finally:
        nginx.stop()
