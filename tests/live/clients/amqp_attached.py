# SPDX-License-Identifier: BSD-2-Clause
"""AMQP 0-9-1 on a connection that was there before the recording began: a channel in confirm mode
whose count is unknown then, and a consumer.

    amqp_attached.py PORT READY GO      makes the file READY, and waits for GO"""
import os
import pathlib
import sys
import time

import pika
from ledger import Connection

PORT, READY, GO = int(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])


def main():
    connection = pika.BlockingConnection(
        pika.ConnectionParameters("127.0.0.1", PORT, heartbeat=0))
    port = connection._impl._transport._sock.getsockname()[1]  # pylint: disable=W0212
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare("attached")
    for n in range(5):
        channel.basic_publish("", "attached", b"before %d" % n)
    took = []

    def take(_, method, _properties, body):
        took.append((method, body))
        if len(took) > 5:
            channel.basic_ack(method.delivery_tag)

    tag = channel.basic_consume("attached", take)
    while len(took) < 5:
        connection.process_data_events(time_limit=10)
    READY.touch()
    while not GO.exists():
        time.sleep(0.05)
    messages = Connection("attached", port)
    for n in range(3):
        body = b"after %d" % n
        channel.basic_publish("", "attached", body)
        while len(took) < 6 + n:
            connection.process_data_events(time_limit=10)
        row = {"channel": 1, "exchange": "", "routing_key": "attached", "body": body.decode(),
               "delivery_tag": 6 + n, "settled": "ack"}
        messages.did(direction="published", **row)
        messages.did(direction="delivered", **row, consumer_tag=tag)
    channel.basic_ack(took[4][0].delivery_tag, multiple=True)
    connection.close()
    os.environ["ledger"] = os.environ["messages"]
    messages.write()


main()
