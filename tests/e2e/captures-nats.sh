#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every NATS capture of the shared collection gives the messages that tests/captures/nats.tsv explains,
# and the live one what its client says that it did.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

rows() { "$socktape" show "$work/rec" nats --format json; }

# messages CAPTURE: rows, and answers that came as messages or as PONG.
messages() {
	import "$1" || return 1
	rows | jq -s 'map(1 + (if .resp_payload != null or (.kind == "ping" and .latency_ns != null)
		then 1 else 0 end)) | add // 0'
}

all_explained nats messages

import "$captures/live/nats-py.pcap"
rows >"$work/rows"
# count FILTER: rows that it selects.
count() { jq -s "map(select($1)) | length" "$work/rows"; }
said() { jq ".$1" "$captures/live/nats-py.json"; }

is "the client's published" "$(count '.kind == "publish"')" "$(said published)"
is "the client's received" \
	"$(count '.kind == "delivery" and (.subscription | startswith("orders."))')" "$(said received)"
is "the client's requests" \
	"$(count '.kind == "request" and .outcome == "ok" and .subject == "svc.time"
		and .resp_payload == "answer to " + .payload')" "$(said requests)"
is "the client's requests that nobody answers" "$(count '.kind == "request" and .status == 503')" \
	"$(said no_responders)"
is "the client's messages to the stream" \
	"$(count '.kind == "js_publish" and .stream == "EVENTS" and .duplicate == false')" \
	"$(said js_published)"
is "the stream counts them" \
	"$(jq -s -c 'map(select(.kind == "js_publish" and .stream == "EVENTS") | .stream_seq)
		== [range(1; 31)]' "$work/rows")" true
is "the client's acknowledgements" "$(count '.kind == "js_delivery" and .ack == "ack"')" \
	"$(said js_acked)"
is "the client's refusals" "$(count '.kind == "js_delivery" and .ack == "nak"')" "$(said js_naked)"
is "what was refused comes again" "$(count '.deliveries == 2')" "$(said js_naked)"
is "pulls are given what they ask for" \
	"$(count '.kind == "js_pull" and .messages == .batch and .outcome == "ok"')" 3
is "a payload that looks like lines stays one" "$(count '.payload == "PING\r\nMSG fake 1 3\r\n"')" 3
is "headers are told" "$(count '.kind == "publish" and .headers.trace and .headers.empty == ""')" 25
is "nothing is partial or unanswered" "$(count '.outcome == "partial" or .outcome == "unanswered"')" 0

finish
