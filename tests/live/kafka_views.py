# SPDX-License-Identifier: BSD-2-Clause
"""Holds the views of Kafka against what clients said that they did. Prints TAP.

    kafka_views.py SOCKTAPE WORK"""
import json
import statistics
import subprocess
import sys

SOCKTAPE, WORK = sys.argv[1:3]
NEAR_MS = 10
failed = False


def is_true(name, good, why=""):
    global failed
    print(f"{'ok' if good else 'not ok'} - {name}")
    if not good:
        failed = True
        print("\n".join(f"#   {line}" for line in str(why).splitlines()))


def ask(query):
    done = subprocess.run([SOCKTAPE, "sql", f"{WORK}/rec", "--json", query], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise SystemExit(f"not ok - {query}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines(key):
    with open(f"{WORK}/ledger", encoding="utf-8") as file:
        return [line for line in map(json.loads, file) if key in line]


def delays():
    sent = {(line["partition"], line["offset"]): line["sent"] for line in lines("sent")}
    read = {(line["partition"], line["offset"]): line["read"] for line in lines("read")}
    told = ask("SELECT * FROM kafka_deliveries WHERE topic = 'slow'")
    is_true("each message that was read is there, once, and of its group",
            sorted(read) == sorted((row["partition"], row["offset"]) for row in told) and
            {(row["group_id"], row["client_id"]) for row in told} == {("slow", "slow-1")}, told[:5])
    known = [row for row in told if row["delay_ms"] is not None]
    is_true("each of them with its delay", len(known) == len(told), [row for row in told if row not in known])
    off = [row["delay_ms"] - (read[key] - sent[key]) / 1e6 for row in known
           if (key := (row["partition"], row["offset"])) in sent]
    is_true(f"half of the delays are within {NEAR_MS} ms of what the clients measured",
            statistics.median(abs(ms) for ms in off) <= NEAR_MS, sorted(off))
    by = ask("SELECT * FROM kafka_delays WHERE topic = 'slow' ORDER BY partition")
    worst = {}
    for (partition, offset), at in sent.items():
        if (partition, offset) in read:
            worst[partition] = max(worst.get(partition, 0), (read[partition, offset] - at) / 1e6)
    is_true("the longest of each partition, too", all(
        abs(row["max_ms"] - worst[row["partition"]]) <= 5 * NEAR_MS for row in by) and len(by) == 3, (by, worst))
    sizes = [row["messages"] for row in by]
    is_true("no message is counted twice", sum(sizes) == len(read) and not any(row["unknown"] for row in by), by)


def described():
    """What the broker's own tool says: lag by group, topic and partition."""
    out = {}
    with open(f"{WORK}/described", encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if len(words) > 5 and words[3].isdigit():
                out[words[0], words[1], int(words[2])] = [int(word) for word in words[3:6]]
    return out


def lag():
    broker = described()
    last = {}
    for row in ask("SELECT * FROM kafka_lag"):
        last[row["group_id"], row["topic"], row["partition"]] = [row["committed"], row["end_offset"], row["lag"]]
    expected = {key: told for key, told in broker.items() if key[0] == "slow"}
    is_true("committed, end and lag are the broker's", last == expected and len(expected) == 3, (last, broker))


def rebalances():
    for group, protocol in (("team", "classic"), ("team848", "consumer")):
        told = ask(f"SELECT * FROM kafka_rebalances WHERE group_id = '{group}'")
        assigned = [line for line in lines("assigned") if line["group"] == group]
        names = {line["member"]: line["client"] for line in assigned}
        known = {row["generation"] for row in told}
        is_true(f"{group}: each generation that a consumer was told of",
                {line["generation"] for line in assigned} <= known and
                {row["protocol"] for row in told} == {protocol}, (known, assigned))
        came = [sorted(names.get(m, m) for m in json.loads(row["came"] or "[]")) for row in told]
        went = [sorted(names.get(m, m) for m in json.loads(row["went"])) for row in told]
        is_true(f"{group}: who came and went, in this order",
                [who for who in came if who] == [[f"{group}-a"], [f"{group}-b"]] and
                [who for who in went if who] == [[f"{group}-b"]], told)
        members = ask(f"SELECT * FROM kafka_members WHERE group_id = '{group}'")
        given = {(row["generation"], row["member_id"]): len(json.loads(row["assigned"]))
                 for row in members if row["assigned"] is not None}
        # In the new groups what is told first is taken back, and given with the next epoch.
        expected = {(line["generation"], line["member"]): line["count"] for line in assigned} \
            if protocol == "classic" else {(told[-1]["generation"], assigned[-1]["member"]): 3}
        is_true(f"{group}: what each was given", expected.items() <= given.items(), (given, assigned))
        left = {row["client_id"] for row in members if row["left"]}
        is_true(f"{group}: who left", left == {f"{group}-a", f"{group}-b"}, members)
        if protocol == "classic":
            stands_still(told, assigned, [line for line in lines("revoked") if line["group"] == group])


def stands_still(told, assigned, revoked):
    """From when the first gave up its partitions until the last had some again; that holds the view's time."""
    off = []
    for row in told:
        ends = [line["assigned"] for line in assigned if line["generation"] == row["generation"]]
        begins = [line["revoked"] for line in revoked if line["revoked"] <= max(ends)]
        if row["generation"] == 1 or not begins:
            continue
        off.append((max(ends) - max(begins)) / 1e6 - row["standstill_ms"])
    is_true("how long the group stood still", off and all(-NEAR_MS <= ms for ms in off) and
            min(off) <= 5 * NEAR_MS, (off, told, assigned, revoked))


def shares():
    offsets = sorted(line["offset"] for line in lines("offset") if line.get("group") == "sharers")
    told = ask("SELECT * FROM kafka_deliveries WHERE group_id = 'sharers' ORDER BY offset")
    is_true("a share group's messages", offsets == [row["offset"] for row in told], told)
    is_true("the delay of one that was sent without an answer is not known",
            [row["offset"] for row in told if row["delay_ms"] is None] == [20], told)
    by = ask("SELECT messages, unknown FROM kafka_delays WHERE group_id = 'sharers'")
    is_true("and is counted as that", by == [{"messages": 21, "unknown": 1}], by)
    members = ask("SELECT protocol, client_id FROM kafka_members WHERE group_id = 'sharers'")
    is_true("and its member", {tuple(row.values()) for row in members} == {("share", "sharers-a")}, members)


delays()
lag()
rebalances()
shares()
sys.exit(failed)
