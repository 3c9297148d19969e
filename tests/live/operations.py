# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation of the client MTM but those of writing and sending, twice: inside a script (cursus run FILE) and typed
into a running screen.  What became of it is asked of the server by another client, and of the store by SQL."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import sqlite3
import struct
import termios
import threading

import lab

# What is not told by the server itself must come by the command alone.
SETTINGS = {"idle": "no", "sync_interval": "0", "subscribe": "both", "sync": "all", "bodies": "headers"}


class Place:
    """A server and a home, and what both say."""

    def __init__(self, t):
        self.t = t
        self.server = t.server()
        with self.server.imap() as c:
            for name in ("Target", "Other"):
                lab.good(c.create(name))
                lab.good(c.subscribe(name))
        self.home = t.home(self.server, **SETTINGS)
        self.made = 0

    def mail(self, folder="INBOX", flags=None):
        """A new message there; its subject."""
        self.made += 1
        name = "operation%d" % self.made
        self.server.append(folder, ("Message-ID: <%s@example.org>\r\nSubject: %s\r\nFrom: ada@example.org\r\n\r\nbody of %s\r\n"
                                    % (name, name, name)).encode(), flags)
        return name

    def on_server(self, folder, name):
        """Its flags there, or None."""
        try:
            rows = self.server.messages(folder)
        except lab.Failed:
            return None
        for flags, _, _, header in rows.values():
            if ("Subject: %s\r\n" % name).encode() in header:
                return flags
        return None

    def folders(self, which="list"):
        with self.server.imap() as c:
            rows = lab.good(getattr(c, which)())
        return {re.search(r'"?([^" ]+)"?$', r.decode()).group(1) for r in rows if r}

    def sql(self, query, *values, name="mail.db"):
        with contextlib.closing(sqlite3.connect(self.home.database(name), timeout=10)) as db:
            return db.execute(query, values).fetchall()

    def id(self, name):
        rows = self.sql("SELECT p.id FROM placement p JOIN mail m ON m.id = p.mail WHERE m.subject = ? AND p.folder > 0", name)
        return rows[0][0] if rows else 0

    def stored(self, folder, name):
        """Is it there in the store, with a UID, and does nothing wait?"""
        rows = self.sql("SELECT count(*) FROM placement p JOIN mail m ON m.id = p.mail JOIN folder f ON f.id = p.folder"
                        " WHERE m.subject = ? AND f.name = ? AND p.uid IS NOT NULL", name, folder)
        return rows[0][0] == 1 and self.settled()

    def settled(self):
        return self.sql("SELECT count(*) FROM journal")[0][0] == 0 and self.sql("SELECT count(*) FROM home")[0][0] == 0

    def body(self, name):
        """Is its whole text stored?"""
        if not os.path.exists(self.home.database("bodies.db")):
            return False
        mail = self.sql("SELECT id FROM mail WHERE subject = ?", name)[0][0]
        return bool(self.sql("SELECT 1 FROM body WHERE mail = ? AND total = 0", mail, name="bodies.db"))

    def sessions(self):
        return len(self.server.doveadm("who", "-1").strip().splitlines()) - 1


