# SPDX-License-Identifier: BSD-2-Clause
"""Holds a recording (rows of socktape events --all --format json -x) against the ledger of a test
program (tests/live/ledger.h); what other processes did doesn't matter."""

FIELDS = ("call", "fd", "offset", "len", "captured", "cut", "pid", "tid", "peer", "payload")
RECORD_MAX = 65536  # KERNEL_PAYLOAD_MAX of bpf/event.h


def merged(events):
    """Records of one call put together: a call with more than fits in one becomes several."""
    calls = []
    full = False
    for event in events:
        if full and calls[-1]["ts"] == event["ts"] and calls[-1]["tid"] == event["tid"]:
            for field in ("len", "captured", "payload"):
                calls[-1][field] += event[field]
            calls[-1]["cut"] = event["cut"]
        else:
            calls.append(dict(event))
        full = event["captured"] == RECORD_MAX
    return calls


def way_of(row):
    """A direction of a connection, and of the plaintext in it: positions are its own."""
    return row["dir"] + (" in TLS" if row.get("layer") == "tls" else "")


def by_stream(rows, key):
    streams = {}
    for row in rows:
        streams.setdefault((row[key], way_of(row)), []).append(row)
    return streams


def differs(want, have, length_only):
    """The fields in which a recorded call isn't the one that was made. LENGTH_ONLY: on this kernel
    its payload can't be had; then that must be told."""
    fields = [field for field in FIELDS if field in want]
    if length_only and have["captured"] < have["len"] and have["cut"]:
        fields = [field for field in fields if field not in ("captured", "cut", "payload")]
    return [field for field in fields if want[field] != have[field]]


def wrong_wait(want, have, begins):
    """What is wrong with how long a call waited, as the recording tells it."""
    told = have["blocked_ns"]
    if told is None:
        return want["waited"] > 0 and begins
    return not want["waited"] <= told <= want["took"]


def pieces_joined(expected, got):
    """What sendfile sends is recorded piece by piece as the kernel sends it: put together as far as
    one call went."""
    joined = []
    for event in got:
        want = expected[len(joined) - 1] if 0 < len(joined) <= len(expected) else {}
        if (want.get("call") == event["call"] == "sendfile" and joined[-1]["call"] == "sendfile"
                and joined[-1]["len"] + event["len"] <= want["len"]):
            for field in ("len", "captured", "payload"):
                joined[-1][field] += event[field]
            joined[-1]["cut"] = event["cut"]
        else:
            joined.append(dict(event))
    return joined


def differences(expected, got, length_only, begins):
    got = pieces_joined(expected, got)
    for number, (want, have) in enumerate(zip(expected, got)):
        for field in differs(want, have, length_only):
            yield f"call {number}: {field} is {have[field]!s:.80}, not {want[field]!s:.80}"
        if "took" in want and wrong_wait(want, have, begins):
            yield (f"call {number}: blocked_ns is {have['blocked_ns']}, not between "
                   f"{want['waited']} and {want['took']}")
    if len(expected) != len(got):
        yield f"{len(got)} calls, not {len(expected)}"


def match_ends(ledger, events, length_only):
    """The connection of each end: the one that has its first call."""
    ends = {}
    for want in ledger:
        if want["end"] in ends:
            continue
        for have in events:
            wrong = differs(want, have, length_only)
            if have["conn"] not in ends.values() and way_of(have) == way_of(want) and not (
                {"call", "offset", "len", "pid", "payload"} & set(wrong)
            ):
                ends[want["end"]] = have["conn"]
                break
    return ends


def compare_conns(ledger, rows, ends):
    for want in (row for row in ledger if "conn" in row):
        details = [
            row["detail"]
            for row in rows
            if row["event"] == "conn" and row["conn"] == ends.get(want["conn"])
        ]
        text = f"{want['role']}, {want['origin']}"
        if not details or not details[-1].endswith(text):
            yield f"{want['conn']}: recorded as {details}, not {text}"
        elif not details[-1].startswith(want["transport"] + " "):
            yield f"{want['conn']}: recorded as {details}, not {want['transport']}"


def loss_text(want):
    """How a call that no program saw is told of."""
    return f"1 events, {want['len']} bytes {want['dir']} at {want['offset']}: unseen call"


def losses(rows, ledgers=()):
    """What is told as lost, but for the calls of LEDGERS for which that will do."""
    excused = [loss_text(row) for ledger in ledgers for row in ledger if "loss_will_do" in row]
    told = [row["detail"] for row in rows if row["event"] == "loss"]
    return [f"loss: {detail}" for detail in told if detail not in excused]


def not_lost(expected, lost):
    """Without the calls that are told of as LOST, if that will do."""
    return [want for want in expected
            if "loss_will_do" not in want or loss_text(want) not in lost]


def without(ledger, unseen):
    """What can be seen of LEDGER where the calls can't be that are UNSEEN: positions lack them."""
    seen = [row for row in ledger if "conn" in row or not unseen(row)]
    ends = {row["end"] for row in seen if "end" in row}
    seen = [row for row in seen if row.get("conn", row.get("end")) in ends]
    return [{key: value for key, value in row.items() if key != "offset"} for row in seen]


def without_uring(ledger):
    return without(ledger, lambda row: row["call"].startswith("io_uring"))


def without_unhooked(ledger):
    """Where the calls that no program sees aren't told of as lost, either."""
    return without(ledger, lambda row: "loss_will_do" in row)


def compare(ledger, rows, length_only=False, begins=True):
    """What differs, as lines. LENGTH_ONLY: payload may be missing if the recording says so.
    BEGINS: of calls that blocked it must be told since when."""
    moved = [row for row in ledger if "end" in row]
    pids = {row["pid"] for row in moved}
    events = [row for row in rows if row["event"] == "data" and row["pid"] in pids]
    streams = by_stream(events, "conn")
    streams = {key: merged(calls) for key, calls in streams.items()}
    calls = [call for stream in streams.values() for call in stream]
    ends = match_ends(moved, calls, length_only)
    for (name, way), expected in by_stream(moved, "end").items():
        if name not in ends:
            yield f"{name}: no connection has its first call"
            continue
        got = streams.pop((ends[name], way), [])
        lost = [row["detail"] for row in rows
                if row["event"] == "loss" and row.get("conn") == ends[name]]
        expected = not_lost(expected, lost)
        for problem in differences(expected, got, length_only, begins):
            yield f"{name} {way}: {problem}"
    for (conn, way), calls in streams.items():
        yield f"connection {conn} {way}: {len(calls)} calls that nobody made: {calls[0]['call']}"
    yield from compare_conns(ledger, rows, ends)
