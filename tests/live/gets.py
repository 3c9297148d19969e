# SPDX-License-Identifier: GPL-3.0-or-later
"""Get mail: the 27 combinations of verb, scope and mode, their options, search, import and export.  What became of it is
asked of the server by another client and of the store by SQL."""
import contextlib
import itertools
import mailbox
import os
import re
import signal
import sqlite3
import time

import lab

PARALLEL = True


def mail(i, nbytes=200, tail=b""):
    head = "Message-ID: <get%d@example.org>\r\nSubject: number %d\r\nFrom: ada@example.org\r\n\r\n" % (i, i)
    return head.encode() + (b"line %d\r\n" % i) * max(1, nbytes // 8) + tail


def with_attachment(i, text, attachment):
    return ("Message-ID: <att%d@example.org>\r\nSubject: attached %d\r\nFrom: ada@example.org\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
            "--B\r\nContent-Type: text/plain\r\n\r\n" % (i, i)).encode() + b"text text\r\n" * (text // 11) + (
            b"--B\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=x\r\n\r\n"
            + b"attached\r\n" * (attachment // 10) + b"--B--\r\n")


def ids_of(home, folder="INBOX"):
    return sorted(m["id"] for m in home.list(folder))


def subjects(server, folder):
    out = []
    for _, _, _, header in server.messages(folder).values():
        out.append(re.search(rb"Subject: ([^\r]*)", header).group(1).decode())
    return sorted(out)


def bodies(home):
    """(whole, begun): sizes of what is stored, by SQL."""
    path = home.database("bodies.db")
    if not os.path.exists(path):
        return [], []
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT size, total FROM body").fetchall()
    return sorted(s for s, total in rows if not total), sorted(s for s, total in rows if total)


def test_every_combination(t):
    """verb x scope x mode.  mode connected is refused by an engine of one command, which is never online before; inside a
    run that connected it does the same as the others."""
    server = t.server()
    with server.imap() as c:
        lab.good(c.create("Target"))
        lab.good(c.subscribe("Target"))
    wire = t.wire(server)
    at = 0
    home = t.home(server, **dict(wire.settings(), bodies="headers"))
    home.must("sync")
    for verb, scope, mode in itertools.product(("populate", "copy", "move"), ("new", "selection", "all"),
                                               ("connected", "stay", "disconnect")):
        what = "%s %s %s" % (verb, scope, mode)
        with server.imap("INBOX") as c:  # a known beginning: two old messages
            c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            lab.good(c.expunge())
        with server.imap("Target") as c:
            c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            c.expunge()
        server.append("INBOX", [mail(at), mail(at + 1)])
        home.must("get", "populate", "--scope", "new", "--parts", "headers")  # nothing is new from here on
        before = ids_of(home)
        server.append("INBOX", [mail(at + 2)])
        words = ["get", verb, "--scope", scope, "--mode", mode] + ([] if verb == "populate" else ["--to", "Target"])
        words += [str(before[0])] if scope == "selection" else []
        if mode == "connected":
            done = home.run(*words)
            t.equal(done.returncode, 1, what + ": offline it is refused")
            script = os.path.join(home.dir, "script")
            with open(script, "w") as f:
                f.write("connect\n" + " ".join(words) + "\n")
            words = ["run", script]
        wire.begin()
        home.must(*words)
        taken = {"new": ["number %d" % (at + 2)], "selection": ["number %d" % at],
                 "all": ["number %d" % (at + i) for i in range(3)]}[scope]
        everything = ["number %d" % (at + i) for i in range(3)]
        t.equal(subjects(server, "Target"), [] if verb == "populate" else sorted(taken), what + ": the target")
        t.equal(subjects(server, "INBOX"), sorted(s for s in everything if verb != "move" or s not in taken),
                what + ": the inbox")
        wire.connections()  # has seen the end of each
        talk = wire.talk()
        t.equal(len(set(re.findall(r"BODY\[\]", talk))) > 0 if verb == "populate" else True, True, what + ": bodies came")
        if mode == "disconnect":
            t.true("LOGOUT" in talk, what + ": it hangs up")
        home.must("sync")
        with contextlib.closing(sqlite3.connect(home.database())) as db:
            t.equal(db.execute("SELECT count(*) FROM journal").fetchone(), (0,), what + ": nothing waits")
            stored = db.execute("SELECT count(*) FROM placement p JOIN folder f ON f.id = p.folder"
                                " WHERE f.name = 'Target'").fetchone()[0]
        t.equal(stored, 0 if verb == "populate" else len(taken), what + ": the store's target")
        at += 10
    t.equal(home.integrity(), "ok", "integrity")


def test_what_parts_and_limits_fetch(t):
    server = t.server()
    big = with_attachment(1, 40 << 10, 400 << 10)
    server.append("INBOX", big)
    server.append("INBOX", mail(2, 30 << 10))
    home = t.home(server, bodies="headers")

    def get(*words):
        if os.path.exists(home.database("bodies.db")):
            for name in os.listdir(os.path.join(home.dir, "cache", "cursus")):
                if name.startswith("bodies.db"):
                    os.unlink(os.path.join(home.dir, "cache", "cursus", name))
        home.must("get", "populate", "--scope", "all", *words)
        return bodies(home)

    size = len(mail(2, 30 << 10))
    t.equal(get("--parts", "headers"), ([], []), "headers")
    whole, begun = get("--parts", "text")
    t.equal(len(begun), 1, "text: a beginning of the one with an attachment")
    t.true(40 << 10 < begun[0] < 120 << 10, "text: to behind the text, not to the end: %d" % begun[0])
    t.equal(whole, [size], "text: a message that is all text is whole")
    whole, begun = get("--parts", "text", "--text-limit", "16K")
    t.equal((whole, begun), ([], [16 << 10] * 2), "a limit of text")
    whole, begun = get("--parts", "text+attachments", "--attachment-limit", "50K")
    t.true(whole == [size] and 90 << 10 < begun[0] < 250 << 10, "a limit of attachments: %r %r" % (whole, begun))
    t.equal(get("--parts", "attachments"), ([len(big)], []), "attachments: only of who has some")
    t.equal(get("--parts", "whole", "--max-size", "100K"), ([size], []), "the largest message")
    t.equal(get("--parts", "whole", "--total-limit", "100K"), ([size], []), "a total that the first does not fit into")
    whole, begun = get("--parts", "whole", "--total-limit", "100K", "--cumulative")
    t.true(whole == [] and len(begun) == 1 and 100 << 10 <= begun[0] < 116 << 10, "filled in order: %r" % begun)
    # what was begun is completed from where it stopped
    home.must("get", "populate", "--scope", "all")
    t.equal(bodies(home), (sorted([size, len(big)]), []), "completed")


def test_copies_into_files_and_other_accounts(t):
    server, other = t.server(), t.server()
    with other.imap() as c:
        lab.good(c.create("Archive"))
        lab.good(c.subscribe("Archive"))
    texts = [mail(i, tail=b"\r\nFrom me\r\n>From you\r\n") for i in range(3)]
    server.append("INBOX", texts)
    home = t.home(accounts=lab.account(server, "a", bodies="headers") + lab.account(other, "b", bodies="headers"))
    home.must("sync")
    box, tree = os.path.join(home.dir, "box"), os.path.join(home.dir, "tree")
    home.must("-a", "a", "get", "copy", "--scope", "all", "--to", "mbox:" + box)
    server.append("INBOX", mail(7))
    home.must("-a", "a", "get", "copy", "--scope", "new", "--to", "mbox:" + box)
    home.must("-a", "a", "get", "copy", "--scope", "new", "--to", "mbox:" + box)
    read = mailbox.mbox(box)
    t.equal(sorted(m["Subject"] for m in read), ["number 0", "number 1", "number 2", "number 7"], "the mbox, each once")
    home.must("-a", "a", "get", "move", "--scope", "all", "--to", "maildir:" + tree)
    t.equal(len(mailbox.Maildir(tree)), 4, "the Maildir")
    t.equal(server.messages("INBOX"), {}, "moved into it")
    server.append("INBOX", texts)
    home.must("-a", "a", "get", "move", "--scope", "all", "--to", "b:Archive")
    t.equal(subjects(other, "Archive"), ["number 0", "number 1", "number 2"], "in the other account")
    t.equal(server.messages("INBOX"), {}, "and no longer in the first")
    with other.imap("Archive", True) as c:
        got = [item[1] for item in lab.good(c.uid("FETCH", "1:*", "(BODY.PEEK[])")) if isinstance(item, tuple)]
    t.equal(sorted(got), sorted(texts), "byte for byte")


def test_import_and_export_give_the_same_bytes_back(t):
    server = t.server()
    with server.imap() as c:
        lab.good(c.create("Again"))
        lab.good(c.subscribe("Again"))
    texts = [mail(1, tail=b"\r\nFrom me\r\n>From you\r\n>>From them\r\n\r\n"), mail(2, 50 << 10),
             with_attachment(3, 2000, 9000), b"Subject: \xff\xfe\r\n\r\n\x00\x01 binary\r\n".replace(b"\x00", b"\x02"),
             b"Subject: empty\r\n\r\n"]
    server.append("INBOX", texts, "(\\Seen \\Flagged)")
    home = t.home(server, bodies="headers")
    home.must("sync")
    ids = ids_of(home)
    for kind in ("mbox", "maildir", "eml"):
        path = os.path.join(home.dir, "x-" + kind)
        home.must("export", kind, path, *ids)
        home.must("import", kind, path, "Again")
        home.must("sync")
        with server.imap("Again") as c:
            answer = lab.good(c.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])"))
            got = [item[1] for item in answer if isinstance(item, tuple)]
            flags = b" ".join(item if isinstance(item, bytes) else item[0] for item in answer)
            t.equal(sorted(got), sorted(texts), kind + ": byte for byte on the server")
            t.equal(b"\\Flagged" in flags, kind == "maildir", kind + ": flags go with a Maildir's names")
            c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            c.expunge()
        home.must("sync")
        with contextlib.closing(sqlite3.connect(home.database())) as db:
            t.equal(db.execute("SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM imported)").fetchone(), (0, 0),
                    kind + ": nothing is left")
    done = home.run("export", "mbox", os.path.join(home.dir, "x-mbox"), *ids)
    t.true(done.returncode == 1 and "not overwritten" in done.stderr, "an mbox that is there stays")


def test_a_killed_import_goes_on(t):
    server = t.server()
    with server.imap() as c:
        lab.good(c.create("Again"))
        lab.good(c.subscribe("Again"))
    home = t.home(server, bodies="headers")
    home.must("sync")
    box = os.path.join(home.dir, "box")
    made = mailbox.mbox(box)
    for i in range(2000):
        made.add(mail(i, 1000).replace(b"\r\n", b"\n"))
    made.flush()

    def imported():
        try:
            with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % home.database(), uri=True)) as db:
                return db.execute("SELECT count(*) FROM imported").fetchone()[0]
        except sqlite3.Error:
            return 0

    for least in (50, 500, 1100):
        run = t.process(home.start("--offline", "import", "mbox", box, "Again"))
        t.until(lambda: imported() >= least or run.poll() is not None, 20, "some are imported")
        run.send_signal(signal.SIGKILL)
        run.wait()
    home.must("--offline", "import", "mbox", box, "Again")
    t.equal(len(home.list("Again")), 2000, "each once in the store")
    home.must("sync")
    t.equal(sorted(subjects(server, "Again")), sorted("number %d" % i for i in range(2000)), "each once on the server")
    t.equal(home.integrity(), "ok", "integrity")


