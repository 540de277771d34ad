#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Files: none but new ones are written, none of the input, and none is left behind by a failure.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

capture=corpora/http/packetbeat-http_minitwit/capture.pcap
rec=$work/rec
"$socktape" import -q "$capture" -o "$rec" || {
	not_ok "import"
	finish
	exit
}
segment=$(echo "$rec"/*.tape.zst)
before=$(sha256sum <"$segment")

# says STATUS PATTERN COMMAND...: exits with STATUS, within ten seconds, and says PATTERN.
says() {
	local expected=$1 pattern=$2 got
	shift 2
	timeout 10 "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got = "$expected" ] && { [ -z "$pattern" ] || grep -q -- "$pattern" "$work/err"; } && return
	echo "exit status $got, not $expected; stderr:"
	cat "$work/err"
	return 1
}
unchanged() { [ "$(sha256sum <"$segment")" = "$before" ]; }

# ---- the input is never the output ----

ln -s "$segment" "$work/link"
ln "$segment" "$work/hardlink"
for path in "$segment" "$work/link" "$work/hardlink" "$rec/../rec/${segment##*/}"; do
	check "export onto its own input is refused: ${path##*/}" \
		says 1 "part of the recording" "$socktape" export "$rec" -o "$path"
	check "which is as it was" unchanged
done
check "the same through standard output" bash -c \
	"! '$socktape' export '$rec' -o - >>'$segment' 2>'$work/err' && grep -q 'standard output is part' '$work/err'"
check "which is as it was" unchanged
check "a single segment is refused just so" \
	says 1 "part of the recording" "$socktape" export "$segment" -o "$segment"
for command in report sql; do
	check "$command onto its own input is refused" \
		says 1 "part of the recording" "$socktape" $command "$rec" -o "$segment"
	check "which is as it was" unchanged
done
cp "$capture" "$work/own.pcap"
for command in export report sql; do
	check "$command of a capture onto it is refused" \
		says 1 "part of the recording" "$socktape" $command "$work/own.pcap" -o "$work/own.pcap"
	check "$command of it as standard input, too" bash -c \
		"! '$socktape' $command - -o '$work/own.pcap' <'$work/own.pcap' 2>'$work/err' && grep -q 'part of the recording' '$work/err'"
done
check "which is as it was" cmp "$capture" "$work/own.pcap"

# ---- what somebody put where the output will be ----

plant() {
	rm -f "$work"/x.pcapng*
	case $1 in
	fifo) mkfifo "$work/x.pcapng.partial" ;;
	symlink) ln -s "$work/victim" "$work/x.pcapng.partial" ;;
	file) echo planted >"$work/x.pcapng.partial" && chmod 666 "$work/x.pcapng.partial" ;;
	directory) mkdir "$work/x.pcapng.partial" ;;
	esac
}
for what in fifo symlink file directory; do
	plant $what
	check "a planted $what is not used" says 0 "wrote" "$socktape" export "$rec" -o "$work/x.pcapng"
	is "the export beside a planted $what is its maker's alone" \
		"$(stat -c '%U %a %F' "$work/x.pcapng")" "$(id -un) 600 regular file"
	is "and a planted $what stays as it was" \
		"$(stat -c %F "$work/x.pcapng.partial") $(cat "$work/victim" 2>/dev/null)" \
		"$(case $what in
		symlink) echo "symbolic link" ;;
		file) echo "regular file" ;;
		*) echo $what ;;
		esac) "
	rm -rf "$work/x.pcapng.partial"
	is "no other partial file is left beside a planted $what" "$(find "$work" -name '*.partial')" ""
done
cp -r corpora/http/packetbeat-http_minitwit "$work/case"
ln -s "$work/victim" "$work/case/expect.json.partial"
rm "$work/case/expect.json"
check "test --update doesn't use a planted symlink" says 0 "" "$socktape" test --update "$work/case"
is "and writes what is expected" "$(wc -l <"$work/case/expect.json")" 6
is "but nothing where the symlink points to" "$(cat "$work/victim" 2>/dev/null)" ""

# ---- what can't be read ----

