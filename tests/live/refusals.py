# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work says so: the right sentence, the exit status, in time, and nothing is sent to the wrong place."""
import os
import socket
import threading

import lab

SECONDS = 12


def refused(t, home, *words, seconds=SECONDS, status=1):
    done = home.run("sync", timeout=seconds + 20)
    t.equal(done.returncode, status, "exit status (said: %s)" % done.stderr.strip())
    t.true(done.seconds < seconds, "took %.1f s, at most %g" % (done.seconds, seconds))
    lines = [line for line in done.stderr.strip().splitlines() if line]
    t.true(lines and any(all(w.lower() in line.lower() for w in words) for line in lines),
           "the sentence should hold %s: %r" % (words, done.stderr))
    t.note(lines[-1])
    return done.stderr


def test_wrong_password(t):
    server = t.server(sample=True)
    home = t.home(server, password_command='"echo wrong"')
    refused(t, home, "login", "password", str(server.port))
    log = open(server.facts["log"]).read()
    t.true(log.count("auth failed") + log.count("Aborted login") + log.count("password mismatch") <= 2, "no hammering: one try, not many")


def test_password_command_fails(t):
    server = t.server()
    home = t.home(server, password_command="false")
    refused(t, home, "password-command")


def test_no_password_and_no_terminal(t):
    server = t.server()
    home = t.home(server, password_command=None)
    refused(t, home, "password")


def test_unknown_ca(t):
    server = t.server()
    home = t.home(server, ca_file=None)
    refused(t, home, "not trusted", "ca-file")
    t.true("ada" not in open(server.facts["log"]).read().replace(server.dir, ""), "no login was tried")


def test_wrong_host_name(t):
    server = t.server("--names", "DNS:imap.example.org")
    home = t.home(server)
    refused(t, home, "not trusted", "tls-name")


def test_tls_name_mends_a_wrong_host_name(t):
    server = t.server("--names", "DNS:imap.example.org")
    home = t.home(server, tls_name="imap.example.org")
    home.must("sync")


def test_missing_ca_file(t):
    server = t.server()
    home = t.home(server, ca_file='"%s"' % os.path.join(server.dir, "nothing.pem"))
    refused(t, home, "ca-file")


def test_closed_port(t):
    server = t.server()
    server.stop()
    home = t.home(server)
    refused(t, home, "cannot connect", str(server.port), "refused", seconds=5)


def test_unknown_host(t):
    server = t.server()
    home = t.home(server, imap="imaps://ada@no-such-host.invalid")
    refused(t, home, "no-such-host.invalid", seconds=35)


def listening(answer=None):
    """A port that accepts and then says `answer` or nothing."""
    s = socket.create_server(("127.0.0.1", 0))
    kept = []

    def serve():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            kept.append(c)
            if answer:
                c.sendall(answer)
    threading.Thread(target=serve, daemon=True).start()
    return s


def test_silent_host(t):
    server = t.server()
    with listening() as s:
        home = t.home(server, imap="imaps://ada@127.0.0.1:%d" % s.getsockname()[1], connect_timeout="3")
        refused(t, home, "cannot connect", seconds=8)


def test_plain_imap_on_the_tls_port(t):
    server = t.server()
    home = t.home(server, imap="imaps://ada@127.0.0.1:%s" % server.facts["imap_port"])
    refused(t, home, "tls")


def test_something_else_on_the_port(t):
    server = t.server()
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as s:
        home = t.home(server, imap="imaps://ada@127.0.0.1:%d" % s.getsockname()[1])
        refused(t, home, str(s.getsockname()[1]))