# A row: name, what comes before (gives the subject of its message, or None), the commands, what must then hold.
def rows():
    def inbox(p):
        return p.mail()

    def moved(p, s, source, target):
        return p.on_server(source, s) is None and p.on_server(target, s) is not None and p.stored(target, s)

    yield "connect", None, ["connect"], lambda p, s: True
    yield "status", None, ["status", "is-connected", "is-busy"], lambda p, s: True
    yield "sync", lambda p: p.mail("Other"), ["sync"], lambda p, s: p.stored("Other", s)
    yield "sync FOLDER", lambda p: p.mail("Target"), ["sync Target"], lambda p, s: p.stored("Target", s)
    yield "sync --new", inbox, ["sync --new"], lambda p, s: p.stored("INBOX", s)
    yield "sync --until connect", inbox, ["sync --until connect", "sync-wait"], lambda p, s: p.stored("INBOX", s)
    yield "sync --until sync", inbox, ["sync --until sync"], lambda p, s: p.stored("INBOX", s)
    yield "sync-new", inbox, ["sync-new"], lambda p, s: p.stored("INBOX", s)
    yield "sync-cancel", inbox, ["sync-cancel", "sync"], lambda p, s: p.stored("INBOX", s)
    yield "sync-tree", make_folder, ["sync-tree"], lambda p, s: bool(p.sql("SELECT 1 FROM folder WHERE name = ?", s))
    yield "select", lambda p: p.mail("Target"), ["select Target", "sync-folder", "select INBOX"], lambda p, s: p.stored("Target", s)
    yield "batch", inbox, ["batch-begin", "sync", "batch-end"], lambda p, s: p.stored("INBOX", s)
    yield "folders subscribe", make_folder, ["sync-tree", "folders subscribe {s}"], lambda p, s: s in p.folders("lsub")
    yield "folders unsubscribe", None, ["folders unsubscribe Other"], lambda p, s: "Other" not in p.folders("lsub")
    yield "folders create", None, ["folders create Made", "folders create Made/Below"], lambda p, s: "Made/Below" in p.folders() or "Made.Below" in p.folders()
    yield "folders rename", None, ["folders rename Made Renamed"], renamed
    yield "folders delete", None, ["folders delete Renamed"], lambda p, s: not any(f.startswith("Renamed") for f in p.folders())
    yield "folders mark-read", lambda p: p.mail("Target"), ["sync", "folders mark-read Target"], all_read
    yield "folders empty", lambda p: p.mail("Other"), ["sync", "folders empty Other"], lambda p, s: not p.server.messages("Other")
    yield "flag", inbox, ["sync", "flag +flagged +work {id}"], lambda p, s: {"\\Flagged", "work"} <= p.on_server("INBOX", s) and p.settled()
    yield "copy", inbox, ["sync", "copy {id} Target"], lambda p, s: p.on_server("INBOX", s) is not None and p.on_server("Target", s) is not None
    yield "move", inbox, ["sync", "move {id} Target"], lambda p, s: moved(p, s, "INBOX", "Target")
    yield "delete", inbox, ["sync", "delete {id}"], lambda p, s: moved(p, s, "INBOX", "Trash")
    yield "undelete", inbox, ["sync", "delete {id}", "sync", "undelete {id}"], lambda p, s: moved(p, s, "Trash", "INBOX")
    yield "undelete-all", lambda p: p.mail(flags="(\\Deleted)"), ["sync", "undelete-all INBOX"], lambda p, s: "\\Deleted" not in p.on_server("INBOX", s)
    yield "archive", inbox, ["sync", "archive {id}"], lambda p, s: moved(p, s, "INBOX", "Archive")
    yield "expunge", inbox, ["sync", "expunge {id}"], lambda p, s: p.on_server("INBOX", s) is None and p.settled()
    yield "undo", inbox, ["sync", "move {id} Target", "sync", "undo"], lambda p, s: moved(p, s, "Target", "INBOX")
    yield "redo", inbox, ["sync", "move {id} Target", "sync", "undo", "sync", "redo"], lambda p, s: moved(p, s, "INBOX", "Target")
    yield "populate", inbox, ["sync", "populate {id}"], lambda p, s: p.body(s)
    yield "get populate", inbox, ["sync", "get populate --scope selection --mode stay {id}"], lambda p, s: p.body(s)
    yield "get move", inbox, ["sync", "get move --scope selection --mode stay --to Target {id}"], lambda p, s: moved(p, s, "INBOX", "Target")
    yield "journal cancel", inbox, ["sync", "disconnect", "flag +flagged {id}", "journal list", "journal cancel --message {id}", "sync"], \
        lambda p, s: "\\Flagged" not in p.on_server("INBOX", s) and p.settled()
    yield "journal retry", inbox, ["sync", "journal retry --all", "flag +answered {id}"], lambda p, s: "\\Answered" in p.on_server("INBOX", s)
    yield "disconnect", None, ["disconnect"], lambda p, s: p.sessions() <= 0


def make_folder(p):
    p.made += 1
    name = "Folder%d" % p.made
    with p.server.imap() as c:
        lab.good(c.create(name))
    return name


def renamed(p, s):
    names = p.folders()
    return any(re.fullmatch(r"Renamed.Below", f) for f in names) and not any(f.startswith("Made") for f in names)


def all_read(p, s):
    return all("\\Seen" in flags for flags, *_ in p.server.messages("Target").values())


def run_script(p, commands, subject):
    """In as many scripts as it takes to know an id; a last sync sends what the last command left."""
    split = next((i for i, c in enumerate(commands) if "{id}" in c), 0)
    for part in (commands[:split], commands[split:]):
        if not part:
            continue
        lines = [c.format(id=p.id(subject) if subject else 0, s=subject) for c in part]
        if lines[-1].split()[0] not in ("disconnect", "is-busy"):
            lines.append("sync")
        path = os.path.join(p.home.dir, "script")
        with open(path, "w") as f:
            f.write("\n".join(lines) + "\n")
        p.home.must("run", path)


