#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The Mux captures of the shared collection give the messages that tests/captures/mux.tsv explains, and
# the live one what its client says that it did.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

show() { "$socktape" show "$work/rec" "$1" --format json; }

# messages CAPTURE: requests and answers.
messages() {
	import "$1" || return 1
	show mux | grep '"proto":"mux"' | grep -oE '"(req|resp)_bytes":[0-9]' | wc -l
}

all_explained mux messages

# ThriftMux and plain Thrift are on one port, half of the connections each; one said nothing.
import "$captures/mux/finagle-end-to-end-a.pcap"
is "which connection speaks what" \
	"$("$socktape" conns "$work/rec" --format json | jq -r '.proto // empty' | sort | uniq -c | xargs)" \
	"13 mux 13 thrift"
is "every dispatch names its Thrift method" \
	"$(show mux | jq -r 'select(.type == "dispatch") | .method' | sort -u | xargs)" query
is "every dispatch has its trace" \
	"$(show mux | jq -r 'select(.type == "dispatch" and .trace_id == null)' | wc -l)" 0
is "delegations are shown" \
	"$(show mux | jq -c 'select(.dtab != null) | .dtab' | sort -u)" '[["/foo","/bar"]]'

import "$captures/live/mux-finagle.pcap"
show mux >"$work/rows"
count() { jq -s "map(select($1)) | length" "$work/rows"; }
said() { jq ".$1" "$captures/live/mux-finagle.json"; }

is "the client's answered requests" "$(count '.type == "dispatch" and .status == "ok"')" "$(said ok)"
is "each has the answer to what it asked" \
	"$(count '.type == "dispatch" and .status == "ok" and .payload == .resp_payload')" "$(said ok)"
is "the client's errors" \
	"$(count '.status == "error" and .error == "java.lang.RuntimeException: no such order"')" \
	"$(said failed)"
is "the client's refusals, each tried three times" "$(count '.status == "nack"')" \
	$((3 * $(said nacked)))
is "the client's discards" \
	"$(count '.type == "dispatch" and .discarded and .reason == "java.lang.Exception: changed my mind"')" \
	"$(said discarded)"
is "the large one is whole" "$(count '.type == "dispatch" and .req_bytes > 300000 and .resp_bytes > 300000
	and .payload == "x" * 300000 and .resp_payload == .payload')" 1
is "nothing is partial or unanswered" \
	"$(count '.outcome == "partial" or .outcome == "unanswered"')" 0

finish
