# SPDX-License-Identifier: GPL-3.0-or-later
"""How often cursus waits for the server and how many bytes it costs, counted behind the login by a wire that lets 30 ms pass,
so that only what really waits is a new flight.  The budgets are asserted; what is not reached yet is marked."""
import lab

RTT = 0.03
RAW = ["COMPRESS=DEFLATE"]  # budgets are in raw bytes
BASE, FOLDER, FLAG, NEW = 1700, 170, 60, 1100  # bytes: a reopening, a folder listed, a changed flag, a new message
FLAGS, MESSAGES = 20, 3
rows = []


def mail(key):
    return (b"From: Bo <bo@example.org>\r\nTo: ada@example.org, dev@lists.example.org\r\nSubject: %s\r\n"
            b"Date: Mon, 02 Feb 2026 10:00:00 +0000\r\nMessage-ID: <%s@mail.example.org>\r\n"
            b"References: <one@mail.example.org> <two@mail.example.org>\r\nIn-Reply-To: <two@mail.example.org>\r\n\r\n%s\r\n"
            % (key.encode(), key.encode(), b"a line of text\r\n" * 20))


def prepared(t, sample=True, folders=0, hide=(), **settings):
    server = t.server(sample=sample)
    if folders:
        with server.imap() as c:
            for i in range(folders):
                lab.good(c.create("f%02d" % i))
                lab.good(c.subscribe("f%02d" % i))
                lab.good(c.append("f%02d" % i, None, None, mail("f%d" % i)))
    wire = t.wire(server, hide=RAW + list(hide), rtt=RTT)
    settings.setdefault("bodies", "headers")
    return server, wire, t.home(server, **wire.settings(), **settings)


def waits(flights):
    """Flights without those that only end an IDLE or the session."""
    return [f for f in flights if not set(f["commands"]) <= {"DONE", "LOGOUT"}]


def cost(wire):
    """(flights, bytes both ways) of all connections; LOGOUT and what ends an IDLE are nobody's wait."""
    found = [f for c in wire.connections() for f in waits(c["flights"])]
    return len(found), sum(f["up"] + f["down"] for f in found)


def row(t, what, flights, nbytes, budget_flights, budget_bytes, today=None):
    """Notes and asserts one line of the table.  today: the flights that it takes as long as the budget is not reached; more
    than that is a failure."""
    rows.append((what, flights, nbytes, budget_flights, budget_bytes))
    text = "%s: %d flights%s, budget %d%s" % (what, flights, "" if nbytes is None else ", %d bytes" % nbytes, budget_flights,
                                             "" if budget_bytes is None else " and %d bytes" % budget_bytes)
    t.note(text)
    if flights <= budget_flights and (budget_bytes is None or nbytes <= budget_bytes):
        if today:
            t.note("HOLDS NOW: take `today` away")
        return
    if today and flights <= today:
        raise lab.KnownFailure("over the budget, no worse than known")
    raise lab.Failed("over the budget")


def folders_of(home):
    return len(home.json("folders"))


def test_first_open(t):
    """Flights until the headers of the first screen are asked for and come."""
    _, wire, home = prepared(t)
    home.must("sync")
    flights = wire.connections()[0]["flights"]
    first = [i for i, f in enumerate(flights) if {"FETCH", "UID FETCH"} & set(f["commands"])][0]
    row(t, "first open, to the first screen", first + 1, sum(f["up"] + f["down"] for f in flights[:first + 1]), 2, None)


def test_reopen_without_change(t):
    _, wire, home = prepared(t)
    home.must("sync")
    wire.begin()
    home.must("sync")
    row(t, "reopen, nothing changed, %d folders" % folders_of(home), *cost(wire), 1, BASE + FOLDER * folders_of(home))


def test_delta(t):
    server, wire, home = prepared(t)
    home.must("sync")
    with server.imap("INBOX") as c:
        uids = lab.good(c.uid("SEARCH", "UNFLAGGED"))[0].split()
        lab.good(c.uid("STORE", b",".join(uids[:2 * FLAGS:2]).decode(), "+FLAGS", "(\\Flagged)"))
    server.append("INBOX", [mail("new%d" % i) for i in range(MESSAGES)])
    wire.begin()
    home.must("sync")
    t.equal(len(home.list("INBOX", "subject:new0")), 1, "the new message is there")
    row(t, "delta of %d flags and %d new messages" % (FLAGS, MESSAGES), *cost(wire), 1,
        BASE + FOLDER * folders_of(home) + FLAG * FLAGS + NEW * MESSAGES)


