# SPDX-License-Identifier: BSD-2-Clause
"""PostgreSQL through psycopg: extended queries, text and binary, prepared statements, pipelines, COPY
both ways, cursors, notices, NOTIFY, errors, a cancelled statement, a login that is refused.

    pgsql_psycopg.py PORT"""
import base64
import socket
import sys
import threading

import psycopg
from ledger import Connection

PORT = sys.argv[1]
DSN = f"host=127.0.0.1 port={PORT} user=postgres dbname=postgres sslmode=disable"

# How it sends statements of its own: from 3.2 on without Parse and Bind.
OWN = "query" if tuple(map(int, psycopg.__version__.split(".")[:2])) >= (3, 2) else "execute"


def local_port(connection):
    with socket.fromfd(connection.pgconn.socket, socket.AF_INET, socket.SOCK_STREAM) as same:
        return same.getsockname()[1]


def plain(value):
    """As JSON has it."""
    if isinstance(value, (bytes, memoryview)):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    return value


def run(connection, account, statement, sent, params=None, shown=None, **options):
    """Executes, and writes down what psycopg says of it. SENT: the statement with $1 and so on."""
    row = {"operation": "execute" if params else "query", "statement": sent}
    if params:
        row["params"] = shown or list(params)
    row.update(options.pop("expect", {}))
    try:
        cursor = connection.execute(statement, params, **options)
    except psycopg.Error as error:
        account.did(**row, sqlstate=error.diag.sqlstate, error=error.diag.message_primary,
                    severity=error.diag.severity, detail=error.diag.message_detail)
        return
    row["command"] = cursor.statusmessage
    if cursor.description:
        rows = [[plain(value) for value in one] for one in cursor.fetchall()]
        row.update(rows=len(rows), row_data=rows, columns=[c.name for c in cursor.description])
    else:
        row["affected"] = cursor.rowcount if cursor.rowcount >= 0 else None
    account.did(**row)


def statements(connection, account):
    run(connection, account, "DROP TABLE IF EXISTS orders", "DROP TABLE IF EXISTS orders", expect={
        "notices": [{"severity": "NOTICE", "sqlstate": "00000",
                     "message": 'table "orders" does not exist, skipping'}]})
    create = "CREATE TABLE orders (id serial PRIMARY KEY, customer text, total float8, body bytea)"
    run(connection, account, create, create)
    for i in range(30):
        # After five times psycopg prepares it: then a row of its own comes before.
        if i == 6:
            account.did(operation="prepare", prepared="_pg3_0",
                        statement="INSERT INTO orders (customer, total, body) VALUES ($1, $2, $3)")
        run(connection, account, "INSERT INTO orders (customer, total, body) VALUES (%s, %s, %b)",
            "INSERT INTO orders (customer, total, body) VALUES ($1, $2, $3)",
            (f"c{i % 5}\té", i / 4, b"\0\xff" * i or None), [f"c{i % 5}\té", i / 4,
                                                              plain(b"\0\xff" * i) if i else None])
    for i in range(10):
        if i == 0:
            account.did(operation="prepare", prepared="_pg3_1",
                        statement="SELECT id, customer FROM orders WHERE id > $1 ORDER BY id LIMIT 3")
        run(connection, account, "SELECT id, customer FROM orders WHERE id > %s ORDER BY id LIMIT 3",
            "SELECT id, customer FROM orders WHERE id > $1 ORDER BY id LIMIT 3", (i,), prepare=True,
            expect={"prepared": "_pg3_1"})
    long = "SELECT repeat('x', 300000) AS long"
    run(connection, account, long, long)


def errors(connection, account):
    for bad in ("SELECT nothing", "SELEKT 1", "SELECT 1/0", "INSERT INTO orders (id) VALUES (1)",
                "SELECT * FROM missing"):
        run(connection, account, bad, bad)


def copy(connection, account):
    cursor = connection.cursor()
    with cursor.copy("COPY orders (customer, total) FROM STDIN") as into:
        for i in range(300):
            into.write_row((f"copy{i}", i))
    account.did(operation="query", statement="COPY orders (customer, total) FROM STDIN",
                command=cursor.statusmessage, affected=cursor.rowcount,
                copy_data="".join(f"copy{i}\t{i}\n" for i in range(300)))
    with cursor.copy("COPY (SELECT id, customer FROM orders) TO STDOUT") as out:
        data = b"".join(bytes(part) for part in out)
    # Until then psycopg doesn't tell how it ended.
    account.did(operation="query", statement="COPY (SELECT id, customer FROM orders) TO STDOUT",
                copy_rows=data.count(b"\n"), copy_bytes=len(data),
                copy_data=data.decode())


def pipelines(connection, account):
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int4 + 1 AS n", (i,), prepare=False)
                   for i in range(10)]
        results = [cursor.fetchall() for cursor in cursors]
    for i, result in enumerate(results):
        account.did(operation="execute", statement="SELECT $1::int4 + 1 AS n", params=[i],
                    row_data=[list(row) for row in result], command="SELECT 1")


def news(connection, account):
    notice = "DO $$ BEGIN RAISE NOTICE 'take notice %', 1; END $$"
    run(connection, account, notice, notice,
        expect={"notices": [{"severity": "NOTICE", "sqlstate": "00000",
                             "message": "take notice 1"}]})
    told = []
    connection.add_notify_handler(told.append)
    run(connection, account, "LISTEN news", "LISTEN news")
    run(connection, account, "NOTIFY news, 'to all'", "NOTIFY news, 'to all'")
    for one in told:
        account.did(operation="notification", channel=one.channel, payload=one.payload,
                    backend_pid=one.pid)


def cursor(connection, account):
    with connection.transaction():
        account.did(operation=OWN, statement="BEGIN", command="BEGIN", transaction="idle")
        with connection.cursor(name="walk") as walk:
            walk.execute("SELECT id FROM orders ORDER BY id")
            account.did(operation="execute", command="DECLARE CURSOR", transaction="open",
                        statement='DECLARE "walk" CURSOR FOR SELECT id FROM orders ORDER BY id')
            for count in (2, 50):
                rows = [list(row) for row in walk.fetchmany(count)]
                account.did(operation=OWN, rows=len(rows), row_data=rows,
                            statement=f'FETCH FORWARD {count} FROM "walk"')
        account.did(operation=OWN, statement='CLOSE "walk"', command="CLOSE CURSOR")
    account.did(operation=OWN, statement="COMMIT", command="COMMIT", transaction="open")


def cancel(connection, account):
    timer = threading.Timer(0.3, connection.cancel)
    timer.start()
    run(connection, account, "SELECT pg_sleep(20)", "SELECT pg_sleep(20)")
    timer.join()
    own = Connection("psycopg, which cancels")
    own.did(operation="cancel", backend_pid=connection.info.backend_pid)
    own.write()


def refused():
    account = Connection("psycopg, whom nobody knows")
    try:
        psycopg.connect(f"host=127.0.0.1 port={PORT} user=nobody dbname=none sslmode=disable")
    except psycopg.OperationalError as error:
        account.did(operation="startup", user="nobody", database="none", severity="FATAL",
                    sqlstate="28000", error=str(error).partition("FATAL:  ")[2].strip())
    account.write()


def main():
    with psycopg.connect(DSN + " application_name=shop", autocommit=True) as connection:
        port = local_port(connection)
        account = Connection("psycopg", port, application="shop", user="postgres",
                             database="postgres")
        account.did(operation="startup", backend_pid=connection.info.backend_pid)
        for part in (statements, errors, copy, pipelines, news, cursor, cancel):
            part(connection, account)
        account.write()
    refused()


main()
