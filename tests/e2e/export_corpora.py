#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every case of the corpora, exported in every way, read by two Wiresharks: tshark's sharkd, and that
of the npm package wiregasm where its folder is given. Prints TAP.

    export_corpora.py WORK [--wiregasm DIR] [--update] [CASE...]

What each of them counts stands in export-counts.txt, which --update writes anew: messages of the
case's protocol, packets that it calls malformed, and remarks of TCP analysis. Why a case has malformed
ones stands in front, in a line that a person writes: "# why CASE: ..."."""
import base64
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTS = os.path.join(HERE, "export-counts.txt")
SOCKTAPE = os.environ.get("socktape", "build/socktape")

FILTERS = {
    "amqp": "amqp", "amqp1": "amqp", "cql": "cql", "dns": "dns || mdns || llmnr", "http": "http || websocket",
    "http2": "http2 || grpc", "kafka": "kafka", "mongodb": "mongo", "mysql": "mysql", "pgsql": "pgsql",
    "redis": "resp", "thrift": "thrift", "tls": "tls", "socks": "socks", "proxy": "proxy || http",
}
# Cases that may have HTTP/2 in them.
WITH_HTTP2 = ("http2", "tls")
MODES = {
    "plaintext": [],
    "keys": ["--tls", "keys"],
    "carrier": ["--tls", "carrier"],
    "both-ends": ["--both-ends"],
    "records": ["--records"],
    "split": ["--split", "128KiB"],
    "pcap": ["--format", "pcap"],
    "nsecpcap": ["--format", "nsecpcap"],
    "no-remap": ["--no-remap"],
}
# What these change is not what is said: they count as plaintext does.
SAME = ("records", "pcap", "nsecpcap")
# They are tried on the first case of each protocol, and on each eighth.
SAMPLED = (*SAME, "no-remap")
EVERY = 8
# After so many seconds no other case is begun, unless all are asked for; that is said.
PATIENCE = 420


# What stands in front of HTTP/2 that was joined midway, which nobody would take for it without.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"


class Reader:
    """A Wireshark that answers questions, one line each."""

    def __init__(self, command):
        self.command = command
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, bufsize=1)

    def renew(self):
        """Another process: what the dissector of HTTP/2 learnt of headers stays, beyond the file."""
        self.close()
        self.start()

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} died of {question}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Sharkd(Reader):
    name = "tshark"

    def __init__(self):
        super().__init__(["sharkd", "-"])
        self.loads = 0

    def call(self, method, **params):
        answer = self.ask({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        if "error" in answer:
            raise RuntimeError(f"{method} {params}: {answer['error']}")
        return answer["result"]

    def load(self, file):
        self.call("load", file=file)
        self.loads += 1

    def count(self, display_filter):
        # It remembers answers by the filter's text, beyond the file: spaces make it another.
        return len(self.call("frames", filter=f"({display_filter}){' ' * self.loads}"))

    def follow(self, stream):
        answer = self.call("follow", follow="TCP", filter=f"tcp.stream=={stream}")
        sides = [b"", b""]
        for part in answer.get("payloads", []):
            sides[part.get("s", 0)] += base64.b64decode(part["d"])
        return sides


class Wiregasm(Reader):
    name = "wiregasm"

    def __init__(self, folder):
        super().__init__(["node", os.path.join(HERE, "wireshark.mjs"), folder])

    def start(self):
        super().start()
        self.version = json.loads(self.process.stdout.readline())["version"]

    def load(self, file):
        answer = self.ask({"load": file})
        if "error" in answer:
            raise RuntimeError(f"{file}: {answer['error']}")

    def count(self, display_filter):
        return self.ask({"count": display_filter})["count"]

    def follow(self, stream):
        answer = self.ask({"follow": f"tcp.stream eq {stream}"})
        return [bytes.fromhex(answer["client"]), bytes.fromhex(answer["server"])]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace")


def digest_of(folder):
    """Of what the case is made of: other captures have other counts."""
    digest = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        if name not in ("case.txt", "expect.json") and os.path.isfile(os.path.join(folder, name)):
            with open(os.path.join(folder, name), "rb") as file:
                digest.update(name.encode() + file.read())
    return digest.hexdigest()[:8]


class Case:
    def __init__(self, folder, work):
        self.folder = folder
        self.name = os.path.relpath(folder, "corpora").rstrip("/")
        self.protocol = self.name.split("/")[0]
        self.filter = FILTERS.get(self.protocol, "frame")
        self.recording = os.path.join(work, "rec")
        self.file = os.path.join(work, "x.pcapng")
        self.captures = glob.glob(os.path.join(folder, "capture.pcap*"))
        self.digest = digest_of(folder)
        keylog = os.path.join(folder, "keylog.txt")
        self.options = ["--keylog", keylog] if os.path.exists(keylog) else []
        run("rm", "-rf", self.recording)
        if self.captures:
            run(SOCKTAPE, "import", "-q", self.captures[0], "-o", self.recording)
        else:
            run("cp", "-r", folder, self.recording)

    def export(self, mode):
        """The files, and what the command told."""
        for old in glob.glob(self.file.replace(".pcapng", "*")):
            os.remove(old)
        done = run(SOCKTAPE, "export", self.recording, "-o", self.file, *self.options, *MODES[mode])
        if done.returncode == 1:
            raise RuntimeError(f"{self.name} {mode}: {done.stderr}")
        return sorted(glob.glob(self.file.replace(".pcapng", "*.pcapng"))), done.stderr

    def streams(self):
        """Of each connection that is recorded whole, by number: what the client and the server said.
        Where both ends were recorded, all that either saw: the last bytes may never have been read."""
        events = run(SOCKTAPE, "events", self.recording, "-x", "--json", "-a", *self.options).stdout
        found, broken = {}, set()
        for line in events.splitlines():
            event = json.loads(line)
            if event["event"] != "data" or event.get("layer") != "wire":
                continue
            sides = found.setdefault(event["conn"], {"sent": bytearray(), "received": bytearray()})
            side = sides[event["dir"]]
            if event["captured"] != event["len"] or event["offset"] != len(side):
                broken.add(event["conn"])
                continue
            side += bytes.fromhex(event["payload"])
        roles = {row["conn"]: row for row in map(json.loads, run(
            SOCKTAPE, "conns", self.recording, "--json", *self.options).stdout.splitlines())}
        ends = {(row["local"], row["remote"]): conn for conn, row in roles.items()}
        for conn, sides in found.items():
            row = roles.get(conn, {})
            other = found.get(ends.get((row.get("remote"), row.get("local"))), {})
            for one, its in (("sent", "received"), ("received", "sent")):
                sides[one] = max(sides[one], other.get(its, b""), key=len)
        return {conn: [bytes(sides["sent"]), bytes(sides["received"])] for conn, sides in found.items()
                if conn not in broken and roles.get(conn, {}).get("transport", "") == "tcp"}


def comments(file):
    """The connection of each TCP stream, which its first packet's comment names, and whether that says
    that its first bytes are made up."""
    sys.path.insert(0, os.path.join(HERE, "..", "live"))
    from packets import blocks, ip_parts  # pylint: disable=import-outside-toplevel
    with open(file, "rb") as capture:
        data = capture.read()
    conns = []
    for frame, comment in blocks(data):
        parts = ip_parts(frame)
        if not parts or parts[0] != 6:
            continue
        # The first packet of a connection is its client's SYN; each begins a stream.
        if parts[4][13] & 18 == 2:
            match = re.match(r"conn (\d+)", comment)
            conns.append((int(match.group(1)) if match else None, "preface of HTTP/2 is made up" in comment))
    return conns


def measure(reader, case, files):
    """(messages, malformed, remarks on TCP) of all files together"""
    sums = [0, 0, 0]
    for file in files:
        if case.protocol in WITH_HTTP2:
            reader.renew()
        reader.load(file)
        for i, display_filter in enumerate((case.filter, "_ws.malformed", "tcp.analysis.flags")):
            sums[i] += reader.count(display_filter)
    return sums


def follow_differs(reader, file, expected):
    """The connections of the file that is loaded of which no stream has the bytes that were recorded.
    Which numbers streams have is the reader's business: SOCKS takes two."""
    conns = comments(file)
    followed = [reader.follow(stream) for stream in range(3 * len(conns) + 8)]
    bare = [[side.removeprefix(PREFACE) for side in sides] for sides in followed]
    return [f"conn {conn}" for conn, made_up in conns if conn in expected and
            sorted(expected[conn]) not in [sorted(sides) for sides in (bare if made_up else followed)]]


