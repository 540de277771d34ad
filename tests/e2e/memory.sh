#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# One budget: --memory holds whatever the input is, and every row is there nevertheless. `make
# attacks` does the same with as much as an attacker would send.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have zstd || skip_all "zstd is not installed"
python3 tests/e2e/attacks.py "$socktape" "$work" 0.03 16
