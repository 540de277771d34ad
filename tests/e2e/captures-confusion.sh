#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# No connection of the shared captures is taken for a protocol that it doesn't speak, neither whole
# nor with its beginning cut off nor one direction alone.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

have tshark || skip_all "needs tshark"
if tests/captures/confusion >"$work/matrix" 2>&1; then
	ok "no connection is taken for what it isn't"
else
	not_ok "no connection is taken for what it isn't" \
		"$(sed -n '/^false claims/,$p' "$work/matrix" | head -40)" "$(tail -1 "$work/matrix")"
fi

finish
