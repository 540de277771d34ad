# SPDX-License-Identifier: BSD-2-Clause
"""PostgreSQL through psql (libpq, in C): what it prints is the account.

    pgsql_psql.py PORT"""
import csv
import io
import subprocess
import sys

from ledger import Connection

STATEMENTS = [
    "CREATE TEMP TABLE seen (n int, word text)",
    "INSERT INTO seen SELECT i, 'w' || i FROM generate_series(1, 100) i",
    "UPDATE seen SET word = NULL WHERE n % 10 = 0",
    "SELECT n::text, word FROM seen ORDER BY n",
    "SELECT 'a,\"b\nc' AS odd",
    "SELECT * FROM seen WHERE no_such_column",
    "DELETE FROM seen WHERE n > 50",
    "BEGIN",
    "SELECT 1/0",
    "SELECT 'in a failed transaction'",
    "ROLLBACK",
    "SELECT 'the last'",
]
MARK = "== the next statement =="


def main():
    script = "\\set VERBOSITY sqlstate\n" + "".join(f"{s};\n\\echo {MARK}\n\\warn {MARK}\n"
                                                    for s in STATEMENTS)
    command = ["psql", "-X", "--csv", "-P", "null=NULL", "-h", "127.0.0.1", "-p", sys.argv[1],
               "-U", "postgres", "postgres"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False,
                          env={"PGSSLMODE": "disable", "PGGSSENCMODE": "disable",
                               "PATH": "/usr/bin:/bin", "PGAPPNAME": "psql"})
    outs, errs = (part.split(MARK + "\n") for part in (done.stdout, done.stderr))
    account = Connection("psql", application="psql", user="postgres", database="postgres")
    account.did(operation="startup")
    for statement, out, err in zip(STATEMENTS, outs, errs):
        row = {"operation": "query", "statement": statement}
        if err:
            row["sqlstate"] = err.split()[1]
        elif statement.startswith("SELECT"):
            names, *rows = csv.reader(io.StringIO(out))
            row.update(columns=names, rows=len(rows),
                       row_data=[[None if v == "NULL" else v for v in one] for one in rows])
        else:
            row["command"] = out.strip()
        account.did(**row)
    account.write()


main()
