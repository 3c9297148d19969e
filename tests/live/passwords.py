# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords by command: run once for all sessions, out of the terminal's sight first, on the terminal when it must be;
and every way to log in that this server offers."""
import base64
import hashlib
import hmac
import json
import os
import pty
import select
import signal
import stat
import struct
import subprocess
import termios
import fcntl
import time

import fake
import lab
import pki


class Terminal:
    """A program on a terminal of its own; what it writes is in .seen."""

    def __init__(self, t, home, *arguments):
        self.seen, self.t = b"", t
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home.dir)
            program = os.path.join(home.build, "cursus")
            os.execve(program, [program, *arguments], dict(home.env, TERM="xterm-256color", GPG_TTY="/dev/a-tty-of-before"))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.status = None
        t.keep.append(self)

    def pump(self, seconds=0.05):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            self.seen += data
            return bool(data)
        return True

    def wait(self, words, seconds=20):
        end = time.monotonic() + seconds
        while words.encode() not in self.seen:
            if not self.pump() or time.monotonic() > end:
                raise lab.Failed("%r did not appear: %r" % (words, self.seen[-1500:]))

    def type(self, text):
        os.write(self.fd, text.encode())

    def finish(self, seconds=20):
        end = time.monotonic() + seconds
        while self.pump() and time.monotonic() < end:
            pass
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def script(home, text):
    path = os.path.join(home.dir, "password-command")
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, stat.S_IRWXU)
    return path


def with_command(t, server, text, **settings):
    home = t.home(server)
    path = script(home, text.replace("PASSWORD", server.password).replace("LOG", os.path.join(home.dir, "runs")))
    home.configure(lab.account(server, password_command='"%s"' % path, **settings))
    return home


def runs(home):
    path = os.path.join(home.dir, "runs")
    return open(path).read().splitlines() if os.path.exists(path) else []


def test_one_run_for_all_sessions(t):
    """The sessions that synchronise and that fetch bodies open at the same moment."""
    server = t.server(sample=True)
    home = with_command(t, server, "echo run >>LOG\nsleep 1\necho PASSWORD\n", bodies="all")
    home.must("sync")
    t.equal(runs(home), ["run"], "runs of the command")
    t.true(server.facts, "server")
    logins = open(server.facts["log"]).read().count("Login: user=<ada>")
    t.true(logins >= 2, "sessions: %d" % logins)


def test_command_that_fails_is_run_once_without_a_terminal(t):
    server = t.server(sample=True)
    home = with_command(t, server, "echo run >>LOG\necho no key here >&2\nexit 3\n", bodies="all")
    done = home.run("sync")
    t.equal(done.returncode, 1, "status")
    t.true("no key here" in done.stderr and "password-command" in done.stderr, done.stderr)
    t.equal(runs(home), ["run"], "runs of the command")
    t.note(done.stderr.strip())


ASKS = 'tty >/dev/null || true\necho "run ${GPG_TTY:-none}" >>LOG\nexec 3<>/dev/tty || exit 2\nprintf "PIN: " >&3\nread pin <&3\n' \
       '[ "$pin" = open ] || exit 1\necho PASSWORD\n'


def test_command_gets_the_terminal_of_the_command_line(t):
    server = t.server(sample=True)
    home = with_command(t, server, ASKS)
    terminal = Terminal(t, home, "sync")
    terminal.wait("PIN: ")
    terminal.type("open\n")
    t.equal(terminal.finish(), 0, "status")
    t.equal(len(runs(home)), 1, "runs")
    t.true(runs(home)[0].startswith("run /dev/pts/"), "GPG_TTY names the terminal: %s" % runs(home))
    t.equal(len(home.list("INBOX")), len(server.messages("INBOX")), "messages")
    t.true(server.password.encode() not in terminal.seen, "the password is on the screen")


def test_screen_lends_its_terminal(t):
    server = t.server(sample=True)
    home = with_command(t, server, ASKS)
    terminal = Terminal(t, home)
    terminal.wait("PIN: ")
    t.true(b"\x1b[?1049l" in terminal.seen[:terminal.seen.index(b"PIN: ")], "the screen was left before")
    before = len(terminal.seen)
    terminal.type("open\n")
    terminal.wait("synced now")
    t.true(b"\x1b[?1049h" in terminal.seen[before:], "the screen was not taken back")
    t.equal(runs(home)[0], "run none", "the first run knows no terminal")
    t.true(len(runs(home)) == 2 and runs(home)[1].startswith("run /dev/pts/"), runs(home))
    terminal.type("q")
    t.equal(terminal.finish(), 0, "status")
    t.true(server.password.encode() not in terminal.seen, "the password is on the screen")


def test_screen_goes_on_when_the_command_fails_on_the_terminal(t):
    server = t.server(sample=True)
    home = with_command(t, server, ASKS)
    terminal = Terminal(t, home)
    terminal.wait("PIN: ")
    terminal.type("\x03")  # ends the command, not the program
    terminal.wait("cannot get the password")
    terminal.type("q")
    t.equal(terminal.finish(), 0, "status")


def test_question_waits_for_another_prompt(t):
    said = []
    own = pki.Pki(t.home().dir).make("own", "IP:127.0.0.1")
    server = fake.Fake(["* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready", lambda talk: said.append(1), fake.READ],
                       fake.server_context(own), implicit=True)
    t.keep.append(server)
    home = t.home(accounts="account t\n  set imap imaps://ada@127.0.0.1:%d\n  set pin %s\nend\n" %
                  (server.port, own.pin()))
    terminal = Terminal(t, home)
    terminal.type(":")
    t.until(lambda: terminal.pump() and said, 20, "the greeting was said")
    while terminal.pump(0.3) and select.select([terminal.fd], [], [], 0.3)[0]:
        pass
    t.true(b"Password of" not in terminal.seen, "the prompt was taken away while writing")
    terminal.type("\x07")
    terminal.wait("Password of ada")


# ---- every way that this server offers

def jwt(key, claims):
    def b64(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    head = b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + b"." + b64(json.dumps(claims).encode())
    return (head + b"." + b64(hmac.new(key, head, hashlib.sha256).digest())).decode()


def mechanism_of(server):
    """How the last login was made, in the server's words."""
    lines = [line for line in open(server.facts["log"]) if "Login: user=<ada>" in line]
    return lines[-1].split("method=")[1].split(",")[0] if lines else "none"


