#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# In the captures with Thrift of the shared collection we see the messages that tshark sees, with the
# names that it gives them.
# shellcheck source=tests/e2e/captures.bash
. "$(dirname "$0")/captures.bash"

have tshark || skip_all "needs tshark"

show() { "$socktape" show "$work/rec" thrift --format json | grep '"proto":"thrift"'; }

# Each message's method, as often as it came; oneway calls are calls here as they are on the wire.
ours() { show | jq -r '.method as $m | (.req_bytes, .resp_bytes) | select(. != null) | $m' | sort | uniq -c; }
theirs() {
	tshark -n -r "$1" -d tcp.port==9090,thrift -d tcp.port==10119,thrift -T fields -e thrift.method \
		2>/dev/null | tr ',' '\n' | grep . | sort | uniq -c
}

for name in thrift_integration thrift_tutorial_framed_transport; do
	capture=$captures/confusers/packetbeat-$name.pcap
	[ -e "$capture" ] || skip_all "no $capture"
	import "$capture"
	is "$name: tshark's messages" "$(ours)" "$(theirs "$capture")"
	is "$name: exceptions" "$(show | jq -r 'select(.outcome == "error") | .error' | xargs)" \
		"$([ $name = thrift_integration ] && echo Xception || echo Cannot divide by 0)"
	is "$name: every connection that said something is known" \
		"$("$socktape" conns "$work/rec" --format json |
			jq -r 'select(.sent_bytes + .received_bytes > 0) | .proto' | sort -u)" thrift
done

# Finagle's header stands before the calls, where both agreed on it.
import "$captures/mux/finagle-end-to-end-a.pcap"
is "calls with a header" "$(show | jq -r 'select(.header != null) | .method' | sort | uniq -c | xargs)" \
	"$(show | jq -s 'map(select(.trace_id != null)) | length') query"
is "connections that agreed on one have it in every other call" \
	"$(show | jq -s 'group_by(.conn) | map(select(any(.method == "__can__finagle__trace__v3__"))
		| map(select(.method == "query" and .header == null))) | flatten | length')" 0

finish
