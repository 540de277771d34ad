#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# TLS libraries: every word that clients and servers of ours say to each other is recorded, on the
# connection that it was said on, as plaintext and by secrets. Prints TAP.
# shellcheck disable=SC2317 # functions are called by name, through check()
# shellcheck source=tests/live/tls_lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/tls_lib.bash"

python_talk() {
	serve python3 "$talk.py" serve "$1" "$cert" "$key" || return 1
	record "$port" timeout 120 python3 "$talk.py" client "$1" "$cert" "$port" "$2" "$3" || return 1
	kill "$server"
	judge "$2" "$3"
}
check "python, blocking: 200 connections, none crossed" python_talk blocking 200 5
check "python, asyncio: 200 connections, none crossed" python_talk asyncio 200 5
check "python by keys, blocking" in_keys python_talk blocking 50 5
check "python by keys, asyncio" in_keys python_talk asyncio 50 5

node_talk() {
	serve node "$talk.js" serve "$cert" "$key" || return 1
	record "$port" timeout 120 node "$talk.js" client "$cert" "$port" 200 5 || return 1
	kill "$server"
	judge 200 5
}
if have node; then
	check "node: 200 connections, none crossed" node_talk
	check "node by keys: 200 connections" in_keys node_talk
else
	skip "node: 200 connections, none crossed" "no node"
fi

if have go; then
	check "Go: 200 connections, none crossed" go_talk go-plain
	check "Go by keys: 200 connections" in_keys go_talk go-plain
	check "Go, stripped" go_talk go-stripped -trimpath -ldflags "-s -w"
	check "Go by keys, stripped" in_keys go_talk go-stripped -trimpath -ldflags "-s -w"
	check "Go, position independent and stripped" go_talk go-pie -buildmode=pie -ldflags "-s -w"
else
	skip "Go: 200 connections, none crossed" "no Go"
fi

late_talk() {
	serve python3 "$talk.py" serve blocking "$cert" "$key" || return 1
	python3 "$talk.py" late "$cert" "$port" "$work/go" &
	late=$!
	go() {
		touch "$work/go"
		wait "$late"
	}
	record "$port" go || return 1
	kill "$server"
	judge 1 3
}
check "a process that runs before the recorder, and loads its library later" late_talk

