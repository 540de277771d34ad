#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# MariaDB with its own client (C), PyMySQL (Python) and DBD::mysql (Perl): what each says that it did is
# what the recording shows at both ends. Prints TAP.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

needs mariadbd mariadb-install-db mariadb perl tcpdump ss
python_needs pymysql
perl -MDBD::mysql -e 1 2>/dev/null || skip_all "libdbd-mysql-perl is not installed (tools/install-deps --test)"

port=3306
# The server doesn't run as root, and its files are below $work.
as_mysql() { env -C / setpriv --reuid=mysql --regid=mysql --clear-groups "$@"; }
chmod 755 "$work"
install -d -o mysql "$work/data"
check "a server's directory is made" as_mysql mariadb-install-db --no-defaults \
	--auth-root-authentication-method=normal --skip-test-db --datadir="$work/data"
as_mysql mariadbd --no-defaults --datadir="$work/data" --port=$port --bind-address=127.0.0.1 \
	--socket="$work/data/socket" --pid-file="$work/data/pid" --log-bin=log --skip-name-resolve \
	--innodb-flush-log-at-trx-commit=0 >"$work/server" 2>&1 &
server=$!
wait_for 30 listening $port || not_ok "it starts" "$(cat "$work/server")"

record_begin
check "PyMySQL" timeout 60 "$python" tests/live/clients/mysql_pymysql.py $port
check "mariadb" timeout 60 "$python" tests/live/clients/mysql_mariadb.py $port
check "mariadb-binlog" timeout 60 "$python" tests/live/clients/mysql_binlog.py $port log.000001
check "DBD::mysql" timeout 60 perl tests/live/clients/mysql_dbi.pl $port
record_end $port
kill "$(cat "$work/data/pid")"
wait $server
judge MariaDB $port mysql
exports_are_read mysql

finish