damaged() { # damaged DIR: a second segment that is a directory's name, so that nobody can read it
	mkdir "$1" && cp "$segment" "$1/20260101T000000Z-000001.tape.zst" &&
		mkdir "$1/20260101T000000Z-000002.tape.zst"
}
damaged "$work/half"
check "a segment that is no file: told, and 2" says 2 "000002.tape.zst" "$socktape" show "$work/half"
if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1 && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	mkdir -m 755 "$work/closed"
	cp "$segment" "$work/closed/20260101T000000Z-000001.tape.zst"
	as_nobody=(setpriv --reuid=nobody --clear-groups)
	for command in show info conns events; do
		check "$command tells why no segment can be read, and exits with 1" \
			says 1 "Permission denied" "${as_nobody[@]}" "$socktape" $command "$work/closed"
	done
	cp "$segment" "$work/closed/20260101T000000Z-000002.tape.zst"
	chmod 644 "$work/closed/20260101T000000Z-000001.tape.zst"
	check "and with 2 where one can" says 2 "Permission denied" "${as_nobody[@]}" "$socktape" show "$work/closed"
	mkdir -m 777 "$work/open"
	check "an export without a readable segment exits with 1" \
		says 1 "Permission denied" "${as_nobody[@]}" "$socktape" export "$work/closed/20260101T000000Z-000002.tape.zst" -o "$work/open/x.pcapng"
	is "and leaves nothing" "$(ls -A "$work/open")" ""
else
	skip "segments that can't be read" "not root, or there is no user nobody"
fi
head -c 3000 /dev/urandom >"$work/garbage.tape.zst"
mkdir "$work/bad" && cp "$work/garbage.tape.zst" "$work/bad/20260101T000000Z-000001.tape.zst"
check "a recording of garbage exits with 1" says 1 "not a socktape segment" "$socktape" info "$work/bad"

# ---- a failed import ----

python3 - "$work" <<'END'
import struct, sys
head = lambda link: struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
record = lambda n, size: struct.pack("<IIII", 1700000000, 0, size, size) + bytes(n)
open(sys.argv[1] + "/usb.pcap", "wb").write(head(220) + record(64, 64))
open(sys.argv[1] + "/garbage.pcap", "wb").write(head(1) + b"\xff" * 4000)
open(sys.argv[1] + "/none.pcap", "wb").write(head(1))
END
check "no packet of a known link type: 1" says 1 "link type 220" "$socktape" import "$work/usb.pcap" -o "$work/usb"
check "nothing but damage: 1" says 1 "could not be used" "$socktape" import "$work/garbage.pcap" -o "$work/garbage"
check "no packet at all is a capture" says 0 "" "$socktape" import "$work/none.pcap" -o "$work/none"
is "a failed import leaves nothing" "$(ls -d "$work/usb" "$work/garbage" 2>/dev/null)" ""
mkdir "$work/mine" && echo hi >"$work/mine/notes"
check "into a directory that was there" says 1 "link type 220" "$socktape" import "$work/usb.pcap" -o "$work/mine"
is "only what was there stays" "$(ls -A "$work/mine")" notes
check "onto another recording it is refused" says 1 "already" "$socktape" import "$capture" -o "$rec"
check "which is as it was" unchanged
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016
	check "a full disk: 1, and nothing left" unshare -m bash -c '
		mkdir "$2/small" && mount -t tmpfs -o size=16k none "$2/small" || exit 1
		head -c 400000 /dev/urandom >"$2/noise"
		python3 - "$2" <<-END
			import struct, sys
			noise = open(sys.argv[1] + "/noise", "rb").read()
			with open(sys.argv[1] + "/big.pcap", "wb") as out:
			    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
			    for i in range(0, len(noise), 1000):
			        udp = struct.pack(">HHHH", 1, 2, 1008, 0) + noise[i:i + 1000]
			        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 1028, 0, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
			        out.write(struct.pack("<IIII", 1700000000, 0, 1028, 1028) + ip + udp)
		END
		"$1" import "$2/big.pcap" -o "$2/small/rec" 2>"$2/err"
		[ $? = 1 ] && grep -q "no space left" "$2/err" && [ -z "$(ls -A "$2/small")" ] || { cat "$2/err"; ls -lR "$2/small"; exit 1; }
	' bash "$socktape" "$work"
else
	skip "a full disk" "not root"
fi

# ---- output that can't be written ----

for arguments in --help --version "show --help" "import --help" "conns $rec" "show $rec" "info $rec" "info --json $rec" \
	"events $rec" "why $rec 1" "export $rec -o -" "test corpora/redis/zeek-set"; do
	# shellcheck disable=SC2086
	check "socktape ${arguments%% /*} > /dev/full fails" bash -c \
		"'$socktape' $arguments >/dev/full 2>'$work/err'; [ \$? = 1 ] && [ -s '$work/err' ]"
done
if [ -x "$recorder" ]; then
	check "socktape-record --help > /dev/full fails" bash -c "! '$recorder' --help >/dev/full 2>&1"
	check "socktape-record --version > /dev/full fails" bash -c "! '$recorder' --version >/dev/full 2>&1"
fi
finish