# held_talk CLIENTS OPTION... -- SERVER... -- CLIENT...: the connections are there before the recorder is.
held_talk() {
	local options=() server_command=() held=$work/held.$tls.$RANDOM
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	shift
	while [ "$1" != -- ]; do server_command+=("$1") && shift; done
	shift
	serve "${server_command[@]}" || return 1
	TALK_HELD=$held timeout 120 "${@//PORT/$port}" &
	late=$!
	wait_for 60 test -e "$held.held" || return 1
	go() {
		touch "$held"
		wait "$late"
	}
	record "$port" go || return 1
	kill "$server"
	judge "${options[@]}" --from=1
}
held_python() {
	held_talk "${@:2}" -- python3 "$talk.py" serve "$1" "$cert" "$key" -- \
		python3 "$talk.py" client "$1" "$cert" PORT "$2" "$3"
}
# A call that the recorder finds under way is missed, and told of, where two probes make it out.
check "python, blocking: 200 connections that are older than the recorder, none crossed" held_python blocking 200 4 --told
# Servers, whose call was under way when the recorder came.
by_descriptor() {
	held_python blocking 5 4 --told && "$socktape" events "$rec" --all | grep 'tied by descriptor'
}
single="what is read by a single probe is tied by the object's descriptor"
case $(uname -m)/$("$recorder" --probe 2>&1) in
x86_64/*"kernels from 6.5"*) check "$single" by_descriptor ;;
*) skip "$single" "two probes are needed here" ;;
esac
check "python, asyncio: 200 connections that are older than the recorder, none crossed" held_python asyncio 200 4
check "python by keys: 50 blocking connections that are older" in_keys held_python blocking 50 4
check "python by keys: 50 connections of asyncio that are older" in_keys held_python asyncio 50 4
held_older() {
	local -x TALK_VERSION=TLSv1_2
	held_python "$@"
}
check "python by keys: 50 blocking connections of TLS 1.2 that are older" in_keys held_older blocking 50 4
held_node() {
	held_talk "$1" 4 -- node "$talk.js" serve "$cert" "$key" -- node "$talk.js" client "$cert" PORT "$1" 4
}
if have node; then
	check "node: 200 connections that are older than the recorder, none crossed" held_node 200
	check "node by keys: 50 connections that are older" in_keys held_node 50
else
	skip "node, older than the recorder" "no node"
fi

held_go() {
	held_talk "$1" 4 "${@:2}" -- "$work/go-held" serve "$cert" "$key" -- \
		"$work/go-held" client "$cert" PORT "$1" 4
}
# Of TLS 1.2 the objects have no secrets.
held_go_older() {
	local -x TALK_VERSION=TLSv1_2
	! held_go 2 >"$work/older" || { cat "$work/older"; return 1; }
	"$socktape" conns "$rec" --json | jq -se '[.[] | select(.tls_reading == "no").tls_unread]
		| length == 4 and all(contains("Go keeps secrets of TLS 1.3 alone"))' ||
		{ "$socktape" conns "$rec" --json; return 1; }
}
if have go && go_build "$work/go-held" -trimpath -ldflags "-s -w"; then
	check "Go: 50 connections that are older than the recorder, none crossed" held_go 50 --told
	check "Go by keys: 50 connections that are older" in_keys held_go 50
	check "Go by keys: connections of TLS 1.2 that are older, why they aren't read" in_keys held_go_older
else
	skip "Go, older than the recorder" "no Go"
fi


# The library is a copy that is mounted for this process alone.
apart_talk() {
	local libraries
	serve python3 "$talk.py" serve blocking "$cert" "$key" || return 1
	libraries=$(ldconfig -p | sed -n 's/.*lib\(ssl\|crypto\)\.so\.3 .*=> //p' | sort -u)
	mkdir -p "$work/apart"
	apart() {
		# shellcheck disable=SC2016,SC2086 # the inner shell expands it; paths without blanks
		unshare -m sh -ec '
			mount -t tmpfs tmpfs "$1"
			where=$1 program=$2 cert=$3 port=$4 go=$5
			shift 5
			cp -L "$@" "$where/"
			LD_LIBRARY_PATH=$where exec python3 "$program" late "$cert" "$port" "$go"
		' sh "$work/apart" "$talk.py" "$cert" "$port" "$work/go2" $libraries &
		late=$!
		wait_for 20 sh -c "ls /proc/$late/root$work/apart/libssl.so.3" || return 1
		touch "$work/go2"
		wait "$late"
	}
	record "$port" apart || return 1
	kill "$server"
	judge 1 3 --lossy || return 1
	"$socktape" events "$rec" --all | grep -q "$work/apart/libssl.so.3"
}
check "a process in another mount namespace, with a library of its own" apart_talk

# It isn't the kernel that keeps them from being read.
list_off() {
	"$recorder" --list-tls --tls off >"$work/list" || return 1
	! grep -E '^    (hooked|.*refused)' "$work/list" && grep -q '^    not hooked: switched off$' "$work/list"
}
check "what is switched off is said to be" list_off

# Of a connection it is said, too: it isn't that there are no keys.
off_talk() {
	local tls=off
	serve python3 "$talk.py" serve blocking "$cert" "$key" || return 1
	record "$port" timeout 120 python3 "$talk.py" client blocking "$cert" "$port" 2 2 || return 1
	kill "$server"
	"$socktape" conns "$rec" --json | jq -se 'length == 4 and
		all(.[]; [.tls_version, .tls_reading, .tls_unread] == ["TLS 1.3", "no", "switched off"])' ||
		{ "$socktape" conns "$rec" --json; return 1; }
}
check "TLS that isn't read because it is switched off" off_talk

# Who uses a library is told by name, and no name, of a file neither, reaches the terminal as a command.
list_names() {
	local own=$work/own$'\33[2J' user libraries
	libraries=$(ldconfig -p | sed -n 's/.*lib\(ssl\|crypto\)\.so\.3 .*=> //p' | sort -u)
	mkdir "$own"
	# shellcheck disable=SC2086 # paths without blanks
	cp -L $libraries "$own/"
	LD_LIBRARY_PATH=$own python3 -c 'import ssl, time
open("/proc/self/comm", "w").write("uses\33[2J")
print(flush=True)
time.sleep(60)' >"$work/ready" &
	user=$!
	wait_for 20 test -s "$work/ready" || return 1
	"$recorder" --list-tls >"$work/list" || return 1
	kill $user
	! grep $'\33' "$work/list" || return 1
	grep -A 3 "^$work/own?\[2J/libssl" "$work/list" |
		grep -qxF "    used by uses?[2J[$user]" || { cat "$work/list"; return 1; }
}
check "who uses a library is listed by name" list_names

finish
