#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Connections that nobody answers, or a router refuses: recorded with the reason, in network
# namespaces of their own. Prints TAP.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
recorder=$PWD/build/socktape-record

skip_all() {
	echo "ok - connections that nobody answers # SKIP $1"
	exit 0
}

[ -x "$recorder" ] || skip_all "socktape-record is not built"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"

if [ "${1:-}" != inside ]; then
	unshare -n true 2>/dev/null || skip_all "no network namespace can be made here"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	unshare -n "$0" inside "$work"
	exit
fi
work=$2

# The router is a namespace of its own, which lives as long as this process.
unshare -n sleep 600 &
router=$!
trap 'kill $router' EXIT
until [ "$(readlink /proc/$router/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
	sleep 0.05
done
router() { nsenter -t "$router" -n "$@"; }
{
	ip link set lo up &&
		ip link add near type veth peer name far netns "$router" &&
		ip addr add 198.51.100.2/24 dev near &&
		ip link set near up &&
		router ip addr add 198.51.100.1/24 dev far &&
		router ip link set far up &&
		ip route add default via 198.51.100.1 &&
		router ip route add blackhole 192.0.2.0/24 &&
		router ip route add unreachable 203.0.113.0/24 &&
		router sysctl -qw net.ipv4.ip_forward=1
} >"$work/setup" 2>&1 || skip_all "no such network here: $(head -1 "$work/setup")"

for set in default compat; do
	mkdir -p "$work/$set/states"
	option=
	[ "$set" = default ] || option=--$set
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; no option is no argument
	timeout 120 "$recorder" -q $option -o "$work/$set/states/rec" -- sh -c '
		build/tests/live/states abandoned 192.0.2.9
		build/tests/live/states timeout 192.0.2.9
		build/tests/live/states unreachable 203.0.113.9
		sysctl -qw net.ipv4.ip_local_port_range="40000 40000"
		build/tests/live/states exhausted 192.0.2.9
		sysctl -qw net.ipv4.ip_local_port_range="32768 60999"' \
		>"$work/$set/states/ledger" 2>"$work/$set/states/err"
	echo $? >"$work/$set/states/status"
	tests/live/judge "$work" $set || failed=1
done
exit "${failed:-0}"
