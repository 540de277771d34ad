# SPDX-License-Identifier: BSD-2-Clause
"""Whether the rows of cases of damage are those of the case that they were made of.

    damage.py corpora/PROTOCOL      prints what isn't, and fails
    damage.py --itself              checks the check"""
import json
import os
import re
import sys

IN_PIECES = ("head-alone", "many-in-one", "one-byte")
DAMAGED = ("holes", "malformed", "mid-stream", "snaplen")
NAME = re.compile(rf"own-damage-(?:.*-)?({'|'.join(IN_PIECES + DAMAGED)})$")

# When and where, and what follows from it; how a row was seen.
OTHERWISE = {"ts", "record_id", "conn", "local", "remote", "role", "note", "twin", "peer_process", "late"}
# A sum of what was there is less where something is missing.
SUMS = {"tls": {"req_bytes", "resp_bytes"}}
HALF = ("partial", "unanswered")
ODD = ("nowhere told in this recording", "is not as its version says", "not all of it is kept")


def rows_of(case):
    with open(os.path.join(case, "expect.json"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def source_of(case):
    with open(os.path.join(case, "case.txt"), encoding="utf-8") as file:
        return re.search(r"out of corpora/(\S+)", file.read()).group(1)


def counts(row, column):
    return column not in OTHERWISE and not column.endswith("_ns")


def agrees(value, true):
    """Whether VALUE says nothing else than what is TRUE: nothing, the same, or less of it."""
    if value is None or value == true:
        return True
    if not isinstance(value, dict):
        # A list of values whose types are not known.
        return isinstance(value, list) and isinstance(true, list) and len(value) == len(true) and \
            any(isinstance(v, (dict, list)) for v in value) and all(map(agrees, value, true))
    if list(value) == ["bytes"]:
        return True
    # Header fields that were agreed on before.
    known = {name: v for name, v in value.items() if name != "?" and v is not None}
    return not known or (isinstance(true, dict) and all(agrees(v, true.get(name)) for name, v in known.items()))


def is_one_of(row, source, exact):
    sums = SUMS.get(row["proto"], ())

    def fits(true, column):
        if exact:
            return row[column] == true.get(column)
        if column in sums:
            return row[column] <= true.get(column)
        return agrees(row[column], true.get(column))

    columns = [column for column in row if counts(row, column)]
    return any(row["proto"] == true["proto"] and all(fits(true, c) for c in columns) for true in source)


def wrong_rows(kind, rows, source):
    for row in rows:
        # A conversation that is cut short ends with a question; nobody saw what is called unknown.
        if row["outcome"] in HALF or "unknown" in (row.get("command"), row.get("operation")):
            continue
        # A row says itself that it is odd, or cut, or that names are numbers because nobody told them; or
        # that its method isn't known, and so whether its bodies are what a tunnel carries.
        if any(words in row["note"] for words in ODD) or row.get("method", "") is None:
            continue
        if not is_one_of(row, source, kind in IN_PIECES):
            yield row


def judge(folder):
    wrong = cases = 0
    for name in sorted(os.listdir(folder)):
        kind = NAME.match(name)
        if not kind:
            continue
        case = os.path.join(folder, name)
        source = rows_of(os.path.join("corpora", source_of(case)))
        rows = rows_of(case)
        cases += 1
        if kind[1] not in ("snaplen", "mid-stream") and all(row["outcome"] in HALF for row in rows):
            print(f"{case}: nothing is whole")
            wrong += 1
        for row in wrong_rows(kind[1], rows, source):
            print(f"{case}: {row['record_id']} is no row of {source_of(case)}: {json.dumps(row)[:400]}")
            wrong += 1
    if cases < len(IN_PIECES + DAMAGED):
        print(f"{folder}: {cases} cases")
        wrong += 1
    return wrong


def check_itself():
    true = [{"proto": "p", "outcome": "ok", "note": "", "ts": 1, "a": 1, "h": {"x": "1", "y": "2"}, "l": [1, [2]]}]
    right = [{}, {"ts": 2}, {"a": None}, {"h": {"?": None, "x": "1"}}, {"l": [1, [{"bytes": "Ag=="}]]}]
    false = [{"a": 2}, {"h": {"x": "2"}}, {"h": {"z": "1"}}, {"l": [1, [3]]}, {"l": [1]}, {"proto": "q"}]
    for change in right:
        assert not list(wrong_rows("holes", [true[0] | change], true)), change
    for change in false:
        assert list(wrong_rows("holes", [true[0] | change], true)), change
        assert not list(wrong_rows("holes", [true[0] | change | {"outcome": "partial"}], true)), change
    assert list(wrong_rows("one-byte", [true[0] | {"a": None}], true))
    return 0


if sys.argv[1] == "--itself":
    sys.exit(check_itself())
sys.exit(judge(sys.argv[1]) != 0)
