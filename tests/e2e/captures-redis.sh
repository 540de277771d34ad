#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every Redis capture of the shared collection gives as many records as tests/captures/redis.tsv
# explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# redis_records CAPTURE: how many Redis records it gives.
redis_records() { records redis "$1"; }

all_explained redis redis_records

finish
