# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine a store: what others ask of it over its socket, what they may not do to it, and what happens when it goes."""
import contextlib
import fcntl
import json
import os
import pty
import select
import shlex
import signal
import socket
import struct
import subprocess
import termios
import time

import lab


def lock_lines(home):
    with open(os.path.join(home.env["XDG_STATE_HOME"], "cursus", "engine.lock")) as f:
        return f.read().split("\n")


def socket_path(home):
    return lock_lines(home)[1]


def online(t, server, home, *arguments):
    """An engine that watches; its process."""
    p = t.process(home.start("sync", "--until", "disconnect", *arguments))
    t.until(lambda: [s for s in home.json("status") if s["state"] == "online" and s["phase"] is None]
            and len(lock_lines(home)) > 1 and os.path.exists(socket_path(home)), 20, "the engine is online")
    return p


def mails(n, first=0):
    return [b"From: a@example.org\r\nTo: b@example.org\r\nSubject: number %d\r\nDate: Thu, 1 Jan 2026 12:%02d:00 +0000\r\n"
            b"Message-ID: <%d@engine.example>\r\n\r\nThis is the text of %d.\r\n" % (i, i % 60, i, i)
            for i in range(first, first + n)]


def prepared(t, n=6, **settings):
    server = t.server()
    server.append("INBOX", mails(n))
    server.append("Archive", mails(1, 900))
    home = t.home(server, stay_online="yes", archive="Archive", **settings)
    home.must("sync")
    return server, home


def ids_of(home, folder="INBOX"):
    return {m["subject"]: m["id"] for m in home.list(folder)}


