#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# PostgreSQL with psql (C), psycopg and asyncpg (Python): what each says that it did is what the
# recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs psql tcpdump ss
python_needs psycopg asyncpg
programs=$(echo /usr/lib/postgresql/*/bin | tr ' ' '\n' | sort -V | tail -1)
[ -x "$programs/postgres" ] || skip_all "postgresql is not installed (tools/install-deps --test)"

port=5432
# The server doesn't run as root, and its files are below $work.
as_postgres() { env -C / setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
chmod 755 "$work"
install -d -o postgres "$work/data"
check "a cluster is made" as_postgres "$programs/initdb" -A trust -N -E UTF8 --no-locale -D "$work/data"
as_postgres "$programs/postgres" -D "$work/data" -p $port -k '' -c fsync=off -c autovacuum=off \
	>"$work/server" 2>&1 &
server=$!
wait_for 30 "$programs/pg_isready" -q -h 127.0.0.1 -p $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
for client in psycopg asyncpg psql; do
	check "$client" timeout 60 "$python" "tests/live/clients/pgsql_$client.py" $port
done
record_end $port
kill -INT "$(head -1 "$work/data/postmaster.pid")"
wait $server
judge PostgreSQL $port pgsql
exports_are_read pgsql

finish
