#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Each column of each protocol has a case in the corpora where there is something in it. Prints TAP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

is "columns that no case fills" "$(python3 tests/e2e/columns.py "$socktape" corpora)" ""

finish
