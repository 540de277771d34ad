#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# FerretDB with MongoDB's drivers for Python and Node: what each says of its commands is what the
# recording shows at both ends. Prints TAP. The server and the drivers are downloads: only with
# LIVE_ALL=1 (tools/check --all). FerretDB is no mongod: what it doesn't speak, as compression, answers
# that go on by themselves (exhaust) and the opcodes of old clients, the cases in corpora/mongodb and
# the unit tests prove.
# shellcheck source=tests/live/clients/downloads.bash
. "$(dirname "$0")/clients/downloads.bash"
mongodb=$downloads/mongodb

# Its sources, which want to be told their version, built.
build_server() (
	cd "$mongodb" || exit 1
	folder=$(timeout 300 go mod download -json github.com/FerretDB/FerretDB@v1.24.0 | jq -r .Dir)
	[ -d "$folder" ] || exit 1
	rm -rf src && cp -r "$folder" src && chmod -R u+w src || exit 1
	for file in commit branch package; do
		printf unknown >src/build/version/$file.txt
	done
	printf v1.24.0 >src/build/version/version.txt
	cd src && timeout 600 go build -o "$mongodb/ferretdb" ./cmd/ferretdb
)

fetch() {
	downloads_need go jq npm node python3
	mkdir -p "$mongodb/node"
	download "$mongodb" server build_server
	download "$mongodb" python sh -c "python3 -m venv '$mongodb/python' &&
		timeout 300 '$mongodb/python/bin/pip' install -q pymongo==4.8.0"
	download "$mongodb" node timeout 300 npm install --silent --prefix "$mongodb/node" mongodb@6.8.0
}

[ -n "${LIVE_INSIDE:-}" ] || fetch
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
needs tcpdump ss

port=27017
mkdir "$work/server"
"$mongodb/ferretdb" --handler=sqlite --sqlite-url="file:$work/server/" --listen-addr=127.0.0.1:$port \
	--debug-addr=- --telemetry=disable --state-dir="$work/server" >"$work/log" 2>&1 &
server=$!
wait_for 60 listening $port || not_ok "FerretDB starts" "$(tail -5 "$work/log")"

record_begin
check "the Python driver" timeout 120 "$mongodb/python/bin/python" \
	tests/live/clients/mongo_pymongo.py $port
check "the Node driver" env NODE_PATH="$mongodb/node/node_modules" timeout 120 \
	node tests/live/clients/mongo_node.js $port
record_end $port
kill "$server"
wait "$server" 2>/dev/null
judge FerretDB $port mongodb
exports_are_read mongodb

finish
