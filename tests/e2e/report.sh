#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# socktape report: what a page says, that nothing in a recording gets out of its place in it, and how
# it looks in a browser.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

rec=corpora/http/live-demo
report() { "$socktape" report "$@" 2>"$work/err"; }
# said PAGE PATTERN: how many lines of it have it.
said() { grep -c -- "$2" "$work/$1.html"; }

# ---- the page ----

report $rec -o "$work/demo.html"
is "a page is written, and nothing else is said" "$? $(wc -c <"$work/err") $(head -c 15 "$work/demo.html")" "0 0 <!DOCTYPE html>"
is "for its owner alone" "$(stat -c %a "$work/demo.html")" 600
cp -r $rec "$work/elsewhere"
is "it is the same bytes again: elsewhere, in another zone and language, on one thread" \
	"$(TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 "$socktape" report "$work/elsewhere" --threads 1 -o - | md5sum)" "$(md5sum <"$work/demo.html")"
is "it has as many exchanges as SQL counts" \
	"$(grep -o '<dd>[0-9,]*</dd><dt>exchanges' "$work/demo.html")" \
	"<dd>$("$socktape" sql $rec --json "SELECT count(*) AS n FROM exchanges" | jq .n)</dd><dt>exchanges"
is "and every shape that stat counts" \
	"$(sed -n '/<section id="shapes"/,/<\/section>/p' "$work/demo.html" | grep -c '^<tr><td')" "$("$socktape" stat $rec --json | wc -l)"
is "bodies are in it" "$(said demo hello)" "$(grep -c hello "$work/demo.html")"
report $rec --no-body -o "$work/heads.html"
is "but not where they aren't wanted" "$(said heads 'hello&quot;: &quot;world'),$(said heads 'line 1 of a page'),$(said heads 'Content-Length: 18')" \
	"0,0,$(said demo 'Content-Length: 18')"
is "and then they were there" "$(($(said demo 'hello&quot;: &quot;world') > 0 && $(said demo 'line 1 of a page') > 0))" 1

sql=corpora/pgsql/own-asyncpg/capture.pcap
for column in row_data params; do
	report $sql -o "$work/whole.html" && whole=$(said whole "$column: ")
	report $sql --no-body -o "$work/rest.html"
	is "$column: whether it is a body" "$((whole > 0)),$(($(said rest "$column: ") > 0))" "1,$([ $column = params ] && echo 1 || echo 0)"
done

# ---- selected ----

report $rec redis --outcome error -o "$work/some.html"
is "a part of it says so" "$(grep -o 'This is a part of the recording.*</code>' "$work/some.html" | sed 's/<[^>]*>//g')" \
	"This is a part of the recording: only what was selected with --outcome error --protocol redis"
is "and has that alone" "$(grep -o '<dd>[0-9,]*</dd><dt>exchange' "$work/some.html")" "<dd>1</dd><dt>exchange"
report $rec --pid 4711 -o "$work/none.html"
is "nothing selected is told, on the page, too" "$? $(wc -l <"$work/err") $(said none 'No requests were found')" "0 1 1"

# ---- where it goes ----

is "- is standard output" "$(report $rec -o - | md5sum)" "$(md5sum <"$work/demo.html")"
report $rec
is "without a place for it" "$? $(cat "$work/err")" \
	"1 socktape report: wants a recording, perhaps a protocol, and -o FILE; try 'socktape report --help'"
