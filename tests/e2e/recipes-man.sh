#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Runs each recipe of the manual pages as it stands there; only ids, names and times are those of a
# recording that is here, and a recorder that would go on is interrupted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have mandoc || skip_all "mandoc is not installed"
top=$PWD
cd "$work" || exit 1
cp -r "$top/corpora/http/live-demo" incident
for copy in before after; do cp -r incident $copy; done
cp "$top/corpora/http/packetbeat-http_minitwit/capture.pcap" capture.pcap
export TZ=UTC

# recipes PAGE: its lines of examples, as mandoc prints them.
recipes() {
	mandoc -T ascii -O width=300 "$top/$1" | col -bx | sed -n '/^EXAMPLES/,/^[A-Z]/p' | sed -n 's/^  *\(# \)\{0,1\}\(\(socktape\|ssh\)[- ].*\)/\2/p' | tr '`' "'"
}

# ---- socktape(1) ----

socktape() { "$socktape" "$@"; }
# shellcheck disable=SC2317 # the recipes call them
ssh() { cat incident/*.tape.zst; }
# shellcheck disable=SC2317
socktape-0.1() { "$socktape" "$@"; }
# What the page calls 24.1830 is here 7.0, and so on.
here() {
	sed -e 's/24\.1830/7.0/; s/\b24\b/7/; s/\b30\b/9/; s/\b4711\b/22424/g; s/\b4712\b/22425/; s/12:03:02/05:10:58/' \
		-e 's/12:03:04\.5/05:10:59.5/; s/12:03:04/05:11:00/; s/3f2a/none/; s/code >= 500/code >= 400/; s#/api/%#/missing%#; s/--at 12:00/--at 05:10:59.6/'
}
# Recipes that find nothing here, and say so: there are no containers, and no tokens.
is_quiet() { [[ $1 == *--container* || $1 == *Bearer* || $1 == *-o* ]]; }

count=0
while IFS= read -r recipe; do
	count=$((count + 1))
	eval "$(here <<<"$recipe")" >out 2>err </dev/null
	status=$?
	[[ $recipe != *' > '* ]] || cp "${recipe##* > }" out
	if [ $status -ne 0 ]; then
		not_ok "$recipe" "exit status $status" "$(cat err)"
	elif [ ! -s out ] && ! { is_quiet "$recipe" && { [ -s err ] || [[ $recipe == *-o* ]]; }; }; then
		not_ok "$recipe" "it printed nothing" "$(cat err)"
	else
		ok "$recipe"
	fi
done < <(recipes analyze/socktape.1)
is "there are recipes in socktape(1)" "$((count >= 24))" 1
check "the export is there" test -s 22424.pcapng

# What they find is what they say.
first() { head -"${2:-1}" <<<"$(eval "$(here <<<"$1")" 2>/dev/null)"; }
is "the slowest is first" "$(first "socktape show incident/ --sort -latency_ns -n 10 --json" | jq .latency_ns)" \
	"$("$socktape" show incident --json | jq -s 'map(.latency_ns // 0) | max')"
is "who talks to whom" "$(first 'socktape sql incident/ "SELECT * FROM service_map"' 20 | grep -c 'curl.*nginx') " "$(socktape sql incident "SELECT count(*) AS n FROM service_map WHERE client LIKE '%curl%'" --json | jq .n) "
is "the prefix and the status" "$(first "socktape show incident/ http --where \"path LIKE '/api/%' AND code = 404\" --json" 9 | jq -r .path | sort -u)" /missing

# ---- socktape-record(8) ----

reason="needs root"
if [ "$(id -u)" -ne 0 ] || ! reason=$("$recorder" --probe 2>&1); then
	skip "recipes of socktape-record(8)" "$reason"
	cd "$top" || exit
	finish
	exit
fi
# The recorder is interrupted once it records, unless it is to end by itself.
socktape-record() {
	local pid status
	case "$*" in
	*--stop* | *--list-tls* | *--background* | *" -- "*)
		"$recorder" "$@"
		return
		;;
	esac
	: >record.err # or the one before is found in it
	"$recorder" "$@" 2>record.err &
	pid=$!
	wait_for 60 grep -q "^socktape-record: recording .* into" record.err && kill -INT $pid
	wait $pid
	status=$?
	cat record.err
	return $status
}
pidof() { echo $$; }
curl() { python3 -c "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"; }
export -f curl
there() {
	sed -e "s#/var/tmp/incident#$work/rec$1#; s#/var/tmp#$work#; s#system.slice/nginx.service#/#; s/-d 1m/-d 1/; s#-- curl .*localhost/#-- bash -c curl#" \
		-e "s#-o - -- bash -c curl.*#-o - -- bash -c curl | socktape conns -#; s#-o rec\b#-o rec$1#"
}
count=0
while IFS= read -r recipe; do
	count=$((count + 1))
	eval "$(there $count <<<"$recipe")" >out 2>err </dev/null
	status=$?
	if [ $status -eq 0 ]; then ok "$recipe"; else not_ok "$recipe" "exit status $status" "$(cat out err)"; fi
	# What goes on in the background ends with the recipe that does that, or here.
	for pid in "$work"/rec*/recorder.pid; do
		[ ! -e "$pid" ] || "$recorder" --stop "${pid%/*}" >out 2>&1 || not_ok "$recipe: it ends" "$(cat out)"
	done
done < <(recipes record/socktape-record.8)
is "there are recipes in socktape-record(8)" "$((count >= 8))" 1
is "each left a recording" "$(find "$work" -maxdepth 2 -name '*.zst' -path '*rec[0-9]*' | wc -l)" \
	"$(recipes record/socktape-record.8 | grep -cE -- '-o (rec|/var/tmp/incident)\b')"
cd "$top" || exit
finish
