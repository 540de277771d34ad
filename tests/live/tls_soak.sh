#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# nginx under load with probes in its TLS library, for SOAK_MINUTES: no request fails, nothing stands
# still, and the kernel warns of nothing. One load goes over TLS and one, as a measure of the machine, in
# clear. Ten minutes with LIVE_ALL=1 only (tools/check --all). Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/tls_lib.bash"

minutes=${SOAK_MINUTES:-10}
[ -n "${LIVE_ALL:-}${SOAK_MINUTES:-}" ] || skip_all "$minutes minutes; LIVE_ALL=1 and tools/check --all run it"
{ have nginx && have wrk && have curl; } || skip_all "nginx, wrk or curl is not installed"
nginx_start || skip_all "nginx doesn't start"

# load NAME URL: one line for each round of two seconds: requests, failures.
load() {
	while [ ! -e "$work/enough" ]; do
		wrk -t 1 -c 16 -d 2s "$2" | awk '
			/ requests in / { n = $1 }
			/Socket errors/ { gsub(",", ""); failed += $4 + $6 + $8 }
			/Non-2xx/ { failed += $NF }
			END { print n + 0, failed + 0 }' >>"$work/$1"
	done
}

# Rounds that both loads have, in which TLS did nearly nothing and the machine was well.
stalls() {
	paste "$work/tls" "$work/clear" | awk 'NF == 4' | python3 -c '
import statistics
import sys

rounds = [[int(word) for word in line.split()] for line in sys.stdin]
usual = [statistics.median(r[i] for r in rounds) for i in (0, 2)]
for n, r in enumerate(rounds):
    if r[0] < usual[0] / 10 and r[2] > usual[1] / 2:
        print(f"round {n} of {len(rounds)}: {r[0]} requests over TLS of {usual[0]:.0f}, {r[2]} in clear")'
}

warnings() { dmesg 2>/dev/null | grep -cE 'WARNING: |BUG: |rcu.*stall|soft lockup'; }

warned=$(warnings)
"$recorder" --port "$port" -o "$work/rec" --keep 200M 2>"$work/rec.err" &
pid=$!
await_recording "$work/rec.err"
load tls "https://127.0.0.1:$port/" &
first=$!
load clear "http://127.0.0.1:$clear/" &
second=$!
sleep $((minutes * 60))
touch "$work/enough"
wait $first $second
kill -INT $pid
wait $pid
echo "# $(awk '{ n += $1 } END { print n }' "$work/tls") requests over TLS in $(wc -l <"$work/tls") rounds"
is "no request fails" "$(awk '$2 { n += $2 } END { print n + 0 }' "$work/tls")" 0
is "nothing stands still" "$(stalls)" ""
is "the kernel warns of nothing" "$(warnings)" "$warned"
check "the recorder has ended well" grep -q 'interrupted after' "$work/rec.err"

finish
