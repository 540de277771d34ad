# SPDX-License-Identifier: BSD-2-Clause
"""Redis through redis-cli (hiredis, in C): what it prints is the account.

    redis_cli.py PORT"""
import json
import subprocess
import sys

from ledger import Connection

COMMANDS = [
    ["SET", "greeting", "hello world"], ["GET", "greeting"], ["GET", "nothing"], ["INCRBY", "visits", "41"],
    ["RPUSH", "list", "one", "two", "three"], ["LRANGE", "list", "0", "-1"], ["LRANGE", "nothing", "0", "-1"],
    ["HSET", "hash", "name", "till", "n", "7"], ["HGETALL", "hash"], ["SET", "long", "x" * 5000], ["GET", "long"],
]


def main():
    cli = ["redis-cli", "-h", "127.0.0.1", "-p", sys.argv[1], "--json"]
    # All in one connection, which begins with the version of the protocol and the words for its help.
    said = subprocess.run(cli, input="".join(" ".join(f'"{word}"' for word in c) + "\n" for c in COMMANDS),
                          capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(said) == len(COMMANDS), said
    account = Connection("redis-cli")
    account.did(command="HELLO", args=["3"])
    account.did(command="COMMAND DOCS", args=[])
    for (name, *words), line in zip(COMMANDS, said):
        account.did(command=name, args=words, reply=json.loads(line))
    account.write()


main()
