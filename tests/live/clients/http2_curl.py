# SPDX-License-Identifier: BSD-2-Clause
"""HTTP/2 through curl (nghttp2, in C), with prior knowledge.

    http2_curl.py PORT"""
import json
import subprocess
import sys

from ledger import Connection

PORT = sys.argv[1]
TOLD = '{"status":%{http_code},"resp_bytes":%{size_download},"port":%{local_port}}\n'


def curl(*arguments):
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", TOLD, *arguments], check=True,
                          stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    for path in ("/small", "/large", "/missing", "/small?again"):
        [one] = curl("--http2-prior-knowledge", f"http://127.0.0.1:{PORT}{path}")
        account = Connection("curl", one["port"], scheme="http", authority=f"127.0.0.1:{PORT}")
        account.did(method="GET", path=path, status=one["status"], resp_bytes=one["resp_bytes"],
                    outcome="ok" if one["status"] < 400 else "error")
        account.write()

    [one] = curl("--http2-prior-knowledge", "-d", "x" * 50000, f"http://127.0.0.1:{PORT}/small")
    account = Connection("curl, which posts", one["port"])
    account.did(method="POST", path="/small", status=one["status"], req_bytes=50000,
                resp_bytes=one["resp_bytes"], req_body="x" * 50000)
    account.write()


main()
