# SPDX-License-Identifier: BSD-2-Clause
"""Kafka through kafka-python: each codec, keys, headers and tombstones, what the broker refuses, and a
consumer that reads all of it.

    kafka_python.py PORT"""
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from ledger import Connection

BROKER = f"127.0.0.1:{sys.argv[1]}"
CODECS = (None, "gzip", "snappy", "lz4", "zstd")


def headers_of(n):
    return [("trace", b"%032x" % n), ("n", str(n).encode())]


def account_of(who):
    return Connection(who, order=["topic", "partition", "offset"])


def text(value):
    return None if value is None else value.decode("utf-8", "backslashreplace")


def produce(codec):
    producer = KafkaProducer(bootstrap_servers=BROKER, compression_type=codec, linger_ms=5,
                             client_id=f"shop-{codec}")
    account = account_of(f"kafka-python, {codec}")
    sent = []
    for n in range(20):
        key, value = f"customer-{n % 7}".encode(), b"%d: " % n + b"\xc3\xa9" * n * 10
        if n == 13:
            value = None
        sent.append((producer.send("orders", key=key, value=value, partition=n % 3,
                                   headers=headers_of(n)), key, value, n))
    producer.flush()
    for future, key, value, n in sent:
        told = future.get(10)
        account.did(direction="produced", topic=told.topic, partition=told.partition,
                    offset=told.offset, timestamp=told.timestamp, key=text(key),
                    value=text(value), compression=codec or "none", control=False,
                    headers={name: text(one) for name, one in headers_of(n)})
    producer.close()
    account.write()


def consume():
    consumer = KafkaConsumer(bootstrap_servers=BROKER, client_id="reader", group_id=None,
                             consumer_timeout_ms=4000, auto_offset_reset="earliest",
                             enable_auto_commit=False)
    consumer.assign([TopicPartition("orders", n) for n in range(3)])
    account = account_of("kafka-python, which reads")
    for message in consumer:
        account.did(direction="fetched", topic=message.topic, partition=message.partition,
                    offset=message.offset, timestamp=message.timestamp, key=text(message.key),
                    value=text(message.value),
                    headers={name: text(one) for name, one in message.headers})
        if len(account.rows) == 20 * len(CODECS):
            break
    consumer.close()
    account.write()


def main():
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    admin.create_topics([NewTopic("orders", 3, 1)])
    for codec in CODECS:
        produce(codec)
    consume()
    admin.close()


main()
