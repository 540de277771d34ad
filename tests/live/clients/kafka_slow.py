# SPDX-License-Identifier: BSD-2-Clause
"""Kafka through kafka-python: a producer that sends now and then, and a consumer that stops between its
polls. When each message was sent and when it was read is appended to $ledger.

    kafka_slow.py PORT"""
import json
import os
import sys
import threading
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

BROKER = f"127.0.0.1:{sys.argv[1]}"
STOPS = 0.25  # seconds
MESSAGES = 60
UNREAD = 7


def write(**line):
    with open(os.environ["ledger"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def consume(ready):
    consumer = KafkaConsumer(bootstrap_servers=BROKER, client_id="slow-1", group_id="slow",
                             auto_offset_reset="earliest", enable_auto_commit=False)
    consumer.assign([TopicPartition("slow", n) for n in range(3)])
    consumer.poll(100)
    ready.set()
    count = 0
    while count < MESSAGES:
        got = consumer.poll(2000)
        now = time.time_ns()
        for messages in got.values():
            for message in messages:
                write(read=now, partition=message.partition, offset=message.offset)
                count += 1
        consumer.commit({place: OffsetAndMetadata(messages[-1].offset + 1, "", -1)
                         for place, messages in got.items()})
        time.sleep(STOPS)
    consumer.close()


def send(producers, number):
    """Of three messages two go together, compressed."""
    codec = ("gzip", "lz4", None)[number % 3]
    now = time.time_ns()
    sent = [producers[codec].send("slow", b"message %d" % number * 20, partition=number % 3)
            for _ in range(1 + number % 2)]
    for future in sent:
        told = future.get(30)
        write(sent=now, partition=told.partition, offset=told.offset)
    return len(sent)


def main():
    producers = {codec: KafkaProducer(bootstrap_servers=BROKER, compression_type=codec, linger_ms=0)
                 for codec in ("gzip", "lz4", None)}
    for producer in producers.values():
        producer.partitions_for("slow")
    ready = threading.Event()
    reader = threading.Thread(target=consume, args=(ready,))
    reader.start()
    ready.wait()
    count = number = 0
    while count < MESSAGES:
        count += send(producers, number)
        number += 1
        time.sleep(0.04)
    reader.join()
    for number in range(0, 2 * UNREAD, 2):
        send(producers, number)
    for producer in producers.values():
        producer.close()


main()