def test_search_asks_the_server_for_what_is_not_here(t):
    server = t.server()
    server.append("INBOX", [mail(1), mail(2, tail=b"a needle in it\r\n"), mail(3)])
    wire = t.wire(server)
    home = t.home(server, **dict(wire.settings(), bodies="headers"))
    home.must("sync")
    wire.begin()
    found = home.must("search", "subject:number")
    t.equal(len(found.splitlines()), 3, "of what is stored: %r" % found)
    t.true("SEARCH" not in wire.talk(), "without the server")
    found = home.must("search", "body:needle")
    t.true("number 2" in found and len(found.splitlines()) == 1, "by the server: %r" % found)
    t.true("UID SEARCH" in wire.talk(), "it was asked")


def test_a_cut_get_goes_on_where_it_was(t):
    server = t.server()
    text = mail(1, 1 << 20)
    server.append("INBOX", [text, mail(2)])
    wire = t.wire(server)
    home = t.home(server, **dict(wire.settings(), bodies="headers", fetch_chunk="64K"))
    home.must("sync")
    wire.begin(faults=[{"connection": 1, "at": "literal", "n": 5, "do": "cut"}])
    home.must("get", "populate", "--scope", "all")
    t.equal(bodies(home), (sorted([len(text), len(mail(2))]), []), "all is there, in the same get")
    wire.connections()
    asked = [int(n) for n in re.findall(r"BODY\.PEEK\[\]<(\d+)\.", wire.talk())]
    t.true(len(asked) - len(set(asked)) <= 2, "only what was on its way is asked for again: %r" % asked)


