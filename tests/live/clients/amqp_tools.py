# SPDX-License-Identifier: BSD-2-Clause
"""AMQP 0-9-1 through librabbitmq's tools, in C: each run is a connection of its own.

    amqp_tools.py PORT"""
import os
import subprocess
import sys

from ledger import Connection

PORT = sys.argv[1]


class Tool:
    """One run, with its two accounts: of methods and of messages."""

    def __init__(self, program, *arguments, status=0, **given):
        self.who = program
        common = {"user": "guest", "vhost": "/"}
        self.methods, self.messages = Connection(program), Connection(program, **common)
        done = subprocess.run([program, "-s", "127.0.0.1", f"--port={PORT}", *arguments],
                              capture_output=True, check=False, **given)
        assert done.returncode == status, done.stderr
        self.said = done.stdout
        self.did(**{"class": None, "method": "protocol-header", "sender": "client"})
        self.call("connection.start", sender="server")
        self.call("connection.tune", sender="server")
        self.methods.common = common
        self.call("connection.open")
        self.call("channel.open", channel=1)

    def did(self, **row):
        self.methods.did(**row)

    def call(self, name, reply=None, **row):
        class_name, _, method = name.partition(".")
        self.did(**{"class": class_name, "method": method, "sender": "client",
                    "reply": reply or f"{name}-ok", **row})

    def carried(self, method, direction, sender, reply=None, **row):
        """A message that is a row of both."""
        self.did(**{"class": "basic", "method": method, "sender": sender, "reply": reply,
                    "channel": 1, **row})
        self.messages.did(direction=direction, settled=reply and reply.partition(".")[2],
                          channel=1, **row)

    def end(self):
        self.call("channel.close", channel=1, reply_code=200)
        self.call("connection.close", reply_code=200)
        self.methods.write()
        ledger = os.environ["ledger"]
        if self.messages.rows:
            os.environ["ledger"] = os.environ["messages"]
            self.messages.write()
            os.environ["ledger"] = ledger


def declare(queue):
    tool = Tool("amqp-declare-queue", "-q", queue)
    assert tool.said.decode().strip() == queue
    tool.call("queue.declare", queue=queue, messages=0, consumers=0)
    tool.end()


def publish(queue, body):
    tool = Tool("amqp-publish", "-r", queue, "-p", "-C", "text/plain", "-H", "kind: test",
                input=body)
    tool.carried("publish", "published", "client", exchange="", routing_key=queue,
                 body=body.decode(), body_bytes=len(body))
    tool.messages.rows[-1].update(content_type="text/plain", delivery_mode=2,
                                  headers={"kind": "test"})
    tool.end()


def get(queue, left):
    """The tool takes it without acknowledging."""
    tool = Tool("amqp-get", "-q", queue)
    body = tool.said.decode()
    tool.call("basic.get", "basic.get-ok", channel=1, queue=queue, exchange="", routing_key=queue,
              delivery_tag=1, body=body, messages=left)
    tool.messages.did(direction="got", channel=1, queue=queue, routing_key=queue, body=body,
                      delivery_tag=1, settled=None, redelivered=False)
    tool.end()


def get_nothing(queue):
    tool = Tool("amqp-get", "-q", queue, status=2)
    tool.call("basic.get", "basic.get-empty", channel=1, queue=queue)
    tool.end()


def consume(queue, count):
    tool = Tool("amqp-consume", "-q", queue, "-c", str(count), "-p", "1", "cat")
    for _ in range(2):  # for -c, then for -p
        tool.call("basic.qos", channel=1)
    tool.call("basic.consume", channel=1, queue=queue)
    bodies = tool.said.decode()
    for n in range(count):
        body, bodies = bodies[:1000], bodies[1000:]
        tool.carried("deliver", "delivered", "server", "basic.ack", queue=queue, exchange="",
                     routing_key=queue, delivery_tag=n + 1, body=body)
        tool.did(**{"class": "basic", "method": "ack", "sender": "client", "settled": 1,
                    "delivery_tag": n + 1})
    tool.end()


def delete(queue):
    tool = Tool("amqp-delete-queue", "-q", queue)
    tool.call("queue.delete", channel=1, queue=queue, messages=0)
    tool.end()


def main():
    declare("tools")
    for n in range(4):
        publish("tools", b"%d" % n * 1000)
    get("tools", 3)
    consume("tools", 3)
    get_nothing("tools")
    delete("tools")


main()