def read_counts():
    counts = {}
    if os.path.exists(COUNTS):
        with open(COUNTS, encoding="utf-8") as file:
            for line in file:
                if not line.startswith("#"):
                    case, digest, mode, reader, *numbers = line.split()
                    counts[case, digest, mode, reader] = [int(n) for n in numbers]
    return counts


def read_reasons():
    """Why packets of a case are malformed, by case."""
    with open(COUNTS, encoding="utf-8") as file:
        return dict(re.match(r"# why (\S+): (.*)", line).groups() for line in file if line.startswith("# why "))


def write_counts(counts):
    reasons = read_reasons()
    with open(COUNTS, "w", encoding="utf-8") as file:
        file.write("# Written by export_corpora.py --update: case, what its capture is, way, reader, messages of the\n"
                   "# case's protocol, malformed packets, remarks of TCP analysis.\n")
        for case in sorted(reasons):
            file.write(f"# why {case}: {reasons[case]}\n")
        for key in sorted(counts):
            file.write(" ".join([*key, *map(str, counts[key])]) + "\n")


class Check:
    def __init__(self, readers, counts, update):
        self.readers = readers
        self.counts = counts
        self.update = update
        self.wrong = {mode: [] for mode in MODES}
        self.follow = []
        self.uncounted = set()
        self.done = {mode: 0 for mode in MODES}

    def hold(self, case, mode, reader, sums, plain):
        key = (case.name, case.digest, mode, reader.name)
        if mode in SAME:
            expected = plain[reader.name]
        elif mode == "no-remap":
            # Any dissector may have it; TCP has nothing to say all the same.
            expected = [sums[0], sums[1], plain[reader.name][2]]
        elif self.update:
            self.counts[key] = expected = sums
        elif key in self.counts:
            expected = self.counts[key]
        else:
            self.uncounted.add(case.name)
            return
        if sums != expected:
            self.wrong[mode].append(f"{case.name}, {reader.name}: {sums}, not {expected}")

    def wanted(self, mode, told, files):
        if mode in ("keys", "carrier"):
            return "plaintexts" in told
        if mode == "both-ends":
            return "merged" in told
        if mode == "split":
            return os.path.getsize(files[0]) > 128 << 10
        return True

    def forget_others(self, case):
        """Counts of what the case's capture was before."""
        for key in [key for key in self.counts if key[0] == case.name and key[1] != case.digest]:
            del self.counts[key]

    def case(self, case, sampled):
        plain = {}
        if self.update:
            self.forget_others(case)
        files, told = case.export("plaintext")
        streams = case.streams()
        for reader in self.readers:
            plain[reader.name] = measure(reader, case, files)
            self.hold(case, "plaintext", reader, plain[reader.name], plain)
            self.follow += [f"{case.name}, {reader.name}: {w}"
                            for w in follow_differs(reader, files[0], streams)]
        self.done["plaintext"] += 1
        modes = [mode for mode in MODES if mode != "plaintext" and self.wanted(mode, told, files)
                 and (sampled or mode not in SAMPLED)]
        for mode in modes:
            files, _ = case.export(mode)
            for reader in self.readers:
                self.hold(case, mode, reader, measure(reader, case, files), plain)
            self.done[mode] += 1


