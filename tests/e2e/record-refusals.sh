#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# When socktape-record can't record it says so in one line: what, why, what to do.
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

# refused WHAT PATTERN COMMAND...
refused() {
	local what=$1 pattern=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	status=$?
	is "$what: exit status 1" "$status" 1
	is "$what: one line" "$(wc -l <"$work/err")" 1
	check "$what: that says why" grep -q "^socktape-record: .*$pattern" "$work/err"
	is "$what: nothing on stdout" "$(cat "$work/out")" ""
}

refused "no directory" "use -o DIR" "$recorder"
refused "a wrong option" "unknown option '--nonsense'" "$recorder" --nonsense
refused "a wrong value" "--port 0: expected a port" "$recorder" -o "$work/x" --port 0
refused "a command without --" "after --" "$recorder" -o "$work/x" true
refused "a process that isn't there" "no such process" "$recorder" -o "$work/x" -p 4194304
refused "a cgroup that isn't there" "--cgroup /no/such" "$recorder" -o "$work/x" --cgroup /no/such
refused "a path that is no cgroup" "not a cgroup" "$recorder" -o "$work/x" --cgroup /usr
refused "a directory that can't be made" "/no/such/place: No such file" \
	"$recorder" -o /no/such/place
touch "$work/file"
refused "a file in the way" "$work/file" "$recorder" -o "$work/file"
"$recorder" -q -d 0.1 -o "$work/used"
refused "a directory that is used" "holds a recording already" "$recorder" -o "$work/used"
check "the old recording is untouched" complete "$work/used"

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all)
chmod 755 "$work"
cp "$recorder" "$work/socktape-record"
refused "an ordinary user" "run it as root" \
	"${nobody[@]}" "$work/socktape-record" -o "$work/x"
refused "an ordinary user who asks" "run it as root" "${nobody[@]}" "$work/socktape-record" --probe
refused "no type information" "CONFIG_DEBUG_INFO_BTF" \
	unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf && exec '$recorder' -o '$work/x'"
check "nothing was left behind" test ! -e "$work/x"

# Where the ring doesn't fit under a memory limit, the size that does is named, and does fit.
memory_mount=$(awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/) { print $2 }' \
	/proc/mounts | while read -r mount; do
	[ -e "$mount/memory.limit_in_bytes" ] || grep -qw memory "$mount/cgroup.subtree_control" || continue
	echo "$mount"
	break
done 2>/dev/null)
memory=$memory_mount/socktape-e2e-$$
if [ -n "$memory_mount" ] && mkdir "$memory" 2>/dev/null; then
	limit=$memory/memory.max
	[ -e "$limit" ] || limit=$memory/memory.limit_in_bytes
	echo $((128 << 20)) >"$limit"
	# shellcheck disable=SC2016 # the inner shell expands
	limited=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$memory" "$recorder")
	refused "a buffer that a memory limit forbids" "--buffer [0-9]*KiB fits" \
		"${limited[@]}" -o "$work/x"
	fits=$(grep -o -- '--buffer [0-9]*KiB' "$work/err")
	# shellcheck disable=SC2086 # option and argument
	"${limited[@]}" -q -d 0.1 -o "$work/fits" $fits 2>"$work/err"
	is "the buffer that is named fits" "$? $(cat "$work/err")" "0 "
	rmdir "$memory"
else
	skip "a buffer that a memory limit forbids" "no cgroup with a memory limit can be made here"
fi

"$recorder" -o "$work/used" -- touch "$work/ran" 2>/dev/null
check "a command is not run when it can't be recorded" test ! -e "$work/ran"

check "--help" bash -c "'$recorder' --help | grep -q '^usage: socktape-record -o DIR'"
check "--version" bash -c "'$recorder' --version | grep -q '^socktape-record [0-9]'"
check "--probe" "$recorder" --probe
check "-v names the features and what is used" bash -c "
	'$recorder' -v -d 0.1 -o '$work/verbose' 2>&1 | grep -q 'using the programs'"
finish
