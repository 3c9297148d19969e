# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened on the server while nobody looked."""
import functools

import lab
import sync


def edited(server, edit):
    """An account whose server's words go through sed."""
    return lab.account(server, imap=None, ca_file=None, password_command=None, sync="all",
                       tunnel='"%s | sed -u -e \'%s\'"' % (server.facts["tunnel"], edit))


def prepared(t):
    server = t.server(sample=True)
    home = t.home(server)
    home.must("sync")
    return server, home


def test_new_flagged_expunged(t):
    server, home = prepared(t)
    uids = sorted(server.messages("INBOX"))
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", ",".join(map(str, uids[3:20:3])), "+FLAGS", "(\\Flagged)"))
        lab.good(c.uid("STORE", ",".join(map(str, uids[5:40:7])), "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    server.append("INBOX", [b"Subject: new %d\r\n\r\nx\r\n" % i for i in range(7)])
    home.must("sync")
    sync.compare_folder(t, server, home, "INBOX")


def test_ids_are_stable(t):
    server, home = prepared(t)
    before = {m["uid"]: m["id"] for m in home.list("INBOX")}
    server.append("INBOX", b"Subject: one more\r\n\r\nx\r\n")
    home.must("sync")
    after = {m["uid"]: m["id"] for m in home.list("INBOX")}
    t.equal({u: after[u] for u in before}, before, "ids")


def test_uidvalidity_change(t):
    server, home = prepared(t)
    old = {f["name"]: f for f in home.json("folders")}["Lists/lisp-talk"]["uidvalidity"]
    server.doveadm("mailbox", "update", "-u", "ada", "--uid-validity", str(old + 1000), "Lists/lisp-talk")
    home.must("sync")
    now = {f["name"]: f for f in home.json("folders")}["Lists/lisp-talk"]["uidvalidity"]
    t.equal(now, old + 1000, "UIDVALIDITY")
    sync.compare_folder(t, server, home, "Lists/lisp-talk")


def test_flags_waiting_over_a_uidvalidity_change(t):
    server, home = prepared(t)
    m = home.list("Lists/lisp-talk", "-is:flagged")[0]
    home.must("--offline", "flag", "+flagged", m["id"])
    old = {f["name"]: f for f in home.json("folders")}["Lists/lisp-talk"]["uidvalidity"]
    server.doveadm("mailbox", "update", "-u", "ada", "--uid-validity", str(old + 7), "Lists/lisp-talk")
    done = home.run("sync")
    t.true(done.returncode in (0, 3), "sync: %s" % done.stderr)
    home.must("sync")
    sync.compare_folder(t, server, home, "Lists/lisp-talk")


def test_folder_deleted_and_made_again(t):
    server, home = prepared(t)
    with server.imap() as c:
        lab.good(c.delete(lab.quote("Lists/lisp-talk")))
        lab.good(c.create(lab.quote("Lists/lisp-talk")))
    server.append("Lists/lisp-talk", b"Subject: afresh\r\n\r\nx\r\n")
    home.must("sync")
    t.equal([m["subject"] for m in home.list("Lists/lisp-talk")], ["afresh"], "only the new message")


def test_folder_gone_and_renamed(t):
    server, home = prepared(t)
    with server.imap() as c:
        lab.good(c.rename(lab.quote("Newsletters"), lab.quote("Letters")))
        lab.good(c.unsubscribe(lab.quote("Newsletters")))
        lab.good(c.subscribe(lab.quote("Letters")))
        lab.good(c.delete(lab.quote("Projekte/Größe")))
    home.must("sync")
    names = {f["name"] for f in home.json("folders")}
    t.true("Letters" in names and "Newsletters" not in names and "Projekte/Größe" not in names, "folders: %s" % names)
    sync.compare_folder(t, server, home, "Letters")


def test_everything_gone(t):
    server, home = prepared(t)
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    home.must("sync")
    t.equal(home.list("INBOX"), [], "the inbox is empty")


def test_lost_list_of_uids_deletes_nothing(t):
    server = t.server(sample=True)
    through = functools.partial(edited, server)
    home = t.home(accounts=through("/^[*] PREAUTH/s/ QRESYNC//"))
    home.must("sync")
    before = home.list("INBOX")
    with server.imap("INBOX") as c:  # so that sets must be compared
        lab.good(c.store("1", "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    home.configure(through("/^[*] PREAUTH/s/ QRESYNC//; /^[*] E*SEARCH/d"))
    done = home.run("sync")
    t.true(done.returncode != 0, "a folder without its list of UIDs is not in order: %s" % done.stderr)
    t.equal(len(home.list("INBOX")), len(before), "nothing was taken for deleted")
    home.configure(through("/^[*] PREAUTH/s/ QRESYNC//"))
    home.must("sync")
    sync.compare_folder(t, server, home, "INBOX")


def test_false_mass_vanish_is_not_believed(t):
    server = t.server(sample=True)
    through = functools.partial(edited, server)
    home = t.home(accounts=through(""))
    home.must("sync")
    before = home.list("INBOX")
    with server.imap("INBOX") as c:
        lab.good(c.store("1", "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    home.configure(through("s/^[*] VANISHED .EARLIER. .*[0-9]/* VANISHED (EARLIER) 1:4294967295/"))
    done = home.run("sync")
    t.true(done.returncode != 0 and "another connection still sees" in done.stderr, "it is said: %s" % done.stderr)
    t.true(len(home.list("INBOX")) in (len(before), len(before) - 1), "what another connection sees is kept")
    home.configure(through(""))
    home.must("sync")
    sync.compare_folder(t, server, home, "INBOX")


def test_lost_fetch_lines_are_asked_for_again(t):
    server = t.server(sample=True)
    through = functools.partial(edited, server)
    home = t.home(accounts=through(""))
    home.must("sync")
    server.append("INBOX", b"Subject: in the gap\r\n\r\nx\r\n")
    home.configure(through("s/^[*] [0-9]* FETCH .UID [0-9]* FLAGS.*MODSEQ.*{/* 1 XFETCH {/"))
    done = home.run("sync")
    t.true(done.returncode != 0 and "does not give out" in done.stderr, "it is said: %s" % done.stderr)
    home.configure(through(""))
    home.must("sync")
    sync.compare_folder(t, server, home, "INBOX")


def test_without_qresync_and_condstore(t):
    server = t.server(sample=True)
    for off in ("s/ QRESYNC//", "s/ QRESYNC//; s/ CONDSTORE//", "s/ QRESYNC//; s/ CONDSTORE//; s/ ESEARCH//"):
        home = t.home(accounts=edited(server, "/^[*] PREAUTH/{%s}" % off))
        home.must("sync")
        with server.imap("INBOX") as c:
            lab.good(c.store("2", "+FLAGS", "(\\Flagged odd)"))
            lab.good(c.store("4", "-FLAGS", "(\\Seen)"))
            lab.good(c.store("3,7", "+FLAGS", "(\\Deleted)"))
            lab.good(c.expunge())
        server.append("INBOX", b"Subject: new\r\n\r\nx\r\n")
        home.must("sync")
        sync.compare_folder(t, server, home, "INBOX")


def test_mail_while_syncing_is_not_lost(t):
    server, home = prepared(t)
    for i in range(5):
        p = home.start("sync")
        server.append("INBOX", b"Subject: race %d\r\n\r\nx\r\n" % i)
        p.wait(30)
    home.must("sync")
    sync.compare_folder(t, server, home, "INBOX")


def test_no_capability_setting(t):
    """What the account says is not believed is not used: seen on the wire."""
    server = t.server(sample=True)
    home = t.home(server, capabilities='"no-QRESYNC no-NOTIFY"', compress="yes")
    home.must("sync")
    log = home.dir + "/wire"
    home.must("--log", log, "-d", "wire=trace", "sync")
    with open(log) as f:
        said = f.read()
    t.true("COMPRESS DEFLATE" in said, "compressed as set")
    t.true("(CONDSTORE)" in said and "> " in said, "CONDSTORE instead")
    t.true(" ENABLE QRESYNC" not in said and "NOTIFY SET" not in said, "neither QRESYNC nor NOTIFY is used")
    sync.compare_folder(t, server, home, "INBOX")


def test_flags_that_no_counter_shows(t):
    server = t.server(sample=True)
    home = t.home(server, capabilities='"no-QRESYNC no-CONDSTORE"')
    home.must("sync")
    with server.imap("Lists/dev") as c:
        lab.good(c.store("2", "+FLAGS", "(\\Answered odd)"))
    home.must("sync")
    sync.compare_folder(t, server, home, "Lists/dev")
