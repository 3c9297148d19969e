# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies, moves, deletions and folders made without a connection, on their way to a server that does, refuses or loses
them.  What must be there afterwards is asked of the server by another client."""
import collections
import os
import re
import time

import lab

PARALLEL = True


def message(number, folder="INBOX"):
    return (b"From: Ada <ada@example.org>\r\nSubject: number %d\r\nMessage-ID: <%s.%d@replay.example.org>\r\n"
            b"Date: Mon, 02 Feb 2026 10:00:00 +0000\r\n\r\nThe text of %d.\r\n"
            % (number, folder.encode().replace(b"/", b"-"), number, number))


def prepared(t, n=12, folders=("Target",), hide=(), commands=(), **settings):
    """A server with n messages in the inbox and empty folders; a home that knows them, behind a wire."""
    server = t.server()
    with server.imap() as c:
        for i in range(n):
            lab.good(c.append("INBOX", None, None, message(i)))
        for name in folders:
            lab.good(c.create(lab.quote(name)))
            lab.good(c.subscribe(lab.quote(name)))
    wire = t.wire(server, hide=list(hide))
    home = t.home(server, **dict(wire.settings(), sync="all", delete="expunge", imap=None, password_command=None, **settings))
    home.must("sync")
    wire.begin(commands=list(commands))
    return server, wire, home


def act(home, *words):
    home.must("--offline", *words)


def ids(home, n=None, folder="INBOX"):
    return [m["id"] for m in sorted(home.list(folder), key=lambda m: m["uid"] or 0)][:n]


def subjects(server, folder):
    """How often each message lies there."""
    found = collections.Counter()
    for _, _, _, head in server.messages(folder).values():
        found[int(re.search(rb"Subject: number (\d+)", head).group(1))] += 1
    return found


def ours(home, folder):
    return collections.Counter(int(m["subject"].split()[1]) for m in home.list(folder))


def journal(home):
    return home.json("journal", "list")


def sent(wire, verb):
    return re.findall(r"^C: \S+ (%s\b.*)$" % verb, wire.talk(), re.M)


def same_everywhere(t, server, home, expected):
    """expected: {folder: numbers}; on the server, here, and each once."""
    for folder, numbers in expected.items():
        want = collections.Counter(numbers)
        t.equal(subjects(server, folder), want, "%s on the server" % folder)
        t.equal(ours(home, folder), want, "%s here" % folder)
        uids = {m["uid"] for m in home.list(folder)}
        t.equal(uids, set(server.messages(folder)), "the numbers of %s" % folder)
    t.equal(journal(home), [], "the journal")


# ---- moves and copies

def test_move_is_one_command(t):
    server, wire, home = prepared(t)
    moved = ids(home, 8)
    act(home, "move", *moved, "Target")
    t.equal(len(home.list("Target")), 8, "shown at once")
    home.must("sync")
    t.equal(len(sent(wire, "UID MOVE")), 1, "commands")
    t.equal(sorted(ids(home, folder="Target")), sorted(moved), "the same messages here")
    same_everywhere(t, server, home, {"INBOX": range(8, 12), "Target": range(8)})


def test_move_without_move(t):
    server, wire, home = prepared(t, hide=["MOVE"])
    act(home, "move", *ids(home, 8), "Target")
    home.must("sync")
    t.equal([len(sent(wire, v)) for v in ("UID COPY", "UID STORE", "UID EXPUNGE", "EXPUNGE")], [1, 1, 1, 0], "commands")
    same_everywhere(t, server, home, {"INBOX": range(8, 12), "Target": range(8)})


def test_nothing_is_expunged_without_uidplus(t):
    server, wire, home = prepared(t, hide=["MOVE", "UIDPLUS"])
    m = ids(home)
    act(home, "delete", m[0])
    act(home, "move", m[1], "Target")
    home.run("sync")
    talk = wire.talk()
    t.true("EXPUNGE" not in re.sub(r"^S: .*$", "", talk, flags=re.M), "no EXPUNGE is sent")
    flags = {u: f for u, (f, *_) in server.messages("INBOX").items()}
    t.equal(sum("\\Deleted" in f for f in flags.values()), 2, "both are marked")
    t.equal(subjects(server, "Target"), {1: 1}, "the copy")
    rows = journal(home)
    t.equal([r["state"] for r in rows], ["parked"], "what cannot be done stays: %s" % rows)
    t.true("cannot remove" in rows[0]["problem"], "and says why: %s" % rows)


def test_copies(t):
    server, wire, home = prepared(t)
    m = ids(home)
    act(home, "copy", *m[:5], "Target")
    act(home, "copy", m[0], "Target")
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(12), "Target": [0, 0, 1, 2, 3, 4]})


def test_several_moves_are_one(t):
    server, wire, home = prepared(t, folders=("Target", "Other"))
    m = ids(home)
    act(home, "move", m[0], m[1], m[2], "Target")
    act(home, "move", m[0], "Other")
    act(home, "move", m[1], "INBOX")
    act(home, "delete", m[2])
    home.must("sync")
    t.equal(len(sent(wire, "UID MOVE")), 1, "commands: %s" % sent(wire, "UID MOVE"))
    same_everywhere(t, server, home, {"INBOX": [1, *range(3, 12)], "Target": [], "Other": [0]})


def test_flags_go_with_what_is_moved_and_copied(t):
    server, wire, home = prepared(t)
    m = ids(home)
    act(home, "flag", "+flagged", m[0], m[1])
    act(home, "move", m[0], "Target")
    act(home, "copy", m[1], "Target")
    copy = [x["id"] for x in home.list("Target") if x["id"] != m[0]][0]
    act(home, "flag", "+seen", "+work", copy)
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(1, 12), "Target": [0, 1]})
    there = sorted(sorted(f - {"\\Recent"}) for f, *_ in server.messages("Target").values())
    t.equal(there, [["\\Flagged"], ["\\Flagged", "\\Seen", "work"]], "flags")


def test_limit_of_messages(t):
    server, wire, home = prepared(t, 40)
    act(home, "move", *ids(home, 25), "Target")
    act(home, "flag", "+seen", *ids(home, 15))
    wire.begin(announce=["MESSAGELIMIT=10"])
    home.must("sync")
    t.equal((len(sent(wire, "UID MOVE")), len(sent(wire, "UID STORE"))), (3, 2), "commands")
    wire.begin(announce=[])
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(25, 40), "Target": range(25)})


def test_ten_thousand(t):
    """Every second message, so that the set is as long as it can be."""
    n, line = 10_000, 65_536
    server = t.server()
    with server.imap() as c:
        lab.good(c.create("Target"))
        for i in range(2 * n // 500):
            batch = [message(i * 500 + k) for k in range(500)]
            append_many(c, "INBOX", batch)
    wire = t.wire(server)
    home = t.home(server, **dict(wire.settings(), sync="all", delete="expunge", imap=None, password_command=None,
                                  bodies="headers"))
    home.must("sync", timeout=120)
    chosen = sorted(home.list("INBOX"), key=lambda m: m["uid"])[::2]
    nbytes = len(",".join(str(m["uid"]) for m in chosen))
    words = [m["id"] for m in chosen]
    for verb, arguments, count in (("UID STORE", ["flag", "+flagged", *words], None),
                                   ("UID MOVE", ["move", *words, "Target"], None),
                                   ("UID EXPUNGE", ["delete", *words], "UID STORE")):
        began = time.monotonic()
        act(home, *arguments)
        here = time.monotonic() - began
        wire.begin()
        began = time.monotonic()
        home.must("sync", timeout=120)
        there = time.monotonic() - began
        got, most = len(sent(wire, verb)), -(-nbytes // line)
        t.note("%s of %d messages (a set of %d bytes): %d commands, %.2f s here, %.2f s until the server has it"
               % (verb, n, nbytes, got, here, there))
        t.true(got <= most, "%s: %d commands, at most %d" % (verb, got, most))
    t.equal((len(server.messages("INBOX")), len(server.messages("Target"))), (n, 0), "what is left")


def append_many(c, folder, messages):
    """One MULTIAPPEND: a command a message would take long."""
    tag = c._new_tag()
    c.send(tag + b" APPEND " + folder.encode())
    for m in messages:
        c.send(b" {%d+}\r\n" % len(m) + m)
    c.send(b"\r\n")
    lab.good(c._command_complete("APPEND", tag))


# ---- answers that were lost

def lost(t, verb, do, hide, move):
    """The link ends before the server has seen the command, or after it has done it; then once more."""
    server, wire, home = prepared(t, hide=hide, commands=[{"connection": 0, "match": verb, "n": 0, "do": do}])
    m = ids(home)
    act(home, "move" if move else "copy", *m[:6], "Target")
    home.run("sync")
    t.true(any(c["fired"] for c in wire.connections()), "the fault happened")
    wire.begin(commands=[])
    home.must("sync")
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(6 if move else 0, 12), "Target": range(6)})
    again = len(sent(wire, "UID COPY")) + len(sent(wire, "UID MOVE"))
    t.equal(again, 1 if do == "cut" and "EXPUNGE" not in verb else 0, "sent once more only where it had not arrived")


def test_copy_was_not_seen(t):
    lost(t, r"^\S+ UID COPY", "cut", [], False)


def test_copy_was_done(t):
    lost(t, r"^\S+ UID COPY", "lost", [], False)


def test_copy_was_done_and_the_program_killed(t):
    lost(t, r"^\S+ UID COPY", "killed", [], False)


def test_copy_was_done_without_uidplus(t):
    lost(t, r"^\S+ UID COPY", "lost", ["UIDPLUS"], False)


def test_move_was_not_seen(t):
    lost(t, r"^\S+ UID MOVE", "cut", [], True)


def test_move_was_done(t):
    lost(t, r"^\S+ UID MOVE", "lost", [], True)


def test_move_was_done_and_the_program_killed(t):
    lost(t, r"^\S+ UID MOVE", "killed", [], True)


def test_move_by_copy_was_not_seen(t):
    lost(t, r"^\S+ UID COPY", "cut", ["MOVE"], True)


def test_move_by_copy_was_copied(t):
    lost(t, r"^\S+ UID COPY", "lost", ["MOVE"], True)


def test_move_by_copy_was_marked(t):
    lost(t, r"^\S+ UID EXPUNGE", "cut", ["MOVE"], True)


def test_move_by_copy_was_done(t):
    lost(t, r"^\S+ UID EXPUNGE", "lost", ["MOVE"], True)


# ---- refusals

def refused(t, say, match=r"^\S+ UID (MOVE|COPY)", n=None, hide=()):
    fault = {"match": match, "do": "say", "say": say}
    if n is not None:
        fault["n"] = n
    server, wire, home = prepared(t, commands=[fault], hide=hide)
    m = ids(home)
    act(home, "move", *m[:6], "Target")
    done = home.run("sync")
    return server, wire, home, done


def test_no_permission(t):
    server, wire, home, done = refused(t, "NO [NOPERM] You shall not")
    rows = journal(home)
    t.equal([r["state"] for r in rows], ["parked"] * 6, "rows")
    t.true("You shall not" in rows[0]["problem"], "the server's words: %s" % rows[0])
    t.equal(len(sent(wire, "UID MOVE")), 1, "one refusal is enough")
    t.equal((len(home.list("INBOX")), len(home.list("Target"))), (12, 0), "shown where the server has them")
    wire.begin(commands=[])
    act(home, "journal", "retry", "--all")
    t.equal(len(home.list("Target")), 6, "shown again where they are to be")
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(6, 12), "Target": range(6)})


def test_quota(t):
    server, wire, home, done = refused(t, "NO [OVERQUOTA] No room left")
    rows = journal(home)
    t.equal([r["state"] for r in rows], ["parked"] * 6, "rows")
    t.true("No room left" in rows[0]["problem"], "the server's words: %s" % rows[0])
    t.equal((len(home.list("INBOX")), len(home.list("Target"))), (12, 0), "shown where the server has them")


def test_one_bad_message_does_not_stop_the_others(t):
    """The one with UID 3 is refused, alone or with others."""
    say = {"match": r"^\S+ UID MOVE (\d+[,:])*(3|1:\d+|2:\d+)\b", "do": "say", "say": "NO it is broken"}
    server, wire, home = prepared(t, commands=[say])
    act(home, "move", *ids(home, 8), "Target")
    home.run("sync")
    rows = journal(home)
    t.equal([(r["state"], r["uid"]) for r in rows], [("parked", 3)], "only that one")
    t.equal(subjects(server, "Target"), collections.Counter(set(range(8)) - {2}), "the others are there")
    t.note("%d commands for 8 messages, one of them refused" % len(sent(wire, "UID MOVE")))


def test_busy_server_is_asked_again(t):
    server, wire, home, done = refused(t, "NO [INUSE] Wait a little", n=0)
    t.true(all(r["state"] == "waiting" for r in journal(home)), "rows wait: %s" % journal(home))
    t.equal(len(home.list("Target")), 6, "and are shown as wished")
    wire.begin(commands=[])
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(6, 12), "Target": range(6)})


def test_missing_target_is_made_again(t):
    server, wire, home = prepared(t)
    act(home, "move", *ids(home, 6), "Target")
    with server.imap() as c:
        lab.good(c.delete("Target"))
    home.must("sync")
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(6, 12), "Target": range(6)})


def test_missing_target_that_cannot_be_made(t):
    say = [{"match": r"^\S+ UID MOVE", "do": "say", "say": "NO [TRYCREATE] no such mailbox"},
           {"match": r"^\S+ CREATE", "do": "say", "say": "NO [NOPERM] not here"}]
    server, wire, home = prepared(t, commands=say)
    act(home, "move", *ids(home, 6), "Target")
    done = home.run("sync")
    t.equal([r["state"] for r in journal(home)], ["parked"] * 6, "rows")
    t.equal((len(sent(wire, "UID MOVE")), len(sent(wire, "CREATE"))), (1, 1), "asked once each")
    t.true("no such folder" in done.stderr, "said: %s" % done.stderr)
    t.equal((len(home.list("INBOX")), len(home.list("Target"))), (12, 0), "shown where the server has them")


def test_vanished_source(t):
    server, wire, home = prepared(t, bodies="all")
    m = ids(home)
    act(home, "delete", m[0])
    act(home, "move", m[1], "Target")
    act(home, "copy", m[2], "Target")
    act(home, "move", m[4], "Target")
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", "1:3", "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": [3, *range(5, 12)], "Target": [1, 2, 4]})
    t.equal(len(sent(wire, "APPEND")), 2, "uploaded again from the store")


def test_vanished_source_without_its_text(t):
    server, wire, home = prepared(t, bodies="headers")
    act(home, "move", *ids(home, 2), "Target")
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", "1", "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    home.run("sync")
    rows = journal(home)
    t.equal([r["state"] for r in rows], ["parked"], "rows: %s" % rows)
    t.true("gone" in rows[0]["problem"], "why: %s" % rows)
    t.equal(subjects(server, "Target"), {1: 1}, "the other one is moved")


def test_renumbered_between_act_and_replay(t):
    server, wire, home = prepared(t, folders=("Target", "Source"))
    for i in range(12, 20):
        server.append("Source", message(i))
    home.must("sync")
    act(home, "move", *ids(home, 4, "Source"), "Target")
    act(home, "delete", ids(home, folder="Source")[-1])
    old = {f["name"]: f for f in home.json("folders")}["Source"]["uidvalidity"]
    server.doveadm("mailbox", "update", "-u", "ada", "--uid-validity", str(old + 7), "Source")
    home.run("sync")
    home.must("sync")
    same_everywhere(t, server, home, {"Target": [12, 13, 14, 15], "Source": [16, 17, 18]})


# ---- folders

def names(server):
    with server.imap() as c:
        return {re.search(r'"/" "?(.*?)"?$', line.decode()).group(1) for line in lab.good(c.list())}


def test_folders_made_offline(t):
    server, wire, home = prepared(t)
    act(home, "folders", "create", "New")
    act(home, "folders", "create", "New/Ünter & Co")
    m = ids(home)
    act(home, "move", *m[:3], "New")
    act(home, "copy", m[3], "New/Ünter & Co")
    act(home, "folders", "rename", "New/Ünter & Co", "New/Other")
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(3, 12), "New": range(3), "New/Other": [3]})
    t.true({"New", "New/Other"} <= names(server), "names: %s" % names(server))


def test_rename_takes_children_along(t):
    server, wire, home = prepared(t, folders=("A", "A/b", "A/b/c", "Target"))
    server.append("A/b/c", message(50))
    home.must("sync")
    act(home, "folders", "rename", "A/b", "A/z")
    act(home, "folders", "rename", "A", "Ω")
    act(home, "move", *ids(home, 1), "Ω/z/c")
    home.must("sync")
    home.must("sync")
    there = names(server)
    t.true({lab.utf7("Ω"), lab.utf7("Ω/z"), lab.utf7("Ω/z/c")} <= there and not {"A", "A/b"} & there, "names: %s" % there)
    same_everywhere(t, server, home, {"INBOX": range(1, 12), "Ω/z/c": [0, 50]})
    with server.imap() as c:
        subscribed = {re.search(r'"/" "?(.*?)"?$', line.decode()).group(1) for line in lab.good(c.lsub())}
    t.true(lab.utf7("Ω/z/c") in subscribed and "A/b/c" not in subscribed, "subscriptions follow: %s" % subscribed)


def test_delete_folders(t):
    server, wire, home = prepared(t, folders=("A", "A/b", "A/b/c", "Target"))
    server.append("A/b", message(50))
    home.must("sync")
    act(home, "move", *ids(home, folder="A/b"), "Target")
    act(home, "folders", "delete", "A")
    t.true("A/b" not in [f["name"] for f in home.json("folders")], "no longer listed")
    home.must("sync")
    home.must("sync")
    t.true(not {"A", "A/b", "A/b/c"} & names(server), "names: %s" % names(server))
    same_everywhere(t, server, home, {"INBOX": range(12), "Target": [50]})


def test_folder_that_is_there_already_or_gone_already(t):
    server, wire, home = prepared(t, folders=("Target", "Gone"))
    act(home, "folders", "create", "Twice")
    act(home, "folders", "delete", "Gone")
    act(home, "move", *ids(home, 2), "Twice")
    with server.imap() as c:
        lab.good(c.create("Twice"))
        lab.good(c.delete("Gone"))
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(2, 12), "Twice": range(2)})


def test_folder_that_is_refused(t):
    say = {"match": r"^\S+ CREATE", "do": "say", "say": "NO [NOPERM] no new folders here"}
    server, wire, home = prepared(t, commands=[say])
    act(home, "folders", "create", "New")
    act(home, "move", *ids(home, 3), "New")
    home.run("sync")
    rows = journal(home)
    t.equal({r["state"] for r in rows}, {"parked"}, "rows: %s" % rows)
    t.equal(len(home.list("INBOX")), 12, "the messages are shown where they are")


def test_folder_stays_while_its_messages_cannot_leave(t):
    say = {"match": r"^\S+ UID MOVE", "do": "say", "say": "NO [OVERQUOTA] No room left"}
    server, wire, home = prepared(t, folders=("Target", "Full"))
    server.append("Full", message(50))
    home.must("sync")
    act(home, "move", *ids(home, folder="Full"), "Target")
    act(home, "folders", "delete", "Full")
    wire.begin(commands=[say])
    home.run("sync")
    t.true("Full" in names(server), "names: %s" % names(server))
    t.equal({r["state"] for r in journal(home)}, {"parked"}, "rows: %s" % journal(home))
    t.equal(ours(home, "Full"), {50: 1}, "the message is shown where it is")


def test_marked_messages_go_at_the_disconnect(t):
    """Those that were marked here, and no others."""
    server, wire, home = prepared(t, expunge_on_disconnect="yes")
    act(home, "flag", "+deleted", *ids(home, 2))
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", "5", "+FLAGS", "(\\Deleted)"))
    home.must("sync")
    t.equal(subjects(server, "INBOX"), collections.Counter(range(2, 12)), "on the server")
    home.must("sync")
    same_everywhere(t, server, home, {"INBOX": range(2, 12)})


# ---- between accounts

def two(t, commands=(), **settings):
    one, other = t.server(), t.server()
    for i in range(6):
        one.append("INBOX", message(i), "(\\Flagged work)", lab.NOW + i)
    with other.imap() as c:
        lab.good(c.create("Target"))
        lab.good(c.subscribe("Target"))
    wires = [t.wire(one), t.wire(other)]
    text = "".join(lab.account(s, name, **dict(w.settings(), sync="all", imap=None, password_command=None, **settings))
                   for name, s, w in (("one", one, wires[0]), ("two", other, wires[1])))
    home = t.home(accounts=text)
    home.must("sync")
    wires[1].begin(commands=list(commands))
    return one, other, wires, home


def moved_over(t, one, other, wires, home):
    home.must("sync")
    t.equal(journal(home), [], "the journal")
    t.equal(subjects(other, "Target"), collections.Counter(range(4)), "uploaded once each")
    t.equal(subjects(one, "INBOX"), collections.Counter([4, 5]), "and then deleted")
    for flags, _, date, _ in other.messages("Target").values():
        t.true({"\\Flagged", "work"} <= flags, "flags: %s" % flags)
        t.true("02-Feb-2026" in date, "date: %s" % date)


def test_move_to_another_account(t):
    one, other, wires, home = two(t, bodies="headers")
    act(home, "move", *[m["id"] for m in home.list("INBOX", "account:one")][2:], "two:Target")
    moved_over(t, one, other, wires, home)


def test_upload_was_done_and_not_answered(t):
    one, other, wires, home = two(t, bodies="all", commands=[{"connection": 0, "match": r"^\S+ APPEND", "n": 1, "do": "lost"}])
    act(home, "move", *[m["id"] for m in home.list("INBOX", "account:one")][2:], "two:Target")
    home.run("sync")
    t.true(any(c["fired"] for c in wires[1].connections()), "the fault happened")
    wires[1].begin(commands=[])
    moved_over(t, one, other, wires, home)


def test_refused_upload_keeps_the_original(t):
    one, other, wires, home = two(t, bodies="all", commands=[{"match": r"^\S+ APPEND", "do": "say", "say": "NO [TOOBIG] too big"}])
    act(home, "move", *[m["id"] for m in home.list("INBOX", "account:one")][2:], "two:Target")
    home.run("sync")
    home.run("sync")
    t.equal(subjects(one, "INBOX"), collections.Counter(range(6)), "nothing is deleted")
    t.equal({r["state"] for r in journal(home)}, {"parked"}, "rows")
    t.equal(len(home.list("INBOX", "account:one")), 6, "shown where they are")


# ---- beside a running engine

def engine_is_there(home):
    return os.path.exists(os.path.join(home.env["XDG_RUNTIME_DIR"], "cursus", "engine.sock"))


def test_acts_reach_the_server_while_it_watches(t):
    server, wire, home = prepared(t, stay_online="yes")
    m = ids(home)
    t.process(home.start("sync", "--until", "disconnect"))
    t.until(lambda: engine_is_there(home), 10, "the engine is there")
    began = time.monotonic()
    home.must("move", *m[:3], "Target")
    t.until(lambda: subjects(server, "Target") == collections.Counter(range(3)), 10, "moved on the server")
    t.note("%.2f s from the command to the server" % (time.monotonic() - began))
    home.must("copy", m[3], "Target")
    home.must("delete", m[4])
    home.must("folders", "create", "New")
    home.must("move", m[5], "New")
    home.must("folders", "rename", "New", "Newer")
    t.until(lambda: "Newer" in names(server) and subjects(server, "Newer") == {5: 1}, 10, "and the folder")
    t.until(lambda: journal(home) == [], 10, "the journal")
    same_everywhere(t, server, home, {"INBOX": [3, *range(6, 12)], "Target": range(4), "Newer": [5]})


def test_originals_go_when_the_copy_is_there(t):
    one, other, wires, home = two(t, bodies="headers", stay_online="yes")
    t.process(home.start("sync", "--until", "disconnect"))
    t.until(lambda: engine_is_there(home), 10, "the engine is there")
    home.must("move", *[m["id"] for m in home.list("INBOX", "account:one")][2:], "two:Target")
    t.until(lambda: subjects(one, "INBOX") == collections.Counter([4, 5]), 10, "deleted there")
    t.equal(subjects(other, "Target"), collections.Counter(range(4)), "uploaded once each")
    t.until(lambda: journal(home) == [], 10, "the journal")


# ---- other servers

def on_another(t, kind, hide=()):
    import matrix
    server = t.server(kind=kind)
    other = matrix.Second(server)
    other.append("INBOX", *[message(i) for i in range(12)])
    other.create("Target", "Old", "Old/below")
    other.append("Old/below", message(50))
    settings = {"sync": "all", "delete": "expunge"}
    if hide:
        settings.update(t.wire(server, hide=list(hide)).settings())
    home = t.home(server, **settings)
    home.must("sync", timeout=60)
    ours_of = {f["name"] for f in home.json("folders")}
    top = "INBOX/" if "INBOX/Target" in ours_of else ""
    m = ids(home)
    act(home, "flag", "+flagged", *m[:4])
    act(home, "move", *m[:3], top + "Target")
    act(home, "copy", *m[3:5], top + "Target")
    act(home, "folders", "create", top + "New")
    act(home, "move", *m[5:7], top + "New")
    act(home, "folders", "rename", top + "Old", top + "Older")
    act(home, "move", m[7], top + "Older/below")
    act(home, "delete", *m[8:10])
    home.must("sync", timeout=60)
    home.must("sync", timeout=60)
    want = {"INBOX": [3, 4, 10, 11], "Target": range(5), "New": [5, 6], "Older/below": [7, 50]}
    for folder, numbers in want.items():
        t.equal(subjects(server, other.name(folder)), collections.Counter(numbers), "%s on the server" % folder)
        t.equal(ours(home, folder if folder == "INBOX" else top + folder), collections.Counter(numbers), "%s here" % folder)
    there = server.messages(other.name("Target"))
    t.equal(sum("\\Flagged" in f for f, *_ in there.values()), 4, "flags go along")
    t.equal(journal(home), [], "the journal")


def test_on_cyrus(t):
    on_another(t, "cyrus")


def test_on_cyrus_without_extensions(t):
    on_another(t, "cyrus", ["MOVE", "QRESYNC", "CONDSTORE", "ENABLE", "OBJECTID"])


def test_on_courier(t):
    on_another(t, "courier")


# ---- a day without a connection

def made(n):
    return [message(i) for i in range(n)]


def offline_day(t, home, folder_ids):
    """What a person does on a train; {folder: numbers} and {number: flags} as they must be in the end."""
    inbox = {int(m["subject"].split()[1]): m["id"] for m in home.list("INBOX")}
    pick = lambda *r: [inbox[i] for i in range(*r)]
    where, flags = {i: "INBOX" for i in range(1000)}, {i: set() for i in range(1000)}
    copies = []

    act(home, "flag", "+seen", *pick(0, 30))
    act(home, "flag", "+flagged", *pick(0, 500))
    act(home, "move", *pick(100, 300), "Lists")
    act(home, "folders", "create", "Trip")
    act(home, "folders", "create", "Trip/Prague")
    act(home, "move", *pick(300, 340), "Trip")
    act(home, "move", *pick(340, 360), "Trip/Prague")
    act(home, "folders", "rename", "Old", "Older")
    act(home, "move", *pick(360, 370), "Older")
    act(home, "copy", *pick(400, 420), "Lists")
    act(home, "delete", *pick(500, 550))
    for i in range(30):
        flags[i].add("\\Seen")
    for i in range(500):
        flags[i].add("\\Flagged")
    for numbers, folder in ((range(100, 300), "Lists"), (range(300, 340), "Trip"), (range(340, 360), "Trip/Prague"),
                            (range(360, 370), "Older"), (range(500, 550), None)):
        where.update(dict.fromkeys(numbers, folder))
    copies += [(i, "Lists") for i in range(400, 420)]

    # second thoughts
    act(home, "delete", *pick(600, 610))
    act(home, "undo")
    act(home, "move", *pick(610, 620), "Lists")
    act(home, "undo")
    act(home, "redo")
    where.update(dict.fromkeys(range(610, 620), "Lists"))
    act(home, "flag", "-flagged", *pick(0, 50))
    for i in range(50):
        flags[i].discard("\\Flagged")
    act(home, "folders", "create", "Never")
    act(home, "undo")
    want = collections.defaultdict(collections.Counter)
    for i, folder in list(where.items()) + copies:
        if folder is not None:
            want[folder][i] += 1
    return want, flags


def check_day(t, server, want, flags):
    t.true(not {"Never", "Old"} & names(server), "names: %s" % names(server))
    for folder, numbers in want.items():
        t.equal(subjects(server, folder), numbers, "%s on the server" % folder)
        for f, _, _, head in server.messages(folder).values():
            n = int(re.search(rb"Subject: number (\d+)", head).group(1))
            t.equal({w for w in f if w in ("\\Seen", "\\Flagged", "\\Deleted")}, flags[n], "flags of %d in %s" % (n, folder))


def test_offline_day(t):
    """Replayed over a link that is cut three times, and by a program that is killed once."""
    server = t.server()
    with server.imap() as c:
        append_many(c, "INBOX", made(1000))
        for name in ("Lists", "Old"):
            lab.good(c.create(name))
            lab.good(c.subscribe(name))
    wire = t.wire(server)
    home = t.home(server, **dict(wire.settings(), sync="all", delete="expunge", imap=None, password_command=None, bodies="headers"))
    home.must("sync", timeout=120)
    began = time.monotonic()
    want, flags = offline_day(t, home, None)
    here = time.monotonic() - began
    commands, began = collections.Counter(), time.monotonic()
    for fault in ({"match": r"^\S+ UID MOVE", "n": 0, "do": "cut"}, {"match": r"^\S+ UID MOVE", "n": 1, "do": "lost"},
                  {"match": r"^\S+ UID EXPUNGE", "do": "killed"}, {"match": r"^\S+ RENAME", "do": "cut"}, None):
        wire.begin(commands=[dict(fault, connection=0)] if fault else [])
        done = home.run("sync", timeout=60)
        t.true(fault is None or any(c["fired"] for c in wire.connections()), "%s happened (status %d, %s)"
               % (fault, done.returncode, done.stderr))
        for verb in ("UID COPY", "UID MOVE", "UID STORE", "UID EXPUNGE", "CREATE", "RENAME", "APPEND"):
            commands[verb] += len(sent(wire, verb))
    t.note("%.1f s for the acts without a connection, %.1f s for five connections; commands: %s"
           % (here, time.monotonic() - began, dict(commands)))
    check_day(t, server, want, flags)
    home.must("sync")
    t.equal(journal(home), [], "the journal")
    for folder, numbers in want.items():
        t.equal(ours(home, folder), numbers, "%s here" % folder)
    t.equal((commands["UID COPY"], commands["APPEND"]), (1, 0), "a copy is sent once")
