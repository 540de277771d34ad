#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Whether four times the input takes four times the work, whatever is open at once.

usage: linear.py SOCKTAPE SCRATCH

Recordings of calls that nobody answers, of streams and connections that stay open, of pipelines: each
is replayed with N and with 4 N of them. What looks through all that is open for each of them takes
sixteen times the processor's time, not four. Only the ratio counts, of the least of some runs. Prints
a line of TAP for each.
"""

import os
import resource
import subprocess
import sys

import talks

TIMES = 4
MOST = 8  # half way to the square: caches, and pages that are new, are no reason to fail
ROUNDS = 3


def pipeline(path, n, port, request, response):
    """All are asked, then all are answered."""
    talk = talks.Talk(path)
    talk.open(1, port)
    for side, text in ((talks.CLIENT, request), (talks.SERVER, response)):
        for first in range(0, n, 500):
            talk.say(1, side, text * min(500, n - first))
    talk.end()


def redis_pipeline(path, n):
    pipeline(path, n, 6379, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", b"$1\r\nb\r\n")


def http_pipeline(path, n):
    pipeline(path, n, 80, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
             b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def open_connections(path, n):
    """Each has asked twice, and goes on when all others have."""
    talk = talks.Talk(path)
    for conn in range(1, n + 1):
        talk.open(conn, 80)
    for _ in range(2):
        for conn in range(1, n + 1):
            talk.say(conn, talks.CLIENT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    talk.end()


LOADS = [(redis_pipeline, 50000), (http_pipeline, 20000), (open_connections, 6000), (talks.http2_streams, 15000),
         (talks.cql_in_flight, 20000), (talks.mongodb_unanswered, 20000), (talks.amqp_unacked, 20000),
         (talks.nats_unanswered, 20000), (talks.mux_tags, 20000), (talks.thrift_unanswered, 10000),
         (talks.pgsql_statements, 10000), (talks.dns_names, 20000)]


def processor_time(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode not in (0, 2):
        sys.exit(f"{command}: exit status {result.returncode}: {result.stderr.decode(errors='replace')}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, result.stdout.count(b"\n")


def least(socktape, recording):
    """(seconds, rows)"""
    return min(processor_time([socktape, "show", recording, "--json", "--threads", "1"]) for _ in range(ROUNDS))


def main():
    socktape, scratch = sys.argv[1:]
    failed = False
    for make, n in LOADS:
        took = []
        for count in (n, TIMES * n):
            path = os.path.join(scratch, f"{make.__name__}-{count}")
            make(path, count)
            took.append(least(socktape, path))
            subprocess.run(["rm", "-rf", path], check=True)
        (few, few_rows), (many, many_rows) = took
        good = many < MOST * few and many_rows > few_rows > 0
        print(f"{'ok' if good else 'not ok'} - {make.__name__}: {TIMES} times {n} take {many / few:.1f} times as long ({few:.2f} s, {many:.2f} s)")
        if not good:
            failed = True
            print(f"#   {few:.3f} s and {many:.3f} s for {few_rows} and {many_rows} rows")
    sys.exit(failed)


main()
