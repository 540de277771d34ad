#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What io_uring sends over UDP and Unix sockets without a completion is counted, to the byte. Prints
# TAP.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
recorder=$PWD/build/socktape-record
what="io_uring's silent requests on UDP and Unix sockets are counted"

skip_all() {
	echo "ok - $what # SKIP $1"
	exit 0
}

[ -x "$recorder" ] || skip_all "socktape-record is not built"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"
! grep -q "post no completion" <<<"$reason" || skip_all "this kernel doesn't show them"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
timeout 60 "$recorder" -q --unix -o "$work/rec" -- build/tests/live/silent >"$work/sent" 2>"$work/err"
[ -s "$work/sent" ] || skip_all "$(tail -1 "$work/err")"
if build/socktape events "$work/rec" --all --format json |
	jq -s -e --argjson sent "$(cat "$work/sent")" '
		[.[] | select(.event == "data" and .call == "io_uring_send") | .len] as $seen |
		[.[] | select(.event == "loss" and .fields.dir == "sent") | .fields.bytes] as $lost |
		{$sent, $seen, $lost} |
		., (($seen | length) == 6 and ($lost | length) == 2 and
			($seen | add) + ($lost | add) == $sent)' >"$work/out" 2>&1; then
	echo "ok - $what"
else
	echo "not ok - $what"
	sed 's/^/# /' "$work/out" "$work/err"
	exit 1
fi
