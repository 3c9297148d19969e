# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random points: the next start goes on as if nothing had been."""
import lab
import points


def killed(home, way, at, *arguments):
    p = home.start(*(arguments or ("sync",)))
    way.at(way.down + at, p.kill)
    status = p.wait(60)
    way.call = None
    return status


def test_kill_in_first_sync(t):
    r = points.dice(t)
    server = t.server(sample=True)
    total = points.whole(t, server, bodies="all")
    hits = 0
    for i in range(points.count()):
        at = r.randrange(1, total)
        way = points.link(t, server)
        home = points.home_behind(t, server, way, bodies="all")
        hits += killed(home, way, at) == -9
        try:
            home.must("sync")
            points.same_as_server(t, server, home)
        except lab.Failed as why:
            raise lab.Failed("after kill -9 at byte %d of %d: %s" % (at, total, why))
        home.close()
        way.close()
    t.note("%d of %d were killed before they ended" % (hits, points.count()))
    t.true(hits > points.count() / 2, "most kills should hit, %d did" % hits)


def test_kill_again_and_again(t):
    """One store, a kill in every round, and a server that changes in between."""
    r = points.dice(t)
    server = t.server(sample=True)
    total = points.whole(t, server)
    way = points.link(t, server)
    home = points.home_behind(t, server, way)
    for i in range(points.count()):
        killed(home, way, r.randrange(1, max(2, total // (1 + i))))
        points.change_server(server, i)
    home.must("sync")
    points.same_as_server(t, server, home)


def test_kill_while_changes_are_sent(t):
    """An act that was confirmed reaches the server, whatever is killed afterwards."""
    r = points.dice(t)
    server = t.server(sample=True)
    way = points.link(t, server)
    home = points.home_behind(t, server, way)
    home.must("sync")
    messages = home.list("INBOX")
    wanted = {}
    for i in range(points.count()):
        for m in r.sample(messages, 5):
            sign = r.choice("+-")
            home.must("--offline", "flag", sign + "flagged", m["id"])
            wanted[m["uid"]] = sign == "+"
        killed(home, way, r.randrange(1, 6000))
    home.must("sync")
    theirs = server.messages("INBOX")
    wrong = [uid for uid, on in wanted.items() if ("\\Flagged" in theirs[uid][0]) != on]
    t.equal(wrong, [], "uids whose flag did not reach the server")
    points.same_as_server(t, server, home)
