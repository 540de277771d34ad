#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Nothing of a recording reaches a terminal unescaped, whatever the command and the format; and no
# cell of CSV is a formula.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

python3 tests/e2e/terminal.py "$socktape" "$work"
