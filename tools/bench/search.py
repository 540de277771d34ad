# SPDX-License-Identifier: BSD-2-Clause
"""How fast socktape grep looks through bodies and unknown streams, plain and compressed."""
import os

import messages
from goals import Goal
from measure import SOCKTAPE, median, run, table

LITERAL = "nowhere-to-be-found"
PLAIN_MB = 500  # a second of one core
OF_INFLATE = 0.7


def http(number, pack=None):
    body, encoding = messages.text(number, 1000000), b""
    if pack:
        body, encoding = pack(body), b"Content-Encoding: gzip\r\n"
    return (b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % number,
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n%sContent-Length: %d\r\n\r\n%s" % (encoding, len(body), body))


def unknown(number):
    return b"?%d " % number, messages.text(number, 1000000)


def seconds(recording, options, pattern):
    grep = [SOCKTAPE, "grep", recording, "-c", *pattern]
    taskset = ["taskset", "-c", "0"] if os.path.exists("/usr/bin/taskset") else []
    found = [run(taskset + grep) for _ in range(options.rounds)]
    if any(one.status for one in found):
        raise RuntimeError("grep failed")
    return median([one.cpu for one in found])


def bench(work, options):
    rows, goals = [], []
    for name, port, make in (("http", 80, http), ("unknown protocol", 7777, unknown)):
        recording, size = messages.recorded(work, "search-" + name, port, make)
        rates = [size / 1e6 / seconds(recording, options, pattern)
                 for pattern in ([LITERAL], [LITERAL, "-i"], ["token=[A-Za-z0-9]{20,}"])]
        rows.append([name, f"{size / 1e6:.0f} MB", *(f"{rate:.0f} MB/s" for rate in rates)])
        goals.append(Goal(f"MB/s of a literal, {name}", rates[0], at_least=PLAIN_MB))
    table("grep, bytes of payload on one core", ["", "payload", "a literal", "of any case", "an expression"], rows)
    kept = messages.Kept(messages.Gzip())
    recording, _ = messages.recorded(work, "search-gzip", 80, lambda n: http(n, kept))
    inside = sum(size for _, size in kept.blocks)
    looked = seconds(recording, options, [LITERAL])
    inflated = median([kept.alone() for _ in range(options.rounds)])
    table("grep in bodies that are compressed by gzip", ["", "inside", "a literal", "of inflate's speed alone"],
          [["http", f"{inside / 1e6:.0f} MB", f"{inside / 1e6 / looked:.0f} MB/s", f"{inflated / looked:.2f}"]])
    goals.append(Goal("grep in gzip, of inflate's speed", inflated / looked, at_least=OF_INFLATE))
    return goals
