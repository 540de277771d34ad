#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
compare.py STATEMENTS OURS THEIRS

Lines of the three files belong together. Prints the statements that one has put together and the other
apart, and fails where there are any.
"""
import collections
import itertools
import sys

statements, ours, theirs = ([line.rstrip("\n") for line in open(name, encoding="utf-8", errors="replace")]
                            for name in sys.argv[1:4])
wrong = 0
if not len(statements) == len(ours) == len(theirs):
    print(f"{len(statements)} statements, {len(ours)} of our shapes, {len(theirs)} of theirs")
    wrong = 1
for what, first, second in (("only we merge", ours, theirs), ("only we part", theirs, ours)):
    parts = collections.defaultdict(dict)
    for statement, one, other in zip(statements, first, second):
        parts[one].setdefault(other, statement)
    for one, others in parts.items():
        if len(others) > 1:
            wrong += 1
            print(f"{what}: {one}")
            for other, statement in itertools.islice(others.items(), 4):
                print(f"    {other}\n        {statement}")
print(f"{len(statements)} statements, {len(set(ours))} shapes, {wrong} differences")
sys.exit(wrong > 0)
