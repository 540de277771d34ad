# SPDX-License-Identifier: BSD-2-Clause
"""DNS through dig, by UDP and by TCP: what it prints is the account.

    dns_dig.py PORT"""
import re
import subprocess
import sys

from ledger import Connection

# Each of one connection.
UDP = [
    ["www.town.test", "A"], ["www.town.test", "AAAA"], ["town.test", "MX"], ["nowhere.town.test", "A"],
    ["_http._tcp.town.test", "SRV"], ["town.test", "TXT", "+noedns"], ["www.elsewhere.test", "A"],
    ["long.town.test", "TXT", "+noedns", "+ignore"],
]
TCP = [[["long.town.test", "TXT"]], [["www.town.test", "A"], ["nowhere.town.test", "AAAA"], ["town.test", "MX"]]]


def bare(text):
    """Names without the dot of the root."""
    return re.sub(r"(?<=\w)\.(?=$)", "", text)


def answers(text):
    found = re.findall(r"^([^;\s]\S*)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$", text, re.M)
    return [{"name": bare(name), "type": kind, "ttl": int(ttl), "data": bare(data)} for name, ttl, kind, data in found]


def ask(port, transport, questions):
    """A connection with these questions, one after the other."""
    command = ["dig", "-4", "-b", f"127.0.0.1#{port}", "@127.0.0.1", "-p", sys.argv[1], "+tries=1", "+timeout=10",
               *(["+tcp", "+keepopen"] if transport == "tcp" else [])]
    out = subprocess.run([*command, *(word for q in questions for word in q)], capture_output=True, text=True,
                         check=True).stdout
    said = re.split(r"^;; Got answer:$", out, flags=re.M)[1:]
    assert len(said) == len(questions), out
    account = Connection("dig", port, transport=transport)
    for (name, kind, *_), text in zip(questions, said):
        status, number, flags = re.search(r"status: (\w+), id: (\d+)\n;; flags: ([a-z ]*);", text).groups()
        account.did(qname=name, qtype=kind, id=int(number), rcode=status, flags=flags, answers=answers(text),
                    outcome="ok" if status == "NOERROR" else "error")
    account.write()


def main():
    for n, question in enumerate(UDP):
        ask(20001 + n, "udp", [question])
    for n, questions in enumerate(TCP):
        ask(20101 + n, "tcp", questions)


main()
