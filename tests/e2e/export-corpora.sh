#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every case of the corpora, exported in every way, in two versions of Wireshark. The second is an npm
# package, which is fetched once into the cache.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have sharkd || skip_all "sharkd is not installed (Debian's package tshark)"
case $(tshark --version 2>/dev/null | head -1) in
*" 4.0."*) ;;
*) skip_all "export-counts.txt has what tshark 4.0 counts; this is another" ;;
esac

npm=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape/npm
package=@goodtools/wiregasm version=1.9.1
wiregasm=$npm/node_modules/$package
options=()

fetch() {
	mkdir -p "$npm" && timeout 240 npm install --prefix "$npm" --no-audit --no-fund --ignore-scripts \
		"$package@$version" >"$work/npm.log" 2>&1
}

if ! have node; then
	skip "the second Wireshark" "node is not installed"
elif [ -e "$wiregasm/dist/wiregasm.wasm" ]; then
	options=(--wiregasm "$wiregasm")
elif ! have npm; then
	skip "the second Wireshark" "npm is not installed, which fetches $package"
elif fetch; then
	options=(--wiregasm "$wiregasm")
else
	skip "the second Wireshark" "npm could not fetch $package: $(tail -1 "$work/npm.log")"
fi

python3 tests/e2e/export_corpora.py "$work" "${options[@]}" || failures=1
finish
