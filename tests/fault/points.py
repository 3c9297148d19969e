# SPDX-License-Identifier: GPL-3.0-or-later
"""Random points of a synchronisation, counted in bytes from the server."""
import os
import random

import lab
import proxy
import sync


def count():
    return int(os.environ.get("FAULT_POINTS", 20))


def dice(t):
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1 << 32))
    t.note("FAULT_SEED=%d" % seed)
    return random.Random(seed)


def link(t, server, **how):
    return t._keep(proxy.Proxy(server.host, server.port, **how))


def home_behind(t, server, link, **settings):
    return t.home(server, imap="imaps://%s@127.0.0.1:%d" % (server.user, link.port), **settings)


def whole(t, server, **settings):
    """How many bytes an undisturbed first synchronisation brings."""
    way = link(t, server)
    home = home_behind(t, server, way, **settings)
    home.must("sync")
    n = way.down
    t.true(n > 10000, "a synchronisation through the proxy brings %d bytes" % n)
    home.close()
    return n


def same_as_server(t, server, home):
    """No message twice, none missing, all flags right, every database whole."""
    for f in [f for f in home.json("folders") if f["selectable"]]:
        sync.compare_folder(t, server, home, f["name"])
    t.equal(home.integrity(), "ok", "PRAGMA integrity_check")


def change_server(server, round):
    """Some life between two synchronisations."""
    with server.imap("INBOX") as c:
        uids = lab.good(c.uid("SEARCH", "ALL"))[0].split()
        lab.good(c.uid("STORE", uids[round % len(uids)], "+FLAGS" if round % 2 else "-FLAGS", "(\\Flagged)"))
        lab.good(c.uid("STORE", uids[-1 - round % 7], "+FLAGS", "(\\Deleted)"))
        lab.good(c.uid("EXPUNGE", uids[-1 - round % 7]))
    server.append("INBOX", b"From: x@example.org\r\nSubject: round %d\r\nMessage-ID: <r%d@x>\r\n\r\nbody\r\n" % (round, round))