class Client:
    """Another program at the engine's socket."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(10)
        for _ in range(500):  # more want to come at once than may wait at the door
            try:
                self.s.connect(path)
                break
            except BlockingIOError:
                time.sleep(0.01)
        self.buffer = b""

    def say(self, **what):
        self.s.sendall(json.dumps(what).encode() + b"\n")

    def hear(self, event):
        """The next event of this name."""
        while True:
            while b"\n" not in self.buffer:
                more = self.s.recv(65536)
                if not more:
                    raise lab.Failed("the engine hung up before %r" % event)
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\n", 1)
            said = json.loads(line)
            if said["event"] == event:
                return said

    def greet(self):
        self.say(do="hello", protocol=1)
        return self.hear("hello")

    def is_sent_away(self):
        try:
            while self.s.recv(65536):
                pass
        except ConnectionError:
            pass
        except socket.timeout:
            return False
        return True

    def close(self):
        self.s.close()


# ---- subcommands

# {N}: the id of "number N"; what the files' names begin with a dot for is a path of the caller.
SUBCOMMANDS = """
flag +flagged +todo {0}
--json flag -flagged {0}
flag +seen {1} 99999
flag +seen
sync
--json sync
sync INBOX
sync --new
sync nowhere
copy {0} Archive
move {1} Archive
move {1} nowhere
delete {2}
undelete {2}
archive {3}
undo
redo
undo
folders create Made/Below
folders rename Made/Below Made/Other
folders subscribe Made/Other
folders unsubscribe Made/Other
folders delete Made/Other
folders delete nowhere
get populate --scope all --mode stay INBOX
get copy --scope selection --mode stay --to Archive {4}
search number
search body:"text of 4"
export mbox ./out.mbox {4} {5}
import mbox ./out.mbox Archive
show {5} --raw
journal cancel
journal retry
connect
sync
run -e "flag +answered {4}" -e "mark-read {5}" -e sync
disconnect
""".strip().splitlines()


def run_all(home):
    """Status of each, and what the store says at the end."""
    names, said = ids_of(home), []
    for line in SUBCOMMANDS:
        for i in range(6):
            line = line.replace("{%d}" % i, str(names["number %d" % i]))
        done = home.run(*shlex.split(line))
        said.append((line, done.returncode, len(done.stdout.splitlines()), bool(done.stderr.strip())))
    return said


def test_every_subcommand_is_the_same_beside_an_engine(t):
    alone_server, alone = prepared(t)
    expected = run_all(alone)
    alone.must("sync")
    server, home = prepared(t)
    online(t, server, home)
    got = run_all(home)
    for a, b in zip(expected, got):
        if a[0] in ("connect", "disconnect"):  # of use beside an engine only; this one is connected already
            t.equal(b[1], 75 if a[0] == "connect" else 0, "status of %s beside an engine" % b[0])
        else:
            t.equal(b, a, "the same beside an engine")
    home.must("sync")
    t.until(lambda: not home.json("journal", "list"), 10, "the journal is empty")
    t.equal(describe(server), describe(alone_server), "what the servers hold")
    t.equal(home.integrity(), "ok", "the store")


def describe(server):
    out = []
    for name in sorted(server.doveadm("mailbox", "list", "-u", "ada").split("\n")):
        if name.strip():
            for flags, size, _, head in server.messages(name).values():
                out.append((name, sorted(flags - {"\\Recent"}), lab.parse(head)["Message-ID"]))
            out.append((name,))
    return sorted(out, key=str)


def test_settings_of_a_script_hold_for_the_script(t):
    server, home = prepared(t)
    online(t, server, home)
    names = ids_of(home)
    home.must("run", "-e", "set t:delete mark", "-e", "delete %d" % names["number 1"], "-e", "sync")
    home.must("delete", names["number 2"])
    home.must("sync")
    held = {lab.parse(v[3])["Subject"]: v[0] for v in server.messages("INBOX").values()}
    t.true("\\Deleted" in held["number 1"], "the script's delete only marks")
    t.true("number 2" not in held, "the one behind it does what the config says")


def test_a_file_is_meant_where_the_client_stands(t):
    server, home = prepared(t)
    online(t, server, home)
    away = os.path.join(home.dir, "elsewhere")
    os.mkdir(away)
    one = ids_of(home)["number 1"]
    done = subprocess.run([os.path.join(t.build, "cursus"), "export", "mbox", "./here.mbox", str(one)], cwd=away,
                          env=home.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    t.equal((done.returncode, os.listdir(away)), (0, ["here.mbox"]), done.stderr)


def test_a_body_that_is_not_stored_is_fetched_by_the_engine(t):
    server, home = prepared(t, bodies="headers")
    online(t, server, home)
    one = ids_of(home)["number 3"]
    t.true("This is the text of 3." in home.must("show", one), "the text")


def test_interrupting_a_client_stops_what_it_asked_for_alone(t):
    server, home = prepared(t)
    engine = online(t, server, home)
    client = home.start("sync", "--until", "disconnect")
    with contextlib.closing(Client(socket_path(home))) as other:
        other.greet()
        other.say(do="flag", op=7, ids=[1], add=["seen"])
        t.equal(other.hear("done")["problem"], None, "the engine answers")
    t.true(client.poll() is None, "the client waits")
    time.sleep(0.3)  # its operation is on its way; nothing tells when it has come
    client.send_signal(signal.SIGINT)
    t.equal(client.wait(10), 0, "status of a watching sync that was interrupted")
    t.equal((engine.poll(), home.json("status")[0]["state"]), (None, "online"), "the engine goes on")


class Typed:
    """A cursus on a terminal of its own; what it shows is a stream of bytes."""

    def __init__(self, t, home, *arguments):
        self.t = t
        pid, self.fd = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
            os.chdir(home.dir)
            os.execve(os.path.join(t.build, "cursus"), ["cursus", *map(str, arguments)], dict(home.env, TERM="xterm-256color"))
        self.pid, self.seen, self.status = pid, b"", None
        t.keep.append(self)

    def read(self, seconds=0.02):
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            if not more:
                return
            self.seen += more
            seconds = 0

    def shows(self, text):
        self.read()
        return text.encode() in self.seen

    def wait_for(self, text, seconds=15):
        try:
            self.t.until(lambda: self.shows(text), seconds, "the terminal shows %r" % text)
        except lab.Failed:
            self.t.note("it shows %r" % self.seen[-600:])
            raise

    def type(self, keys):
        self.read()
        self.seen = b""
        os.write(self.fd, keys.encode())

    def ended(self):
        self.read()
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def close(self):
        if not self.ended():
            self.kill()
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def test_a_password_is_asked_for_where_the_person_is(t):
    server = t.server()
    server.append("INBOX", mails(2))
    home = t.home(accounts=lab.account(server, stay_online="yes") + lab.account(server, "p", password_command=None))
    home.must("-a", "t", "sync")
    p = t.process(home.start("-a", "t", "sync", "--until", "disconnect"))
    t.until(lambda: [s["state"] for s in home.json("status")][0] == "online", 20, "the engine is online")
    done = home.run("-a", "p", "sync")
    t.true(done.returncode == 1 and "password" in done.stderr, "nobody to ask: %d %s" % (done.returncode, done.stderr))
    person = Typed(t, home, "-a", "p", "sync")
    person.wait_for("Password for p")
    person.type("\x03")
    t.until(person.ended, 10, "it ends when it is declined")
    t.equal(person.status, 1, "its status then")
    person = Typed(t, home, "-a", "p", "sync")
    person.wait_for("Password for p")
    person.type(server.password + "\r")
    t.until(person.ended, 10, "it ends")
    t.equal((person.status, p.poll()), (0, None), "with the password, and the engine goes on")
    t.equal(len(home.list("p:INBOX")), 2, "what has come")
    with open(os.path.join(home.dir, "stderr")) as f:
        t.true("Password" not in f.read(), "the engine asked nobody")


# ---- guests that nobody likes

def test_hostile_clients_do_not_disturb(t):
    server, home = prepared(t)
    online(t, server, home)
    path = socket_path(home)
    one = ids_of(home)["number 1"]
    guests = []

    def still_works(what):
        done = home.run("flag", "+seen" if len(guests) % 2 else "-seen", one)
        t.equal((done.returncode, done.stderr), (0, ""), "a flag beside " + what)
        t.true(done.seconds < 5, "at once beside %s: %.1f s" % (what, done.seconds))

    for garbage in (b"\0\1\2\n", b"GET / HTTP/1.1\r\n\r\n", b"{}\n", b"[]\n", b'{"do":"flag","op":1,"ids":[1]}\n',
                    b'{"do":"hello","protocol":99}\n', b'{"do":"hello"}\n', b"\xff\xfe\n", b'{"do":"hello","protocol":1'
                    + b" " * 5000):
        with contextlib.closing(Client(path)) as c:
            c.s.sendall(garbage)
            t.true(c.is_sent_away(), "%r is sent away" % garbage[:40])
    still_works("garbage")

    with contextlib.closing(Client(path)) as c:
        c.greet()
        c.say(do="fly", op=1)
        t.equal(c.hear("done")["problem"]["kind"], "input", "an unknown operation is refused")
        c.say(do="flag", op=2, ids="all")
        t.equal(c.hear("done")["problem"]["kind"], "input", "wrong arguments are refused")
        c.say(do="flag", op=3, ids=[4294967295, 0, one], add=["flagged"])
        t.equal(c.hear("done")["problem"], None, "ids that are nobody's are passed over")
        c.say(do="cancel", op=77)
        c.say(do="answer", ask=99, text="x")
        c.say(do="move", op=4, ids=[one], folder=99999)
        t.true(c.hear("done")["problem"], "a folder that is none is refused")
        c.say(do="flag", op=5, ids=[], add=["a keyword"])
        t.true(c.hear("done")["problem"], "words that are no keywords are refused")
    still_works("nonsense")

    with contextlib.closing(Client(path)) as c:
        c.greet()
        with contextlib.suppress(ConnectionError, socket.timeout):
            c.s.sendall(b'{"do":"flag","op":1,"ids":[' + b"1," * (8 << 20))
        t.true(c.is_sent_away(), "a line without an end is sent away")
    still_works("a line of 16 MB")

    half = Client(path)
    half.greet()
    half.s.sendall(b'{"do":"fl')
    guests.append(half)
    still_works("half a line")

    for _ in range(200):
        guests.append(Client(path))
    still_works("200 connections")
    for _ in range(100):  # more than there are places for
        with contextlib.suppress(OSError):
            guests.append(Client(path))
    still_works("300 connections")

    deaf = Client(path)
    deaf.greet()
    guests.append(deaf)
    with contextlib.suppress(OSError):
        deaf.s.settimeout(0.5)
        for i in range(60000):  # each is answered, and no answer is read
            deaf.say(do="fly", op=i + 1)
    still_works("one that never reads")
    t.equal(half.s.send(b"x") if half.s.fileno() >= 0 else 1, 1, "half a line is not cut for that")
    for g in guests:
        g.close()
    still_works("nobody")


# ---- engines that come and go

def test_another_store_has_a_socket_of_its_own(t):
    server, home = prepared(t)
    second = t.home(server, stay_online="yes")
    second.env["XDG_RUNTIME_DIR"] = home.env["XDG_RUNTIME_DIR"]
    second.must("sync")
    online(t, server, home)
    online(t, server, second)
    here, there = socket_path(home), socket_path(second)
    t.equal(os.path.basename(here), "engine.sock", "the first")
    t.true(there != here and os.path.dirname(there) == os.path.dirname(here), "the second beside it: " + there)
    t.equal([oct(os.stat(p).st_mode & 0o777) for p in (here, there, os.path.dirname(here))], ["0o600", "0o600", "0o700"], "modes")
    for h in (home, second):
        h.must("flag", "+flagged", ids_of(h)["number 2"])
        h.must("sync")


def test_without_a_runtime_directory_and_with_a_long_path(t):
    server, home = prepared(t)
    del home.env["XDG_RUNTIME_DIR"]
    engine = online(t, server, home)
    t.equal(os.path.dirname(socket_path(home)), os.path.join(home.env["XDG_STATE_HOME"], "cursus"), "in the state directory")
    home.must("flag", "+seen", 1)
    engine.terminate()
    t.equal(engine.wait(10), 0, "it ends")
    t.true(not os.path.exists(os.path.join(home.env["XDG_STATE_HOME"], "cursus", "engine.sock")), "the socket went with it")
    home.env["XDG_RUNTIME_DIR"] = os.path.join(home.dir, *["a-long-name-%d" % i for i in range(12)])
    os.makedirs(home.env["XDG_RUNTIME_DIR"], 0o700)
    online(t, server, home)
    t.true(len(socket_path(home)) > 108, "a path longer than an address holds")
    home.must("flag", "+flagged", 1)
    del home.env["XDG_RUNTIME_DIR"]  # as from cron
    home.must("flag", "-flagged", 1)


def test_an_engine_that_was_killed_is_no_hindrance(t):
    server, home = prepared(t)
    engine = online(t, server, home)
    path = socket_path(home)
    client = t.process(home.start("sync", "--until", "disconnect"))
    time.sleep(0.3)
    engine.kill()
    engine.wait()
    t.until(lambda: lock_lines(home)[0] == str(client.pid), 5, "the client is the engine now")
    t.until(lambda: os.path.exists(path), 5, "and listens")
    home.must("flag", "+flagged", 1)
    t.until(lambda: home.json("status")[0]["state"] == "online", 10, "it is online")
    client.send_signal(signal.SIGKILL)
    client.wait()
    t.true(os.path.exists(path), "the file is left behind")
    home.must("flag", "+seen", 1)
    home.must("sync")
    t.true(not os.path.exists(path), "the next one took it away")


def test_an_engine_that_is_stopped_is_not_waited_for(t):
    server, home = prepared(t)
    engine = online(t, server, home)
    engine.send_signal(signal.SIGSTOP)
    try:
        done = home.run("flag", "+flagged", 1)
        t.equal(done.returncode, 75, "status beside a stopped engine: " + done.stderr)
        t.true(done.seconds < 10, "it does not wait for it: %.1f s" % done.seconds)
    finally:
        engine.send_signal(signal.SIGCONT)
    home.must("flag", "+flagged", 1)


def test_a_second_screen_shows_acts_and_takes_over(t):
    server, home = prepared(t)
    first = Typed(t, home)
    first.wait_for("number 5")
    second = Typed(t, home)
    second.wait_for("number 5")
    t.until(lambda: lock_lines(home)[0] == str(first.pid), 5, "the first is the engine")
    second.type("")
    first.type("F")
    second.wait_for("⚑")
    t.until(lambda: any("\\Flagged" in v[0] for v in server.messages("INBOX").values()), 10, "and the server has it")
    first.type("")
    second.type("F")
    t.until(lambda: not any("\\Flagged" in v[0] for v in server.messages("INBOX").values()), 10, "the second acts too")
    first.type("q")
    t.until(first.ended, 10, "the first ends")
    t.until(lambda: lock_lines(home)[0] == str(second.pid), 2, "the second takes over")
    server.append("INBOX", mails(1, 55))
    second.wait_for("1 new message")
    second.type("F")
    t.until(lambda: any("\\Flagged" in v[0] for v in server.messages("INBOX").values()), 10, "it is online")
    second.type("q")
    t.until(second.ended, 10, "it ends too")
    t.equal((first.status, second.status), (0, 0), "how they ended")
    t.equal(home.integrity(), "ok", "the store")


def test_a_second_screen_reads_what_is_not_stored_and_survives_a_kill(t):
    server, home = prepared(t, bodies="headers")
    first = Typed(t, home)
    first.wait_for("number 5")
    second = Typed(t, home)
    second.wait_for("number 5")
    second.type("\r")
    second.wait_for("This is the text of")
    first.kill()
    t.until(lambda: lock_lines(home)[0] == str(second.pid), 2, "the second takes over")
    server.append("INBOX", mails(1, 56))
    second.type("q")
    second.wait_for("1 new message")
