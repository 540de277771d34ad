# SPDX-License-Identifier: BSD-2-Clause
"""NATS through nats-py: a service of its own and requests to it, streams, pulls with their deliveries,
acks, a nak that brings its message again, terms, messages that are there already.

    nats_py.py PORT"""
import asyncio
import sys

import nats
from nats_ledger import Ledger

PORT = int(sys.argv[1])


async def service(nc, ledger):
    """Each request is seen twice: as it is sent, and as the service gets it."""
    async def answer(message):
        await message.respond(b"answer to " + message.data)
    await nc.subscribe("svc.time", cb=answer)
    ledger.did("SUB", subject="svc.time")
    ledger.did("SUB", kind="subscribe")
    for n in range(20):
        text = f"q{n}"
        reply = (await nc.request("svc.time", text.encode(), timeout=5)).data.decode()
        ledger.did("PUB", kind="request", subject="svc.time", payload=text, resp_payload=reply)
        ledger.did("MSG", kind="delivery", subject="svc.time", payload=text, resp_payload=reply,
                   subscription="svc.time")


async def publish(js, ledger):
    await js.add_stream(name="PY", subjects=["py.*"])
    ledger.did("PUB", kind="js_api", stream="PY")
    for n in range(12):
        text = f"event {n}"
        ack = await js.publish(f"py.{n % 3}", text.encode(), headers={"Nats-Msg-Id": str(n % 10)})
        ledger.did("HPUB", kind="js_publish", subject=f"py.{n % 3}", payload=text, stream="PY",
                   headers={"Nats-Msg-Id": str(n % 10)}, stream_seq=ack.seq,
                   duplicate=bool(ack.duplicate))


async def settle(message, n, ledger, deliveries):
    what = {3: "nak", 5: "term"}.get(n, "ack") if deliveries == 1 else "ack"
    await getattr(message, what)()
    sequence = message.metadata.sequence
    ledger.did("HMSG", kind="js_delivery", subject=message.subject, stream="PY", consumer="puller",
               payload=message.data.decode(), ack=what, stream_seq=sequence.stream,
               consumer_seq=sequence.consumer, deliveries=message.metadata.num_delivered)


async def pull(js, ledger):
    subscription = await js.pull_subscribe("py.*", "puller", stream="PY")
    ledger.did("PUB", kind="js_api", stream="PY", consumer="puller", error_code=10014,
               error="consumer not found")
    ledger.did("PUB", kind="js_api", stream="PY", consumer="puller")
    ledger.did("SUB", kind="subscribe")
    for batch in (6, 5):
        took = await subscription.fetch(batch, timeout=5)
        ledger.did("PUB", kind="js_pull", stream="PY", consumer="puller", batch=batch,
                   messages=len(took), resp_bytes=sum(len(m.data) for m in took))
        for message in took:
            await settle(message, message.metadata.sequence.consumer, ledger,
                         message.metadata.num_delivered)


async def main():
    nc = await nats.connect(f"nats://127.0.0.1:{PORT}", name="shop")
    port = nc._transport._io_writer.get_extra_info("sockname")[1]  # pylint: disable=W0212
    ledger = Ledger("nats-py (Python)", port)
    ledger.did("INFO", kind="info")
    ledger.did("CONNECT", kind="connect", application="shop")
    ledger.did("PING", kind="ping")
    await service(nc, ledger)
    js = nc.jetstream()
    await publish(js, ledger)
    await pull(js, ledger)
    await nc.flush()
    ledger.did("PING", kind="ping")
    await nc.close()
    ledger.write()


asyncio.run(main())
