#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture of MySQL in the shared collection gives as many records as
# tests/captures/mysql.tsv explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# exchanges CAPTURE: requests with their responses.
exchanges() { records mysql "$1"; }

all_explained mysql exchanges

finish