def test_delta_of_expunges(t):
    server, wire, home = prepared(t)
    home.must("sync")
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", "10:30,7,9", "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    wire.begin()
    home.must("sync")
    row(t, "delta of 23 expunges", *cost(wire), 1, BASE + FOLDER * folders_of(home) + FLAG * 23)


def test_delta_in_two_folders(t):
    """A folder more that changed may cost a flight more, not one a command."""
    server, wire, home = prepared(t)
    home.must("sync")
    server.append("INBOX", mail("new0"))
    server.append("Lists/dev", mail("new1"))
    wire.begin()
    home.must("sync")
    row(t, "delta in two folders", *cost(wire), 2, BASE + 2 * 700 + FOLDER * folders_of(home) + NEW * 2)


def test_delta_with_condstore_only(t):
    server, wire, home = prepared(t, hide=["QRESYNC"])
    home.must("sync")
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", "2:40", "+FLAGS", "(\\Flagged)"))
    server.append("INBOX", [mail("new%d" % i) for i in range(MESSAGES)])
    wire.begin()
    home.must("sync")
    row(t, "delta, CONDSTORE only", *cost(wire), 2, BASE + FOLDER * folders_of(home) + FLAG * 39 + NEW * MESSAGES)


def test_changes_made_offline(t):
    """Replaying acts costs no more than the synchronisation that it begins: one flight for them, one for it."""
    _, wire, home = prepared(t)
    home.must("sync")
    home.must("--offline", "flag", "+flagged", *[m["id"] for m in home.list("INBOX", "-is:flagged")[:30]])
    wire.begin()
    home.must("sync")
    row(t, "30 flags set offline", *cost(wire), 2, BASE + FLAG * 30 + FOLDER * folders_of(home))


def polls(t, hide):
    """(polls, flights a poll, bytes a poll) of a session that stays, with 50 folders."""
    _, wire, home = prepared(t, sample=False, folders=50, hide=hide, stay_online="yes", sync_interval="1")
    home.must("sync")
    wire.begin()
    p = t.process(home.start("sync", "--until", "disconnect"))
    try:
        p.wait(7)
    except lab.subprocess.TimeoutExpired:
        p.terminate()
        p.wait(10)
    flights = wire.connections()[0]["flights"]
    first = [i for i, f in enumerate(flights) if "LIST" in f["commands"]][0]
    later = flights[first + 1:]
    settled = [i for i, f in enumerate(later) if {"IDLE", "NOTIFY"} & set(f["commands"])]
    later = waits(later[settled[0] + 1:] if settled else later)
    n = sum("LIST" in f["commands"] or "STATUS" in f["commands"] or "NOOP" in f["commands"] for f in later)
    return n, later


def test_poll_of_50_folders(t):
    n, later = polls(t, ["NOTIFY"])
    t.true(n >= 2, "the interval was kept: %d polls" % n)
    row(t, "a poll of 50 folders", round(len(later) / n), sum(f["up"] + f["down"] for f in later) // n, 1, BASE + 55 * FOLDER)


def test_poll_of_50_folders_with_notify(t):
    n, later = polls(t, [])
    row(t, "six seconds of 50 folders with NOTIFY, interval 1 s", len(later), sum(f["up"] + f["down"] for f in later), 0, None)


def test_open_prefetched(t):
    _, wire, home = prepared(t, bodies="all")
    home.must("sync")
    m = home.list("INBOX")[0]
    wire.begin()
    home.must("show", m["id"])
    row(t, "opening a prefetched message", *cost(wire), 0, None)


def test_open_not_prefetched(t):
    _, wire, home = prepared(t)
    home.must("sync")
    m = home.list("INBOX")[0]
    wire.begin()
    home.must("show", m["id"])
    row(t, "opening another message", *cost(wire), 1, None)


def table():
    return ["| what | flights | budget | bytes | budget |", "|---|---|---|---|---|"] + [
        "| %s | %d | %d | %s | %s |" % (what, n, bn, "-" if b is None else b, "-" if bb is None else bb)
        for what, n, b, bn, bb in rows]


def test_table_of_flights(t):
    t.note("\n".join(table()))
