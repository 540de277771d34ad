#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints the columns that no expectation of the corpora has anything in: not null, not empty, and not false.

    columns.py SOCKTAPE CORPORA"""
import collections
import glob
import json
import os
import subprocess
import sys

SOCKTAPE, CORPORA = sys.argv[1:]

# Those that can't have any, and why.
EXCUSED = {
    "shape": "only asked for by its name; tests/e2e/shapes.sh and analyze_shape_test do",
}

# What isn't of a protocol, and in no expectation.
OTHER_TABLES = {"conns", "events", "exchanges", "findings", "losses", "processes"}

# The columns that all records have.
COMMON = "records"


def filled():
    """By table: the columns that have something in some row."""
    found = collections.defaultdict(set)
    for path in glob.glob(os.path.join(CORPORA, "**/expect.json"), recursive=True):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                # Bytes that aren't text have a name that says so.
                names = {name.removesuffix("_base64") for name, value in row.items()
                         if value not in (None, "") and value is not False}
                found[row["proto"]] |= names
                found[COMMON] |= names
    return found


def main():
    found = filled()
    listed = subprocess.run([SOCKTAPE, "schema", "--json"], check=True, stdout=subprocess.PIPE).stdout
    for column in map(json.loads, listed.splitlines()):
        table, name = column["table"], column["column"]
        if table not in OTHER_TABLES and name not in found[table] and name not in EXCUSED:
            print(f"{table}.{name}")


main()
