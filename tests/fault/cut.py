# SPDX-License-Identifier: GPL-3.0-or-later
"""The link dies at a random byte, or falls silent."""
import collections
import re
import time

import lab
import points


def test_cut_at_random_points(t):
    r = points.dice(t)
    server = t.server(sample=True)
    total = points.whole(t, server, bodies="all")
    for i in range(points.count()):
        at = r.randrange(1, total)
        way = points.link(t, server)
        home = points.home_behind(t, server, way, bodies="all")
        way.cut_at = at
        done = home.run("sync")
        way.cut_at = None  # it may have ended with fewer bytes than the one that was counted
        t.true(done.returncode in (0, 1, 3), "cut at %d: status %d: %s" % (at, done.returncode, done.stderr))
        t.true(done.returncode == 0 or done.stderr.strip(), "cut at %d: a failure says why" % at)
        try:
            home.must("sync")
            points.same_as_server(t, server, home)
        except lab.Failed as why:
            raise lab.Failed("after a cut at byte %d of %d: %s" % (at, total, why))
        home.close()
        way.close()


def test_cut_again_and_again(t):
    """One store, a cut in every round, and a server that changes in between."""
    r = points.dice(t)
    server = t.server(sample=True)
    total = points.whole(t, server)
    way = points.link(t, server)
    home = points.home_behind(t, server, way)
    for i in range(points.count()):
        way.cut_at = way.down + r.randrange(1, max(2, total // (1 + i)))
        home.run("sync")
        points.change_server(server, i)
    way.cut_at = None
    home.must("sync")
    points.same_as_server(t, server, home)


def test_cut_while_changes_are_sent(t):
    r = points.dice(t)
    server = t.server(sample=True)
    way = points.link(t, server)
    home = points.home_behind(t, server, way)
    home.must("sync")
    ids = [m["id"] for m in home.list("Lists/dev")]
    for i in range(points.count()):
        sign = "+" if i % 2 == 0 else "-"
        home.must("--offline", "flag", sign + "flagged", *ids)
        way.cut_at = way.down + r.randrange(1500, 9000)
        home.run("sync")
        way.cut_at = None
        home.must("sync")
        flagged = sum("\\Flagged" in flags for flags, *_ in server.messages("Lists/dev").values())
        t.equal(flagged, len(ids) if sign == "+" else 0, "flagged messages after round %d" % i)
    points.same_as_server(t, server, home)


def identities(server, folder):
    """{uid: Message-ID} of a folder."""
    found = {}
    for uid, (_, _, _, head) in server.messages(folder).items():
        name = re.search(rb"^Message-ID:\s*(\S+)", head, re.M | re.I)
        found[uid] = name.group(1) if name else b"none"
    return found


def test_cut_while_messages_are_moved(t):
    """Moved, copied and deleted once each, wherever the link ends."""
    r = points.dice(t)
    server = t.server(sample=True)
    way = points.link(t, server)
    home = points.home_behind(t, server, way, delete="expunge", sync="all")
    home.must("sync")
    expected = {f: collections.Counter(identities(server, f).values()) for f in ("INBOX", "Archive", "Sent")}
    for i in range(min(points.count(), 8)):
        names = identities(server, "INBOX")
        some = r.sample(home.list("INBOX"), 18)
        moved, copied, deleted = some[:10], some[10:15], some[15:]
        home.must("--offline", "move", *[m["id"] for m in moved], "Archive")
        home.must("--offline", "copy", *[m["id"] for m in copied], "Sent")
        home.must("--offline", "delete", *[m["id"] for m in deleted])
        for group, to, away in ((moved, "Archive", True), (copied, "Sent", False), (deleted, None, True)):
            for m in group:
                expected["INBOX"][names[m["uid"]]] -= away
                if to:
                    expected[to][names[m["uid"]]] += 1
        way.cut_at = way.down + r.randrange(1500, 12000)
        home.run("sync")
        way.cut_at = None
        home.must("sync")
        for folder, want in expected.items():
            t.equal(collections.Counter(identities(server, folder).values()), +want, "%s after round %d" % (folder, i))
    home.must("sync")
    points.same_as_server(t, server, home)


def test_refused_connection_then_back(t):
    server = t.server(sample=True)
    way = points.link(t, server)
    home = points.home_behind(t, server, way)
    way.refuse = True
    t.equal(home.run("sync").returncode, 1, "status while the server refuses")
    way.refuse = False
    home.must("sync")
    points.same_as_server(t, server, home)


def test_watch_survives_cuts(t):
    server = t.server(sample=True)
    way = points.link(t, server)
    home = points.home_behind(t, server, way, stay_online="yes")
    home.must("sync")
    t.process(home.start("sync", "--until", "disconnect"))
    for i in range(3):
        n = way.connections
        time.sleep(0.5)
        way.cut_now()
        server.append("INBOX", b"Subject: after cut %d\r\n\r\nx\r\n" % i)
        t.until(lambda: "after cut %d" % i in [m["subject"] for m in home.list("INBOX")], 60, "it comes back after cut %d" % i)
        t.true(way.connections > n, "by a new connection")


def test_slow_drip_still_completes(t):
    server = t.server(sample=True)
    way = points.link(t, server, rtt_s=0.1, rate=200000)
    home = points.home_behind(t, server, way)
    home.must("sync", timeout=120)
    t.note("%d bytes, %d turns at 100 ms" % (way.down, way.turns))
    points.same_as_server(t, server, home)