def test_strongest_way_wins(t):
    rows = [("plain login", "auto", "PLAIN"), ("plain login scram-sha-1", "auto", "SCRAM-SHA-1"),
            ("plain login scram-sha-1 scram-sha-256 cram-md5", "auto", "SCRAM-SHA-256"),
            ("plain login scram-sha-1 scram-sha-256", "scram-sha-1", "SCRAM-SHA-1"),
            ("plain login scram-sha-256", "login", "PLAIN"),
            ("plain cram-md5", "cram-md5", "CRAM-MD5")]
    for offered, how, used in rows:
        server = t.server("--set", "auth_mechanisms = " + offered)
        t.home(server, auth=how).must("sync")
        t.equal(mechanism_of(server), used, "auth %s with %s" % (how, offered))
        t.note("%-46s auth %-12s %s" % (offered, how, used))
        if used == "SCRAM-SHA-256":
            done = t.home(server, auth=how, password_command='"echo wrong"').run("sync")
            t.true(done.returncode == 1 and "refused the login" in done.stderr, done.stderr)
        server.stop()


def test_tokens(t):
    key = b"a key of the tests, long enough for HS256"
    directory = t.home().dir
    keys = os.path.join(directory, "keys", "default", "HS256")
    os.makedirs(keys)
    with open(os.path.join(keys, "default"), "w") as f:
        f.write(base64.b64encode(key).decode())
    with open(os.path.join(directory, "oauth2.conf"), "w") as f:
        f.write("introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\nusername_attribute = sub\n"
                "username_format = %%u\n" % directory)
    subprocess.run(["chmod", "-R", "a+rX", directory], check=True)
    passdb = "auth_mechanisms = plain oauthbearer xoauth2\npassdb {\n driver = oauth2\n mechanisms = oauthbearer xoauth2\n args = %s/oauth2.conf\n}" % directory
    try:
        server = t.server("--set", passdb)
    except lab.Failed as why:
        t.skip("this Dovecot does not take the settings for tokens: %s" % str(why)[-200:])
    token = jwt(key, {"sub": "ada", "iat": int(time.time()) - 10, "exp": int(time.time()) + 600})
    for how, used in (("auto", "OAUTHBEARER"), ("xoauth2", "XOAUTH2")):
        t.home(server, auth=how, password_command=None, token_command='"echo %s"' % token).must("sync")
        t.equal(mechanism_of(server), used, "auth " + how)
    stale = jwt(key, {"sub": "ada", "iat": int(time.time()) - 900, "exp": int(time.time()) - 300})
    for how in ("oauthbearer", "xoauth2"):
        done = t.home(server, auth=how, password_command=None, token_command='"echo %s"' % stale).run("sync")
        t.equal(done.returncode, 1, "status")
        t.true("invalid_token" in done.stderr or "status" in done.stderr, done.stderr)
        t.true(stale not in done.stderr, "the token is shown")
        t.note(done.stderr.strip())
