#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What corpora/make-damage made of conversations shows what those show, as far as it is there: in other
# pieces all of it, and beside what is missing each row that claims to be whole. That the program shows what
# the cases expect is the corpora's own test. Prints TAP.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for protocol in http http2 websocket pgsql mysql tls kafka thrift; do
	check "$protocol: rows before and after the damage are right" python3 tests/e2e/damage.py "corpora/$protocol"
done
check "a row that is wrong is found" python3 tests/e2e/damage.py --itself

finish
