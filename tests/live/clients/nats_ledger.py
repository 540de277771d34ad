# SPDX-License-Identifier: BSD-2-Clause
"""What a client of NATS did: rows by verb, for what comes goes its way beside what is sent."""
import json
import os


class Ledger:
    def __init__(self, who, port):
        self.who, self.port, self.rows = who, port, []

    def did(self, verb, **row):
        self.rows.append({"verb": verb, **row})

    def write(self):
        with open(os.environ["ledger"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"port": self.port, "who": self.who, "sorted": ["verb"],
                                   "rows": self.rows}) + "\n")
