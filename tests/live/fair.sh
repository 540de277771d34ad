#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The pool is shared fairly: beside a process that fills it, one that needs little loses nothing. The
# recorder is stopped meanwhile, so that nothing is emptied and what there is must do.
# shellcheck source=tests/live/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
needs redis-server redis-benchmark redis-cli jq

requests=1000 # of each kind

# A server, and clients, once the flooder has sent 100 MB; all of it recorded, as one command.
cat >"$work/load" <<-'END'
	cd "$1" || exit
	redis-server --port 6379 --bind 127.0.0.1 --save "" --appendonly no >redis.log &
	server=$!
	until redis-cli ping; do sleep 0.1; done >/dev/null 2>&1
	mkfifo go
	touch ready
	read -r line <go
	{ echo go; sleep 600; } | "$2/flood" 1000000000 16000 >flood.out &
	until ss -Hti | grep -qE "bytes_sent:[0-9]{9}"; do sleep 0.05; done
	redis-benchmark -q -n "$3" -c 4 -d 64 -t set,get >benchmark.out || exit
	kill $!
	kill $server
	wait $server
END

# The sum of a field of the connections of a program.
sum() {
	"$socktape" conns "$work/$set/rec" --format json |
		jq -s --arg comm "$1" "map(select((.comm // \"\") | startswith(\$comm)).$2) | add"
}

left_out() {
	"$socktape" events "$work/$set/rec" --format json |
		jq -s 'map(select(.event == "data" and ((.comm // "") | startswith("redis-")) and .cut != null)) | length'
}

answered() {
	"$socktape" show "$work/$set/rec" --protocol redis --json |
		jq -s --arg command "$1" --arg role "$2" \
			'map(select(.command == $command and .role == $role and .latency_ns)) | length'
}

fair_case() {
	local option=
	[ "$set" = default ] || option=--$set
	mkdir "$work/$set"
	# shellcheck disable=SC2086 # no option is no argument
	"$recorder" -q $option --buffer 32MiB -o "$work/$set/rec" -- \
		bash "$work/load" "$work/$set" "$PWD/build/tests/live" $requests 2>"$work/$set/err" &
	recording=$!
	if ! wait_for 60 test -e "$work/$set/ready"; then
		not_ok "$set programs: the load begins" "$(cat "$work/$set/err")"
		kill "$recording"
		return
	fi
	kill -STOP "$recording"
	echo go >"$work/$set/go"
	wait_for 120 test -s "$work/$set/benchmark.out"
	wait_for 120 ended
	kill -CONT "$recording"
	wait "$recording"
	is "$set programs: nothing of who needs little is lost" "$(sum redis- lost_bytes)" 0
	is "$set programs: nothing of its payload is left out" "$(left_out)" 0
	check "$set programs: the flooder loses" test "$(sum flood lost_bytes)" -gt 0
	for role in client server; do
		is "$set programs: every command is there at the $role, and its answer" \
			"$(answered SET $role) $(answered GET $role)" "$requests $requests"
	done
}

# The server goes last.
ended() { ! listening 6379; }

for set in default compat; do fair_case; done
finish
