#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What people type: options twice, mistyped words, times as they are printed, captures and standard
# input in place of a recording.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || skip_all "jq is not installed"
capture=corpora/http/packetbeat-http_minitwit/capture.pcap
rec=$work/rec
"$socktape" import -q "$capture" -o "$rec" || { not_ok "import"; finish; exit; }

# says NAME STATUS PATTERN COMMAND...: exits so, with one line on standard error.
says() {
	local name=$1 expected=$2 pattern=$3 got
	shift 3
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	if [ "$got" = "$expected" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -qe "$pattern" "$work/err"; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, expected $expected" "$(cat "$work/err")"
	fi
}

# ---- words ----

says "a command, mistyped" 1 "did you mean 'show'?" "$socktape" shwo "$rec"
says "help for a command, mistyped" 1 "did you mean 'events'?" "$socktape" help evnets
says "an option, mistyped" 1 "did you mean --limit?" "$socktape" show "$rec" --limt 3
says "a protocol, mistyped" 1 "did you mean 'http'?" "$socktape" show "$rec" htpp
says "a protocol in an option, mistyped" 1 "did you mean 'redis'?" "$socktape" conns "$rec" --protocol rediss
says "a table, mistyped" 1 "did you mean 'records'?" "$socktape" schema record
says "a column of SQL, mistyped" 1 "did you mean latency_ns?" "$socktape" sql "$rec" "SELECT latncy_ns FROM http"
says "a table of SQL, mistyped" 1 "did you mean http?" "$socktape" sql "$rec" "SELECT 1 FROM htpp"
says "the beginning of several options" 1 "beginning of several" "$socktape" show "$rec" --c 2
says "a letter that is none" 1 "no option -Q" "$socktape" show "$rec" -Q
says "a value for a flag" 1 "takes no argument" "$socktape" show "$rec" --json=yes
says "a letter without its argument" 1 "-c needs an argument" "$socktape" show "$rec" -c
is "the beginning of one option" "$("$socktape" show "$rec" --json --lim 2 | wc -l)" 2
for command in info conns events show sql why schema export import test; do
	is "help $command is $command --help, and -h" \
		"$("$socktape" help $command)$("$socktape" $command -h)" \
		"$("$socktape" $command --help)$("$socktape" $command --help)"
done
is "-h and help" "$("$socktape" -h; "$socktape" help)" "$("$socktape" --help; "$socktape" --help)"
is "-V" "$("$socktape" -V)" "$("$socktape" --version)"

# ---- the same option twice ----

says "--limit twice" 1 "--limit can be given only once" "$socktape" show "$rec" -n 1 --limit 2
says "--since twice" 1 "--since can be given only once" "$socktape" conns "$rec" --since 1 --since 2
says "--output twice" 1 "--output can be given only once" "$socktape" export "$rec" -o a -o b
says "two formats" 1 "exclude each other" "$socktape" show "$rec" --json -f csv
is "a flag twice" "$("$socktape" show "$rec" --json --json | wc -l)" 6
is "filters twice: either" "$("$socktape" show "$rec" --json --outcome ok --outcome error | wc -l)" 6

# ---- times ----

# The third record, as the table shows it, in a zone that isn't UTC.
export TZ=CET-1CEST,M3.5.0,M10.5.0/3
count() { "$socktape" show "$rec" --json "$@" | wc -l; }
third=$("$socktape" show "$rec" | awk 'NR == 4 { print $1 }')
ts=$("$socktape" show "$rec" --json | jq -s 'sort_by(.ts)[2].ts')
is "the table's time: --since" "$(count --since "$third")" 4
is "the table's time: --until" "$(count --until "$third")" 2
is "JSON's ts: --since" "$(count --since "$ts")" 4
is "the same with --utc" \
	"$(count --utc --since "$("$socktape" show "$rec" --utc | awk 'NR == 4 { print $1 }')")" 4
is "--utc prints another hour" \
	"$("$socktape" show "$rec" --utc | awk 'NR == 4 { print $1 }' | cut -d: -f2-)" "${third#*:}"
day=$("$socktape" info "$rec" | awk '/^time/ { print $2 }')
is "date and time as info prints them" "$(count --since "$day $third")" 4
is "RFC 3339 with a zone" \
	"$(count --since "$(date -ud "@${ts:0:10}" +%FT%T)Z")" "$(count --since "$(date -d "@${ts:0:10}" "+%F %T")")"
is "+1s: after the recording's begin" "$(count --until +1s)" 2
is "-1s: before its end" "$(($(count --since -1s) + $(count --until -1s)))" 6
is "--around" "$(count --around "$third,1ms")" 2
is "--around with a second" "$(count --around "$third")" 4
is "--around excludes --since" "$(says x 1 "exclude each other" "$socktape" show "$rec" --around "$third" --since 1)" "ok - x"
says "what is no time" 1 "--since wants a time like 10:00:05" "$socktape" show "$rec" --since 25:00
says "what is no duration" 1 "--around wants" "$socktape" show "$rec" --around "$third,soon"
says "a time without anything" 0 "what there is is from $day $third\|what there is is from $day" \
	"$socktape" show "$rec" --since "$day 23:59:59"

# ---- captures and standard input ----

"$socktape" show "$rec" --json >"$work/expected"
same() { check "$1" cmp "$work/expected" "$work/got"; }
"$socktape" show "$capture" --json >"$work/got"
same "a capture in place of a recording"
gzip -c "$capture" >"$work/x.pcap.gz"
"$socktape" show "$work/x.pcap.gz" --json >"$work/got"
same "a capture that is compressed"
every_form() { # of captures: each begins with other bytes
	find corpora -name 'capture.pcap*' | while read -r file; do
		echo "$(od -An -tx4 -N4 "$file") $file"
	done | sort -u -k1,1 | while read -r _ file; do
		"$socktape" conns "$file" >"$work/out" || echo "$file"
	done
}
is "a capture of any form" "$(every_form)" ""
"$socktape" show - --json <"$capture" >"$work/got"
same "a capture on standard input"
# shellcheck disable=SC2002 # a pipe is what is tested
cat "$capture" | "$socktape" show - --json >"$work/got"
same "a capture in a pipe"
"$socktape" show - --json <"$(echo "$rec"/*.tape.zst)" >"$work/got"
same "a segment on standard input"
"$socktape" show <(cat "$capture") --json >"$work/got"
same "a named pipe"
"$socktape" export - -qo - <"$capture" | "$socktape" show - --json | jq -c '[.path, .code]' >"$work/got"
is "through export and back" "$(cat "$work/got")" "$(jq -c '[.path, .code]' "$work/expected")"
is "conns, events, info, why, sql of a capture" \
	"$("$socktape" conns "$capture" --json | wc -l) $("$socktape" events "$capture" --json | wc -l) \
$("$socktape" info "$capture" --json | jq .connections) $("$socktape" why "$capture" 1 --json | wc -l) \
$("$socktape" sql "$capture" "SELECT count(*) AS n FROM http" --json | jq .n)" \
	"$("$socktape" conns "$rec" --json | wc -l) $("$socktape" events "$rec" --json | wc -l) 6 1 6"
is "times relative to a capture on standard input" \
	"$("$socktape" show - --json --until +1s <"$capture" | wc -l)" 2
head -c 5000 "$capture" >"$work/cut.pcap"
says "a capture that is cut" 2 "cut.pcap: at offset [0-9]" "$socktape" show "$work/cut.pcap"
check "and what it has is printed" grep -q "GET" "$work/out"
says "an empty standard input" 1 "nothing in it" "$socktape" show - </dev/null
says "what is neither" 1 "not a socktape segment" "$socktape" show README.md
says "a query that nobody gives" 1 "give a QUERY" "$socktape" sql - <"$capture"
is "nothing is left behind" "$(TMPDIR=$work/tmp; mkdir "$TMPDIR"; export TMPDIR
	"$socktape" show "$capture" >"$work/out"; ls -A "$TMPDIR")" ""

