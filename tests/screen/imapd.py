#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small IMAP4rev1 server on its standard streams, for the screen tests: the client reaches it through a tunnel.

  imapd.py make DIR                   write the sample folders
  imapd.py serve DIR                  speak IMAP (PREAUTH); nothing but an end of file while DIR/down exists
  imapd.py deliver DIR FOLDER TEXT    a new message with this subject arrives
  imapd.py flag DIR FOLDER UID FLAG   another client sets a flag
  imapd.py expunge DIR FOLDER UID     another client removes a message
  imapd.py folder DIR FOLDER [ATTR]   there is a further folder, with an attribute such as '\\Trash'
  imapd.py refuse DIR VERB            from now on this command is refused (NO)

A folder is a directory: UID.eml files and `state`, a line "uid flags..." each and uidnext.  Every command that
changes something is written to DIR/log, so that a test can wait for what arrived.
"""
import email
import fcntl
import os
import re
import select
import shutil
import sys
from email.message import EmailMessage

FOLDERS = ["INBOX", "Sent", "Empty", "Lists/patches"]
CAPABILITIES = "IMAP4rev1 IDLE SPECIAL-USE MOVE UIDPLUS"


# ---- the store

class Folder:
    def __init__(self, root, name):
        self.path = os.path.join(root, "folders", name.replace("/", "."))
        self.name = name
        os.makedirs(self.path, exist_ok=True)
        self.lock = open(os.path.join(self.path, "lock"), "a")
        self.load()

    def load(self):
        self.uidnext, self.flags = 1, {}
        try:
            for line in open(os.path.join(self.path, "state")):
                key, *rest = line.split()
                if key == "uidnext":
                    self.uidnext = int(rest[0])
                else:
                    self.flags[int(key)] = set(rest)
        except FileNotFoundError:
            pass

    def save(self):
        new = os.path.join(self.path, "state.new")
        with open(new, "w") as f:
            f.write("uidnext %d\n" % self.uidnext)
            for uid in sorted(self.flags):
                f.write(" ".join([str(uid)] + sorted(self.flags[uid])) + "\n")
        os.rename(new, os.path.join(self.path, "state"))

    def __enter__(self):
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.load()
        return self

    def __exit__(self, *what):
        self.save()
        fcntl.flock(self.lock, fcntl.LOCK_UN)

    def add(self, raw, flags=()):
        with self:
            uid = self.uidnext
            with open(os.path.join(self.path, "%d.eml" % uid), "wb") as f:
                f.write(raw)
            self.flags[uid] = set(flags)
            self.uidnext += 1
        return uid

    def raw(self, uid):
        with open(os.path.join(self.path, "%d.eml" % uid), "rb") as f:
            return f.read()

    def uids(self):
        return sorted(self.flags)


def folder_path(root, name):
    return os.path.join(root, "folders", name.replace("/", "."))


def folder_names(root):
    there = [n.replace(".", "/") for n in os.listdir(os.path.join(root, "folders"))]
    return [n for n in FOLDERS if n in there] + sorted(n for n in there if n not in FOLDERS)


def attribute(root, name):
    try:
        return open(os.path.join(folder_path(root, name), "attribute")).read()
    except FileNotFoundError:
        return ""


def add_folder(root, name, attribute=""):
    Folder(root, name).__enter__().__exit__()
    with open(os.path.join(folder_path(root, name), "attribute"), "w") as f:
        f.write(attribute)


def note(root, text):
    with open(os.path.join(root, "log"), "a") as f:
        f.write(text + "\n")


# ---- sample mail: old dates, so that a row never changes with the clock

def message(subject, sender, day, text, minute=0, reply_to=None, html=None, attach=None, to="Ada Lovelace <ada@example.org>"):
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = sender, to, subject
    m["Date"] = "%02d Mar 2019 10:%02d:00 +0000" % (day, minute)
    m["Message-ID"] = "<%s@example.net>" % re.sub(r"[^a-z0-9]+", "-", ("%s %d %d" % (sender, day, minute)).lower()).strip("-")
    if reply_to is not None:
        m["In-Reply-To"] = m["References"] = reply_to["Message-ID"]
    if html:
        m.set_content(html, subtype="html")
    else:
        m.set_content(text)
    if attach:
        m.add_attachment(b"%PDF-1.4 none", maintype="application", subtype="pdf", filename=attach)
    return m


def wire(m):
    return m.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def make(root):
    inbox, patches, sent = Folder(root, "INBOX"), Folder(root, "Lists/patches"), Folder(root, "Sent")
    for name in FOLDERS:
        add_folder(root, name, "\\Sent" if name == "Sent" else "")
    for n in range(1, 31):  # enough to scroll at 24 rows
        inbox.add(wire(message("Minutes of meeting %d" % n, "Emmy Noether <noether@example.org>", 1, "Nothing was decided.\n", n)), ["\\Seen"])
    inbox.add(wire(message("お知らせ: 来週の予定について", "山田太郎 <yamada@example.net>", 20, "来週の会議は火曜日です。\n")), ["\\Seen"])
    inbox.add(wire(message("Your weekly digest 🎉 for you", "Newsletter <news@example.com>", 21, None, html=(
        "<html><body><h1>Weekly digest</h1><p>Read <a href='https://example.com/more'>more here</a>.</p></body></html>"))), ["\\Seen"])
    inbox.add(wire(message("Errata cheque enclosed", "Donald Knuth <dek@example.org>", 22, "One hexadecimal dollar.\n")), ["\\Seen", "\\Flagged"])
    first = message("Notes on the analytical engine", "Ada Lovelace <ada@example.org>", 23, "I have a question.\n", to="Charles Babbage <cb@example.net>")
    answer = message("Re: Notes on the analytical engine", "Charles Babbage <cb@example.net>", 23, (
        "> I have a question.\n\nAsk it. The page is https://example.org/engine as ever.\n\n"
        "-- \nCharles\n"), 5, first, attach="table.pdf")
    second = message("Re: Notes on the analytical engine", "Mary Somerville <mary@example.org>", 23, "So have I.\n", 7, first)
    third = message("Re: Notes on the analytical engine", "Ada Lovelace <ada@example.org>", 23, "Later.\n", 9, answer,
                    to="Charles Babbage <cb@example.net>")
    for m, flags in (first, ["\\Seen"]), (answer, []), (second, ["\\Seen"]), (third, ["\\Seen"]):
        inbox.add(wire(m), flags)
    sent.add(wire(first), ["\\Seen"])
    cover = message("[PATCH 0/2] fold constants", "Grace Hopper <grace@example.com>", 5, "Two patches.\n")
    patches.add(wire(cover), [])
    for n in 1, 2:
        patches.add(wire(message("[PATCH %d/2] fold constants, part %d" % (n, n), "Grace Hopper <grace@example.com>", 5, (
            "---\n a.c | 2 +-\n\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,1 +1,1 @@\n-old line\n+new line\n"), n, cover)), [])


# ---- the protocol

class Server:
    def __init__(self, root):
        self.root, self.box, self.seen = root, None, []
        self.input, self.output = sys.stdin.buffer, sys.stdout.buffer

    def send(self, text):
        self.output.write(text if isinstance(text, bytes) else text.encode() + b"\r\n")
        self.output.flush()

    def line(self):
        line = self.input.readline()
        while line.rstrip(b"\r\n").endswith(b"}"):  # a literal
            n = int(line[line.rindex(b"{") + 1:].rstrip(b"+}\r\n"))
            if not line.rstrip(b"\r\n").endswith(b"+}"):
                self.send("+ go on")
            line = line[:line.rindex(b"{")] + b'"' + self.input.read(n) + b'"' + self.input.readline()
        return line.decode()

    def news(self):
        """What others changed since the client last heard."""
        if self.box is None:
            return
        self.box.load()
        now = self.box.uids()
        for n, uid in reversed(list(enumerate(self.seen))):
            if uid not in now:
                self.send("* %d EXPUNGE" % (n + 1))
        gone = [uid for uid in self.seen if uid in now]
        if len(now) != len(gone):
            self.send("* %d EXISTS" % len(now))
        for n, uid in enumerate(now):
            if uid in self.seen and self.known.get(uid) != self.box.flags[uid]:
                self.send("* %d FETCH (UID %d FLAGS (%s))" % (n + 1, uid, " ".join(sorted(self.box.flags[uid]))))
        self.seen, self.known = now, {uid: set(f) for uid, f in self.box.flags.items()}

    def select(self, name):
        self.box = Folder(self.root, name)
        self.seen, self.known = self.box.uids(), {uid: set(f) for uid, f in self.box.flags.items()}
        self.send("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        self.send("* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] any")
        self.send("* %d EXISTS" % len(self.seen))
        self.send("* OK [UIDVALIDITY 1] valid")
        self.send("* OK [UIDNEXT %d] next" % self.box.uidnext)

    def numbers(self, text, by_uid):
        known = self.seen if by_uid else list(range(1, len(self.seen) + 1))
        last = known[-1] if known else 1
        wanted = set()
        for part in text.split(","):
            a, _, b = part.partition(":")
            a = last if a == "*" else int(a)
            b = a if b == "" else last if b == "*" else int(b)
            wanted.update(n for n in known if min(a, b) <= n <= max(a, b))
        return [uid for i, uid in enumerate(self.seen) if (uid if by_uid else i + 1) in wanted]

    def fetch(self, which, items, by_uid):
        for uid in self.numbers(which, by_uid):
            raw = self.box.raw(uid)
            out = ["UID %d" % uid]
            if "FLAGS" in items:
                out.append("FLAGS (%s)" % " ".join(sorted(self.box.flags.get(uid, ()))))
            if "RFC822.SIZE" in items:
                out.append("RFC822.SIZE %d" % len(raw))
            if "INTERNALDATE" in items:
                date = email.message_from_bytes(raw)["Date"]
                day, month, year, clock, zone = date.split(", ")[-1].split()
                out.append('INTERNALDATE "%s-%s-%s %s %s"' % (day, month, year, clock, zone))
            head = " ".join(out).encode()
            fields = re.search(r"BODY(?:\.PEEK)?\[HEADER\.FIELDS \((.*?)\)\]", items)
            if fields:
                names = [n.lower() for n in fields.group(1).split()]
                block = b"".join(self.fields(raw, names)) + b"\r\n"
                head += b" BODY[HEADER.FIELDS (%s)] {%d}\r\n%s" % (fields.group(1).encode(), len(block), block)
            elif re.search(r"BODY(?:\.PEEK)?\[\]", items):
                head += b" BODY[] {%d}\r\n%s" % (len(raw), raw)
            self.send(b"* %d FETCH (%s)\r\n" % (self.seen.index(uid) + 1, head))

    @staticmethod
    def fields(raw, names):
        head = raw.split(b"\r\n\r\n", 1)[0]
        for field in re.findall(rb"[^\r\n]+(?:\r\n[ \t][^\r\n]*)*", head):
            if field.split(b":", 1)[0].decode().lower() in names:
                yield field + b"\r\n"

    def store(self, which, change, flags, by_uid):
        names = re.findall(r"[^() ]+", flags)
        with self.box:
            for uid in self.numbers(which, by_uid):
                mine = self.box.flags.get(uid)
                if mine is None:
                    continue
                mine.update(names) if change[0] == "+" else mine.difference_update(names)
                self.known[uid] = set(mine)
                note(self.root, "STORE %s %d %s%s" % (self.box.name, uid, change[0], " ".join(sorted(names))))

    def names(self, arguments):
        """The names among the arguments: quoted strings or atoms."""
        return [a if a else b for a, b in re.findall(r'"([^"]*)"|(\S+)', arguments)]

    def put(self, verb, which, name, by_uid):
        """COPY and MOVE; the answer's code, None when the target is not there."""
        if name not in folder_names(self.root):
            return None
        target, old, new = Folder(self.root, name), [], []
        for uid in self.numbers(which, by_uid):
            if uid in self.box.flags:
                old.append(uid)
                new.append(target.add(self.box.raw(uid), self.box.flags[uid]))
        if verb == "MOVE":
            self.take(old)
        note(self.root, "%s %s %s %s" % (verb, self.box.name, ",".join(map(str, old)), name))
        return "[COPYUID 1 %s %s] " % (",".join(map(str, old)), ",".join(map(str, new))) if old else ""

    def take(self, uids):
        with self.box:
            for uid in uids:
                self.box.flags.pop(uid, None)

    def expunge(self, which):
        gone = [u for u in self.box.uids() if "\\Deleted" in self.box.flags[u]]
        if which:
            wanted = self.numbers(which, True)
            gone = [u for u in gone if u in wanted]
        self.take(gone)
        note(self.root, "EXPUNGE %s %s" % (self.box.name, ",".join(map(str, gone))))

    def append(self, arguments):
        name, flags, raw = re.match(r'("[^"]*"|\S+) (?:\(([^)]*)\) )?(?:"[^"]*" )?"(.*)"\s*$', arguments, re.S).groups()
        name = name.strip('"')
        uid = Folder(self.root, name).add(raw.encode(), (flags or "").split())
        note(self.root, "APPEND %s %d" % (name, uid))
        return "[APPENDUID 1 %d] " % uid

    def manage(self, verb, names):
        """CREATE, DELETE, RENAME; False: refused."""
        there = folder_names(self.root)
        if verb == "CREATE":
            if names[0] in there:
                return False
            add_folder(self.root, names[0])
        elif names[0] not in there:
            return False
        elif verb == "DELETE":
            shutil.rmtree(folder_path(self.root, names[0]))
        elif verb == "RENAME":
            for name in there:
                if name == names[0] or name.startswith(names[0] + "/"):
                    os.rename(folder_path(self.root, name), folder_path(self.root, names[1] + name[len(names[0]):]))
        note(self.root, "%s %s" % (verb, " ".join(names)))
        return True

    def refused(self, verb):
        try:
            return verb in open(os.path.join(self.root, "refused")).read().split()
        except FileNotFoundError:
            return False

    def idle(self):
        self.send("+ idling")
        while True:
            ready, _, _ = select.select([self.input], [], [], 0.05)
            if ready:
                self.line()
                return
            self.news()

    def folder_name(self, text):
        return text.strip().strip('"')

    def run(self):
        self.send("* PREAUTH [CAPABILITY %s] ready" % CAPABILITIES)
        while True:
            line = self.line()
            if not line:
                return
            tag, _, rest = line.rstrip("\r\n").partition(" ")
            verb, _, arguments = rest.partition(" ")
            verb = verb.upper()
            by_uid = verb == "UID"
            if by_uid:
                verb, _, arguments = arguments.partition(" ")
                verb = verb.upper()
            if not self.command(tag, verb, arguments, by_uid):
                return

    def command(self, tag, verb, arguments, by_uid):
        if verb == "LOGOUT":
            self.send("* BYE gone")
            self.send(tag + " OK bye")
            return False
        code = ""
        if self.refused(verb):
            self.send(tag + " NO [NOPERM] You may not do this here")
            return True
        if verb == "CAPABILITY":
            self.send("* CAPABILITY " + CAPABILITIES)
        elif verb in ("LIST", "LSUB"):
            for name in folder_names(self.root):
                attributes = attribute(self.root, name) if verb == "LIST" else ""
                self.send('* %s (%s) "/" "%s"' % (verb, attributes, name))
        elif verb == "STATUS":
            name = self.folder_name(arguments[:arguments.rindex("(")])
            box = Folder(self.root, name)
            unseen = sum("\\Seen" not in f for f in box.flags.values())
            self.send('* STATUS "%s" (MESSAGES %d UIDNEXT %d UIDVALIDITY 1 UNSEEN %d)' % (name, len(box.flags), box.uidnext, unseen))
        elif verb in ("SELECT", "EXAMINE"):
            self.select(self.folder_name(arguments))
        elif verb == "SEARCH":
            self.box.load()
            self.send("* SEARCH " + " ".join(map(str, self.seen)))
        elif verb == "FETCH":
            which, _, items = arguments.partition(" ")
            self.fetch(which, items, by_uid)
        elif verb == "STORE":
            which, change, flags = arguments.split(" ", 2)
            self.store(which, change, flags, by_uid)
        elif verb in ("COPY", "MOVE"):
            which, _, name = arguments.partition(" ")
            code = self.put(verb, which, self.folder_name(name), by_uid)
        elif verb == "EXPUNGE":
            self.expunge(arguments if by_uid else "")
        elif verb == "APPEND":
            code = self.append(arguments)
        elif verb in ("CREATE", "DELETE", "RENAME"):
            code = "" if self.manage(verb, self.names(arguments)) else None
        elif verb in ("SUBSCRIBE", "UNSUBSCRIBE"):
            note(self.root, "%s %s" % (verb, self.folder_name(arguments)))
        elif verb == "IDLE":
            self.idle()
        self.news()
        self.send(tag + (" NO [NONEXISTENT] no such folder" if code is None else " OK %sdone" % code))
        return True


def main():
    what, root, *rest = sys.argv[1:]
    if what == "make":
        make(root)
    elif what == "serve":
        if not os.path.exists(os.path.join(root, "down")):
            Server(root).run()
    elif what == "deliver":
        Folder(root, rest[0]).add(wire(message(rest[1], "Grace Hopper <grace@example.com>", 30, "It is new.\n")))
    elif what == "flag":
        with Folder(root, rest[0]) as box:
            box.flags[int(rest[1])].add(rest[2])
    elif what == "expunge":
        with Folder(root, rest[0]) as box:
            del box.flags[int(rest[1])]
    elif what == "folder":
        add_folder(root, *rest)
    elif what == "refuse":
        with open(os.path.join(root, "refused"), "a") as f:
            f.write(rest[0] + "\n")


try:
    main()
except (BrokenPipeError, KeyboardInterrupt):
    pass
