# SPDX-License-Identifier: BSD-2-Clause
"""MariaDB's binary log through mariadb-binlog (in C), as a server that follows another reads it.

    mysql_binlog.py PORT FILE"""
import collections
import re
import subprocess
import sys

from ledger import Connection

# What mariadb-binlog calls each event.
TYPES = {"Rotate": "rotate", "Start": "format_description", "Gtid": "gtid_list",
         "Binlog": "binlog_checkpoint", "GTID": "mariadb_gtid", "Query": "query",
         "Intvar": "intvar", "Xid": "xid", "Annotate_rows": "annotate_rows",
         "Table_map": "table_map", "Write_rows": "write_rows_v1", "Update_rows": "update_rows_v1",
         "Delete_rows": "delete_rows_v1"}


def main():
    done = subprocess.run(["mariadb-binlog", "--no-defaults", "--read-from-remote-server",
                           "--protocol=tcp", "-h", "127.0.0.1", "-P", sys.argv[1], "-u", "root",
                           "--skip-ssl", "--to-last-log", sys.argv[2]],
                          capture_output=True, text=True, check=True)
    events = collections.Counter(TYPES[name] for name in re.findall(
        r"end_log_pos \d+ *(?:CRC32 \w+ *)?\t(\w+)", done.stdout))
    account = Connection("mariadb-binlog", user="root")
    account.did(command="login")
    for statement in ("SELECT VERSION()", "SET @master_binlog_checksum='NONE'",
                      "SET @mariadb_slave_capability=4"):
        account.did(command="query", statement=statement)
    account.did(command="binlog_dump", binlog_events=dict(events))
    account.write()


main()
