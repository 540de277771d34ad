#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# sendfile() of files on overlayfs, as servers in containers do: the payload is recorded whole. The
# overlays are in a mount namespace of their own. Prints TAP.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
recorder=$PWD/build/socktape-record

skip_all() {
	echo "ok - sendfile from overlayfs # SKIP $1"
	exit 0
}

[ -x "$recorder" ] || skip_all "socktape-record is not built"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
reason=$("$recorder" --probe 2>&1) || skip_all "$reason"

if [ "${1:-}" != inside ]; then
	unshare -m true 2>/dev/null || skip_all "no mount namespace can be made here"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	unshare -m "$0" inside "$work"
	exit
fi
work=$2

# An overlay can't have its upper directory on another: they are on a tmpfs.
mount -t tmpfs none "$work" || skip_all "no tmpfs can be mounted here"
mkdir -p "$work"/{lower,upper,work,merged,upper2,work2,merged2}
for name in below copied nested; do
	seq -f "%g of $name" 1 2000 >"$work/lower/$name"
done
# overlay LOWER UPPER WORK MERGED
overlay() {
	mount -t overlay none "$work/$4" \
		-o "lowerdir=$work/$1,upperdir=$work/$2,workdir=$work/$3" 2>"$work/why" ||
		skip_all "$(head -1 "$work/why")"
}
overlay lower upper work merged
overlay merged upper2 work2 merged2

# Sends each file to the other end of a connection and prints what went that way, in hex.
cat >"$work/send.py" <<'PYTHON'
import os, socket, sys, threading

listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
for path in sys.argv[1:]:
    file = os.open(path, os.O_RDONLY)
    if path.endswith("copied"):
        # It was opened below, and is above from here on.
        with open(path, "r+b") as writable:
            writable.write(b"C")
    size = os.fstat(file).st_size
    reader = threading.Thread(target=lambda: client.recv(size, socket.MSG_WAITALL))
    reader.start()
    at = 0
    while at < size:
        at += os.sendfile(server.fileno(), file, at, size - at)
    reader.join()
    with open(path, "rb") as whole:
        print(os.path.basename(path), whole.read().hex())
PYTHON

for set in default compat; do
	option=
	[ "$set" = default ] || option=--$set
	# shellcheck disable=SC2086 # no option is no argument
	timeout 60 "$recorder" -q $option -o "$work/$set" -- python3 "$work/send.py" \
		"$work/merged/below" "$work/merged/copied" "$work/merged2/nested" \
		>"$work/ledger" 2>"$work/err"
	sent=$(build/socktape events "$work/$set" --all --format json -x |
		jq -rj 'select(.call == "sendfile") | .payload')
	if [ "$(wc -l <"$work/ledger")" -eq 3 ] &&
		[ "$sent" = "$(cut -d' ' -f2 <"$work/ledger" | tr -d '\n')" ]; then
		echo "ok - $set programs: sendfile from overlayfs, copied up and nested"
	else
		echo "not ok - $set programs: sendfile from overlayfs, copied up and nested"
		sed 's/^/# /' "$work/err"
		failed=1
	fi
done
exit "${failed:-0}"
