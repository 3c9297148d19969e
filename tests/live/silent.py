# SPDX-License-Identifier: GPL-3.0-or-later
"""Two accounts, one on a host that drops packets: nobody waits for it but its own account.  Keys and acts on the other one
take as long as they do without it."""
import contextlib
import os
import pty
import select
import signal
import socket
import statistics
import time

import lab

KEYS = 24


class Screen:
    """The program on a terminal of its own."""

    def __init__(self, t, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(os.path.join(home.build, "cursus"), ["cursus"], dict(home.env, TERM="xterm-256color"))
        t.keep.append(self)

    def read(self, seconds):
        with contextlib.suppress(OSError):
            if select.select([self.fd], [], [], seconds)[0]:
                return os.read(self.fd, 65536)
        return b""

    def wait(self, text, seconds=20):
        data, end = b"", time.monotonic() + seconds
        while text not in data:
            if time.monotonic() > end:
                raise lab.Failed("not on the screen: %r in %r" % (text, data[-800:]))
            data += self.read(0.1)

    def quiet(self):
        while self.read(0.1):
            pass

    def key(self, key):
        """Seconds until the screen answers."""
        self.quiet()
        began = time.monotonic()
        os.write(self.fd, key)
        if not self.read(5):
            raise lab.Failed("no answer to %r" % key)
        return time.monotonic() - began

    def close(self):
        with contextlib.suppress(ProcessLookupError, ChildProcessError, OSError):
            os.kill(self.pid, signal.SIGTERM)
            end = time.monotonic() + 10
            while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
                self.read(0.05)
                if time.monotonic() > end:
                    os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.close(self.fd)


@contextlib.contextmanager
def sink():
    """Accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        yield s.getsockname()[1]


@contextlib.contextmanager
def dropping():
    """Never answers a SYN: its backlog is full."""
    with contextlib.ExitStack() as stack:
        s = stack.enter_context(socket.socket())
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        for _ in range(4):
            c = stack.enter_context(socket.socket())
            c.setblocking(False)
            c.connect_ex(s.getsockname())
        yield s.getsockname()[1]


def flagged(c):
    answer = lab.good(c.uid("SEARCH", "FLAGGED"))
    return len(answer[0].split())


def measure(t, server, more):
    """(median and worst seconds of a key, seconds of a flag on its way to the server)."""
    home = t.home(accounts=lab.account(server, "good", **{"stay-online": "yes", "bodies": "headers"}) + more)
    home.must("-a", "good", "sync")
    screen = Screen(t, home)
    screen.wait(b" online")
    screen.quiet()
    keys = [screen.key(b"j" if i % 2 == 0 else b"k") for i in range(KEYS)]
    with server.imap("INBOX") as c:
        before = flagged(c)
        began = time.monotonic()
        os.write(screen.fd, b"F")
        while flagged(c) == before:
            if time.monotonic() - began > 20:
                raise lab.Failed("the flag did not reach the server")
            c.noop()
        act = time.monotonic() - began
        os.write(screen.fd, b"F")
        t.until(lambda: c.noop() and flagged(c) == before, 20, "and back")
    screen.close()
    return statistics.median(keys), max(keys), act


def test_a_silent_host_delays_nobody_else(t):
    server = t.server()
    server.append("INBOX", [("Message-ID: <s%d@x.org>\r\nSubject: number %d\r\n\r\nx\r\n" % (i, i)).encode() for i in range(40)])
    alone = measure(t, server, "")
    t.note("alone:    key %.1f ms, worst %.1f ms, flag on the server %.0f ms" % tuple(1000 * x for x in alone))
    for name, host in (("accepts and is silent", sink), ("drops packets", dropping)):
        with host() as port:
            silent = ('account silent\n  set address b@example.org\n  set imap imaps://b@127.0.0.1:%d\n'
                      '  set password-command "echo x"\nend\n' % port)
            beside = measure(t, server, silent)
        t.note("%s: key %.1f ms, worst %.1f ms, flag on the server %.0f ms" % ((name,) + tuple(1000 * x for x in beside)))
        t.true(beside[0] < 2 * alone[0] + 0.01, "%s: a key takes %.1f ms, alone %.1f" % (name, 1000 * beside[0], 1000 * alone[0]))
        t.true(beside[2] < 2 * alone[2] + 0.3, "%s: a flag takes %.0f ms, alone %.0f" % (name, 1000 * beside[2], 1000 * alone[2]))
