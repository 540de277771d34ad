# SPDX-License-Identifier: BSD-2-Clause
"""What the recorder is to reach, held against what a run measured."""
from measure import table

# Of the old build's cost, at most.
OF_OLD_COST = {"wrk": 0.6, "redis": 0.75, "pgbench": 0.6, "kafka": 0.6}
OF_OLD_CALL = 0.75
SERVER_KEPT = 0.93
FILTERED_KEPT = 0.98
UPLOAD_TIMES = 3
IDLE_MB = 20
ATTACH_SECONDS = 1


class Goal:
    """GOT is to be at least, or at most, so much; RESTLESS: A/A differed too much for it to count."""

    def __init__(self, what, got, at_most=None, at_least=None, restless=False):
        self.what = what
        self.got = got
        self.bound = at_most if at_most is not None else at_least
        self.word = "at most" if at_most is not None else "at least"
        self.good = got <= self.bound if at_most is not None else got >= self.bound
        self.restless = restless

    def row(self):
        verdict = "yes" if self.good else "NO"
        return [self.what, f"{self.word} {self.bound:.3g}", f"{self.got:.3g}",
                verdict + (" (restless: doesn't count)" if self.restless else "")]


def print_goals(goals):
    if goals:
        table("goals", ["", "goal", "measured", "reached"], [goal.row() for goal in goals])
