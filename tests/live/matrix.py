# SPDX-License-Identifier: GPL-3.0-or-later
"""The same changes by a second client on every server there is, with and without the extensions that matter: after each of
them `cursus sync` ends with what an independent, fresh look at the server sees.  The table is printed at the end."""
import glob
import os
import re
import time

import lab
from sync import FLAGS, decoded

PARALLEL = True
# name: (server, capabilities that the wire hides; None: no wire)
ROWS = {
    "dovecot": ("dovecot", None),
    "dovecot_wire": ("dovecot", []),
    "dovecot_condstore": ("dovecot", ["QRESYNC"]),
    "dovecot_neither": ("dovecot", ["QRESYNC", "CONDSTORE", "ENABLE"]),
    "dovecot_no_list_status": ("dovecot", ["LIST-STATUS", "NOTIFY"]),
    "dovecot_no_list_extended": ("dovecot", ["LIST-STATUS", "LIST-EXTENDED", "SPECIAL-USE", "NOTIFY"]),
    "dovecot_no_esearch": ("dovecot", ["ESEARCH", "SEARCHRES", "CONTEXT=SEARCH", "QRESYNC"]),
    "dovecot_no_uidplus": ("dovecot", ["UIDPLUS", "MOVE"]),
    "dovecot_bare": ("dovecot", ["QRESYNC", "CONDSTORE", "ENABLE", "LIST-STATUS", "LIST-EXTENDED", "SPECIAL-USE", "NOTIFY", "ESEARCH",
                                 "SEARCHRES", "CONTEXT=SEARCH", "UIDPLUS", "MOVE", "IDLE", "ID", "NAMESPACE", "UNSELECT", "LITERAL+",
                                 "SASL-IR", "CHILDREN", "COMPRESS=DEFLATE"]),
    "cyrus": ("cyrus", None),
    "cyrus_condstore": ("cyrus", ["QRESYNC", "OBJECTID"]),
    "cyrus_neither": ("cyrus", ["QRESYNC", "CONDSTORE", "ENABLE", "OBJECTID"]),
    "courier": ("courier", None),
    "courier_bare": ("courier", ["UIDPLUS", "ENABLE", "UTF8=ACCEPT", "NAMESPACE", "CHILDREN", "IDLE", "SORT", "QUOTA"]),
}
SHORT = {"dovecot", "dovecot_bare", "cyrus", "courier"}  # with LIVE_SHORT, under the sanitizers
# (row, step): why the program does not pass it yet
KNOWN = {}


def mail(key, n=1):
    return (b"From: Bo <bo@example.org>\r\nTo: ada@example.org\r\nSubject: %s\r\nDate: Mon, 02 Feb 2026 10:%02d:00 +0000\r\n"
            b"Message-ID: <%s@x>\r\n\r\n%s\r\n" % (key.encode(), n % 60, key.encode(), b"body line\r\n" * (n % 5)))


