#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""terminal.py COLUMNS TYPED PROMPT PROGRAM ARG...: run a program on a terminal of its own.

What it writes goes to standard output; when PROMPT (not empty) appears, TYPED is typed (\\n and \\x03 as
Python writes them).  The program's exit status is ours.
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def main():
    columns, typed, prompt, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode(), sys.argv[4:]
    typed = typed.encode().decode("unicode_escape").encode()
    ready, go = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)  # the size comes first
        os.execv(argv[0], argv)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.close(go)
    output = b""
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        output += data
        if prompt and prompt in output:
            os.write(fd, typed)
            prompt = b""
    sys.stdout.buffer.write(output.replace(b"\r\n", b"\n"))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