# ---- one line says what is wrong, and nothing is printed beside it ----

segment=$(echo "$rec"/*.tape.zst)
for command in "show --columns ts" "conns -f csv" "events --columns ts" "findings --columns ts" "trace -f csv"; do
	# shellcheck disable=SC2086 # several words
	says "$command of what isn't there" 1 "No such file" "$socktape" $command "$work/none"
	is "and no head" "$(cat "$work/out")" ""
done
says "damage in a pipe" 2 "conns: the input: at offset [0-9]" bash -c "head -c 400 '$segment' | '$socktape' conns -"
for command in findings trace stat "grep --bytes 00"; do
	# shellcheck disable=SC2086 # several words
	says "$command where nothing is selected" 0 "conn matches nothing" "$socktape" $command "$rec" --conn 999
	is "and no head" "$(cat "$work/out")" ""
done
head -c 24 "$capture" >"$work/empty.pcap"
says "stat of no record" 0 "there are no records" "$socktape" stat "$work/empty.pcap"
says "grep with its words as grep(1) has them" 1 "stands before the pattern" "$socktape" grep GET "$rec"

# ---- colours and widths ----

is "--color=always in a pipe" "$("$socktape" show "$rec" --color=always | grep -c $'\033')" 7
is "--color=never" "$(CLICOLOR_FORCE=1 "$socktape" show "$rec" --color=never | grep -c $'\033')" 0
# What is wider than so many columns, of every command that prints rows.
for width in 80 100 140; do
	is "rows fit into $width columns, with their outcome" "$(export COLUMNS=$width LC_ALL=C
		for command in "show" "show --both" conns "events -a"; do
			# shellcheck disable=SC2086 # words
			"$socktape" $command corpora/http/live-demo
		done | awk -v width=$width 'length > width'
		"$socktape" show corpora/http/live-demo http | awk 'NR > 1 && !/ (ok|error|unansw|partial)/')" ""
done
is "a path that is long is cut in its middle, not its status" \
	"$(COLUMNS=80 "$socktape" show "$rec" | grep -cE '(200|304|404) [0-9.]+(K?B)$')" 6
"$socktape" conns corpora/http/live-demo >"$work/conns"
is "cells have no blanks in a pipe, and none is empty" \
	"$(awk 'NR > 1 { print NF < 12 || !match($8, /^[0-9.]+(ns|µs|ms|s)$/) }' "$work/conns" | sort -u)" 0
is "ASCII where LC_ALL says so" \
	"$(for command in show conns info; do LC_ALL=C "$socktape" $command corpora/http/live-demo; done | LC_ALL=C grep -c '[^ -~]')" 0
check "other characters where it doesn't" bash -c "unset LC_ALL; '$socktape' show corpora/http/live-demo | grep -q µs"
says "--color of something" 1 "always, never or auto" "$socktape" show "$rec" --color=blue
finish
