# SPDX-License-Identifier: BSD-2-Clause
"""CQL through Cassandra's Python driver: every type, prepared and plain statements, many in flight,
batches, pages, conditions, a trace, warnings, errors, messages that are longer than a segment.
Statements name the keyspace shop, by which they are told from the driver's own.

    cql_driver.py PORT VERSION none|lz4|snappy"""
import datetime
import decimal
import ipaddress
import sys
import uuid

from cassandra import ConsistencyLevel, ProtocolVersion
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, ExecutionProfile, EXEC_PROFILE_DEFAULT
from cassandra.policies import FallthroughRetryPolicy, RoundRobinPolicy
from cassandra.query import BatchStatement, BatchType, SimpleStatement, UNSET_VALUE, tuple_factory
from cassandra.util import Date, Duration, Time
from ledger import Connection

PORT, VERSION, COMPRESSION = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
STREET = ("Main \"St\"", 12)

# Type, what the driver is given, what a recording should show.
TYPES = [
    ("ascii", "plain", "plain"),
    ("bigint", -2**63, -2**63),
    ("blob", b"\x00\xff'", "0x00ff27"),
    ("boolean", True, True),
    ("date", Date(datetime.date(1969, 12, 31)), "1969-12-31"),
    ("decimal", decimal.Decimal("-12.3450"), -12.345),
    ("double", 0.1, 0.1),
    ("float", 1.5, 1.5),
    ("duration", Duration(14, 3, 5_000_000_001), "1y2mo3d5s1ns"),
    ("inet", ipaddress.ip_address("2001:db8::1"), "2001:db8::1"),
    ("int", -7, -7),
    ("smallint", -300, -300),
    ("text", "h\u00e9\n\U0001f600", "h\u00e9\n\U0001f600"),
    ("time", Time(3723000000004), "01:02:03.000000004"),
    ("timestamp", datetime.datetime(2026, 1, 2, 3, 4, 5, 678000), "2026-01-02T03:04:05.678Z"),
    ("timeuuid", uuid.UUID("8ac6d1dc-fbeb-11e4-a322-1697f925ec7b"),
     "8ac6d1dc-fbeb-11e4-a322-1697f925ec7b"),
    ("tinyint", 127, 127),
    ("uuid", uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ("varint", -2**100, str(-2**100)),
    ("list<int>", [1, 2, 3], [1, 2, 3]),
    ("set<text>", {"x"}, ["x"]),
    ("map<text, int>", {"n": 1}, {"n": 1}),
    ("map<int, text>", {4: "four"}, {"4": "four"}),
    ("tuple<int, text, boolean>", (1, None, False), [1, None, False]),
    ("frozen<list<frozen<tuple<int, text>>>>", [(1, "a"), (2, "b")], [[1, "a"], [2, "b"]]),
    ("frozen<shop.street>", STREET, {"name": STREET[0], "number": STREET[1]}),
    ("vector<float, 3>", [1.0, -0.5, 2.25], [1, -0.5, 2.25]),
]


CUT = "not all values are shown"

# What the protocol calls what the driver raises, and its codes.
ERRORS = {"SyntaxException": ("SyntaxError", 0x2000), "InvalidRequest": ("Invalid", 0x2200),
          "AlreadyExists": ("AlreadyExists", 0x2400), "Unavailable": ("Unavailable", 0x1000)}


class Client:
    def __init__(self, cluster):
        self.session = cluster.connect()
        self.account = Connection(f"cassandra-driver, version {VERSION}, {COMPRESSION}", only="shop",
                                  version=VERSION, user="cassandra",
                                  compression=None if COMPRESSION == "none" else COMPRESSION)

    def did(self, opcode, text, **row):
        self.account.did(**{"opcode": opcode, "statement": text, "note": None, **row})

    def run(self, opcode, text, bound=None, shown=None, **more):
        """Runs BOUND or TEXT; SHOWN: its parameters, as they should be recorded."""
        row = {"params": shown, **more.pop("tell", {})}
        try:
            result = self.session.execute(bound if bound is not None else text, **more)
        except Exception as error:  # pylint: disable=broad-except
            name, code = ERRORS.get(type(error).__name__, (repr(error), None))
            self.did(opcode, text, error_name=name, error_code=code, **row)
            return
        future = result.response_future
        traces = future.get_query_trace_ids() if more.get("trace") else []
        found = result.column_names is not None
        self.did(opcode, text, warnings=future.warnings, rows=len(result.current_rows) if found else None,
                 columns=list(result.column_names) if found else None, page=1 if found else None,
                 tracing_id=str(traces[0]) if traces else None, **row)
        page = 1
        while result.has_more_pages:
            result.fetch_next_page()
            page += 1
            self.did(opcode, text, rows=len(result.current_rows), page=page)

    def prepare(self, text):
        prepared = self.session.prepare(text)
        self.did("PREPARE", text, result="prepared", statement_id=prepared.query_id.hex())
        return prepared


def schema(c):
    c.run("QUERY", "DROP KEYSPACE IF EXISTS shop /* shop */")
    c.run("QUERY", "CREATE KEYSPACE shop WITH replication = "
          "{'class': 'SimpleStrategy', 'replication_factor': 1}")
    c.run("QUERY", "CREATE TYPE shop.street (name text, number int)")
    columns = ", ".join(f"c{i} {name}" for i, (name, _, _) in enumerate(TYPES))
    c.run("QUERY", f"CREATE TABLE shop.every (id int PRIMARY KEY, {columns})")
    c.run("QUERY", "CREATE TABLE shop.many (part int, at int, name text, PRIMARY KEY (part, at))")
    c.run("QUERY", "CREATE TABLE shop.counts (id int PRIMARY KEY, n counter)")
    c.run("QUERY", "CREATE TABLE shop.large (id int PRIMARY KEY, body blob)")


def types(c):
    names = ", ".join(f"c{i}" for i in range(len(TYPES)))
    insert = f"INSERT INTO shop.every (id, {names}) VALUES ({', '.join('?' * (len(TYPES) + 1))})"
    prepared = c.prepare(insert)
    prepared.consistency_level = ConsistencyLevel.LOCAL_QUORUM
    shown = [expected for _, _, expected in TYPES]
    c.run("EXECUTE", insert, prepared.bind([1] + [value for _, value, _ in TYPES]), [1] + shown,
          tell={"consistency": "LOCAL_QUORUM"})
    c.run("EXECUTE", insert, prepared.bind([2] + [None] * len(TYPES)), [2] + [None] * len(TYPES))
    if VERSION >= 4:
        c.run("EXECUTE", insert, prepared.bind([3] + [UNSET_VALUE] * len(TYPES)),
              [3] + [{"unset": True}] * len(TYPES))
    select = "SELECT * FROM shop.every WHERE id = ?"
    prepared = c.prepare(select)
    # Columns come by their names.
    order = [i for _, i in sorted((f"c{i}", i) for i in range(len(TYPES)))]
    for _ in range(2):
        c.run("EXECUTE", select, prepared.bind([1]), [1],
              tell={"row_data": [[1] + [TYPES[i][2] for i in order]]})
    c.run("EXECUTE", select, prepared.bind([2]), [2], tell={"row_data": [[2] + [None] * len(TYPES)]})
    c.run("QUERY", "SELECT * FROM shop.every WHERE id = 1",
          tell={"row_data": [[1] + [TYPES[i][2] for i in order]]})


def many(c):
    insert = "INSERT INTO shop.many (part, at, name) VALUES (?, ?, ?)"
    prepared = c.prepare(insert)
    futures = [c.session.execute_async(prepared, (i % 3, i, f"n{i}")) for i in range(300)]
    for i, future in enumerate(futures):
        future.result()
        c.did("EXECUTE", insert, params=[i % 3, i, f"n{i}"], result="void")
    c.run("QUERY", "SELECT * FROM shop.many", SimpleStatement("SELECT * FROM shop.many",
                                                              fetch_size=70))
    c.run("QUERY", "SELECT at FROM shop.many WHERE part = 0 LIMIT 2", tell={"row_data": [[0], [3]]})


def in_batch(prepared, params):
    return {"statement_id": prepared.query_id.hex(), "statement": prepared.query_string,
            "params": params}


def batches(c):
    update = "UPDATE shop.many SET name = ? WHERE part = ? AND at = ?"
    prepared = c.prepare(update)
    plain = "DELETE FROM shop.many WHERE part = 2"
    for kind, name in ((BatchType.LOGGED, "logged"), (BatchType.UNLOGGED, "unlogged")):
        batch = BatchStatement(kind, consistency_level=ConsistencyLevel.ONE)
        batch.add(prepared, ("\u00fc", 1, 1))
        batch.add(SimpleStatement(plain))
        batch.add(prepared, (None, 1, 4))
        c.run("BATCH", None, batch, tell={
            "batch_type": name, "consistency": "ONE", "statements": 3, "batch": [
                in_batch(prepared, ["\u00fc", 1, 1]), {"statement": plain, "params": []},
                in_batch(prepared, [None, 1, 4])]})
    count = "UPDATE shop.counts SET n = n + 5 WHERE id = 1"
    batch = BatchStatement(BatchType.COUNTER)
    batch.add(SimpleStatement(count))
    c.run("BATCH", None, batch, tell={"batch_type": "counter",
                                      "batch": [{"statement": count, "params": []}]})
    c.run("QUERY", "SELECT * FROM shop.counts", tell={"row_data": [[1, 5]]})
    # Of several partitions and larger than batch_size_warn_threshold: the server warns, from
    # version 4 on.
    batch = BatchStatement(BatchType.UNLOGGED)
    long = "x" * 900
    for i in range(4):
        batch.add(prepared, (long, 70 + i, 0))
    c.run("BATCH", None, batch, tell={"batch": [
        in_batch(prepared, [long, 70 + i, 0]) for i in range(4)]})


def failures(c):
    for text in ("SELEKT 1 FROM shop.many", "SELECT nothing FROM shop.many",
                 "SELECT * FROM shop.missing",
                 "CREATE TABLE shop.many (id int PRIMARY KEY)"):
        c.run("QUERY", text)
    text = "SELECT * FROM shop.many WHERE part = 1 LIMIT 1"
    c.run("QUERY", text, SimpleStatement(text, consistency_level=ConsistencyLevel.THREE),
          tell={"consistency": "THREE"})


def others(c):
    text = "INSERT INTO shop.many (part, at, name) VALUES (9, 9, 'once') IF NOT EXISTS"
    statement = SimpleStatement(text, serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL)
    c.run("QUERY", text, statement,
          tell={"serial_consistency": "LOCAL_SERIAL", "row_data": [[True]]})
    c.run("QUERY", text, statement, tell={"row_data": [[False, 9, 9, "once"]]})
    text = "SELECT name FROM shop.many WHERE part = 9"
    c.run("QUERY", text, trace=True, tell={"row_data": [["once"]]})
    if VERSION >= 4:
        c.run("QUERY", text, custom_payload={"key": b"\1\2"},
              tell={"custom_payload": {"key": "0x0102"}})
    if ProtocolVersion.uses_keyspace_flag(VERSION):
        text = "SELECT name FROM many /* shop */ WHERE part = 9"
        c.run("QUERY", text, SimpleStatement(text, keyspace="shop"), tell={"keyspace": "shop"})
    text = "INSERT INTO shop.large (id, body) VALUES (?, ?)"
    prepared = c.prepare(text)
    body = bytes(i * i >> 3 & 255 for i in range(1_400_000))
    bound = prepared.bind((1, body))
    c.account.rows.append({"opcode": "EXECUTE", "statement": text, "note": CUT, "result": "void"})
    c.session.execute(bound)
    c.run("QUERY", "SELECT body FROM shop.large", tell={"note": CUT})


def main():
    profile = ExecutionProfile(RoundRobinPolicy(), FallthroughRetryPolicy(), row_factory=tuple_factory,
                               consistency_level=ConsistencyLevel.ONE, request_timeout=60)
    cluster = Cluster(["127.0.0.1"], port=PORT, protocol_version=VERSION,
                      compression=False if COMPRESSION == "none" else COMPRESSION,
                      auth_provider=PlainTextAuthProvider("cassandra", "cassandra"),
                      execution_profiles={EXEC_PROFILE_DEFAULT: profile},
                      schema_metadata_enabled=False, token_metadata_enabled=False,
                      connect_timeout=60, control_connection_timeout=60)
    client = Client(cluster)
    for step in (schema, types, many, batches, failures, others):
        step(client)
    cluster.shutdown()
    client.account.write()


main()
