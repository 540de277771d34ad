# SPDX-License-Identifier: BSD-2-Clause
"""What a client did, for tests/live/accounts.py: rows of its connections, in the order it asked."""
import json
import os


class Connection:
    """Rows that one connection must give at both ends. Without a port: whichever gives them."""

    def __init__(self, who, port=None, **common):
        self.who, self.port, self.common, self.rows = who, port, common, []

    def did(self, **row):
        self.rows.append({**self.common, **row})

    def write(self):
        with open(os.environ["ledger"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"port": self.port, "who": self.who, "rows": self.rows}) + "\n")
