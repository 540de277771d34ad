#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A recording that is shown while it grows, in files and through a pipe.
# shellcheck source=tests/e2e/recorder.bash
. "$(dirname "$0")/recorder.bash"

# Each line that is sent comes back: an HTTP server that says which.
cat >"$work/server.py" <<'PYTHON'
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
PYTHON
python3 "$work/server.py" "$work/http" &
undo+=("kill $! 2>/dev/null")
wait_for 10 test -s "$work/http"
web=$(cat "$work/http")

get() {
	python3 -c 'import sys, urllib.request
for path in sys.argv[2:]:
    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{path}").read()' "$web" "$@"
}

paths() {
	jq -r 'select(.role == "client") | .path' "$1"
}

# What FILE shows of PATH.
has() {
	[ "$(paths "$1" | grep -cx "$2")" = "$3" ]
}

# ---- files ----

rec=$work/files
record_start -o "$rec" --port "$web" -C 64KiB
"$socktape" show "$rec" http --follow --json >"$work/shown" 2>"$work/shown.err" &
shown=$!
"$socktape" show "$rec" --follow -n 2 >"$work/two" 2>"$work/two.err" &
two=$!
get /first
check "a row is shown while it is recorded" wait_for 30 has "$work/shown" /first 1
get /second
check "and the next one" wait_for 30 has "$work/shown" /second 1
wait "$two"
is "-n ends it" "$? $(grep -c ' GET /' "$work/two") $(cat "$work/two.err")" "0 2 "
"$socktape" show "$rec" --follow --json >"$work/enough" 2>"$work/enough.err" &
enough=$!
check "what was recorded before is shown, too" wait_for 30 has "$work/enough" /first 1
kill -INT "$enough"
wait "$enough"
is "Ctrl-C ends it well" "$? $(cat "$work/enough.err")" "0 "
# More than fits into a segment, again and again.
cat >"$work/many.py" <<'PYTHON'
import http.client, os, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for i in range(20):
    c.request("GET", f"/many/{i}", headers={"X": os.urandom(8000).hex()})
    c.getresponse().read()
PYTHON
several() {
	python3 "$work/many.py" "$web"
	[ "$(find "$rec" -name '*.zst' | wc -l)" -gt 2 ]
}
check "the recording comes to have several segments" wait_for 60 several
get /last
record_stop INT
wait "$shown"
is "it ends with the recording" "$? $(cat "$work/shown.err")" "0 "
"$socktape" show "$rec" http --json >"$work/after"
is "all rows were shown, and as they are afterwards" "$(jq -Sc 'del(.note)' "$work/shown" | sort | md5sum)" \
	"$(jq -Sc 'del(.note)' "$work/after" | sort | md5sum)"
is "in order" "$(paths "$work/shown" | tail -1)" /last
"$socktape" show "$rec" http --follow --json 2>&1 | cmp -s - "$work/after"
is "one that has ended is shown to its end" "${PIPESTATUS[*]}" "0 0"

# ---- one whose recorder is killed ----

rec=$work/killed
record_start -o "$rec" --port "$web"
"$socktape" show "$rec" --follow --json >"$work/shown" 2>"$work/shown.err" &
shown=$!
get /killed
check "a row is shown before the recorder is killed" wait_for 30 has "$work/shown" /killed 1
kill -KILL "$recording"
wait "$recording" 2>/dev/null
wait "$shown"
is "it ends, and says so" "$? $(grep -c 'not completed' "$work/shown.err")" "2 1"

# ---- a pipe ----

mkfifo "$work/pipe"
: >"$work/record.err"
"$recorder" -o - --port "$web" >"$work/pipe" 2>"$work/record.err" &
recording=$!
"$socktape" show - --json <"$work/pipe" >"$work/shown" 2>"$work/shown.err" &
shown=$!
await_recording "$work/record.err"
get /piped
check "a row comes through a pipe while it is recorded" wait_for 30 has "$work/shown" /piped 1
get /piped-last
record_stop INT
wait "$shown"
is "it ends with the recorder" "$? $status $(cat "$work/shown.err")" "0 0 "
check "with its last row" has "$work/shown" /piped-last 1
check "the recorder names no file" grep -q '^  written .* in standard output$' "$work/record.err"
"$recorder" -q -o - --port "$web" -- python3 -c "
import urllib.request
print(urllib.request.urlopen('http://127.0.0.1:$web/of-a-command').read())" \
	2>"$work/command.err" >"$work/stream.zst"
check "the command's output is not in between" zstd -qt "$work/stream.zst"
check "but on standard error" grep -q "b'ok'" "$work/command.err"
"$socktape" show "$work/stream.zst" --json >"$work/file" 2>"$work/err"
is "what was piped is a whole segment" "$? $(cat "$work/err")" "0 "
check "with what was said" has "$work/file" /of-a-command 1
"$socktape" show - --json <"$work/stream.zst" | cmp -s - "$work/file"
is "a file as standard input" "${PIPESTATUS[*]}" "0 0"
for command in info conns "events -a" findings "stat" "grep - ok" "sql - 'SELECT count(*) FROM records'"; do
	read -r name rest <<<"$command"
	case $command in
	*" - "*) of_file=${command/ - / $work/stream.zst } ;;
	*) of_file="$command $work/stream.zst" command="$command -" ;;
	esac
	is "$name reads a pipe" "$(eval "cat '$work/stream.zst' | '$socktape' $command 2>&1" | grep -v '^segments')" \
		"$(eval "'$socktape' $of_file 2>&1" | grep -v '^segments')"
done
head -c 600 "$work/stream.zst" | "$socktape" show - >"$work/out" 2>"$work/err"
is "a pipe that is cut" "${PIPESTATUS[1]} $(grep -c 'the file ends too early' "$work/err")" "2 1"

# Whoever waits for the rest of a head can be stopped as ever.
mkfifo "$work/stalled"
exec 9<>"$work/stalled"
head -c 20 "$work/stream.zst" >&9
"$socktape" show - <"$work/stalled" >"$work/out" 2>&1 9<&- &
shown=$!
waits() {
	[[ $(readlink "/proc/$shown/exe") = */socktape ]] && grep -q '^State:.S' "/proc/$shown/status"
}
gone() {
	! kill -0 "$shown" 2>/dev/null
}
check "it waits for the head" wait_for 10 waits
kill -TERM "$shown"
check "and is ended by a signal while it does" wait_for 10 gone
gone || kill -KILL "$shown"
wait "$shown" 2>/dev/null
exec 9>&-

# ---- what doesn't go together ----

"$recorder" -o - --keep 1M 2>"$work/err" >/dev/null
is "-o - and --keep" "$? $(grep -c 'exclude each other' "$work/err")" "1 1"
"$recorder" -o - --background 2>"$work/err" >/dev/null
is "-o - and --background" "$? $(grep -c 'exclude each other' "$work/err")" "1 1"
"$socktape" show "$work/stream.zst" --follow --sort ts 2>"$work/err"
is "--follow and what waits for the end" "$? $(grep -c 'exclude each other' "$work/err")" "1 1"
finish
