#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command on a terminal and prints what it writes there, a line each time the line is begun anew.

usage: on_terminal.py COLUMNS COMMAND...
"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading

END = b"\0the command has ended\0"


def on_terminal(columns, command):
    """What COMMAND prints on a terminal of so many columns (0: it doesn't say), standard error
    included, and its exit status.

    The kernel may forget what a terminal's last writer wrote last, so this one stays open until
    all has been read: up to END, which is written when the command has gone.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave) as process:
        def end():
            process.wait()
            os.write(slave, END)
        waiting = threading.Thread(target=end)
        waiting.start()
        printed = b""
        while not printed.endswith(END):
            printed += os.read(master, 65536)
        waiting.join()
    os.close(slave)
    os.close(master)
    return printed[:-len(END)], process.returncode


def main():
    printed, status = on_terminal(int(sys.argv[1]), sys.argv[2:])
    sys.stdout.buffer.write(re.sub(rb"\x1b\[[0-9;]*[a-zA-Z]|\n", b"", printed).replace(b"\r", b"\n"))
    return status


if __name__ == "__main__":
    sys.exit(main())
