# SPDX-License-Identifier: BSD-2-Clause
"""Holds the HTTP in a recording against what tls_http said.

    tls_http_judge.py SOCKTAPE RECORDING h1|h2 CLIENTS REQUESTS

At both ends each request must be there once, with its body and the same for an answer, and all of one
client's on one connection that has no other's.
"""
import json
import subprocess
import sys


def body(i, k):
    return f"body-{i}-{k}-{'x' * ((i * 7 + k * 1301) % 20000)}"


def rows(command, *arguments):
    out = subprocess.run([socktape, command, recording, *arguments, "--json"], check=True,
                         capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


socktape, recording, version = sys.argv[1:4]
clients, requests = map(int, sys.argv[4:])
table, code = ("http", "code") if version == "h1" else ("http2", "status")
expected = sorted((f"/client/{i}/request/{k}", 200, body(i, k), body(i, k))
                  for i in range(clients) for k in range(requests))
shown = [row for row in rows("show", table) if (row["path"] or "").startswith("/client/")]
owners = {}
for row in shown:
    owners.setdefault((row["role"], row["conn"]), set()).add(row["path"].split("/")[2])
for role in ("client", "server"):
    got = sorted((row["path"], row[code], row["req_body"], row["resp_body"])
                 for row in shown if row["role"] == role)
    if got != expected:
        missing = [row[:2] for row in expected if row not in got]
        sys.exit(f"{role}s: {len(got)} of {len(expected)}, missing or other: {missing[:5]}")
    conns = [who for (end, _), who in owners.items() if end == role]
    if len(conns) != clients or any(len(who) > 1 for who in conns):
        sys.exit(f"{role}s: {clients} clients on {len(conns)} connections: {conns[:5]}")
# Frames of HTTP/2 may come that a client which closes never reads: they look like some that were missed.
losses = [row for row in rows("events", "--all") if row["event"] == "loss" and
          (row["fields"]["cause"], row["fields"]["dir"]) != ("plaintext of TLS not seen", "received")]
if losses:
    sys.exit(f"losses: {losses[:3]}")
print(f"{len(expected)} requests at both ends")
