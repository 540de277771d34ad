# SPDX-License-Identifier: BSD-2-Clause
"""AMQP 0-9-1 through pika: topology, confirms, returns, properties and tables of every type, large and
empty bodies, get, consumers that ack, nack and reject, one by one and many at once, transactions, a
queue and a channel that the broker refuses.

    amqp_pika.py PORT"""
import datetime
import decimal
import os
import sys

import pika
from ledger import Connection

PORT = int(sys.argv[1])
HEADERS = {"text": "é", "bytes": b"\x00\xff", "yes": True, "no": False, "int": -5, "long": 1 << 40,
           "nothing": None, "decimal": decimal.Decimal("3.14"),
           "when": datetime.datetime(2026, 1, 1), "table": {"list": [1, "two", {"three": 3}]}}
# Bytes that are no UTF-8 as \\xHH, a time as text.
SHOWN = {**HEADERS, "bytes": "\0\\xff", "decimal": 3.14, "when": "2026-01-01T00:00:00Z"}


class Client:
    """A connection with its two accounts: of methods and of messages."""

    def __init__(self, who):
        self.connection = pika.BlockingConnection(pika.ConnectionParameters(
            "127.0.0.1", PORT, client_properties={"connection_name": who}, heartbeat=0))
        port = self.connection._impl._transport._sock.getsockname()[1]  # pylint: disable=W0212
        common = {"user": "guest", "vhost": "/", "application": who}
        self.methods = Connection(who, port)
        self.messages = Connection(who, port, **common)
        self.methods.did(**{"class": None, "method": "protocol-header", "sender": "client"})
        self.call("connection.start", sender="server")
        self.call("connection.tune", sender="server")
        self.methods.common = common
        self.call("connection.open")
        self.channels = 0

    def call(self, name, reply=None, sender="client", channel=0, **row):
        class_name, _, method = name.partition(".")
        self.methods.did(**{"class": class_name, "method": method, "channel": channel,
                            "sender": sender, "reply": reply or f"{name}-ok", **row})

    def alone(self, name, **row):
        class_name, _, method = name.partition(".")
        self.methods.did(**{"class": class_name, "method": method, "reply": None, **row})

    def open(self):
        channel = self.connection.channel()
        self.channels += 1
        self.call("channel.open", channel=self.channels)
        return channel

    def close(self):
        self.connection.close()
        for channel in range(1, self.channels + 1):
            self.call("channel.close", channel=channel, reply_code=200)
        self.call("connection.close", reply_code=200)
        self.methods.write()
        os.environ["ledger"] = os.environ["messages"]
        self.messages.write()


def topology(client, channel):
    channel.exchange_declare("events", "topic", durable=True)
    client.call("exchange.declare", channel=1, exchange="events")
    arguments = {"x-max-length": 10000, "x-dead-letter-exchange": "dead"}
    queue = channel.queue_declare("mail", durable=True, arguments=arguments).method
    client.call("queue.declare", channel=1, queue="mail", messages=queue.message_count,
                consumers=queue.consumer_count,
                request={"queue": "mail", "passive": False, "durable": True, "exclusive": False,
                         "auto_delete": False, "no_wait": False, "arguments": arguments})
    channel.queue_bind("mail", "events", "order.*", arguments={"a": 1})
    client.call("queue.bind", channel=1, queue="mail", exchange="events", routing_key="order.*")
    purged = channel.queue_purge("mail").method
    client.call("queue.purge", channel=1, queue="mail", messages=purged.message_count)
    named = channel.queue_declare("", exclusive=True).method
    client.call("queue.declare", channel=1, queue=named.queue, messages=0, consumers=0)


class Publisher:
    """Messages on a channel, each confirmed before the next."""

    def __init__(self, client, channel):
        self.client, self.channel, self.tag = client, channel, 0

    def publish(self, key, body, properties=None, shown=None, returned=False):
        self.tag += 1
        try:
            self.channel.basic_publish("events", key, body, properties, mandatory=returned)
            assert not returned
        except pika.exceptions.UnroutableError as error:
            assert returned and error.messages[0].body == body
        text = body.decode()
        common = {"channel": 1, "exchange": "events", "routing_key": key}
        error = {"reply_code": 312, "reply_text": "NO_ROUTE"} if returned else {}
        outcome = {"outcome": "error" if returned else "ok"}
        self.client.alone("basic.publish", **{**common, **error, **outcome, "reply": "basic.ack",
                                              "delivery_tag": self.tag, "sender": "client",
                                              "body": text, "body_bytes": len(body)})
        self.client.messages.did(direction="published", **common, **(shown or {}), **outcome,
                                 **error, mandatory=returned, returned=returned, body=text,
                                 body_bytes=len(body), delivery_tag=self.tag, settled="ack")
        if returned:
            self.client.alone("basic.return", sender="server", body=text, **common, **error,
                              **outcome)
            self.client.messages.did(direction="returned", body=text, **common, **error, **outcome)
        self.client.alone("basic.ack", sender="server", delivery_tag=self.tag, channel=1, settled=1)


