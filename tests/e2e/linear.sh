#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Replay takes time in proportion to its input, whatever is open, or waits, at once.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have zstd || skip_all "zstd is not installed"
python3 tests/e2e/linear.py "$socktape" "$work"
