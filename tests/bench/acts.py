# SPDX-License-Identifier: GPL-3.0-or-later
"""Half of 20,000 messages flagged, moved, deleted with the same keys: from the key to the server's having it."""
import contextlib
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import threading
import time

import lab
import peers

COUNT = 20000
TAGGED_S = 2.5  # tagging is not what is measured
ACTS = {  # keys; NeoMutt's differences; what the server must say: (flagged in INBOX, in INBOX, in Target)
    "flag": (";F$", {}, (COUNT // 2, COUNT, 0)),
    "move": (";sTarget\r$", {"neomutt": ";s\x15=Target\r$"}, (0, COUNT // 2, COUNT // 2)),
    "delete": (";d$", {}, (0, COUNT // 2, 0)),
}


def make(directory):
    """A Maildir of small messages, every other one to be picked: no two that are picked lie beside each other."""
    os.makedirs(os.path.join(directory, "cur"))
    for sub in ("new", "tmp", ".Target/cur", ".Target/new", ".Target/tmp"):
        os.makedirs(os.path.join(directory, sub))
    for i in range(COUNT):
        word = "pick" if i % 2 else "leave"
        when = 1700000000 + i * 60
        path = os.path.join(directory, "cur", "%d.M%d.bench:2,S" % (when, i))
        with open(path, "w") as f:
            f.write("Message-ID: <act%d@example.org>\nSubject: %s %d\nFrom: a@example.org\nDate: %s\n\ntext\n"
                    % (i, word, i, time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))))
        os.utime(path, (when, when))


class Terminal:
    def __init__(self, program):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(program.command[0], program.command, program.env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        with contextlib.suppress(OSError, ValueError):
            while True:
                if select.select([self.fd], [], [], 0.2)[0]:
                    data = os.read(self.fd, 65536)
                    if not data:
                        return
                    self.seen = (self.seen + data)[-100000:]

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def close(self):
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def state(c):
    lab.good(c.select("INBOX", True))
    inbox = int(c.untagged_responses["EXISTS"][-1])
    flagged = len(lab.good(c.uid("SEARCH", "FLAGGED"))[0].split())
    target = int(lab.good(c.status("Target", "(MESSAGES)"))[0].decode().split("MESSAGES ")[1].rstrip(")"))
    return flagged, inbox, target


def once(a, name, prepare, act):
    """Seconds, or None when it did not get there."""
    keys, others, wanted = ACTS[act]
    maildir = tempfile.mkdtemp(prefix="cursus-acts.")
    home = tempfile.mkdtemp(prefix="cursus-bench.")
    try:
        os.chmod(maildir, 0o755)  # a server started by root runs as nobody
        make(os.path.join(maildir, "m"))
        with contextlib.closing(lab.Server(a.build, maildir=os.path.join(maildir, "m"))) as server:
            program = prepare(home, server, server.port)
            if name == "neomutt":
                with open(home + "/rc", "a") as f:
                    f.write("set delete=yes\nset confirmappend=no\nset confirmcreate=no\nset wait_key=no\n")
            with contextlib.closing(Terminal(program)) as terminal, server.imap() as c:
                end = time.monotonic() + a.timeout
                ready = program.stored or (lambda: b"pick %d" % (COUNT - 1) in terminal.seen)
                while not ready() and time.monotonic() < end:
                    time.sleep(0.05)
                time.sleep(2)
                terminal.type("T~s pick\r")
                time.sleep(TAGGED_S)
                began = time.monotonic()
                terminal.type(others.get(name, keys))
                while state(c) != wanted:
                    if time.monotonic() > end:
                        print("acts %s %s: %s instead of %s" % (name, act, state(c), wanted), file=sys.stderr)
                        return None
                    time.sleep(0.02)
                return time.monotonic() - began
    finally:
        shutil.rmtree(maildir, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def table(a, programs):
    names = [n for n in ("cursus", "neomutt") if n in programs]
    out = ["| act on 10,000 of 20,000 messages, until the server has it | %s |" % " | ".join(n + ", s" for n in names),
           "| --- |" + " --- |" * len(names)]
    for act in ACTS:
        cells = []
        for name in names:
            runs = sorted(r for r in (once(a, name, programs[name], act) for _ in range(min(a.runs, 3))) if r is not None)
            cells.append("%.2f (%.2f-%.2f)" % (runs[len(runs) // 2], runs[0], runs[-1]) if runs else "not done")
            print("acts %s %s %s" % (act, name, cells[-1]), file=sys.stderr)
        out.append("| %s | %s |" % (act, " | ".join(cells)))
    return out
