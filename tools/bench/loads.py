# SPDX-License-Identifier: BSD-2-Clause
"""Servers and what loads them; each load gives operations a second, and how many those were."""
import glob
import os
import pwd
import re
import shutil
import subprocess

import kafka
from measure import Background, free_port, have, listening, run


def output(command):
    ended = run(command, subprocess.PIPE)
    if ended.status != 0:
        raise RuntimeError(f"status {ended.status}: {' '.join(command)}")
    return ended.out.decode()


def start_redis(work, port):
    return Background(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                       "--dir", work], listening(port))


def load_redis(port, seconds):
    # Some 50,000 operations a second: the number of them fixes how long it runs.
    out = output(["redis-benchmark", "-p", str(port), "-t", "set,get", "-n",
                  str(int(seconds * 40000)), "-d", "64", "--csv"])
    rates = [float(line.split('","')[1].strip('"')) for line in out.splitlines()[1:]]
    return 2 / sum(1 / r for r in rates), 2 * int(seconds * 40000)


def start_nginx(work, port, also=""):
    """ALSO: more lines of its server."""
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
                   f"server {{ listen 127.0.0.1:{port}; {also} root {root}; }} }}\n")
    return Background(["nginx", "-c", conf, "-e", os.path.join(work, "error.log")], listening(port))


def load_wrk(port, seconds, *options, scheme="http", page="page"):
    out = output(["wrk", "-t", "1", "-c", "32", "-d", f"{int(seconds)}s", *options,
                  f"{scheme}://127.0.0.1:{port}/{page}"])
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            int(re.search(r"(\d+) requests in", out).group(1)))


def load_short(port, seconds):
    """A connection for each request."""
    return load_wrk(port, seconds, "-H", "Connection: close")


def postgres(program):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"))
    return found[-1] if found else program


def as_postgres(command):
    """PostgreSQL's server doesn't run as root."""
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]


def start_postgres(work, port):
    data = os.path.join(work, "postgres")
    user = pwd.getpwnam("postgres")
    os.makedirs(data, exist_ok=True)
    for folder in (os.path.dirname(work), work):
        os.chmod(folder, 0o711)
    os.chown(data, user.pw_uid, user.pw_gid)
    output(as_postgres([postgres("initdb"), "-D", data, "-A", "trust", "--no-sync"]))
    server = Background(as_postgres([postgres("postgres"), "-D", data, "-p", str(port), "-k", data,
                                     "-c", "fsync=off"]), listening(port))
    output([postgres("pgbench"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-i", "-q",
            "postgres"])
    return server


def load_pgbench(port, seconds):
    out = output([postgres("pgbench"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-S",
                  "-n", "-c", "4", "-j", "1", "-T", str(max(1, int(seconds))), "postgres"])
    return (float(re.search(r"tps = ([\d.]+)", out).group(1)),
            int(re.search(r"actually processed: (\d+)", out).group(1)))


class Load:
    """PROGRAMS must be there, and PREPARED() fetches what else is needed; SERVER is the name of the serving process."""

    def __init__(self, start, load, server, *programs, prepared=lambda: True):
        self.start = start
        self.load = load
        self.server = server
        self.programs = programs
        self.prepared = prepared

    def there(self):
        return have(*self.programs) and self.prepared()


LOADS = {
    "wrk": Load(start_nginx, load_wrk, "nginx", "nginx", "wrk"),
    "redis": Load(start_redis, load_redis, "redis-server", "redis-server", "redis-benchmark"),
    "pgbench": Load(start_postgres, load_pgbench, "postgres", postgres("pgbench"),
                    postgres("initdb")),
    "kafka": Load(kafka.start, kafka.load, "kafka-broker", prepared=kafka.there),
    "short": Load(start_nginx, load_short, "nginx", "nginx", "wrk"),
}
TITLES = {
    "wrk": "wrk to nginx, 1 KB",
    "redis": "redis-benchmark, 64 bytes",
    "pgbench": "pgbench -S",
    "kafka": "a Kafka producer, 1 KB",
    "short": "wrk, a connection each",
}


def serve(name, work):
    """Starts the server of a load; gives it and its port."""
    folder = os.path.join(work, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    port = free_port()
    return LOADS[name].start(folder, port), port
