# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done without a connection is kept, shown, and reaches the server later."""
import lab


def flags_on_server(server, uid, folder="INBOX"):
    return server.messages(folder)[uid][0]


def prepared(t, **more):
    server = t.server(sample=True)
    home = t.home(server, **more)
    home.must("sync")
    return server, home


def test_flag_offline_reaches_server(t):
    server, home = prepared(t)
    m = home.list("INBOX", "-is:flagged", "-is:unread")[0]
    home.must("--offline", "flag", "+flagged", "-seen", "+todo", m["id"])
    now = [x for x in home.list("INBOX") if x["id"] == m["id"]][0]
    t.true("flagged" in now["flags"] and "seen" not in now["flags"], "shown at once: %s" % now["flags"])
    before = flags_on_server(server, m["uid"])
    t.true("\\Flagged" not in before and "\\Seen" in before, "the server does not know yet: %s" % before)
    t.true(home.json("journal", "list"), "the journal has rows")
    home.must("sync")
    after = flags_on_server(server, m["uid"])
    t.true("\\Flagged" in after and "\\Seen" not in after and "todo" in after, "the server knows: %s" % after)
    t.equal(home.json("journal", "list"), [], "the journal is empty")
    said = server.doveadm("fetch", "-u", "ada", "flags", "mailbox", "INBOX", "uid", str(m["uid"]))
    t.true("\\Flagged" in said, "doveadm sees it: %s" % said)


def test_flag_online(t):
    server, home = prepared(t)
    m = home.list("INBOX", "is:unread")[0]
    home.must("flag", "+seen", m["id"])
    home.must("sync")
    t.true("\\Seen" in flags_on_server(server, m["uid"]), "seen on the server")


def test_many_flags_in_few_commands(t):
    server, home = prepared(t)
    ids = [m["id"] for m in home.list("Lists/dev")]
    home.must("--offline", "flag", "+flagged", *ids)
    home.must("sync")
    theirs = server.messages("Lists/dev")
    t.equal(sum("\\Flagged" in f for f, *_ in theirs.values()), len(ids), "all of them are flagged")


def test_kill_between_act_and_sync_loses_nothing(t):
    server, home = prepared(t)
    m = home.list("INBOX")[3]
    home.must("--offline", "flag", "+flagged", m["id"])
    home.run("--offline", "list")  # another process in between
    home.must("sync")
    t.true("\\Flagged" in flags_on_server(server, m["uid"]), "flagged on the server")


def test_conflict_both_changes_stay(t):
    server, home = prepared(t)
    m = home.list("INBOX", "-is:unread", "-is:flagged")[0]
    home.must("--offline", "flag", "+flagged", m["id"])
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", str(m["uid"]), "+FLAGS", "(\\Answered)"))
        lab.good(c.uid("STORE", str(m["uid"]), "-FLAGS", "(\\Seen)"))
    home.must("sync")
    theirs = flags_on_server(server, m["uid"])
    t.true({"\\Flagged", "\\Answered"} <= theirs and "\\Seen" not in theirs, "server: %s" % theirs)
    ours = set([x for x in home.list("INBOX") if x["id"] == m["id"]][0]["flags"])
    t.true({"flagged", "answered"} <= ours and "seen" not in ours, "ours: %s" % ours)


def test_change_of_gone_message_does_not_stop_the_rest(t):
    server, home = prepared(t)
    gone, stays = home.list("INBOX", "-is:flagged")[:2]
    home.must("--offline", "flag", "+flagged", gone["id"], stays["id"])
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", str(gone["uid"]), "+FLAGS", "(\\Deleted)"))
        lab.good(c.uid("EXPUNGE", str(gone["uid"])))
    home.must("sync")
    t.true("\\Flagged" in flags_on_server(server, stays["uid"]), "the other one is flagged")
    t.true(gone["id"] not in [m["id"] for m in home.list("INBOX")], "the gone one is gone here too")
    t.equal(home.json("journal", "list"), [], "the journal is empty")


def test_reading_needs_no_connection(t):
    server, home = prepared(t, bodies="all")
    ids = [m["id"] for m in home.list("INBOX")[:5]]
    server.stop()
    done = home.run("--offline", "list", "in:INBOX")
    t.equal(done.returncode, 0, "list")
    for i in ids:
        t.equal(home.run("--offline", "show", i).returncode, 0, "show %d from the store" % i)
