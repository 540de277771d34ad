# SPDX-License-Identifier: BSD-2-Clause
"""NATS through its C library: publish, headers, subscriptions, requests that are answered or that nobody
answers, JetStream: what is published, pulled, acknowledged, refused.

    nats_c.py PORT"""
import ctypes
import json
import sys

from nats_ledger import Ledger

LIB = ctypes.CDLL("libnats.so")
LIB.nats_GetLastError.restype = ctypes.c_char_p
LIB.natsMsg_GetData.restype = ctypes.c_void_p
LIB.natsMsg_GetSubject.restype = ctypes.c_char_p
LIB.natsMsg_GetReply.restype = ctypes.c_char_p
P, I, L = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
NO_RESPONDERS = "NATS_NO_RESPONDERS"


class MessageList(ctypes.Structure):
    _fields_ = [("messages", ctypes.POINTER(P)), ("count", I)]


def call(name, *arguments):
    """The library's function, which must succeed."""
    status = getattr(LIB, name)(*arguments)
    if status:
        raise RuntimeError(f"{name}: {status} {LIB.nats_GetLastError(None)}")


def data_of(message):
    length = LIB.natsMsg_GetDataLength(message)
    return ctypes.string_at(LIB.natsMsg_GetData(message), length).decode() if length else ""


class Client:
    def __init__(self, port):
        options = P()
        self.nc, self.js = P(), P()
        call("natsOptions_Create", ctypes.byref(options))
        call("natsOptions_SetURL", options, b"nats://127.0.0.1:%d" % port)
        call("natsOptions_SetName", options, b"shop")
        call("natsConnection_Connect", ctypes.byref(self.nc), options)
        self.ledger = Ledger("libnats (C)", self.local_port())
        self.ledger.did("INFO", kind="info")
        self.ledger.did("CONNECT", kind="connect", application="shop")
        self.ledger.did("PING", kind="ping")
        self.inbox = False

    def local_port(self):
        address, port = P(), I()
        call("natsConnection_GetLocalIPAndPort", self.nc, ctypes.byref(address), ctypes.byref(port))
        return port.value

    def flush(self):
        call("natsConnection_Flush", self.nc)
        self.ledger.did("PING", kind="ping")

    def subscribe(self, subject, queue=None):
        subscription = P()
        if queue:
            call("natsConnection_QueueSubscribeSync", ctypes.byref(subscription), self.nc,
                 subject.encode(), queue.encode())
        else:
            call("natsConnection_SubscribeSync", ctypes.byref(subscription), self.nc,
                 subject.encode())
        self.ledger.did("SUB", kind="subscribe", subject=subject, queue=queue)
        return subscription

    def publish(self, subject, text, headers=None):
        message = P()
        call("natsMsg_Create", ctypes.byref(message), subject.encode(), None, text.encode(),
             len(text.encode()))
        for name, value in (headers or {}).items():
            call("natsMsgHeader_Set", message, name.encode(), value.encode())
        call("natsConnection_PublishMsg", self.nc, message)
        LIB.natsMsg_Destroy(message)
        self.ledger.did("HPUB" if headers else "PUB", kind="publish", subject=subject, payload=text,
                        headers=headers, req_bytes=len(text.encode()))

    def receive(self, subscription, subject, text, headers=None, queue=None, pattern=None):
        message = P()
        call("natsSubscription_NextMsg", ctypes.byref(message), subscription, L(5000))
        assert LIB.natsMsg_GetSubject(message).decode() == subject
        assert data_of(message) == text
        LIB.natsMsg_Destroy(message)
        self.ledger.did("HMSG" if headers else "MSG", kind="delivery", subject=subject, payload=text,
                        headers=headers, queue=queue, subscription=pattern or subject)

    def ask(self, subject, text, **row):
        """Gives the answer; the first one needs an inbox."""
        reply = P()
        if not self.inbox:
            self.ledger.did("SUB", kind="subscribe")
            self.inbox = True
        status = LIB.natsConnection_RequestString(ctypes.byref(reply), self.nc, subject.encode(),
                                                  text.encode(), L(5000))
        answer = data_of(reply) if not status else None
        self.ledger.did("PUB", kind="request", subject=subject, payload=text, resp_payload=answer,
                        **row)
        if status:
            assert LIB.natsStatus_GetText(status)
            return None
        LIB.natsMsg_Destroy(reply)
        return answer


def publish_and_subscribe(client):
    ours, shared = client.subscribe("orders.>"), client.subscribe("orders.*", "workers")
    client.flush()
    for n in range(20):
        headers = {"trace": str(n), "more": "a: b"} if n % 2 else None
        text = "PING\r\nMSG fake 1 3\r\n" if n == 7 else f"order {n} \u20ac"
        client.publish(f"orders.{n % 4}", text, headers)
        client.receive(ours, f"orders.{n % 4}", text, headers, pattern="orders.>")
        client.receive(shared, f"orders.{n % 4}", text, headers, "workers", "orders.*")
    for text in ("", "x" * 200000):
        client.publish("orders.odd", text)
        client.receive(ours, "orders.odd", text, pattern="orders.>")
        client.receive(shared, "orders.odd", text, queue="workers", pattern="orders.*")
    for subscription, subject, queue in ((ours, "orders.>", None), (shared, "orders.*", "workers")):
        call("natsSubscription_Unsubscribe", subscription)
        client.ledger.did("UNSUB", kind="unsubscribe", subject=subject, queue=queue)


def requests(client):
    client.ask("svc.nobody", "?", status=503, error_code=503, error="No Responders")
    client.ledger.rows[-1].update(resp_payload="")
    for ask in ("STREAM.CREATE.EV", "STREAM.INFO.EV"):
        subject = f"$JS.API.{ask}"
        text = json.dumps({"name": "EV", "subjects": ["ev.*"]}) if "CREATE" in ask else ""
        assert json.loads(client.ask(subject, text))["config"]["name"] == "EV"
        client.ledger.rows[-1].update(kind="js_api", stream="EV")
    answer = json.loads(client.ask("$JS.API.STREAM.INFO.NONE", ""))["error"]
    client.ledger.rows[-1].update(kind="js_api", stream="NONE", error_code=answer["err_code"],
                                  error=answer["description"])


def jetstream(client):
    call("natsConnection_JetStream", ctypes.byref(client.js), client.nc, None)
    for n in range(10):
        text = f"event {n}"
        call("js_Publish", None, client.js, f"ev.{n % 3}".encode(), text.encode(), len(text), None,
             None)
        client.ledger.did("PUB", kind="js_publish", subject=f"ev.{n % 3}", payload=text, stream="EV",
                          stream_seq=n + 1, duplicate=False)


def main():
    client = Client(int(sys.argv[1]))
    publish_and_subscribe(client)
    requests(client)
    jetstream(client)
    client.flush()
    LIB.natsConnection_Close(client.nc)
    client.ledger.write()


main()
