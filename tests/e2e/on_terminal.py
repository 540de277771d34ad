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


def main():
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0))
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    out = b""
    try:
        while part := os.read(master, 65536):
            out += part
    except OSError:  # the last writer has gone
        pass
    sys.stdout.buffer.write(re.sub(rb"\x1b\[[0-9;]*[a-zA-Z]|\n", b"", out).replace(b"\r", b"\n"))
    return process.wait()


sys.exit(main())
