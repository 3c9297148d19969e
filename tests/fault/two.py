# SPDX-License-Identifier: GPL-3.0-or-later
"""A second client does random things while cursus runs: in the end both see the same, and no act of ours is lost.

TWO_SEEDS (2) seeds of TWO_STEPS (60) steps, a fifth as many on Cyrus and Courier each; TWO_SEED names one.  `make two` runs
20 of 500.  Seeds take turns in how cursus runs (it stays and watches, or it synchronises again and again with acts made
offline between) and in what the server announces."""
import os
import random
import signal
import time

import lab
import matrix

HIDE = [[], ["QRESYNC", "NOTIFY"], ["QRESYNC", "CONDSTORE", "ENABLE", "NOTIFY"], ["NOTIFY", "LIST-STATUS"]]
KEYWORD = "ours"  # only cursus sets it
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "todo", "$Forwarded"]


class Model:
    """The second client.  Each message has a Message-ID of its own; `strayed` are those that did not stay where and what
    they were, so that an act on them may have come to nothing."""

    def __init__(self, t, server, dice):
        self.t, self.server, self.dice, self.n = t, server, dice, 0
        self.second = matrix.Second(server)
        self.folders, self.strayed, self.log = ["INBOX"], set(), []

    def mails(self, n):
        self.n += n
        return [matrix.mail("m%d" % i, i) for i in range(self.n - n, self.n)]

    def fill(self):
        self.second.create("Lists/dev", "Notes")
        self.folders += ["Lists/dev", "Notes"]
        self.second.append("INBOX", *self.mails(50))
        self.second.append("Lists/dev", *self.mails(30))

    def some(self, folder, most=6):
        uids = self.second.uids(folder)
        return sorted(self.dice.sample(uids, min(len(uids), self.dice.randint(1, most))))

    def stray(self, folder, uids=None):
        with self.second.imap(folder, True) as c:
            rows = lab.good(c.uid("FETCH", matrix.numbers(uids) if uids else "1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"))
        self.strayed |= {(lab.parse(r[1])["Message-ID"] or "").strip("<> ") for r in rows if isinstance(r, tuple)}

    def step(self):
        """One random change; its name and place go to the log."""
        kinds = [(self.flags, 35), (self.append, 15), (self.expunge, 12), (self.move, 10), (self.copy, 4), (self.create, 3),
                 (self.rename, 4), (self.delete, 2), (self.bump, 3), (self.empty, 1)]
        kind = self.dice.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
        folder = self.dice.choice(["INBOX"] * 3 + self.folders)
        self.log.append("%s %s %s" % (kind.__name__, folder, kind(folder) or ""))

    def flags(self, folder):
        uids = self.some(folder, 12)
        how, what = self.dice.choice("+-"), " ".join(self.dice.sample(FLAGS, self.dice.randint(1, 3)))
        if uids:
            self.second.store(folder, uids, how + "FLAGS", what)
        return "%s %s%s" % (uids, how, what)

    def append(self, folder):
        self.second.append(folder, *self.mails(self.dice.randint(1, 4)), flags=self.dice.choice([None, "(\\Seen)", "(todo)"]))

    def expunge(self, folder):
        uids = self.some(folder)
        if uids:
            self.stray(folder, uids)
            self.second.expunge(folder, uids)
        return uids

    def move(self, folder, copy=False):
        uids, to = self.some(folder), self.dice.choice([f for f in self.folders if f != folder])
        if uids:
            self.stray(folder, uids)
            if copy:
                with self.second.imap(folder) as c:
                    lab.good(c.uid("COPY", matrix.numbers(uids), lab.quote(self.second.name(to))))
            else:
                self.second.move(folder, uids, to)
        return "%s to %s" % (uids, to)

    def copy(self, folder):
        return self.move(folder, copy=True)

    def create(self, folder):
        if len(self.folders) < 12:
            name = "%sf%d" % (self.dice.choice(["", "Lists/"]), len(self.log))
            self.second.create(name)
            self.folders.append(name)
            return name

    def rename(self, folder):
        if folder != "INBOX":
            name = "r%d" % len(self.log)
            self.stray(folder) if self.second.uids(folder) else None
            self.second.rename(folder, name)
            self.folders[self.folders.index(folder)] = name
            return name

    def delete(self, folder):
        if folder != "INBOX" and len(self.folders) > 3:
            self.stray(folder) if self.second.uids(folder) else None
            self.second.delete(folder)
            self.folders.remove(folder)

    def bump(self, folder):
        self.stray(folder) if self.second.uids(folder) else None
        self.second.new_uidvalidity(folder)

    def empty(self, folder):
        uids = self.second.uids(folder)
        if uids:
            self.stray(folder)
            self.second.expunge(folder, uids)