class Second:
    """Another client, by imaplib, with the names and the abilities of this server."""

    def __init__(self, server):
        self.server, self.courier = server, server.kind == "courier"

    def name(self, folder):
        return "INBOX." + folder.replace("/", ".") if self.courier and folder != "INBOX" else folder

    def imap(self, folder=None, readonly=False):
        return self.server.imap(folder and self.name(folder), readonly)

    def create(self, *folders):
        with self.imap() as c:
            for f in folders:
                lab.good(c.create(lab.quote(self.name(f))))
                lab.good(c.subscribe(lab.quote(self.name(f))))

    def append(self, folder, *messages, flags=None):
        with self.imap() as c:
            for m in messages:
                lab.good(c.append(lab.quote(self.name(folder)), flags, None, m))

    def store(self, folder, uids, how, flags):
        with self.imap(folder) as c:
            lab.good(c.uid("STORE", numbers(uids), how, "(%s)" % flags))

    def expunge(self, folder, uids):
        with self.imap(folder) as c:
            lab.good(c.uid("STORE", numbers(uids), "+FLAGS", "(\\Deleted)"))
            lab.good(c.uid("EXPUNGE", numbers(uids)))

    def move(self, folder, uids, to):
        with self.imap(folder) as c:
            if "MOVE" in c.capabilities:
                lab.good(c.uid("MOVE", numbers(uids), lab.quote(self.name(to))))
                return
            lab.good(c.uid("COPY", numbers(uids), lab.quote(self.name(to))))
            lab.good(c.uid("STORE", numbers(uids), "+FLAGS", "(\\Deleted)"))
            lab.good(c.uid("EXPUNGE", numbers(uids)))

    def rename(self, folder, to):
        with self.imap() as c:
            lab.good(c.rename(lab.quote(self.name(folder)), lab.quote(self.name(to))))
            c.unsubscribe(lab.quote(self.name(folder)))
            lab.good(c.subscribe(lab.quote(self.name(to))))

    def delete(self, folder):
        with self.imap() as c:
            c.unsubscribe(lab.quote(self.name(folder)))
            lab.good(c.delete(lab.quote(self.name(folder))))

    def uids(self, folder):
        with self.imap(folder, True) as c:
            return [int(u) for u in lab.good(c.uid("SEARCH", "ALL"))[0].split()]

    def new_uidvalidity(self, folder):
        """All uids of a folder mean nothing any more.  False where this server has no way to do that."""
        if self.server.kind == "dovecot":
            self.server.doveadm("mailbox", "update", "-u", "ada", "--uid-validity", str(int(time.time()) + 5000), folder)
        elif self.courier:
            for path in glob.glob(os.path.join(self.server.facts["mail_dir"], "Maildir/.%s/courierimapuiddb" % folder.replace("/", "."))):
                with open(path) as f:
                    first, rest = f.read().split("\n", 1)
                words = first.split()
                words[1] = str(int(words[1]) + 5000)
                with open(path, "w") as f:
                    f.write(" ".join(words) + "\n" + rest)
        else:
            return False
        return True

    def snapshot(self):
        """{folder: {uid: (flags, Message-ID)}} of the whole mailbox."""
        out = {}
        with self.imap() as c:
            for row in lab.good(c.list()):
                attributes, separator, name = re.match(r'\(([^)]*)\) (?:"(.)"|NIL) "?(.*?)"?$', row.decode()).groups()
                if re.search(r"\\no(select|nexistent)", attributes, re.I):
                    continue
                lab.good(c.select('"%s"' % name, True))
                out[decoded(name).replace(separator or "/", "/")] = {uid: (frozenset(FLAGS.get(f, f.lower()) for f in flags if f != "\\Recent"),
                                           (lab.parse(head)["Message-ID"] or "").strip().strip("<>"))
                                     for uid, (flags, _, _, head) in
                                     lab.fetch_headers(c, "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]").items()}
        return out


def numbers(uids):
    return ",".join(map(str, uids))


def stored(home):
    """The same as Second.snapshot, from the store.  A uid that stands twice is kept as such."""
    out = {f["name"]: {} for f in home.json("folders") if f["selectable"]}
    for m in home.json("list"):
        box = out.setdefault(m["folder"], {})
        key = m["uid"] if m["uid"] not in box else ("twice", m["uid"])
        box[key] = (frozenset(m["flags"]) | frozenset(k.lower() for k in m["keywords"]), (m["message_id"] or "").strip("<>"))
    return out


def difference(ours, theirs):
    """What differs, in few words; "" when nothing does."""
    out = ["%s %s" % (n, "is missing here" if n in theirs else "is not on the server") for n in sorted(set(ours) ^ set(theirs))]
    for name in sorted(set(ours) & set(theirs)):
        a, b = ours[name], theirs[name]
        rows = ["uid %s: here %s, there %s" % (u, show(a.get(u)), show(b.get(u))) for u in sorted(set(a) | set(b), key=str)
                if a.get(u) != b.get(u)]
        if rows:
            out.append("%s: %d differ: %s" % (name, len(rows), "; ".join(rows[:4])))
    return "\n".join(out)


def show(value):
    return "nothing" if value is None else "%s {%s}" % (value[1], " ".join(sorted(value[0])))


# ---- the changes, in this order; each is followed by a synchronisation and a comparison

def filled(s, home):
    s.create("Lists/dev", "Notes", "Größe")
    s.append("INBOX", *[mail("in%d" % i, i) for i in range(40)])
    s.append("Lists/dev", *[mail("dev%d" % i, i) for i in range(30)], flags="(\\Seen)")
    s.append("Größe", mail("big1"), mail("big2"))


def nothing(s, home):
    pass


def flags(s, home):
    uids = s.uids("INBOX")
    s.store("INBOX", uids[2:20:3], "+FLAGS", "\\Seen")
    s.store("INBOX", uids[2:20:6], "+FLAGS", "\\Flagged \\Answered")
    s.store("Lists/dev", s.uids("Lists/dev")[5:9], "-FLAGS", "\\Seen")


