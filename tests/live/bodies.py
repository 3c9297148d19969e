# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies: large ones in pieces that go on where they were cut, one fetch for equal mails, a cache with a limit, and a cache
that is deleted or overwritten between two runs."""
import contextlib
import os
import random
import re
import sqlite3

import lab

CHUNK = 64 << 10


def large(nbytes, seed=1):
    r = random.Random(seed)
    lines = ["".join(r.choices("abcdefghijklmnopqrstuvwxyz ", k=70)) for _ in range(nbytes // 72)]
    return ("Message-ID: <large%d@example.org>\r\nSubject: large %d\r\nFrom: ada@example.org\r\n\r\n" % (seed, seed)
            + "\r\n".join(lines) + "\r\n").encode()


def small(i, nbytes=6000):
    return large(nbytes, 1000 + i)


def asked(wire):
    return re.findall(r"BODY\.PEEK\[\]<(\d+)\.\d+>", wire.talk())


def home_on(t, wire, server, **settings):
    return t.home(server, **dict(wire.settings(), fetch_chunk="64K", **settings))


def raw_of(home, message):
    out = os.path.join(home.dir, "raw")
    if os.path.exists(out):
        os.unlink(out)
    done = home.run("show", message, "--raw", "--output", out)
    with contextlib.suppress(FileNotFoundError), open(out, "rb") as f:
        return done, f.read()
    return done, None


def test_large_message_goes_on_where_it_was_cut(t):
    server = t.server()
    text = large(1 << 20)
    server.append("INBOX", text)
    wire = t.wire(server)
    home = home_on(t, wire, server, bodies="headers")
    home.must("sync")
    [message] = [m["id"] for m in home.list("INBOX")]
    # two cuts inside a literal and one before a reply, each in a program of its own
    for at, n in (("literal", 3), ("literal", 2), ("line", 12)):
        wire.begin(faults=[{"connection": c, "at": at, "n": n, "do": "cut"} for c in (0, 1)])
        done, raw = raw_of(home, message)
        t.equal((done.returncode, raw), (1, None), "nothing cut is taken for the message")
        t.true(len(done.stderr.splitlines()) == 1, "one sentence: %r" % done.stderr)
    t.equal(home.integrity(), "ok", "integrity")
    wire.begin(faults=[])
    done, raw = raw_of(home, message)
    t.equal(done.returncode, 0, "status: " + done.stderr)
    t.true(raw == text, "the message is what the server has")
    first = int(asked(wire)[0])
    t.true(first >= 3 * CHUNK, "what had come was not fetched again: went on at %d" % first)
    wire.begin()
    done, raw = raw_of(home, message)
    t.true(raw == text and wire.connections() == [], "stored, so not fetched")


def test_copy_and_move_are_not_fetched_again(t):
    server = t.server()
    for i in range(12):
        server.append("INBOX", small(i))
    wire = t.wire(server)
    home = home_on(t, wire, server, bodies="all", sync="all")
    home.must("sync")
    before = {m["message_id"]: m["id"] for m in home.list("INBOX")}
    with server.imap() as c:
        lab.good(c.create("Elsewhere"))
        lab.good(c.select("INBOX"))
        lab.good(c.copy("1:4", "Elsewhere"))
        lab.good(c.uid("MOVE", "5:8", "Elsewhere"))
        lab.good(c.create("Old"))
        c.close()
        lab.good(c.select("Elsewhere"))
        c.close()
        lab.good(c.rename("Elsewhere", "Renamed"))
    wire.begin()
    home.must("sync")
    home.must("sync")
    t.equal(len(home.list("Renamed")), 8, "messages in the new folder")
    t.true("BODY.PEEK[]" not in wire.talk(), "no body is fetched a second time")
    moved = {m["message_id"]: m["id"] for m in home.list("Renamed")}
    kept = sum(before[k] == v for k, v in moved.items())
    t.equal(kept, 4, "moved messages that kept their id")
    with server.imap() as c:
        lab.good(c.rename("Renamed", "Again"))
    ids = sorted(m["id"] for m in home.list("Renamed"))
    wire.begin()
    home.must("sync")
    t.equal(sorted(m["id"] for m in home.list("Again")), ids, "ids after a rename")
    t.true("BODY[" not in wire.talk(), "a rename fetches nothing")
    for m in home.list("Again"):
        home.must("--offline", "show", m["id"])
    t.equal(home.must("store", "check"), "", "store check")


def disk(home):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(os.path.join(home.dir, "cache")) for f in files)


def test_limit_holds_and_keeps_what_waits(t):
    server = t.server()
    for i in range(240):
        server.append("INBOX", small(i, 50000))
    limit = 240 * 50000 // 10
    home = t.home(server, bodies="all", config="set cache-limit %d\n" % limit)
    home.must("sync")
    t.true(disk(home) <= limit, "%d bytes on the disk, the limit is %d" % (disk(home), limit))
    listed = sorted(home.list("INBOX"), key=lambda m: m["uid"])
    old, new = listed[0]["id"], listed[-1]["id"]
    home.must("show", old)
    home.must("--offline", "flag", "+flagged", old)
    for i in range(240, 290):
        server.append("INBOX", small(i, 50000))
    with contextlib.closing(sqlite3.connect(home.database("bodies.db"))) as db:
        stored = {row[0] for row in db.execute("SELECT mail FROM body")}
    t.true(len(stored) > 10, "the room is used: %d bodies" % len(stored))
    home.must("--offline", "show", old)
    home.must("--offline", "show", new)
    home.must("sync")
    t.true(disk(home) <= limit, "%d bytes on the disk after more mail, the limit is %d" % (disk(home), limit))
    t.equal(home.must("store", "check"), "", "store check")


def test_cache_gone_or_damaged_between_runs(t):
    server = t.server(sample=True)
    home = t.home(server, bodies="all")
    home.must("sync")
    before = home.json("list")
    path = home.database("bodies.db")
    ids = [m["id"] for m in home.list("INBOX")]
    home.must("--offline", "flag", "+flagged", *ids[:3])
    r = random.Random(7)
    for how in ("deleted", "cut", "noise", "noise inside", "another's"):
        for name in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + name)
        size = os.path.getsize(path)
        if how == "deleted":
            os.unlink(path)
        elif how == "cut":
            os.truncate(path, size // 3)
        elif how == "another's":
            os.unlink(path)
            with contextlib.closing(sqlite3.connect(path)) as db:
                db.executescript("CREATE TABLE t (x); PRAGMA user_version = 3")
        else:
            with open(path, "r+b") as f:
                for at in range(0 if how == "noise" else size // 4 // 16384 * 16384, size, 16384 * 3):
                    f.seek(at)
                    f.write(r.randbytes(16384))
        done = home.run("sync")
        t.equal(done.returncode, 0, how + ": " + done.stderr)
        said = [line for line in done.stderr.splitlines() if "bodies" in line]
        if how != "noise inside":
            t.equal(len(said), 1, how + ": one sentence, not %r" % done.stderr)
        for i in ids[:5]:
            home.must("show", i)
        t.equal(len(home.json("list")), len(before), how + ": messages")
    t.equal(sum("flagged" in m["flags"] for m in home.list("INBOX")) >= 3, True, "what was done is not lost")
    t.equal(home.must("store", "check"), "", "store check")
