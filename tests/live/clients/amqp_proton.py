# SPDX-License-Identifier: BSD-2-Clause
"""AMQP 1.0 through Qpid Proton, in C beneath Python: a queue of its own, a message there and back.

    amqp_proton.py PORT"""
import os
import sys

from ledger import Connection
from proton import Message
from proton.utils import BlockingConnection


def main():
    connection = BlockingConnection(f"amqp://guest:guest@127.0.0.1:{sys.argv[1]}",
                                    allowed_mechs="PLAIN", timeout=30)
    receiver = connection.create_receiver("/queue/proton")
    connection.create_sender("/queue/proton").send(Message(body="AMQP\0\0\x09\1 of 1.0"))
    assert receiver.receive(timeout=30).body == "AMQP\0\0\x09\1 of 1.0"
    receiver.accept()
    connection.close()
    account = Connection("proton")
    for layer in ("sasl", "amqp"):
        account.did(layer=layer, version="1.0.0", answer=f"{layer} 1.0.0")
    os.environ["ledger"] = os.environ["named"]
    account.write()


main()
