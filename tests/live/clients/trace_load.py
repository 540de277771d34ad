#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks the front of trace_front.py, several at a time, and judges what socktape trace says.

    trace_load.py load PORT REQUESTS THREADS
    trace_load.py back PORT              the server behind it, which takes its time
    trace_load.py judge                  reads socktape trace --json: right, wrong and missing parents
"""
import http.client
import http.server
import json
import random
import sys
import threading
import time


class Back(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        time.sleep(random.random() / 200)
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"back")

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def load(port, requests, threads):
    def run(which):
        front = http.client.HTTPConnection("127.0.0.1", port)
        for n in range(which, requests, threads):
            trace = f"{random.getrandbits(128):032x}"
            front.request("GET", f"/{n}", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
            front.getresponse().read()
        front.close()

    running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def judge():
    rows = [json.loads(line) for line in sys.stdin]
    path = {row["record_id"]: row["record"].split()[1] for row in rows}
    right = wrong = missing = 0
    ways = {}
    for row in rows:
        if path[row["record_id"]].count("/") < 2:
            continue
        if row["parent"] is None:
            missing += 1
            continue
        ways[row["by"]] = ways.get(row["by"], 0) + 1
        if path[row["parent"]] == path[row["record_id"]].rpartition("/")[0]:
            right += 1
        else:
            wrong += 1
    print(right, wrong, missing, *sorted(ways))


if sys.argv[1] == "load":
    load(*map(int, sys.argv[2:]))
elif sys.argv[1] == "back":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Back)
    server.request_queue_size = 64
    print("ready", flush=True)
    server.serve_forever()
else:
    judge()
