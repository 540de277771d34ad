# SPDX-License-Identifier: BSD-2-Clause
"""What a client did, for tests/live/accounts.py: rows of its connections, in the order it asked."""
import json
import os


class Connection:
    """Rows that one connection must give at both ends. Without a port: whichever gives them. ONLY:
    a word of its statements, by which they are told from what a driver asks for by itself. ORDER:
    columns in whose order the rows are; None: as they were asked for."""

    def __init__(self, who, port=None, only=None, order=None, **common):
        self.who, self.port, self.only, self.common, self.rows = who, port, only, common, []
        self.order = order

    def did(self, **row):
        self.rows.append({**self.common, **row})

    def write(self):
        with open(os.environ["ledger"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"port": self.port, "who": self.who, "only": self.only,
                                   "sorted": self.order, "rows": self.rows}) + "\n")
