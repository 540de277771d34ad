# SPDX-License-Identifier: BSD-2-Clause
"""MongoDB through pymongo, which tells of each command and its answer (its monitoring): writes of
many types, cursors over several batches, aggregation, errors.

    mongo_pymongo.py PORT"""
import datetime
import json
import sys
import uuid

import bson
import pymongo
from bson import json_util
from ledger import Connection
from pymongo import monitoring

PORT = int(sys.argv[1])


# The relaxed form of MongoDB's Extended JSON.
RELAXED = json_util.JSONOptions(json_mode=json_util.JSONMode.RELAXED,
                                uuid_representation=bson.binary.UuidRepresentation.STANDARD)


def shown(document):
    return json.loads(json_util.dumps(document, json_options=RELAXED))


class Account(monitoring.CommandListener):
    """What the driver tells of its commands, as rows."""

    def __init__(self, connection):
        self.connection, self.asked = connection, {}

    def started(self, event):
        request = dict(event.command)
        first = request[event.command_name]
        collection = request.get("collection", first if isinstance(first, str) else None)
        documents = sum(len(request.get(name, ())) for name in ("documents", "updates", "deletes"))
        self.asked[event.request_id] = {
            "command": event.command_name, "database": event.database_name,
            "collection": collection, "request": shown(request), "request_id": event.request_id,
            "req_documents": documents, "opcode": "msg"}

    def succeeded(self, event):
        row = self.asked.pop(event.request_id)
        cursor = event.reply.get("cursor")
        if cursor:
            row["cursor_id"] = cursor["id"]
            row["resp_documents"] = len(cursor.get("firstBatch", cursor.get("nextBatch", ())))
        row["affected"] = event.reply.get("n")
        errors = event.reply.get("writeErrors", ())
        self.connection.did(**row, response=shown(event.reply), outcome="error" if errors else "ok",
                            error_code=errors[0]["code"] if errors else 0)

    def failed(self, event):
        row = self.asked.pop(event.request_id)
        self.connection.did(**row, response=shown(event.failure), outcome="error",
                            error_code=event.failure["code"],
                            error=f"{event.failure['codeName']}: {event.failure['errmsg']}")


class Heartbeats(monitoring.ServerHeartbeatListener):
    """What the driver's monitor asks: once more where the first answer took long."""

    def __init__(self, connection):
        self.connection = connection

    def started(self, event):
        self.connection.did(application="shop")

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


def work(client):
    orders = client.shop.orders
    orders.drop()
    orders.insert_one({
        "_id": 1, "name": "bé", "at": datetime.datetime(2026, 1, 1, 12, 30, 15, 250000),
        "nested": {"a": [1, 2.5, None, True, {}]}, "big": bson.Int64(1 << 40), "bin": b"\0\1",
        "oid": bson.ObjectId("0" * 24), "uuid": uuid.UUID(int=5), "re": bson.Regex("^a", "i"),
        "ts": bson.Timestamp(1767225600, 1)})
    orders.insert_many([{"_id": i, "customer": f"c{i % 5}", "total": i / 4}
                        for i in range(2, 302)])
    assert len(list(orders.find({"total": {"$gt": 1}}, batch_size=50))) == 297
    for i in range(10):
        orders.find_one({"_id": i + 1}, {"total": 1})
    orders.update_many({"customer": "c1"}, {"$set": {"seen": True}})
    orders.delete_one({"_id": 5})
    list(orders.aggregate([{"$match": {"customer": "c2"}}, {"$count": "n"}]))
    orders.insert_one({"_id": 400, "large": "L" * 300000})
    orders.find_one({"_id": 400})
    for bad in (lambda: orders.insert_one({"_id": 1}), lambda: client.shop.command("noSuchCommand"),
                lambda: list(orders.aggregate([{"$noSuchStage": 1}]))):
        try:
            bad()
            raise AssertionError("it is refused")
        except pymongo.errors.PyMongoError:
            pass
    client.shop.list_collection_names()
    client.shop.command("count", "orders")


def main():
    account, monitor = Connection("pymongo", application="shop"), Connection("pymongo's monitor")
    account.did()  # its hello, of which the driver doesn't tell
    client = pymongo.MongoClient(
        "127.0.0.1", PORT, appname="shop", uuidRepresentation="standard", maxPoolSize=1,
        heartbeatFrequencyMS=3600000, event_listeners=[Account(account), Heartbeats(monitor)])
    work(client)
    client.close()
    account.write()
    monitor.write()


main()
