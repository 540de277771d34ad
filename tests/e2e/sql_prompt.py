#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sits at the prompt of socktape sql, as a person does at a terminal. Prints TAP.

usage: sql_prompt.py SOCKTAPE RECORDING HOME
"""
import os
import pty
import re
import select
import signal
import sys
import time

PROMPT = "socktape> "
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n;"
LASTING = "SELECT count(*) FROM http a, http b, http c;"
PATIENCE = 60


class Terminal:
    def __init__(self, command, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=home, TERM="xterm", COLUMNS="200", LC_ALL="C.UTF-8")
            os.execv(command[0], command)
        self.seen = ""

    def until(self, pattern):
        """What comes until PATTERN does; None if it doesn't come."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.seen) and time.monotonic() < deadline:
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                read = os.read(self.fd, 65536)
            except OSError:
                read = b""
            if not read:
                break
            # What a terminal is told about colours and places is nothing to be looked for.
            self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r", "", read.decode(errors="replace"))
        found = re.search(pattern, self.seen)
        if not found:
            return None
        before, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return before

    def type(self, text):
        os.write(self.fd, text.encode())

    def ask(self, line):
        """What is printed for LINE, up to the next prompt."""
        self.type(line + "\n")
        return self.until(PROMPT) or ""

    def leave(self, keys):
        """Types KEYS, again where they came before the line was read; the exit status, None if it stays."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.type(keys)
            except OSError:
                pass  # it is gone just now
            for _ in range(20):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    return os.waitstatus_to_exitcode(status)
                time.sleep(0.1)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


failed = False


def check(what, good, *told):
    global failed
    failed |= not good
    print(f"{'ok' if good else 'not ok'} - the prompt: {what}")
    for text in told if not good else ():
        print(f"#   {text!r}")


def main():
    socktape, recording, home = sys.argv[1:4]
    t = Terminal([socktape, "sql", recording], home)
    check("it begins", t.until(PROMPT) is not None, t.seen)
    said = t.ask(".tables")
    check(".tables has tables and views", "http" in said and "service_map" in said, said)
    said = t.ask(".schema http")
    check(".schema has columns with what they mean", re.search(r"\n  method TEXT, -- ", said) and "CREATE VIEW" not in said, said)
    check(".schema of a view is what it asks", "CREATE VIEW slowest AS SELECT" in t.ask(".schema slowest"))
    check(".schema of nothing", "there is no table 'htp'" in t.ask(".schema htp"))
    check("a command that isn't there", ".help lists them" in t.ask(".tabels"))
    said = t.ask("SELECT metho\t FROM htt\t WHERE code = 301 LIMIT 1;")
    check("names are completed, where one fits", "\nGET" in said, said)
    t.type("SELECT count(*) FROM by_\t\t")
    said = t.until("by_statement")
    check("and offered, where several do", said is not None and "by_path" in said, t.seen)
    t.type("path;\n")
    t.until(PROMPT)
    t.type("SELECT 40 +\n")
    check("a statement may have several lines", t.until(r"\.\.\.> ") is not None and "\n42\n" in t.ask("2;").replace(" ", ""), t.seen)
    t.type(ENDLESS + "\n")
    time.sleep(1)
    t.type("\x03")
    check("Ctrl-C stops a statement", t.until("stopped") is not None and t.until(PROMPT) is not None, t.seen)
    said = t.ask(LASTING)
    check("and not the next one", "13824" in said, said)
    t.type("SELECT nothing FROM")
    t.until("FROM")
    t.type("\x03")
    t.until(PROMPT)
    said = t.ask(LASTING)
    check("and leaves a line that is typed", "13824" in said and "error" not in said, said)
    t.type("SELECT 1 +\n")
    t.until(r"\.\.\.> ")
    t.type("\x03")
    check("and a statement of several lines", t.until(PROMPT) is not None and "\n3\n" in t.ask("SELECT 3;").replace(" ", ""), t.seen)
    said = t.ask("SELECT 'Ä' || length('é€') AS x;")
    check("letters beyond ASCII can be typed", "\nÄ2\n" in said.replace(" ", ""), said)
    said = t.ask("SELECT nme FROM http;")
    check("what is wrong is told, and it goes on", "no such column: nme" in said and "\n1\n" in t.ask("SELECT 1;").replace(" ", ""), said)
    check(".format", '{"x":1}' in t.ask(".format json") + t.ask("SELECT 1 AS x;"))
    check("nothing is attached", "not authorized" in t.ask("ATTACH 'x' AS x;"))
    status = t.leave(".quit\n")
    check(".quit ends it", status == 0, status)
    t = Terminal([socktape, "sql", recording], home)
    t.until(PROMPT)
    t.type("\x1b[A\x1b[A\x1b[A\n")
    check("the history is there the next time", t.until(r"\n *x\n *1\n") is not None, t.seen)
    t.until(PROMPT)
    check("for its owner alone", os.stat(os.path.join(home, ".socktape_history")).st_mode & 0o77 == 0)
    # After another key: of two in a row readline takes none for the end.
    status = t.leave("\x15\x04")
    check("Ctrl-D ends it", status == 0, status, t.seen)
    return failed


sys.exit(main())
