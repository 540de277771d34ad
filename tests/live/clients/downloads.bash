# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by tests whose servers and clients are downloads, fetched once into a cache: before lib.sh, behind
# which there is no network.
export downloads=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape

# downloads_skip WHY: nothing of this script can run here.
downloads_skip() {
	echo "ok - $(basename "$0" .sh) # SKIP $1"
	exit 0
}

# downloads_need PROGRAM...: skips all when one is missing, and without LIVE_ALL=1.
downloads_need() {
	local program
	[ -n "${LIVE_ALL:-}" ] || downloads_skip "a download; LIVE_ALL=1 and tools/check --all run it"
	for program in "$@"; do
		[ -n "$(command -v "$program")" ] || downloads_skip "$program is not installed"
	done
}

# download FOLDER WHAT COMMAND...: runs it once; skips all when it fails.
download() {
	local what=$1/$2
	[ -e "$what.there" ] && return
	"${@:3}" >"$what.log" 2>&1 ||
		downloads_skip "$2 can't be fetched: $(grep -v '^$' "$what.log" | tail -1)"
	touch "$what.there"
}