def test_script(t):
    """Each in `cursus run FILE`."""
    p, n = Place(t), 0
    p.home.must("sync")
    for name, before, commands, holds in rows():
        subject = before(p) if before else None
        run_script(p, commands, subject)
        t.true(holds(p, subject), "%s, in a script: what was wished is on the server and in the store\n%s" % (name, p.sql("SELECT * FROM journal")))
        n += 1
    t.equal(p.home.integrity(), "ok", "integrity")
    t.note("%d operations, each in a script: on the server by imaplib and doveadm, in the store by SQL" % n)


class Screen:
    """A cursus on a terminal of its own, whose output nobody looks at."""

    def __init__(self, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update(home.env, TERM="xterm-256color")
            os.execv(os.path.join(home.build, "cursus"), ["cursus"])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.seen = b""
        self.reader = threading.Thread(target=self.drain, daemon=True)
        self.reader.start()

    def drain(self):
        with contextlib.suppress(OSError):
            while True:
                if select.select([self.fd], [], [], 0.2)[0]:
                    data = os.read(self.fd, 65536)
                    if not data:
                        return
                    self.seen = (self.seen + data)[-20000:]

    def words(self):
        """What it wrote last, without the controls."""
        return re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|\(B)", " ", self.seen[-6000:].decode("utf-8", "replace"))

    def type(self, command):
        asks = command.startswith(("folders delete", "folders empty", "expunge"))
        os.write(self.fd, b":" + command.encode() + (b"\ry" if asks else b"\r"))

    def close(self):
        with contextlib.suppress(OSError, ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def test_screen(t):
    """Each typed into a running screen."""
    p, n = Place(t), 0
    p.home.must("sync")
    screen = t._keep(Screen(p.home))
    t.until(lambda: p.sessions() > 0, 20, "the screen connects")
    for name, before, commands, holds in rows():
        if name == "batch":
            continue  # for scripts only
        subject = before(p) if before else None
        for i, command in enumerate(commands):
            if i > 0 and commands[i - 1] == "sync":
                t.until(lambda: p.id(subject), 20, "%s: its message is in the store" % name)
            if "{s}" in command:
                t.until(lambda: subject.encode() in screen.seen, 20, "%s: its folder is on the screen" % name)
            # what one command began must have ended before the next: a person looks too
            screen.type(command.format(id=p.id(subject) if subject else 0, s=subject))
            t.until(lambda: not waits_for_server(p, command), 20, "%s: '%s' has been done\n%s" % (name, command, p.sql("SELECT * FROM journal")))
        try:
            t.until(lambda: holds(p, subject), 20, "%s, on a screen: what was wished is on the server and in the store" % name)
        except lab.Failed as why:
            raise lab.Failed("%s\n%s" % (why, screen.words())) from None
        n += 1
    t.equal(p.home.integrity(), "ok", "integrity")
    t.note("%d operations, each typed into a running screen" % n)


def waits_for_server(p, command):
    """An act is on its way; sync and the like are waited for by what they bring."""
    if command.split()[0] in ("flag", "journal"):
        return False
    return not p.settled()


def test_beside_a_screen(t):
    """Subcommands beside a running screen act through it, with the statuses and answers they have alone."""
    p = Place(t)
    p.home.must("sync")
    t._keep(Screen(p.home))
    t.until(lambda: p.sessions() > 0, 20, "the screen connects")
    first, second = p.mail(), p.mail()
    p.home.must("sync")
    t.until(lambda: p.id(first) and p.id(second), 20, "what came is in the store")
    p.home.must("move", str(p.id(first)), "Target")
    t.until(lambda: p.on_server("Target", first) is not None and p.stored("Target", first), 20, "moved")
    p.home.must("delete", str(p.id(second)))
    t.until(lambda: p.on_server("Trash", second) is not None, 20, "deleted")
    p.home.must("undo")
    t.until(lambda: p.on_server("INBOX", second) is not None and p.stored("INBOX", second), 20, "taken back")
    found = p.home.json("search", "body:\"body of %s\"" % first)
    t.equal([m["id"] for m in found], [p.id(first)], "found by its text, which only the server has")
    t.equal(p.home.run("move", "999999", "Target").returncode, 1, "a message that is not there")