def keywords(s, home):
    s.store("INBOX", s.uids("INBOX")[1:12:2], "+FLAGS", "todo $Forwarded")
    s.store("INBOX", s.uids("INBOX")[1:4], "-FLAGS", "todo")


def appends(s, home):
    s.append("INBOX", *[mail("new%d" % i, i) for i in range(8)])
    s.append("INBOX", mail("in3", 3), flags="(\\Seen \\Flagged)")  # a second copy of what is there
    s.append("Notes", mail("first-note"), flags="(\\Draft)")


def expunges(s, home):
    uids = s.uids("INBOX")
    s.expunge("INBOX", uids[4:30:4])
    s.append("INBOX", mail("after-expunge"))
    s.expunge("INBOX", s.uids("INBOX")[-1:])  # the newest, before anybody saw it
    s.append("INBOX", mail("after-that"))


def moves(s, home):
    s.move("INBOX", s.uids("INBOX")[3:9], "Lists/dev")
    s.move("Lists/dev", s.uids("Lists/dev")[:5], "Notes")
    s.move("Notes", s.uids("Notes")[-1:], "INBOX")


def folders(s, home):
    s.create("Plans", "Plans/old")
    s.append("Plans/old", *[mail("plan%d" % i, i) for i in range(5)])


def renames(s, home):
    s.rename("Lists/dev", "Lists/hackers")
    s.rename("Plans/old", "Plans/2025")
    s.append("Lists/hackers", mail("after-rename"))


def deletions(s, home):
    s.delete("Größe")
    s.delete("Plans/2025")
    s.create("Größe")
    s.append("Größe", mail("another"))


def both_sides(s, home):
    """Acts made offline meet changes of the same messages."""
    rows = {m["uid"]: m for m in home.list("INBOX")}
    uids = sorted(rows)
    home.must("--offline", "flag", "+flagged", *[rows[u]["id"] for u in uids[2:10]])
    home.must("--offline", "flag", "-seen", "+later", *[rows[u]["id"] for u in uids[5:12]])
    s.store("INBOX", uids[4:8], "+FLAGS", "\\Answered \\Seen")
    s.expunge("INBOX", uids[6:7])
    s.move("INBOX", uids[9:10], "Notes")


def uidvalidity(s, home):
    s.append("Lists/hackers", mail("before-validity"))
    return s.new_uidvalidity("Lists/hackers")


def emptied(s, home):
    s.expunge("Notes", s.uids("Notes"))


STEPS = [filled, nothing, flags, keywords, appends, expunges, moves, folders, renames, deletions, both_sides, uidvalidity, emptied]
results = {}


def run_row(t, row):
    if os.environ.get("LIVE_SHORT") and row not in SHORT:
        t.skip("skipped: not in a short run (LIVE_SHORT)")
    kind, hide = ROWS[row]
    server = t.server(kind=kind)
    wire = t.wire(server, hide=hide) if hide is not None else None
    home = t.home(server, **(wire.settings() if wire else {}))
    second, cells = Second(server), results.setdefault(row, {})
    problems, known = [], []
    for step in STEPS:
        name = step.__name__
        if step(second, home) is False:
            cells[name] = "-"
            continue
        done = home.run("sync")
        said = "" if done.returncode == 0 else "sync ended with %d: %s" % (done.returncode, done.stderr.strip())
        said += difference(stored(home), second.snapshot())
        if wire and not said:
            said = "\n".join("uses what was not announced: " + m for c in wire.connections() for m in c["misuse"])
        cells[name] = "ok" if not said else "known" if (row, name) in KNOWN else "FAIL"
        if wire:
            wire.begin()
        if said:
            (known if cells[name] == "known" else problems).append(
                "%s: %s%s" % (name, KNOWN.get((row, name), "") and "(known: %s) " % KNOWN[row, name], said))
    t.equal(home.integrity(), "ok", "integrity")
    if problems:
        raise lab.Failed("\n".join(problems + known))
    if known:
        raise lab.KnownFailure("\n".join(known))


def add_tests():
    for row in ROWS:
        def test(t, row=row):
            run_row(t, row)
        globals()["test_" + row] = test


def table():
    names = [s.__name__ for s in STEPS]
    lines = ["| server | %s |" % " | ".join(names), "|---|%s" % ("---|" * len(names))]
    return lines + ["| %s | %s |" % (row, " | ".join(cells.get(n, "") for n in names)) for row, cells in results.items()]


def test_table(t):
    add = table()
    t.note("\n".join(add))
    t.true(len(add) > 2, "some server was there")


add_tests()
globals()["test_table"] = globals().pop("test_table")  # last