def confirms(client, channel):
    channel.confirm_delivery()
    client.call("confirm.select", channel=1)
    publisher = Publisher(client, channel)
    properties = pika.BasicProperties(
        content_type="application/json", content_encoding="identity", headers=HEADERS,
        delivery_mode=2, priority=3, correlation_id="c-1", reply_to="answers", expiration="600000",
        message_id="m-1", timestamp=1767225600, type="order", user_id="guest", app_id="shop",
        cluster_id="old")
    shown = {"content_type": "application/json", "content_encoding": "identity",
             "headers": SHOWN, "delivery_mode": 2, "priority": 3,
             "correlation_id": "c-1", "reply_to": "answers", "expiration": "600000",
             "message_id": "m-1", "timestamp": 1767225600, "type": "order", "user_id": "guest",
             "app_id": "shop", "cluster_id": "old"}
    for n in range(20):
        publisher.publish(f"order.{n}", b'{"n": %d}' % n, properties, shown)
    publisher.publish("order.large", b"L" * 300000)
    publisher.publish("order.empty", b"")
    publisher.publish("nobody", b"lost", returned=True)


def got(client, channel, tag):
    method, _, body = channel.basic_get("mail")
    client.call("basic.get", channel=1, queue="mail", exchange="events", body=body.decode(),
                routing_key=method.routing_key, delivery_tag=method.delivery_tag,
                messages=method.message_count, reply="basic.get-ok")
    assert method.delivery_tag == tag
    channel.basic_ack(method.delivery_tag)
    client.alone("basic.ack", sender="client", delivery_tag=tag, channel=1, settled=1)
    client.messages.did(direction="got", queue="mail", exchange="events", channel=1,
                        routing_key=method.routing_key, delivery_tag=tag, body=body.decode(),
                        redelivered=method.redelivered, settled="ack", multiple=False)


def delivered(client, deliveries, row):
    """Rows of what a consumer got: METHOD, PROPERTIES, BODY of each."""
    for method, _, body in deliveries:
        common = {"channel": 1, "queue": "mail", "exchange": "events",
                  "routing_key": method.routing_key, "consumer_tag": method.consumer_tag,
                  "delivery_tag": method.delivery_tag, "body": body.decode()}
        client.alone("basic.deliver", sender="server", **common, reply=f"basic.{row['settled']}")
        client.messages.did(direction="delivered", **common, **row, redelivered=method.redelivered)


def one_by_one(client, channel, left):
    """All that is in the queue, LEFT messages; one of them is put back and comes again."""
    channel.basic_qos(prefetch_count=1)
    client.call("basic.qos", channel=1)
    took = []

    def take(_, method, properties, body):
        if len(took) == 4:
            channel.basic_nack(method.delivery_tag, requeue=True)
            row = {"settled": "nack", "requeue": True}
        elif len(took) == 6:
            channel.basic_reject(method.delivery_tag, requeue=False)
            row = {"settled": "reject", "requeue": False}
        else:
            channel.basic_ack(method.delivery_tag)
            row = {"settled": "ack", "requeue": None}
        took.append(((method, properties, body), row))

    tag = channel.basic_consume("mail", take)
    client.call("basic.consume", channel=1, queue="mail", consumer_tag=tag)
    while len(took) <= left:
        client.connection.process_data_events(time_limit=10)
    for delivery, row in took:
        delivered(client, [delivery], {**row, "multiple": False})
        client.alone(f"basic.{row['settled']}", sender="client", channel=1, settled=1,
                     delivery_tag=delivery[0].delivery_tag)
    channel.basic_cancel(tag)
    client.call("basic.cancel", channel=1, consumer_tag=tag)


def many_at_once(client, channel):
    """Five are delivered, then acknowledged with one method."""
    channel.basic_qos(prefetch_count=5)
    client.call("basic.qos", channel=1)
    took = []
    tag = channel.basic_consume("mail", lambda _, *rest: took.append(rest))
    client.call("basic.consume", channel=1, queue="mail", consumer_tag=tag)
    while len(took) < 5:
        client.connection.process_data_events(time_limit=10)
    delivered(client, took, {"settled": "ack", "multiple": True})
    channel.basic_cancel(tag)
    client.call("basic.cancel", channel=1, consumer_tag=tag)
    channel.basic_ack(took[-1][0].delivery_tag, multiple=True)
    client.alone("basic.ack", sender="client", channel=1, settled=5,
                 delivery_tag=took[-1][0].delivery_tag)


def transaction(client):
    channel = client.open()
    channel.tx_select()
    client.call("tx.select", channel=2)
    for body, end in ((b"kept", "commit"), (b"never", "rollback")):
        channel.basic_publish("events", "order.tx", body)
        getattr(channel, f"tx_{end}")()
        row = {"channel": 2, "exchange": "events", "routing_key": "order.tx", "body": body.decode()}
        client.alone("basic.publish", sender="client", **row, reply=f"tx.{end}-ok")
        client.messages.did(direction="published", **row, settled=end, delivery_tag=None)
        client.call(f"tx.{end}", channel=2, settled=1)


def refusals(client):
    for name, ask, code, cause in (
            ("queue.declare", lambda c: c.queue_declare("no.such", passive=True), 404,
             {"queue": "no.such"}),
            ("exchange.declare", lambda c: c.exchange_declare("events", "fanout"), 406,
             {"exchange": "events"})):
        channel = client.open()
        try:
            ask(channel)
            raise AssertionError(f"{name} is refused")
        except pika.exceptions.ChannelClosedByBroker as error:
            assert error.reply_code == code
            row = {"channel": 3, "reply_code": code, "reply_text": error.reply_text,
                   "outcome": "error"}
            client.call(name, reply="channel.close", **row, **cause)
            client.call("channel.close", sender="server", **row, cause=name)
            client.channels -= 1


def main():
    client = Client("shop")
    channel = client.open()
    topology(client, channel)
    confirms(client, channel)
    for tag in (1, 2, 3):
        got(client, channel, tag)
    many_at_once(client, channel)
    one_by_one(client, channel, 22 - 3 - 5)
    transaction(client)
    refusals(client)
    client.close()


main()
