#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture of HTTP/2 and gRPC in the shared collection gives as many streams as
# tests/captures/http2.tsv explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# streams CAPTURE: exchanges of HTTP/2, those of gRPC among them.
streams() { records http2 "$1"; }

all_explained http2 streams

finish
