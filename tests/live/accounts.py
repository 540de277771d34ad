#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Holds a recording of a server against what its clients say that they did.

    accounts.py SOCKTAPE WORK WHAT PORT TABLE...

WORK/ledger has a line of JSON for each connection to PORT: {"port": of the client, "who": its name,
"rows": [...]}. Each row has the columns that the client can tell, in the order in which it asked;
both ends must show these rows of the TABLEs and no others. A port that the client didn't know is null:
one of the connections that nobody names must fit. With "sorted" columns' names, as of requests at
once, rows are in their order instead. With "times" the client made one row so often, over however many
connections, and "who" is its process. Where it has "only", rows whose statements have not that word
are the driver's own: of them it is asked only that they are whole. A row that doesn't say otherwise is
expected to end "ok" or, where it tells of an error, "error". What tcpdump saw (WORK/wire.pcap) is
what is exported, byte by byte. Prints TAP."""
import base64
import collections
import json
import os
import re
import subprocess
import sys

from packets import packets

SOCKTAPE, WORK, WHAT, PORT = sys.argv[1:5]
TABLES = sys.argv[5:]
failed = False


def rows(*arguments):
    out = subprocess.run([SOCKTAPE, *arguments, "--format", "json"], check=True,
                         stdout=subprocess.PIPE).stdout
    return [as_text(json.loads(line)) for line in out.splitlines()]


def as_text(row):
    """Bytes that aren't text as the accounts write them, whether a column holds them or JSON in one: \\xHH."""
    for name in [name for name in row if name.endswith("_base64")]:
        row[name[:-len("_base64")]] = base64.b64decode(row.pop(name)).decode(errors="backslashreplace")
    return row


def report(what, problems):
    global failed
    if not problems:
        print(f"ok - {what}")
        return
    failed = True
    print(f"not ok - {what}")
    for problem in problems[:8]:
        print(f"#   {problem[:500]}")
    if len(problems) > 8:
        print(f"#   and {len(problems) - 8} more")


def port_of(end):
    return int(end.rpartition(":")[2])


def client_port(row):
    """Of a row or connection to PORT; None for others."""
    ends = {"client": row["local"], "server": row["remote"]}
    other = row["remote"] if row["role"] == "client" else row["local"]
    if row["role"] not in ends or port_of(other) != int(PORT):
        return None
    return port_of(ends[row["role"]])


def outcome_of(row):
    return "error" if any(row.get(name) not in (None, 0) for name in
                          ("error", "sqlstate", "error_code")) else "ok"


def place(row):
    """When and where it began: of those that came in one read each comes when it is answered."""
    return row["ts"], int(row["record_id"].rpartition(".")[2].lstrip("r"))


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else f"{text[:200]}... ({len(text)})"


def compare(said, shown):
    """One row: what is other than the client says."""
    expected = {"outcome": outcome_of(said), **said}
    for name, value in expected.items():
        if name not in shown:
            yield f"there is no column {name}"
        elif shown[name] != value:
            yield f"{name} is {short(shown[name])}, not {short(value)}"


def compare_all(said, shown):
    for n, (one, other) in enumerate(zip(said, shown)):
        for problem in compare(one, other):
            yield f"row {n} ({other['record_id']}, {short(one)}): {problem}; note: {other['note']}"
    for one in said[len(shown):]:
        yield f"missing: {short(one)}"
    for one in shown[len(said):]:
        columns = {name: value for name, value in one.items() if value not in (None, "", 0)}
        yield f"not told by the client: {short(columns)}"


def find(said, role, shown):
    """The connection that fits best, of those that are left."""
    left = [key for key in shown if key[1] == role]
    return min(left, default=None, key=lambda key: len(list(compare_all(said, shown[key]))))


def is_said(row, word):
    """Whether it isn't a driver's own; those ask for the schema."""
    text = f"{row.get('statement')} {row.get('batch')}"
    return word in text and "system" not in text


def take_own(shown, word):
    """Takes a driver's own rows out of SHOWN; gives those of which something is missing. One that
    says goodbye may not wait for what it asked."""
    for key in list(shown):
        for row in shown[key]:
            if not is_said(row, word) and row["outcome"] == "partial":
                yield short({name: value for name, value in row.items() if value})
        shown[key] = sorted((row for row in shown[key] if is_said(row, word)), key=place)
        if not shown[key]:
            del shown[key]


def process_of(end):
    return re.sub(r"\[\d+\]$", "", end or "")


def take_times(connection, role, shown):
    """What a client did that asks the same again and again."""
    [said] = connection["rows"]
    there = []
    for key in [key for key in shown if key[1] == role]:
        one = shown[key][0]
        if connection["who"] == (one["comm"] if role == "client" else
                                 process_of(one["peer_process"])):
            there += shown.pop(key)
    return list(compare_all([said] * connection["times"], there))


def take(connection, role, shown):
    said, port, order = connection["rows"], connection["port"], connection.get("sorted")
    there = shown.pop((port, role) if port else find(said, role, shown), [])
    if order:
        said, there = (sorted(rows, key=lambda row: [row[column] for column in order])
                       for rows in (said, there))
    return list(compare_all(said, there))


def main():
    with open(os.path.join(WORK, "ledger"), encoding="utf-8") as file:
        connections = [json.loads(line) for line in file]
    recording = os.path.join(WORK, "rec")
    shown = collections.defaultdict(list)
    for row in rows("show", recording):
        # What a broker refused, because it isn't ready yet, a client of Kafka sends again.
        refused = row.get("direction") == "produced" and row["offset"] is None
        if row["proto"] in TABLES and not refused:
            shown[client_port(row), row["role"]].append(row)
    only = {connection.get("only") for connection in connections} - {None}
    for word in only:
        report(f"{WHAT}: what the drivers ask for by themselves is whole", list(take_own(shown, word)))
    for connection in sorted(connections, key=lambda one: not one.get("times") and not one["port"]):
        for role in ("client", "server"):
            count = connection.get("times") or len(connection["rows"])
            problems = (take_times if connection.get("times") else take)(connection, role, shown)
            report(f"{WHAT}: {count} rows of {connection['who']} at the {role}'s end", problems)
    report(f"{WHAT}: no other rows", [f"port {port}, {role}: {len(more)} rows, the first {short(more[0])}"
                                      for (port, role), more in shown.items()])
    unknown = [conn for conn in rows("conns", recording)
               if int(PORT) in (port_of(conn["local"]), port_of(conn["remote"])) and
               conn["proto"] in (None, "") and conn["sent_bytes"] + conn["received_bytes"]]
    report(f"{WHAT}: no connection is unknown", [short(conn) for conn in unknown])
    export = os.path.join(WORK, "export.pcapng")
    # What others do on this host at that time was recorded, too.
    subprocess.run([SOCKTAPE, "export", "-q", "--no-remap", "--addr", f":{PORT}", recording, "-o",
                    export], check=True)
    with open(os.path.join(WORK, "tcpdump"), encoding="utf-8") as said:
        dropped = re.search(r"([1-9]\d*) packets dropped by kernel", said.read())
    what = f"{WHAT}: every stream of the export is that of the wire"
    if dropped:
        print(f"ok - {what} # SKIP tcpdump dropped {dropped.group(1)} packets")
    else:
        report(what, list(packets(export, os.path.join(WORK, "wire.pcap"))))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