cp -r $rec "$work/own"
own=$(echo "$work"/own/*.tape.zst)
before=$(md5sum <"$own")
report "$work/own" -o "$own"
is "no part of what it reads" "$? $(md5sum <"$own") $(grep -c 'is part of the recording' "$work/err")" "1 $before 1"
report "$work/own" -o - 1<>"$own"
is "nor as standard output" "$? $(md5sum <"$own")" "1 $before"
echo kept >"$work/there.html"
report "$work/nowhere" -o "$work/there.html"
is "what was there stays until the page is whole" "$? $(cat "$work/there.html") $(find "$work" -name '*.partial' | wc -l)" "1 kept 0"
report $rec -o /dev/full
is "a disk that is full" "$? $(grep -c '/dev/full' "$work/err")" "1 1"

# ---- what isn't whole ----

make() { PYTHONDONTWRITEBYTECODE=1 python3 tests/e2e/report.py "$@"; }
make many "$work/large" 1500 40
make many "$work/hurt" 40 20
printf 'damage' | dd of="$(echo "$work"/hurt/*)" bs=1 seek=8000 conv=notrunc status=none
report "$work/hurt" -o "$work/hurt.html"
is "damage is 2, and stands first" "$? $(grep -o 'Lost: [0-9,]* events' "$work/hurt.html" | grep -cv ' 0 ') $(said hurt 'damaged place')" "2 1 1"
make empty "$work/empty"
report "$work/empty" -o "$work/empty.html"
is "a recording in which nothing happened" "$? $(said empty 'No requests were found') $(said empty quiet-host)" "2 1 2"

# ---- what is large ----

report "$work/large" -o "$work/large.html"
is "a page has a limit, whatever it is about" "$(($(wc -c <"$work/large.html") < 5000000))" 1
is "what was left out is counted, and where to find it" \
	"$(grep -o '[0-9,]* more [a-z ]* not shown here: <code>[^<]*' "$work/large.html" | sed 's/<code>//')" \
	"2,970 more services not shown here: socktape map REC
59,701 more shapes not shown here: socktape stat REC
61,490 more exchanges not shown here: socktape show REC --sort -latency_ns
$(($("$socktape" stat "$work/large" --json 2>/dev/null | jq -s 'map(.errors) | add') - 3)) more failed exchanges not shown here: socktape show REC --where &quot;outcome &lt;&gt; &#39;ok&#39;&quot;
1,400 more processes not shown here: socktape conns REC"
make wide "$work/wide"
report "$work/wide" -o "$work/wide.html"
is "also of what takes most room" "$(($(wc -c <"$work/wide.html") < 5000000)),$(($(wc -c <"$work/wide.html") > 2000000))" "1,1"
"$socktape" report "$work/large" --memory 8MiB -o "$work/little.html" 2>"$work/err"
is "little memory is told, too" "$(said little 'all others') $(said little 'too many kinds of requests')" "1 1"

# ---- what is hostile ----

make hostile "$work/hostile"
report "$work/hostile" -o "$work/hostile.html"
is "what was said stays text" "$(grep -ciE '<(script|img|iframe|base|meta)[^>]*(pwned|attacker| src=)|<[^>]* on[a-z]+=' "$work/hostile.html")" 0
is "there is one script, and a policy that allows that alone" \
	"$(grep -c '<script' "$work/hostile.html") $(grep -c "default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]*=' 'sha256-[A-Za-z0-9+/]*='; script-src 'sha256-[A-Za-z0-9+/]*='" "$work/hostile.html")" "1 1"
is "nothing but text that can be seen, in UTF-8" "$(iconv -f utf-8 -t utf-8 "$work/hostile.html" | LC_ALL=C.UTF-8 grep -cP '[\x00-\x08\x0b-\x1f\x7f\x{80}-\x{9f}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]')" 0

# ---- in a browser ----

if have chromium; then
	PYTHONDONTWRITEBYTECODE=1 timeout 300 python3 tests/e2e/browser.py \
		"$work/demo.html	demo-host	Nothing was lost.	p50 58.5 µs, p99 58.5 µs	GET /missing	dns-no-such-name	nginx: worker process	line 1 of a page" \
		"$work/hostile.html	<script>pwned=1</script>	javascript:pwned=1	\\u202egnp.exe	&lt;script&gt;" \
		"$work/large.html	40001	worker-" "$work/hurt.html	Lost:" "$work/empty.html	quiet-host" >"$work/out" 2>&1
	status=$?
	cat "$work/out"
	[ $status -eq 0 ] || not_ok "pages in a browser" "exit status $status"
else
	skip "pages in a browser" "chromium is not installed"
fi
finish