def tell(what, wrong):
    print(f"{'not ok' if wrong else 'ok'} - {what}")
    for line in wrong[:20]:
        print(f"#   {line}")


def main():
    started = time.monotonic()
    arguments = sys.argv[1:]
    work = arguments.pop(0)
    update = "--update" in arguments
    arguments = [a for a in arguments if a != "--update"]
    readers = [Sharkd()]
    if "--wiregasm" in arguments:
        at = arguments.index("--wiregasm")
        readers.append(Wiregasm(arguments[at + 1]))
        del arguments[at:at + 2]
    version = run("tshark", "--version").stdout.split()[2]
    counts = read_counts()
    folders = sorted(os.path.dirname(f) + "/" for f in glob.glob("corpora/*/*/case.txt"))
    if arguments:
        folders = [f for f in folders if any(a in f for a in arguments)]
    check = Check(readers, counts, update)
    seen, left_out = set(), 0
    # Some of every protocol come first.
    for number, folder in sorted(enumerate(folders), key=lambda pair: pair[0] % EVERY):
        if not update and not os.environ.get("LIVE_ALL") and time.monotonic() > started + PATIENCE:
            left_out += 1
            continue
        case = Case(folder, work)
        check.case(case, number % EVERY == 0 or case.protocol not in seen)
        seen.add(case.protocol)
        if update:
            write_counts(check.counts)
    for mode, wrong in check.wrong.items():
        tell(f"{mode}: {check.done[mode]} cases count as they should in {' and '.join(r.name for r in readers)}"
             f" (tshark {version})", wrong)
    tell("following a stream gives the bytes that were recorded", check.follow)
    reasons, malformed = read_reasons(), {key[0] for key, numbers in counts.items() if numbers[1]}
    unexplained = [f"{case}: " + ("malformed packets, and no line" if case in malformed else "a line, and no malformed packets")
                   for case in sorted(malformed ^ set(reasons))]
    tell("what is malformed is explained", unexplained)
    if left_out:
        print(f"ok - {left_out} more cases # SKIP they would take longer than {PATIENCE} seconds; LIVE_ALL=1 has all")
    if check.uncounted:
        print(f"ok - counts of {len(check.uncounted)} cases # SKIP they are new or changed: "
              f"export_corpora.py --update ({', '.join(sorted(check.uncounted)[:3])} ...)")
    for reader in readers:
        reader.close()
    return 1 if check.follow or unexplained or any(check.wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
