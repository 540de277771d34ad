# SPDX-License-Identifier: BSD-2-Clause
"""MariaDB through PyMySQL: text queries with results of many types, several results, LOCAL INFILE, a
change of database, ping, errors, a login that is refused.

    mysql_pymysql.py PORT"""
import datetime
import sys
import tempfile

import pymysql
from ledger import Connection

PORT = int(sys.argv[1])


def plain(value):
    """As JSON has it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "milliseconds")
    return value


def connect(who, **options):
    connection = pymysql.connect(host="127.0.0.1", port=PORT, charset="utf8mb4", ssl_disabled=True,
                                 autocommit=None, local_infile=True, **options)
    port = connection._sock.getsockname()[1]  # pylint: disable=protected-access
    account = Connection(who, port, user=options["user"], connection_id=connection.thread_id(),
                         server_version=connection.get_server_info())
    account.did(command="login", database=options.get("database"))
    if pymysql.VERSION >= (1, 1):  # it no longer trusts the number in the login alone
        account.did(command="query", statement="SET NAMES utf8mb4", affected=0, insert_id=None)
    return connection, account


def run(cursor, account, statement, arguments=None, **more):
    row = {"command": "query", "statement": cursor.mogrify(statement, arguments), **more}
    try:
        cursor.execute(statement, arguments)
    except pymysql.MySQLError as error:
        account.did(**row, error_code=error.args[0], error=error.args[1])
        return
    if cursor.description:
        rows = [[plain(value) for value in one] for one in cursor.fetchall()]
        row.update(rows=len(rows), row_data=rows, columns=[c[0] for c in cursor.description])
    else:
        row.update(affected=cursor.rowcount, insert_id=cursor.lastrowid or None)
    account.did(**row)


def statements(cursor, account):
    run(cursor, account, "CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, "
        "customer VARCHAR(40), total DOUBLE, at DATETIME(3), body LONGBLOB, note LONGTEXT)")
    for i in range(30):
        run(cursor, account, "INSERT INTO orders (customer, total, at, note) VALUES (%s,%s,%s,%s)",
            (f"c{i % 5}", i / 4, datetime.datetime(2026, 1, 1, 2, 3, 4, 567000),
             None if i % 3 else "it's é"))
    run(cursor, account, "UPDATE orders SET body = 0x00ff00ff WHERE id < 10")
    run(cursor, account, "SELECT * FROM orders ORDER BY id")
    run(cursor, account, "SELECT COUNT(*), MAX(total) FROM orders WHERE customer = %s", ("c1",))
    run(cursor, account, "SELECT REPEAT('x', 300000) AS x")
    run(cursor, account, "INSERT INTO orders (note) VALUES (%s)", ("y" * 400000,))


def infile(cursor, account):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.writelines(f"{1000 + i},csv\n" for i in range(500))
        file.flush()
        # The server knows of 500 rows; how many bytes it were only the client does.
        run(cursor, account, f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE orders FIELDS "
            "TERMINATED BY ',' (id, customer)", infile=file.name, infile_bytes=file.tell() or 4500)


def errors(cursor, account):
    for bad in ("SELECT nothing", "SELEKT", "INSERT INTO orders (id) VALUES (1)",
                "SELECT * FROM missing"):
        run(cursor, account, bad)


def several():
    connection, account = connect("PyMySQL with several statements at once", user="root",
                                  database="shop",
                                  client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    cursor = connection.cursor()
    cursor.execute("SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 0")
    for n, statement in enumerate(("SELECT 1 AS a", "SELECT 2 AS b, 3 AS c", "DO 0"), 1):
        row = {"command": "query", "statement": statement, "result": n}
        if cursor.description:
            row.update(columns=[c[0] for c in cursor.description],
                       row_data=[list(one) for one in cursor.fetchall()])
        account.did(**row)
        cursor.nextset()
    connection.close()
    account.write()


def refused():
    account = Connection("PyMySQL, whom nobody knows")
    try:
        pymysql.connect(host="127.0.0.1", port=PORT, user="nobody", password="wrong",
                        ssl_disabled=True)
    except pymysql.MySQLError as error:
        account.did(command="login", user="nobody", error_code=error.args[0], error=error.args[1])
    account.write()


def main():
    connection, account = connect("PyMySQL", user="root")
    cursor = connection.cursor()
    run(cursor, account, "CREATE DATABASE shop")
    connection.select_db("shop")
    account.did(command="init_db", statement="shop")
    for part in (statements, infile, errors):
        part(cursor, account)
    connection.ping()
    account.did(command="ping", database="shop")
    connection.commit()
    account.did(command="query", statement="COMMIT")
    connection.close()
    account.write()
    several()
    refused()


main()