def acts(dice, home, wanted):
    """Cursus flags some messages offline; what it was told to is remembered by Message-ID."""
    rows = home.list(dice.choice(["INBOX", "INBOX", "Lists/dev"]))
    rows = dice.sample(rows, min(4, len(rows)))
    if rows:
        home.must("--offline", "flag", "+" + KEYWORD, *[m["id"] for m in rows])
        wanted |= {(m["message_id"] or "").strip("<>") for m in rows}


def differs(home, model, flags=True):
    """What differs; without flags, which messages are where."""
    both = [matrix.stored(home), model.second.snapshot()]
    if not flags:
        both = [{f: {u: (frozenset(), m[1]) for u, m in box.items()} for f, box in side.items()} for side in both]
    return matrix.difference(*both)


def watched(t, model, home, steps, flags):
    """flags: does a poll see that flags changed?  Without MODSEQ only now and then, and when a person asks."""
    p = t.process(home.start("sync", "--until", "disconnect"))
    for _ in range(steps):
        model.step()
    end = time.monotonic() + 60
    while (said := differs(home, model, flags)) and time.monotonic() < end:
        time.sleep(0.2)
    if p.poll() is not None:
        raise lab.Failed("cursus ended by itself with %d" % p.returncode)
    p.send_signal(signal.SIGTERM)
    p.wait(15)
    if said:
        home.run("sync")
        mended = not differs(home, model)
        raise lab.Failed("a minute after the last change, watching: %s\n(%s)" % (
            said, "a synchronisation then mends it" if mended else "a synchronisation does not mend it"))


def again_and_again(t, model, home, steps, wanted):
    while steps > 0:
        acts(model.dice, home, wanted)
        p = home.start("sync")
        for _ in range(min(steps, model.dice.randint(1, 12))):
            model.step()
            steps -= 1
        status = p.wait(60)
        t.true(status in (0, 1, 3), "cursus sync ended with %d" % status)


def play(t, seed, steps, kind):
    dice = random.Random(seed)
    server = t.server(kind=kind)
    hide = HIDE[seed % len(HIDE)]
    wire = t.wire(server, hide=hide) if hide else None
    stays = (seed // len(HIDE)) % 2 == 0
    home = t.home(server, **(wire.settings() if wire else {}), stay_online="yes" if stays else "no", sync_interval="2")
    model, wanted = Model(t, server, dice), set()
    model.fill()
    home.must("sync")
    try:
        if stays:
            watched(t, model, home, steps, kind != "courier" and "CONDSTORE" not in hide)
        else:
            again_and_again(t, model, home, steps, wanted)
        home.must("sync")
        home.must("sync")  # a second opinion on what looked like a mass vanish
        said = differs(home, model)
        t.equal(home.integrity(), "ok", "integrity")
        t.equal(home.json("journal", "list"), [], "acts that wait after a synchronisation")
        there = {mid: flags for box in model.second.snapshot().values() for flags, mid in box.values()}
        lost = sorted(m for m in wanted - model.strayed if m in there and KEYWORD not in there[m])
        if lost and not said:
            said = "acts that did not reach the server: %s" % lost
        if said:
            raise lab.Failed(said)
    except lab.Failed as why:
        tail = "\n".join(model.log[-25:])
        raise type(why)("TWO_SEED=%d TWO_STEPS=%d, %s (%s, without %s): %s\nlast steps:\n%s" % (
            seed, steps, kind, "watching" if stays else "again and again", " ".join(hide) or "nothing", why, tail))
    return len(wanted)


def plays(t, kind, n):
    steps = int(os.environ.get("TWO_STEPS", 60))
    if os.environ.get("TWO_SEED"):
        seeds = [int(os.environ["TWO_SEED"])]
    else:
        # Eight kinds of running.  A check plays the same ones each time, `make two` others.
        first = random.SystemRandom().randrange(1 << 20) * 8 if os.environ.get("TWO_SEEDS") else 800000
        seeds = [first + i * 5 for i in range(n)]  # both ways of running, all that is hidden
    failed = []
    for seed in seeds:
        began = time.monotonic()
        try:
            acts_n = play(t, seed, steps, kind)
            t.note("seed %d: %s, %d steps, %d acts of ours, %.1f s" % (seed, kind, steps, acts_n, time.monotonic() - began))
        except lab.Failed as why:
            failed.append(why)
        t.close()
    if failed:
        raise lab.Failed("%d of %d seeds\n%s" % (len(failed), len(seeds), "\n".join(map(str, failed))))


def seeds_wanted():
    return int(os.environ.get("TWO_SEEDS", 2))


def test_two_clients(t):
    plays(t, "dovecot", seeds_wanted())


def test_two_clients_cyrus(t):
    plays(t, "cyrus", max(1, seeds_wanted() // 5))


def test_two_clients_courier(t):
    plays(t, "courier", max(1, seeds_wanted() // 5))
