# SPDX-License-Identifier: GPL-3.0-or-later
"""The first synchronisation and the next: what is stored equals what another client sees."""
import base64
import os
import re
import subprocess
from datetime import datetime

import lab

FLAGS = {"\\Seen": "seen", "\\Answered": "answered", "\\Flagged": "flagged", "\\Deleted": "deleted", "\\Draft": "draft",
         "$Forwarded": "forwarded", "$Junk": "junk", "$NotJunk": "notjunk"}


def folders_of(server):
    with server.imap() as c:
        rows = lab.good(c.list())
    return sorted(re.search(r'"/" "?([^"]*)"?$', r.decode()).group(1) for r in rows if b"\\Noselect" not in r)


def compare_folder(t, server, home, folder):
    """Every message of a folder, with flags and size, as imaplib tells."""
    theirs, listed = server.messages(folder), home.list(folder)
    t.equal(sorted(m["uid"] for m in listed), sorted(theirs), "uids of %s" % folder)
    ours = {m["uid"]: m for m in listed}
    for uid, (flags, size, _, head) in theirs.items():
        m = ours[uid]
        t.equal(set(m["flags"]) | {k.lower() for k in m["keywords"]},
                {FLAGS.get(f, f.lower()) for f in flags if f != "\\Recent"}, "flags of %s uid %d" % (folder, uid))
        t.equal(m["size"], size, "size of %s uid %d" % (folder, uid))
        t.equal((m["message_id"] or "").strip("<>"), (lab.parse(head)["Message-ID"] or "").strip().strip("<>"),
                "Message-ID of %s uid %d" % (folder, uid))
    return len(theirs)


def test_first_sync_equals_server(t):
    server = t.server(sample=True)
    home = t.home(server)
    home.must("sync")
    mine = {f["name"]: f for f in home.json("folders") if f["selectable"]}
    t.equal(sorted(mine), sorted(decoded(n) for n in folders_of(server)), "folders")
    total = sum(compare_folder(t, server, home, f) for f in mine)
    t.true(total > 400, "the sample mailbox has some hundred messages, not %d" % total)
    for name, role in (("Drafts", "drafts"), ("Sent", "sent"), ("Trash", "trash"), ("Junk", "junk"), ("INBOX", "inbox")):
        t.equal(mine[name]["role"], role, "role of " + name)
    with server.imap() as c:
        for name in mine:
            said = lab.good(c.status(lab.quote(name), "(MESSAGES UNSEEN UIDVALIDITY)"))[0].decode()
            counts = {k.lower(): int(v) for k, v in re.findall(r"(MESSAGES|UNSEEN|UIDVALIDITY) (\d+)", said)}
            t.equal({k: mine[name][k] for k in counts}, counts, "counts of " + name)
    t.equal(home.integrity(), "ok", "integrity")


def decoded(name):
    """Modified UTF-7 to text."""
    return re.sub(r"&([^-]*)-", lambda m: base64.b64decode(m.group(1).replace(",", "/") + "===").decode("utf-16-be")
                  if m.group(1) else "&", name)


def test_sorting_and_threads(t):
    server = t.server(sample=True)
    home = t.home(server)
    home.must("sync")
    by_date = [m["date"] for m in home.list("INBOX")]
    t.equal(by_date, sorted(by_date, key=instant, reverse=True), "newest first")
    threads = home.json("list", "in:Lists/dev", "--threads")
    t.equal(len(threads), len(home.list("Lists/dev")), "every message once")
    seen, last = set(), None
    for m in threads:
        if m["thread"] != last:
            t.true(m["thread"] not in seen, "a thread stands together")
            seen.add(m["thread"])
            last = m["thread"]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_second_sync_costs_little(t):
    server = t.server("--rawlog", sample=True)
    home = t.home(server)
    home.must("sync")
    before = {m["id"]: m for m in home.json("list")}
    logs = os.path.join(server.dir, "rawlog")
    first = set(os.listdir(logs))
    home.must("sync", timeout=10)
    t.equal({m["id"]: m for m in home.json("list")}, before, "nothing changes when nothing changed")

    def said(names):  # bytes of the server
        return sum(os.path.getsize(os.path.join(logs, n)) for n in names if n.endswith(".out"))
    one, two = said(first), said(set(os.listdir(logs)) - first)
    t.note("the server sent %d bytes, then %d" % (one, two))
    t.true(0 < two < one / 10 and two < 16384, "the second sync is cheap: %d bytes after %d" % (two, one))


def test_tunnel(t):
    server = t.server(sample=True)
    home = t.home(server, imap=None, ca_file=None, password_command=None, tunnel='"%s"' % server.facts["tunnel"])
    home.must("sync")
    compare_folder(t, server, home, "INBOX")


def test_show_gives_the_bytes(t):
    server = t.server(sample=True)
    home = t.home(server)
    home.must("sync")
    with server.imap("INBOX", True) as c:
        for m in home.list("INBOX")[:12]:
            theirs = lab.good(c.uid("FETCH", str(m["uid"]), "(BODY.PEEK[])"))[0][1]
            ours = subprocess.run([os.path.join(home.build, "cursus"), "show", str(m["id"]), "--raw"], env=home.env,
                                  stdout=subprocess.PIPE, check=True, timeout=20).stdout
            t.equal(ours.replace(b"\r\n", b"\n"), theirs.replace(b"\r\n", b"\n"), "bytes of %d" % m["id"])


def test_empty_and_odd_folder_names(t):
    server = t.server()
    odd = ["a&b", "with space", "star*", "Größe", "日本語", "quo\"te"]
    with server.imap() as c:
        for name in odd:
            lab.good(c.create(lab.quote(name)))
            lab.good(c.subscribe(lab.quote(name)))
    server.append("Größe", b"Subject: in a folder\r\n\r\nx\r\n")
    home = t.home(server)
    home.must("sync")
    have = {f["name"] for f in home.json("folders")}
    t.true(set(odd) <= have, "folders %s are missing" % (set(odd) - have))
    t.equal([m["subject"] for m in home.list("Größe")], ["in a folder"], "the message in it")
