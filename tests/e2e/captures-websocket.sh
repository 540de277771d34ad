#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every capture of WebSocket in the shared collection gives as many messages as tshark counts frames that
# end one, or tests/captures/websocket.tsv explains why not.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

have tshark || skip_all "needs tshark"

# They are among those of HTTP.
mkdir -p "$work/shared/websocket"
while IFS=$'\t' read -r file _ _ _ _ tags _; do
	[[ ,$tags, == *,websocket,* ]] && ln -s "$(realpath "$captures/$file")" "$work/shared/websocket/"
done <"$captures/SOURCES.tsv"
captures=$work/shared

# ends NAME: frames of tshark's that have FIN, of which each ends a message.
ends() {
	tshark -n -r "$captures/$1" -Y websocket -T fields -e websocket.fin 2>/dev/null |
		tr ',' '\n' | grep -cE '^(1|True)$'
}

messages() { records websocket "$1"; }

all_explained websocket messages ends

finish
