# SPDX-License-Identifier: BSD-2-Clause
"""MariaDB through its command line client (libmariadb, in C): what it prints is the account.

    mysql_mariadb.py PORT"""
import re
import subprocess
import sys
from xml.etree import ElementTree

from ledger import Connection

STATEMENTS = [
    "CREATE TEMPORARY TABLE seen (n INT, word VARCHAR(20))",
    "INSERT INTO seen VALUES (1, 'one'), (2, 'zwei'), (3, NULL)",
    "SELECT CONCAT(n, '') AS n, word FROM seen ORDER BY n",
    "UPDATE seen SET word = 'drei' WHERE n = 3",
    "SELECT no_such_column FROM seen",
    "SELECT 'a<b&c' AS odd, '' AS empty",
    "CREATE TABLE seen.seen (n INT)",
    "SELECT word FROM seen WHERE n > 5",
    "DELETE FROM seen",
]
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def results(text):
    """By statement: names of columns, rows."""
    for document in re.split(r"<\?xml[^>]*\?>", text):
        if document.strip():
            for resultset in ElementTree.fromstring(f"<all>{document}</all>"):
                rows = [[None if field.get(NIL) else field.text or "" for field in row]
                        for row in resultset]
                names = [field.get("name") for field in resultset[0]] if len(resultset) else None
                yield resultset.get("statement").strip(), names, rows


def main():
    done = subprocess.run(["mariadb", "--no-defaults", "--protocol=tcp", "-h", "127.0.0.1", "-P",
                           sys.argv[1], "-u", "root", "--skip-ssl", "--xml", "--force", "shop"],
                          input="".join(f"{s};\n" for s in STATEMENTS), capture_output=True,
                          text=True, check=False)
    said = {statement: (names, rows) for statement, names, rows in results(done.stdout)}
    failed = {int(line): (int(code), state, message) for code, state, line, message in
              re.findall(r"ERROR (\d+) \((\w+)\) at line (\d+): (.*)", done.stderr)}
    account = Connection("mariadb", user="root", database="shop")
    account.did(command="login")
    for line, statement in enumerate(STATEMENTS, 1):
        row = {"command": "query", "statement": statement}
        if line in failed:
            code, state, message = failed[line]
            row.update(error_code=code, sqlstate=state, error=message)
        elif statement in said:
            names, rows = said[statement]
            row.update(rows=len(rows), row_data=rows, **({"columns": names} if names else {}))
        account.did(**row)
    account.write()


main()
