# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows.  A check gets a Lab, the World and a value (None: the option is not set), and asserts what that value means."""
import collections
import contextlib
import os
import pty
import re
import select
import signal
import socket
import socketserver
import sqlite3
import subprocess
import threading
import time

import lab

Row = collections.namedtuple("Row", "name default other where check slow")
ROWS = []
DAY = 86400


def row(name, default, other, where, slow=0):
    def add(check):
        ROWS.append(Row(name, default, other, where, check, slow))
        return check
    return add


def mail(subject, nbytes=100, attachment=0):
    head = "Message-ID: <%s@example.org>\r\nSubject: %s\r\nFrom: ada@example.org\r\n" % (subject, subject)
    if not attachment:
        return (head + "\r\n").encode() + b"line of text\r\n" * max(1, nbytes // 14)
    return (head + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\ntext\r\n--B\r\n"
            "Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n").encode() + (
            b"0123456789abc\r\n" * (attachment // 15) + b"--B--\r\n")


BOTH = (b"Subject: both\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nthe plain one\r\n"
        b"--B\r\nContent-Type: text/html\r\n\r\n<p>the other one\r\n--B--\r\n")


class World:
    """One server for every row that only reads."""

    def __init__(self, keeper, build):
        self.build = build
        self.server = keeper.server()
        now = time.time()
        self.server.append("INBOX", [mail("small%d" % i) for i in range(5)], when=now)
        self.server.append("INBOX", mail("large", 300 << 10), when=now)
        self.server.append("INBOX", mail("attached", attachment=40 << 10), when=now)
        self.server.append("INBOX", mail("old"), when=now - 60 * DAY)
        self.server.append("Sub", [mail("sub%d" % i) for i in range(3)], when=now)
        with self.server.imap() as c:
            lab.good(c.create("Unsub"))
            lab.good(c.create("Html"))
            lab.good(c.subscribe("Html"))
            lab.good(c.append("Html", None, None, BOTH))
            lab.good(c.create("two-levels"))
            lab.good(c.create("Mail/Inside"))
            lab.good(c.subscribe("Mail/Inside"))
        self.all = 8

    def wired(self, t, option=None, value=None, **more):
        """A home whose account goes over a wire that writes everything down."""
        wire = t.wire(self.server)
        settings = dict(wire.settings(), **more)
        if value is not None:
            settings[option] = value
        return wire, t.home(self.server, **settings)


def talk(wire):
    wire.connections()
    return wire.talk()


def asked(wire):
    """What was asked of bodies: a list of "" (whole) and "<at.n>"."""
    return re.findall(r"BODY\.PEEK\[\](<\d+\.\d+>)?", talk(wire))


def whole(home):
    """Subjects of the messages whose whole text is stored."""
    with contextlib.closing(sqlite3.connect(home.database())) as db:
        db.execute("ATTACH ? AS b", (home.database("bodies.db"),))
        return sorted(s for s, in db.execute("SELECT subject FROM mail m JOIN b.body b ON b.mail = m.id WHERE b.total = 0"))


def quoted(text):
    return '"%s"' % text.replace('"', '\\"')


# ---- the server and the way to it

@row("imap", "", "imaps://...", "wire")
def imap(t, w, value):
    home = t.home(w.server, **({} if value else {"imap": None}))
    done = home.run("sync")
    t.equal(done.returncode == 0, value is not None, "sync: " + done.stderr)
    t.true(value or "imap" in done.stderr, "it says what lacks: " + done.stderr)


@row("address", "", "ada@example.org", "wire")
def address(t, w, value):
    """Without a user in "imap" it is who logs in."""
    home = t.home(w.server, imap="imaps://%s:%d" % (w.server.host, w.server.port), address=value and w.server.user + "@x.org")
    done = home.run("sync")
    if value is None:
        t.true(done.returncode != 0 and "no user name" in done.stderr, "who logs in is not known: " + done.stderr)
    else:
        t.true(done.returncode != 0 and "no user name" not in done.stderr, "the address is tried: " + done.stderr)


@row("name", "", "Ada King", "screen")
def name(t, w, value):
    account = lab.account(w.server)
    home = t.home(accounts=account.replace("end\n", "  set name %s\nend\n" % quoted(value)) if value else account)
    shown = home.must("config", "why", "t:name")
    t.equal("Ada King" in shown, value is not None, "name: " + shown)


@row("smtp", "", "smtps://ada@smtp.example.org", "screen")
def smtp(t, w, value):
    """Kept for sending; a URL that is none is refused."""
    home = t.home(w.server, **({"smtp": value} if value else {}))
    t.equal("smtp.example.org" in home.must("config", "why", "t:smtp"), value is not None, "smtp is kept")
    t.equal(t.home(w.server, smtp="nonsense://x").run("config", "check").returncode, 1, "nonsense is refused")


@row("auth", "auto", "login", "wire")
def auth(t, w, value):
    home = t.home(w.server, **({"auth": value} if value else {}))
    log = os.path.join(home.dir, "log")
    home.must("--log", log, "-d", "all=debug", "sync")
    with open(log) as f:
        how = re.search(r"logged in by (\S+)", f.read()).group(1)
    t.true((how == "LOGIN") == (value is not None), "logged in by " + how)


@row("password-command", "", "cat FILE", "wire")
def password_command(t, w, value):
    home = t.home(w.server, **({} if value else {"password-command": None}))
    done = home.run("sync")
    t.equal(done.returncode == 0, value is not None, "sync: " + done.stderr)
    t.true(value or "password" in done.stderr, "it says what it wants: " + done.stderr)


@row("token-command", "", "touch FILE", "disk")
def token_command(t, w, value):
    """The command is run in the place of the password's."""
    home = t.home(w.server)
    mark = os.path.join(home.dir, "mark")
    more = {"token-command": quoted("touch %s; echo token" % mark), "auth": "oauthbearer"} if value else {}
    home.configure(lab.account(w.server, **more))
    done = home.run("sync")
    t.equal(done.returncode == 0, value is None, "sync: " + done.stderr)
    t.equal(os.path.exists(mark) or "oauthbearer" in done.stderr.lower(), value is not None, "the token's command: " + done.stderr)


@row("ca-file", "", "FILE", "wire")
def ca_file(t, w, value):
    home = t.home(w.server, **({} if value else {"ca-file": None}))
    done = home.run("sync")
    t.equal(done.returncode == 0, value is not None, "sync: " + done.stderr)
    t.true(value or "certificate" in done.stderr.lower(), "why: " + done.stderr)


@row("tls-name", "", "imap.elsewhere.example", "wire")
def tls_name(t, w, value):
    done = t.home(w.server, **({"tls-name": value} if value else {})).run("sync")
    t.equal(done.returncode == 0, value is None, "sync: " + done.stderr)
    t.true(not value or value in done.stderr, "the name that was wanted: " + done.stderr)


@row("pin", "", "sha256:HEX", "wire")
def pin(t, w, value):
    home = t.home(w.server, **{"ca-file": None})
    refusal = home.run("sync").stderr
    key = re.search(r"sha256:[0-9a-f]{64}", refusal)
    t.true(key is not None, "the refusal names the key: " + refusal)
    if value:
        home.configure(lab.account(w.server, **{"ca-file": None, "pin": key.group(0)}))
        home.must("sync")
        home.configure(lab.account(w.server, **{"ca-file": None, "pin": "sha256:" + "0" * 64}))
        t.equal(home.run("sync").returncode, 1, "another key is refused")


@row("client-certificate", "", "FILE", "disk")
def client_certificate(t, w, value):
    home = t.home(w.server)
    path = os.path.join(home.dir, "me.pem")
    home.configure(lab.account(w.server, **({"client-certificate": path} if value else {})))
    done = home.run("sync")
    t.equal(done.returncode == 0, value is None, "sync: " + done.stderr)
    t.true(not value or path in done.stderr, "the file is read: " + done.stderr)


@row("tunnel", "", "COMMAND", "wire")
def tunnel(t, w, value):
    home = t.home(w.server)
    mark = os.path.join(home.dir, "mark")
    command = quoted("touch %s; exec %s" % (mark, w.server.facts["tunnel"]))
    home.configure(lab.account(w.server, **({"tunnel": command, "ca-file": None} if value else {})))
    home.must("sync")
    t.equal(os.path.exists(mark), value is not None, "the tunnel was used")


class Socks(socketserver.BaseRequestHandler):
    """SOCKS 5 without a login (RFC 1928), one connection."""

    def handle(self):
        s = self.request
        n = s.recv(2)[1]
        s.recv(n)
        s.sendall(b"\x05\x00")
        kind = s.recv(4)[3]
        host = s.recv(s.recv(1)[0]).decode() if kind == 3 else ".".join(map(str, s.recv(4)))
        port = int.from_bytes(s.recv(2), "big")
        self.server.asked.append((host, port))
        out = socket.create_connection((host, port), 5)
        s.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        back = threading.Thread(target=self.copy, args=(out, s), daemon=True)
        back.start()
        self.copy(s, out)
        back.join(2)

    @staticmethod
    def copy(a, b):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)


@row("proxy", "", "socks5://127.0.0.1:PORT", "wire")
def proxy(t, w, value):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Socks) as s:
        s.asked, s.daemon_threads, s.block_on_close = [], True, False
        threading.Thread(target=s.serve_forever, daemon=True).start()
        home = t.home(w.server, **({"proxy": "socks5://127.0.0.1:%d" % s.server_address[1]} if value else {}))
        home.must("sync")
        s.shutdown()
        t.equal(bool(s.asked), value is not None, "asked of the proxy")
        t.true(not value or set(s.asked) == {(w.server.host, w.server.port)}, "for the server: %r" % s.asked)
    if value:
        done = home.run("sync")
        t.true(done.returncode == 1, "no other way is taken when the proxy is gone")


@row("capabilities", "", "no-QRESYNC", "wire")
def capabilities(t, w, value):
    wire, home = w.wired(t, "capabilities", value)
    home.must("sync")
    t.equal("ENABLE QRESYNC" in talk(wire), value is None, "ENABLE QRESYNC")


@row("compress", "auto", "yes", "wire")
def compress(t, w, value):
    home = t.home(w.server, bodies="headers", **({"compress": value} if value else {}))
    log = os.path.join(home.dir, "log")
    home.must("--log", log, "-d", "all=trace", "sync")
    with open(log, errors="replace") as f:
        t.equal("COMPRESS DEFLATE" in f.read(), value is not None, "compressed")


@row("connect-timeout", "30", "1", "wire", slow=2)
def connect_timeout(t, w, value):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        home = t.home(w.server, imap="imaps://a@127.0.0.1:%d" % silent.getsockname()[1],
                      **({"connect-timeout": value} if value else {}))
        run = t.process(home.start("sync"))
        if value is None:
            time.sleep(1.5)
            t.equal(run.poll(), None, "half a minute is waited")
            return
        began = time.monotonic()
        run.wait(10)
        t.true(time.monotonic() - began < 4, "given up after a second")


# ---- which folders and messages

@row("sync", "subscribed-remote", "all", "wire")
def sync(t, w, value):
    wire, home = w.wired(t, "sync", value, bodies="headers")
    home.must("sync")
    seen = talk(wire)
    t.true("Sub" in "".join(re.findall(r"(?:SELECT|EXAMINE) [^\n]*", seen)), "a subscribed folder is selected")
    t.equal(bool(re.search(r"(SELECT|EXAMINE) \"?Unsub", seen)), value is not None, "one that is not")


@row("inbox-limit", "-1", "3", "disk")
def inbox_limit(t, w, value):
    _, home = w.wired(t, "inbox-limit", value, bodies="headers")
    home.must("sync")
    t.equal(len(home.list("INBOX")), w.all if value is None else 3, "messages kept")
    t.equal(len(home.list("Sub")), 3, "not of the others")


@row("folder-limit", "-1", "1", "disk")
def folder_limit(t, w, value):
    _, home = w.wired(t, "folder-limit", value, bodies="headers")
    home.must("sync")
    t.equal(len(home.list("Sub")), 3 if value is None else 1, "messages kept")
    t.equal(len(home.list("INBOX")), w.all, "not of the inbox")


@row("path-prefix", "", "Mail/", "wire")
def path_prefix(t, w, value):
    wire, home = w.wired(t, "path-prefix", value, bodies="headers")
    home.must("sync")
    names = {f["name"] for f in home.json("folders")}
    t.equal("Sub" in names, value is None, "folders elsewhere: %r" % names)
    t.true({"INBOX", "Mail/Inside"} <= names, "the inbox and those below it: %r" % names)
    t.equal('"Mail/*"' in talk(wire), value is not None, "the server is asked for these")


@row("separator", "", "-", "disk")
def separator(t, w, value):
    _, home = w.wired(t, "separator", value, bodies="headers")
    home.must("sync")
    names = {f["name"] for f in home.json("folders")}
    t.equal(("two-levels" in names, "two/levels" in names), (value is None, value is not None), "levels: %r" % names)


def role_row(name, role):
    @row(name, "", "Sub", "screen")
    def check(t, w, value):
        _, home = w.wired(t, name, value, bodies="headers")
        home.must("sync")
        of = {f["name"]: f["role"] for f in home.json("folders")}
        t.equal(of["Sub"] == role, value is not None, "role of Sub: %r" % of)
    return check


for name_, role_ in (("sent", "sent"), ("drafts", "drafts"), ("trash", "trash"), ("junk", "junk"), ("archive", "archive")):
    role_row(name_, role_)


# ---- staying online

@contextlib.contextmanager
def staying(t, home):
    """Connected until the end."""
    run = t.process(home.start("sync", "--until", "disconnect"))
    try:
        yield run
    finally:
        run.terminate()
        run.wait(10)


def said(wire):
    """What clients said so far, also on connections that are open."""
    out = ""
    for n in sorted(n for n in os.listdir(wire.out) if n.endswith(".talk")):
        with open(os.path.join(wire.out, n), "rb") as f:
            out += f.read().decode("utf-8", "replace")
    return "\n".join(line[3:] for line in out.splitlines() if line.startswith("C: "))


@row("sync-interval", "300", "1", "wire", slow=3)
def sync_interval(t, w, value):
    wire, home = w.wired(t, "sync-interval", value, bodies="headers", idle="no", capabilities="no-NOTIFY")
    with staying(t, home):
        t.until(lambda: "LIST " in said(wire), 10, "the first synchronisation")
        if value:
            t.until(lambda: said(wire).count("LIST ") >= 2, 5, "another one after a second")
            return
        time.sleep(1.6)
        t.equal(said(wire).count("LIST "), 1, "none for five minutes")


@row("idle", "yes", "no", "wire", slow=3)
def idle(t, w, value):
    wire, home = w.wired(t, "idle", value, bodies="headers", **{"sync-interval": "1"})
    with staying(t, home):
        if value is None:
            t.until(lambda: " IDLE" in said(wire), 10, "IDLE")
            return
        t.until(lambda: said(wire).count("LIST ") >= 2, 10, "a second synchronisation")
        t.true(" IDLE" not in said(wire) and " NOTIFY" not in said(wire), "neither IDLE nor NOTIFY")


@row("idle-timeout", "0", "1", "wire", slow=3)
def idle_timeout(t, w, value):
    wire, home = w.wired(t, "idle-timeout", value, bodies="headers")
    with staying(t, home):
        t.until(lambda: " IDLE" in said(wire), 10, "IDLE")
        if value:
            t.until(lambda: said(wire).count(" IDLE") >= 2 and "DONE" in said(wire), 6, "renewed")
            return
        time.sleep(0.7)
        before = said(wire).count("DONE")
        time.sleep(1.3)
        t.equal(said(wire).count("DONE"), before, "it stays")


@row("stay-online", "yes", "no", "wire", slow=3)
def stay_online(t, w, value):
    wire = t.wire(w.server)
    home = t.home(w.server, **dict(wire.settings(), bodies="headers", **{"stay-online": value}))
    with staying(t, home) as run:
        t.until(lambda: " IDLE" in said(wire), 10, "watching")
        for pid in wire_processes(wire):
            os.kill(pid, 9)
        if value is None:
            t.until(lambda: any(n == "1.talk" for n in os.listdir(wire.out)), 10, "it connects again")
        else:
            t.until(lambda: run.poll() is not None, 10, "it ends")


def wire_processes(wire):
    """The tunnels of this wire, by the file they were given."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open("/proc/%s/cmdline" % pid, "rb") as f:
            words = f.read().split(b"\0")
            if wire.path.encode() in words:
                yield int(pid)


# ---- what is fetched in advance

@row("bodies", "text", "all", "disk")
def bodies(t, w, value):
    wire, home = w.wired(t, "bodies", value)
    home.must("sync")
    t.equal({"old", "large"} <= set(whole(home)), value is not None, "old and large ones: %r" % whole(home))
    t.true("small0" in whole(home), "new and small ones")
    wire, home = w.wired(t, "bodies", "headers")
    home.must("sync")
    t.equal(asked(wire), [], "headers: nothing")


@row("bodies-age", "30d", "90d", "disk")
def bodies_age(t, w, value):
    _, home = w.wired(t, "bodies-age", value)
    home.must("sync")
    t.equal("old" in whole(home), value is not None, "whole: %r" % whole(home))


@row("bodies-size", "256K", "1M", "disk")
def bodies_size(t, w, value):
    _, home = w.wired(t, "bodies-size", value)
    home.must("sync")
    t.equal("large" in whole(home), value is not None, "whole: %r" % whole(home))


@row("text-limit", "16K", "4K", "wire", slow=9)
def text_limit(t, w, value):
    """The beginnings of other messages come after ten seconds of quiet."""
    wire, home = w.wired(t, "text-limit", value)
    with staying(t, home):
        begun = t.until(lambda: re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", said(wire)), 40, "a beginning is asked for")
        t.equal(begun.group(1), "16384" if value is None else "4096", "bytes of it")


@row("attachment-limit", "-1", "10K", "disk")
def attachment_limit(t, w, value):
    _, home = w.wired(t, "attachment-limit", value, bodies="all")
    home.must("sync")
    t.equal("attached" in whole(home), value is None, "whole: %r" % whole(home))
    t.true("large" in whole(home), "without attachments it may be large")


@row("total-limit", "-1", "2K", "disk")
def total_limit(t, w, value):
    _, home = w.wired(t, "total-limit", value, bodies="all")
    home.must("sync")
    n = len(whole(home))
    t.equal(n == w.all + 4, value is None, "%d are whole" % n)
    t.true(n > 0, "some are")


@row("search-filter", "", "subject:small3", "disk")
def search_filter(t, w, value):
    _, home = w.wired(t, "search-filter", value, bodies="all")
    home.must("sync")
    t.equal(whole(home) == ["small3"], value is not None, "whole: %r" % whole(home))
    t.equal(len(home.list("INBOX")), w.all, "all are listed")


@row("metered", "no", "yes", "wire")
def metered(t, w, value):
    wire, home = w.wired(t, "metered", value, bodies="all")
    home.must("sync")
    t.equal(asked(wire) == [], value is not None, "bodies asked for")


@row("metered-bodies", "headers", "text", "wire")
def metered_bodies(t, w, value):
    wire, home = w.wired(t, "metered-bodies", value, bodies="all", metered="yes")
    home.must("sync")
    t.equal(asked(wire) != [], value is not None, "bodies asked for")
    t.true("large" not in whole(home), "not all")


@row("fetch-chunk", "256K", "64K", "wire")
def fetch_chunk(t, w, value):
    wire, home = w.wired(t, "fetch-chunk", value, bodies="all")
    home.must("sync")
    sizes = set(re.findall(r"BODY\.PEEK\[\]<\d+\.(\d+)>", talk(wire)))
    t.equal(sizes, {"262144"} if value is None else {"65536"}, "pieces of")


# ---- what the server is told

def mutable(t, **settings):
    server = t.server()
    server.append("INBOX", [mail("one"), mail("two")])
    with server.imap() as c:
        for folder in ("Trash", "Other"):
            c.create(folder)
    wire = t.wire(server)
    home = t.home(server, **dict(wire.settings(), bodies="headers", trash="Trash", sync="all", **settings))
    home.must("sync")
    first = [m["id"] for m in home.list("INBOX") if m["subject"] == "one"]
    wire.begin()
    return server, wire, home, first[0]


def flags_of(server, subject):
    for flags, _, _, header in server.messages("INBOX").values():
        if subject.encode() in header:
            return flags - {"\\Recent"}
    return None


@row("seen", "read", "never", "wire", slow=1)
def seen(t, w, value):
    server, _, home, one = mutable(t, **({"seen": value} if value else {}))
    home.must("flag", "+seen", one)
    home.must("sync")
    t.equal(flags_of(server, "one"), {"\\Seen"} if value is None else set(), "on the server")
    t.true("seen" in [m for m in home.list("INBOX") if m["id"] == one][0]["flags"], "here it is read")
    if value:
        home.must("flag", "+flagged", one)
        home.must("sync")
        t.equal(flags_of(server, "one"), {"\\Flagged"}, "other flags are told")


@row("delete", "trash", "mark", "wire", slow=1)
def delete(t, w, value):
    for choice, inbox, trash in ((value, {"\\Deleted"} if value else None, 0 if value else 1), ("expunge", None, 0)):
        server, _, home, one = mutable(t, **({"delete": choice} if choice else {}))
        home.must("delete", one)
        home.must("sync")
        t.equal(flags_of(server, "one"), inbox, "in the inbox with %s" % choice)
        t.equal(len(server.messages("Trash")), trash, "in the trash with %s" % choice)


@row("expunge-on-disconnect", "no", "yes", "wire", slow=1)
def expunge_on_disconnect(t, w, value):
    server, _, home, one = mutable(t, **dict({"delete": "mark"}, **({"expunge-on-disconnect": value} if value else {})))
    script = os.path.join(home.dir, "script")
    with open(script, "w") as f:
        f.write("connect\ndelete %d\nsync\ndisconnect\n" % one)
    home.must("run", script)
    t.equal(flags_of(server, "one"), {"\\Deleted"} if value is None else None, "after the disconnect")
    t.equal(flags_of(server, "two"), set(), "the other one stays")


@row("subscribe", "neither", "both", "wire", slow=1)
def subscribe(t, w, value):
    server, wire, home, _ = mutable(t, **({"subscribe": value} if value else {}))
    home.run("folders", "subscribe", "Other")
    home.must("sync")
    with server.imap() as c:
        listed = b" ".join(x or b"" for x in lab.good(c.lsub()))
    t.equal(b"Other" in listed, value is not None, "on the server: %r" % listed)


# ---- this program

@row("cache-limit", "2G", "1M", "disk", slow=1)
def cache_limit(t, w, value):
    server = t.server()
    server.append("INBOX", [mail("big%d" % i, 250 << 10) for i in range(6)])
    home = t.home(server, config="set cache-limit %s\n" % value if value else "", bodies="all")
    home.must("sync")
    cache = os.path.join(home.dir, "cache", "cursus")
    used = sum(os.path.getsize(os.path.join(d, n)) for d, _, names in os.walk(cache) for n in names)
    t.equal(used > 1400 << 10, value is None, "bytes on the disk: %d" % used)


# ---- the screen, by the driver of the screen tests

def screen(name, default, other, plain, changed):
    """plain and changed: scripts (see tests/screen/README) for the default and for the other value."""
    @row(name, default, other, "screen", slow=1)
    def check(t, w, value):
        driver = os.path.join(w.build, "test", "screen", "driver")
        if not os.path.exists(driver):
            t.skip("libvterm is missing")
        here = t.home()
        script = os.path.join(here.dir, "script.keys")
        with open(script, "w") as f:
            f.write(plain if value is None else "config\n|set %s %s\n%s" % (name, other, changed))
        work = os.path.join(here.dir, "work")
        os.mkdir(work)
        imapd = os.path.join(lab.SOURCE, "tests", "screen", "imapd.py")
        done = subprocess.run([driver, os.path.join(w.build, "cursus"), imapd, work, script], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        t.equal(done.returncode, 0, "%s %s: %s" % (name, value, done.stdout.decode("utf-8", "replace")[-3000:]))
    return check


START = "start\nwait synced now\n"
WIDE = "size 120x24\nstart\nwait synced now\n"
screen("sort", "threads", "date", START + "wait threads, newest first\n", START + "wait by date, newest first\n")
screen("reverse", "no", "yes", START + "wait newest first\n", START + "wait oldest first\n")
screen("sidebar", "auto", "no", WIDE + "wait Lists/patches\n", WIDE + "gone Lists/patches\n")
screen("sidebar-width", "26", "40", WIDE + "rows 2\n|   Sent" + 19 * " " + "│%%\n",
       WIDE + "rows 2\n|   Sent" + 33 * " " + "│%%\n")
screen("hints", "yes", "no", START + "wait ? help\n", START + "gone ? help\n")
screen("accessible", "no", "yes", START + "wait ────\n", START + "gone ─\nwait ----\n")
screen("mouse", "no", "yes", WIDE + "look reverse: To Charles Babbage\n", WIDE + "keys <click-50-6>\nlook reverse: Donald Knuth\n")
screen("quit-asks", "no", "yes", START + "keys q\nexit 0\n", START + "keys q\nwait Leave cursus?\nkeys y\nexit 0\n")
screen("mark-seen", "yes", "no", START + "keys j <enter>\nwait I have a question\nheard STORE INBOX 35 +\\Seen\n",
       START + "keys j <enter>\nwait I have a question\nkeys F\nheard STORE INBOX 35 +\\Flagged\nkeys q\nwait 1 unread of 37\n")
screen("wrap", "0", "30", START + "keys j <enter>\nwait Ask it. The page is https://example.org/engine as ever.\n",
       START + "keys j <enter>\nwait Ask it. The page is\ngone engine as ever.\n")


def paint(t, w, config, words=(), ready=b"synced now", keys=b"", until=b"", seconds=10):
    """What the program writes to a terminal; keys are typed when ready is painted."""
    home = t.home(w.server, config=config, bodies="headers")
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(os.path.join(w.build, "cursus"), ["cursus", *words], dict(home.env, TERM="xterm-256color"))
    data, end = b"", time.monotonic() + seconds
    with contextlib.suppress(OSError):
        for wanted, typed in ((ready, keys), (until, b"")):
            while wanted not in data and time.monotonic() < end:
                if select.select([fd], [], [], 0.1)[0]:
                    data += os.read(fd, 65536)
            os.write(fd, typed)
    os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(OSError):
        while os.read(fd, 65536):
            pass
    os.waitpid(pid, 0)
    os.close(fd)
    return data


@row("theme", "default", "mono", "screen", slow=1)
def theme(t, w, value):
    data = paint(t, w, "set theme %s\n" % value if value else "")
    t.true(b"synced" in data, "the screen is painted: %r" % data[-300:])
    t.equal(re.search(rb"\x1b\[(\d+;)*(3[0-7]|38;5;\d+)(;\d+)*m", data) is not None, value is None, "colours")


@row("html", "plain", "text", "screen", slow=1)
def html(t, w, value):
    """Of a message that has both."""
    data = paint(t, w, "set html %s\n" % value if value else "", ["Html"], b"both", b"\r", b"the plain one" if value is None else b"the other one")
    t.equal((b"the plain one" in data, b"the other one" in data), (value is None, value is not None), "shown: %r" % data[-500:])
