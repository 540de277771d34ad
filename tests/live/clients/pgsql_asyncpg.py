# SPDX-License-Identifier: BSD-2-Clause
"""PostgreSQL through asyncpg, which speaks the protocol itself: binary values of many types,
executemany, a cursor, COPY of records.

    pgsql_asyncpg.py PORT"""
import asyncio
import datetime
import sys
import uuid

import asyncpg
from ledger import Connection

PORT = int(sys.argv[1])
TYPES = ("SELECT $1::int2 AS a, $2::int8 AS b, $3::float8 AS c, $4::bool AS d, $5::text AS e, "
         "$6::uuid AS f, $7::timestamp AS g, $8::date AS h, $9::text AS i")


async def values(connection, account):
    prepared = await connection.prepare(TYPES)
    account.did(operation="prepare", statement=TYPES, prepared=prepared.get_name())
    for n in range(5):
        given = [n, 1 << 40 + n, n / 8, n % 2 == 0, f"é{n}", uuid.UUID(int=n), 
                 datetime.datetime(2026, 1, 1, 2, 3, 4), datetime.date(2026, 1, 1 + n), None]
        [row] = await prepared.fetch(*given)
        plain = given[:5] + [str(given[5]), "2026-01-01 02:03:04", given[7].isoformat(), None]
        assert list(row.values()) == given
        account.did(operation="execute", statement=TYPES, params=plain, rows=1, row_data=[plain],
                    columns=list("abcdefghi"), prepared=prepared.get_name())


async def many(connection, account):
    insert = "INSERT INTO orders (customer, total) VALUES ($1, $2)"
    given = [(f"many{i}", i / 2) for i in range(25)]
    prepared = await connection.prepare(insert)
    account.did(operation="prepare", statement=insert)
    await prepared.executemany(given)
    for row in given:
        account.did(operation="execute", statement=insert, params=list(row), command="INSERT 0 1",
                    affected=1)
    return prepared


async def cursor(connection, account):
    statement = "SELECT generate_series(1, $1::int4)"
    async with connection.transaction():
        got = [row[0] async for row in connection.cursor(statement, 7, prefetch=3)]
    assert got == list(range(1, 8))
    account.did(operation="query", command="BEGIN")
    account.did(operation="prepare", statement=statement)
    for rows in ([1, 2, 3], [4, 5, 6], [7]):
        account.did(operation="execute", statement=statement, params=[7], rows=len(rows),
                    row_data=[[n] for n in rows])
    account.did(operation="query", command="COMMIT")


async def main():
    connection = await asyncpg.connect(host="127.0.0.1", port=PORT, user="postgres",
                                       database="postgres", ssl=False)
    port = connection._transport.get_extra_info("sockname")[1]  # pylint: disable=W0212
    account = Connection("asyncpg", port, user="postgres", database="postgres")
    account.did(operation="startup", backend_pid=connection.get_server_pid())
    await values(connection, account)
    await many(connection, account)
    await cursor(connection, account)
    try:
        await connection.execute("SELECT no_such_function()")
    except asyncpg.PostgresError as error:
        account.did(operation="query", statement="SELECT no_such_function()",
                    sqlstate=error.sqlstate, error=error.message)
    await connection.close()
    account.write()


asyncio.run(main())
