#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Which statements have the same shape: as libpg_query and pt-fingerprint see it, and as a server of
# PostgreSQL counts them in pg_stat_statements.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# What is told apart is told by tests/shapes/shape, which has no other way in.
shape=$work/shape
gcc -std=gnu11 -D_GNU_SOURCE -O1 -I. -o "$shape" tests/shapes/shape.c build/libanalyze.a build/libformat.a ||
	not_ok "the shapes of lines"
# same DIALECT THEIRS: our shapes of the statements are theirs.
same() {
	"$shape" "$1" <"$work/$1.sql" >"$work/$1.ours" && python3 tests/shapes/compare.py "$work/$1.sql" "$work/$1.ours" "$2"
}

python3 tests/shapes/statements.py mysql 1000 >"$work/mysql.sql"
if have pt-fingerprint; then
	perl tests/shapes/fingerprint.pl "$(command -v pt-fingerprint)" <"$work/mysql.sql" >"$work/mysql.theirs"
	check "MySQL: as pt-fingerprint, on 1,000 statements" same mysql "$work/mysql.theirs"
else
	skip "MySQL: as pt-fingerprint, on 1,000 statements" "percona-toolkit is not installed"
fi

python3 tests/shapes/statements.py pgsql 1000 >"$work/pgsql.sql"
if [ -e /usr/include/pg_query.h ]; then
	check "libpg_query is linked" gcc -o "$work/pg_query" tests/shapes/pg_query.c -lpg_query
	"$work/pg_query" <"$work/pgsql.sql" >"$work/pgsql.theirs"
	is "PostgreSQL: all statements are some" "$(grep -c '^error' "$work/pgsql.theirs")" 0
	check "PostgreSQL: as libpg_query, on 1,000 statements" same pgsql "$work/pgsql.theirs"
else
	skip "PostgreSQL: as libpg_query, on 1,000 statements" "libpg-query-dev is not installed"
fi

# ---- as a server counts them ----

programs=$(echo /usr/lib/postgresql/*/bin | tr ' ' '\n' | sort -V | tail -1)
served="PostgreSQL: as pg_stat_statements, for a known load"
if [ "$(id -u)" -ne 0 ] || [ ! -x "$programs/postgres" ] || [ ! -e "$("$programs/pg_config" --pkglibdir 2>/dev/null)/pg_stat_statements.so" ]; then
	skip "$served" "wants root, and postgresql"
	finish
	exit
fi
as_postgres() { env -C / setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
chmod 755 "$work"
install -d -o postgres "$work/data"
as_postgres "$programs/initdb" -A trust -N -E UTF8 --no-locale -D "$work/data" >/dev/null
as_postgres "$programs/postgres" -D "$work/data" -c listen_addresses= -k "$work/data" -c fsync=off \
	-c shared_preload_libraries=pg_stat_statements -c compute_query_id=on \
	-c log_min_duration_statement=0 -c log_line_prefix='%Q|' >"$work/log" 2>&1 &
server=$!
psql() { command psql -X -q -h "$work/data" -U postgres postgres "$@"; }
wait_for 30 "$programs/pg_isready" -q -h "$work/data" || not_ok "the server starts" "$(cat "$work/log")"
psql -c 'CREATE EXTENSION pg_stat_statements'
python3 tests/shapes/statements.py served 1000 | tail -n +2 >"$work/load.sql"
{
	python3 tests/shapes/statements.py served 0
	echo ';'
	sed 's/$/;/' "$work/load.sql"
} | psql >/dev/null 2>"$work/err"
is "PostgreSQL: it can answer all statements" "$(cat "$work/err")" ""
psql -A -t -F' ' -c 'SELECT queryid, calls FROM pg_stat_statements' | sort >"$work/counted"
kill -INT "$(head -1 "$work/data/postmaster.pid")"
wait $server
# A line of the log for each: its number, and its text as it came.
sed -n 's/^\(-\{0,1\}[0-9]*\)|LOG:  duration: .* statement: \(.*\);$/\1|\2/p' "$work/log" |
	grep -v 'CREATE\|pg_stat_statements' >"$work/logged"
cut -d'|' -f1 "$work/logged" >"$work/pgsql.theirs"
cut -d'|' -f2- "$work/logged" >"$work/pgsql.sql"
is "$served: all were logged" "$(wc -l <"$work/logged")" 1000
check "$served" same pgsql "$work/pgsql.theirs"
is "$served: as often" "$(sort "$work/pgsql.theirs" | uniq -c | awk '{ print $2, $1 }' | sort | comm -23 - "$work/counted")" ""

finish