def test_a_get_can_be_cancelled(t):
    server = t.server()
    server.append("INBOX", [mail(i, 200 << 10) for i in range(40)])
    wire = t.wire(server, rtt=0.1)
    home = t.home(server, **dict(wire.settings(), bodies="headers", fetch_chunk="16K"))
    home.must("sync")
    run = t.process(home.start("get", "populate", "--scope", "all"))
    t.until(lambda: os.path.exists(home.database("bodies.db")) and bodies(home)[1], 20, "it is at it")
    run.send_signal(signal.SIGINT)
    began = time.monotonic()
    run.wait(10)
    t.true(time.monotonic() - began < 3 and run.returncode != 0, "it ends at once, and says that it is not done")
    whole, begun = bodies(home)
    t.true(len(whole) < 40, "not all is there")
    t.equal(home.integrity(), "ok", "integrity")


def test_an_account_that_cannot_be_reached_keeps_nothing_from_the_next(t):
    server = t.server()
    server.append("INBOX", [mail(1), mail(2)])
    nowhere = ('account a\n  set address b@example.org\n  set imap imaps://b@127.0.0.1:1\n'
               '  set password-command "echo x"\nend\n')
    home = t.home(accounts=nowhere + lab.account(server, "b", bodies="headers"))
    done = home.run("get", "populate", "--scope", "all")
    t.true(done.returncode in (1, 3) and "127.0.0.1" in done.stderr, "it is said: %d %s" % (done.returncode, done.stderr))
    t.equal(len(bodies(home)[0]), 2, "the other account's messages")
