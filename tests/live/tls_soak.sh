#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# nginx under load with probes in its TLS library, for SOAK_MINUTES, then SOAK_ROUNDS of attaching and
# detaching under the same load: no request fails, nothing stands still, and the kernel warns of nothing.
# One load goes over TLS and one, as a measure of the machine, in clear; every fourth minute nothing is
# attached, so that what stands still without probes is seen, too. `make soak` takes half an hour and a
# hundred rounds, tools/check --all (LIVE_ALL=1) two minutes and twenty. SOAK_REST seconds between two
# rounds of load leave a busy machine to others. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/tls_lib.bash"

minutes=${SOAK_MINUTES:-2}
rounds=${SOAK_ROUNDS:-20}
rest=${SOAK_REST:-0}
[ -n "${LIVE_ALL:-}${SOAK_MINUTES:-}" ] || skip_all "$minutes minutes; make soak and tools/check --all run it"
{ have nginx && have wrk && have curl; } || skip_all "nginx, wrk or curl is not installed"
nginx_start || skip_all "nginx doesn't start"

# load NAME URL: one line for each round of two seconds: requests, failures, and whether probes were there
# at its beginning and its end.
load() {
	local attached
	while [ ! -e "$work/enough" ]; do
		attached=$([ -e "$work/attached" ] && echo 1 || echo 0)
		wrk -t 1 -c 16 -d 2s "$2" | awk '
			/ requests in / { n = $1 }
			/Socket errors/ { gsub(",", ""); failed += $4 + $6 + $8 }
			/Non-2xx/ { failed += $NF }
			END { print n + 0, failed + 0, '"$attached"' }' >>"$work/$1"
		sleep "$rest"
	done
}

# Rounds that both loads have, in which TLS did nearly nothing and the machine was well. ATTACHED: 1 of
# those with probes, 0 of those without.
stalls() {
	paste "$work/tls" "$work/clear" | awk 'NF == 6' | python3 -c '
import statistics
import sys

rounds = [[int(word) for word in line.split()] for line in sys.stdin]
usual = [statistics.median(r[i] for r in rounds) for i in (0, 3)]
for n, r in enumerate(rounds):
    if r[2] == int(sys.argv[1]) and r[0] < usual[0] / 10 and r[3] > usual[1] / 2:
        print(f"round {n} of {len(rounds)}: {r[0]} requests over TLS of {usual[0]:.0f}, {r[3]} in clear")' "$1"
}

# of ATTACHED: rounds, and the median of requests over TLS and in clear.
figures() {
	paste "$work/tls" "$work/clear" | awk -v a="$1" 'NF == 6 && $3 == a { print $1, $4 }' | python3 -c '
import statistics
import sys

rounds = [[int(word) for word in line.split()] for line in sys.stdin]
medians = [statistics.median(r[i] for r in rounds) if rounds else 0 for i in (0, 1)]
print(f"{len(rounds)} rounds, {medians[0]:.0f} requests over TLS, {medians[1]:.0f} in clear")'
}

warnings() { dmesg 2>/dev/null | grep -cE 'WARNING: |BUG: |rcu.*stall|soft lockup'; }

# attached SECONDS: the recorder runs so long; each ends well.
attached() {
	local pid rec
	rec=$(mktemp -du "$work/rec.XXXXXX")
	"$recorder" --port "$port" -o "$rec" --keep 200M 2>"$work/rec.err" &
	pid=$!
	await_recording "$work/rec.err" || return 1
	touch "$work/attached"
	sleep "$1"
	rm "$work/attached"
	kill -INT $pid
	wait $pid || { cat "$work/rec.err"; return 1; }
	rm -rf "$rec"
	grep -q 'interrupted after' "$work/rec.err"
}

soak() {
	local left=$((minutes * 60))
	while [ $left -gt 0 ]; do
		attached $((left < 180 ? left : 180)) || return 1
		left=$((left - 180))
		[ $left -le 0 ] || sleep 60
		left=$((left - 60))
	done
}

# Half of them of secrets; no probe is left when one ends.
attach_rounds() {
	local i
	for ((i = 0; i < rounds; i++)); do
		"$recorder" --list-tls --tls "$([ $((i % 2)) -eq 1 ] && echo keys || echo plaintext)" >/dev/null ||
			return 1
	done
}

warned=$(warnings)
load tls "https://127.0.0.1:$port/" &
first=$!
load clear "http://127.0.0.1:$clear/" &
second=$!
check "$minutes minutes: the recorder begins and ends well" soak
check "$rounds rounds of attaching and detaching" attach_rounds
touch "$work/enough"
wait $first $second
echo "# $(awk '{ n += $1 } END { print n }' "$work/tls") requests over TLS"
echo "# with probes: $(figures 1)"
echo "# without, or coming and going: $(figures 0)"
is "no request fails" "$(awk '$2 { n += $2 } END { print n + 0 }' "$work/tls")" 0
is "nothing stands still with probes" "$(stalls 1)" ""
stalls 0 | sed 's/^/# without probes: /'
is "the kernel warns of nothing" "$(warnings)" "$warned"

finish
