#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Records real calls on this kernel and holds the recordings against what the test programs say they
# did: every call, over IPv4, IPv6 and Unix sockets, with each set of kernel programs. Prints TAP.
# tests/kernels does the same on other kernels. What tcpdump sees of it is held against the export,
# where a network namespace can be made that has nothing else on its loopback.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
recorder=$PWD/build/socktape-record
failed=0

if [ "${1:-}" != inside ] && unshare -n ip link set lo up 2>/dev/null; then
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec unshare -n sh -c 'ip link set lo up && exec "$0" inside' "$0"
fi
work=$(mktemp -d)

trap 'rm -rf "$work"' EXIT

skip_all()
{
	echo "ok - live recording # SKIP $1"
	exit 0
}

report()
{
	local what=$1
	if [ "$2" -eq 0 ]; then
		echo "ok - $what"
	else
		failed=1
		echo "not ok - $what"
		sed 's/^/# /' "$work/out" | head -20
	fi
}

# What other kernels would refuse.
programs_cases()
{
	tests/live/programs.py floor build/bpf/socktape_compat.bpf.o >"$work/out" 2>&1
	report "the programs for old kernels ask for nothing newer than 5.8" $?
	tests/live/programs.py stack build/bpf/socktape.bpf.o build/bpf/socktape_compat.bpf.o \
		>"$work/out" 2>&1
	report "the programs need no more stack than old kernels give" $?
}

[ -x "$recorder" ] || skip_all "socktape-record is not built"
programs_cases
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"

if [ "${1:-}" != inside ] || ! TCPDUMP=$(command -v tcpdump); then
	echo "ok - the export against tcpdump # SKIP no network namespace, or no tcpdump"
	unset TCPDUMP
else
	export TCPDUMP
fi
# Subflows of Multipath TCP are such sockets, and are tested (stream multipath).
echo "ok - other sockets of the kernel in a recorded process # SKIP it takes a server of NFS, CIFS or NBD"
for set in default compat; do
	tests/live/record "$work" $set
	tests/live/judge "$work" $set tests/kernels/gaps.txt live || failed=1
done
exit $failed
