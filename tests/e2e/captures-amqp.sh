#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every AMQP capture of the shared collection gives the methods and messages that tshark sees, and
# those that the clients say; no other capture gives any, and nothing of these is taken for others.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

methods() {
	import "$1" || return 1
	"$socktape" show "$work/rec" amqp --format json | jq -s '
		map(select(.proto == "amqp" and .class)) |
		map((if .request then 1 else 0 end) +
			(if .response and .reply then 1 else 0 end) -
			(if .reply == "channel.close" or .reply == "connection.close"
				then 1 else 0 end)) | add // 0'
}

all_explained amqp methods

# fields CAPTURE FIELD VALUE...: how often tshark dissects FIELD, or FIELD with one of the values.
fields() {
	local capture=$1 field=$2
	shift 2
	tshark -n -r "$capture" -d tcp.port==25690,amqp -T fields -e "$field" 2>/dev/null |
		tr ',' '\n' | grep -cE "^($(IFS='|'; echo "${*:-..*}"))\$"
}

messages() { # messages RECORDING DIRECTION [FILTER]
	"$socktape" show "$1" amqp_messages --format json 2>/dev/null |
		jq -s --arg d "$2" "map(select(.direction == \$d)) | ${3:-length}"
}

for capture in "$captures"/amqp/*.pcap "$captures"/live/amqp-pika.pcap; do
	name=${capture##*/}
	is "$name: tshark's methods" "$(methods "$capture")" "$(fields "$capture" amqp.method.method)"
	is "$name: tshark's messages" \
		"$("$socktape" show "$work/rec" amqp_messages --format json 2>/dev/null | wc -l)" \
		"$(fields "$capture" amqp.type 2)"
	is "$name: tshark's heartbeats" \
		"$("$socktape" show "$work/rec" amqp --format json | grep -c '"method":"heartbeat"')" \
		"$(fields "$capture" amqp.type 8)"
	is "$name: nothing else is seen in it" \
		"$("$socktape" conns "$work/rec" --format json | jq -r '.proto // empty' | sort -u)" amqp
done

# What the client of the live capture says that it did.
did() { jq ".$1" "$captures/live/amqp-pika.json"; }
import "$captures/live/amqp-pika.pcap"
is "published" "$(messages "$work/rec" published)" "$(did published)"
is "returned" "$(messages "$work/rec" published 'map(select(.returned)) | length')" "$(did returned)"
is "got" "$(messages "$work/rec" got)" "$(did got)"
is "rejected" "$(messages "$work/rec" delivered 'map(select(.settled == "reject")) | length')" \
	"$(did rejected)"
is "acknowledged" \
	"$(($(messages "$work/rec" delivered 'map(select(.settled == "ack")) | length') + \
		$(messages "$work/rec" got 'map(select(.settled == "ack")) | length')))" "$(did acked)"
is "channels that the broker closed" \
	"$("$socktape" show "$work/rec" amqp --format json |
		jq -s 'map(select(.class == "channel" and .method == "close" and .sender == "server")) | length')" \
	"$(did channel_errors)"

for folder in "$captures"/*/; do
	folder=$(basename "$folder")
	[ "$folder" != amqp ] || continue
	taken=
	for capture in "$captures/$folder"/*.pcap*; do
		[[ $capture != */live/amqp-* ]] || continue
		import "$capture"
		! "$socktape" conns "$work/rec" --format json | grep -q '"proto":"amqp' ||
			taken+=" ${capture##*/}"
	done
	is "nothing in $folder is taken for AMQP" "$taken" ""
done

finish
