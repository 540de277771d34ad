#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture of PostgreSQL in the shared collection gives as many records as
# tests/captures/pgsql.tsv explains.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

# exchanges CAPTURE: requests with their responses.
exchanges() { records pgsql "$1"; }

all_explained pgsql exchanges

finish
