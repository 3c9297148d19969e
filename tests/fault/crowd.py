# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes on one store, killed at random: one that watches, a sync every second, four that act all the time.  In
the end the server holds what the acts say, each done once, and nothing that was left behind hinders the next process.

CROWD_SECONDS (10) is how long; CROWD_SEED repeats the dice (not the machine's).  `make crowd` runs 300 seconds."""
import collections
import os
import random
import signal
import subprocess
import threading
import time

import lab

WORKERS, EACH = 4, 12  # messages of a worker, nobody else's: what its acts say can be followed
PLACES = ["INBOX", "Here", "There"]
FLAGS = ["seen", "flagged", "answered", "todo", "later"]
WIRE = {"seen": "\\Seen", "flagged": "\\Flagged", "answered": "\\Answered", "todo": "todo", "later": "later"}


def mail(worker, n):
    return (b"From: a@example.org\r\nSubject: w%d-%d\r\nDate: Thu, 1 Jan 2026 12:00:00 +0000\r\n"
            b"Message-ID: <w%d-%d@crowd.example>\r\n\r\ntext %d %d\r\n" % (worker, n, worker, n, worker, n))


class Message:
    """What may be true of one: everything that a chain of acts, some of unknown end, leaves possible."""

    def __init__(self, name, number):
        self.name, self.id = name, number
        self.places, self.copies, self.unsure = {"INBOX"}, 0, 0
        self.flags = {f: {False} for f in FLAGS}

    def flag(self, word, on, known):
        self.flags[word] = {on} if known else self.flags[word] | {on}

    def move(self, place, known):
        self.places = {place} if known else self.places | {place}

    def copy(self, known):
        self.copies += known
        self.unsure += not known


class Crowd:
    def __init__(self, t, server, home, seconds, dice):
        self.t, self.server, self.home, self.dice = t, server, home, dice
        self.end = time.monotonic() + seconds
        self.running, self.lock = {}, threading.Lock()
        self.counts, self.said, self.wrong = collections.Counter(), collections.Counter(), []

    def over(self):
        return time.monotonic() > self.end

    def start(self, kind, *arguments):
        p = subprocess.Popen([os.path.join(self.t.build, "cursus"), *map(str, arguments)], env=self.home.env, cwd=self.home.dir,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with self.lock:
            self.running[p] = kind
        return p

    def finish(self, p, timeout=60):
        """Its status; what it takes too long for counts as hung."""
        try:
            said = p.communicate(timeout=timeout)[1].decode("utf-8", "replace").strip()
        except subprocess.TimeoutExpired:
            self.wrong.append("hung for %d s: %s" % (timeout, p.args[1:]))
            p.kill()
            said = p.communicate()[1].decode("utf-8", "replace")
        with self.lock:
            kind = self.running.pop(p)
        self.counts["%s: %s" % (kind, "killed" if p.returncode < 0 else p.returncode)] += 1
        if said and p.returncode >= 0:
            self.said[said[:200]] += 1
        if "AddressSanitizer" in said or "runtime error:" in said or p.returncode in (-signal.SIGSEGV, -signal.SIGABRT):
            self.wrong.append("%s: %s %s" % (p.args[1:], p.returncode, said[-2000:]))
        return p.returncode

    def watch(self):
        while not self.over():
            p = self.start("watch", "sync", "--until", "disconnect")
            while p.poll() is None and not self.over():
                time.sleep(0.02)
            if p.poll() is None:
                p.terminate()
            self.finish(p)

    def every_second(self):
        while not self.over():
            self.finish(self.start("sync", "sync"))
            time.sleep(1)

    def act(self, messages, dice):
        while not self.over():
            m = dice.choice(messages)
            what = dice.choice(["flag", "flag", "move", "copy"])
            if what == "flag":
                word, on = dice.choice(FLAGS), dice.random() < 0.6
                known = self.finish(self.start("flag", "flag", ("+" if on else "-") + word, m.id)) == 0
                m.flag(word, on, known)
            elif what == "move":
                place = dice.choice(PLACES)
                m.move(place, self.finish(self.start("move", "move", m.id, place)) == 0)
            else:
                m.copy(self.finish(self.start("copy", "copy", m.id, "Copies")) == 0)

    def kill(self):
        while not self.over():
            time.sleep(self.dice.uniform(0.02, 0.4))
            with self.lock:
                some = [p for p in self.running if p.poll() is None]
            watching = [p for p in some if self.running.get(p) == "watch"]
            victims = watching if self.dice.random() < 0.2 else some
            if victims:
                self.dice.choice(victims).kill()

    def run(self, messages):
        threads = [threading.Thread(target=f) for f in (self.watch, self.every_second, self.kill)]
        threads += [threading.Thread(target=self.act, args=(messages[w::WORKERS], random.Random(self.dice.random())))
                    for w in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def names_in(server, folder):
    """{subject: [its flags, one a copy]}"""
    found = collections.defaultdict(list)
    for flags, _, _, head in server.messages(folder).values():
        found[lab.parse(head)["Subject"]].append(flags - {"\\Recent"})
    return found


def settle(t, home):
    began = time.monotonic()
    done = home.run("flag", "-later", 4000000000)  # nobody's: it only has to find its way
    t.true(done.returncode == 1 and time.monotonic() - began < 5, "nothing that was left behind hinders: %d after %.1f s, %s" %
           (done.returncode, time.monotonic() - began, done.stderr))
    for _ in range(10):
        home.must("sync")
        if not home.json("journal", "list"):
            return
    t.equal(home.json("journal", "list"), [], "the journal after ten syncs")


def judge(t, server, home, messages):
    held = {f: names_in(server, f) for f in PLACES + ["Copies"]}
    for m in messages:
        places = [f for f in PLACES for _ in held[f].get(m.name, [])]
        t.equal(len(places), 1, "%s is in one place" % m.name)
        t.true(places[0] in m.places, "%s is in %s; the acts say %s" % (m.name, places[0], sorted(m.places)))
        copies = len(held["Copies"].get(m.name, []))
        t.true(m.copies <= copies <= m.copies + m.unsure, "%s was copied %d times; the acts say %d, and %d of unknown end" %
               (m.name, copies, m.copies, m.unsure))
        flags = held[places[0]][m.name][0]
        for word, may in m.flags.items():
            t.true((WIRE[word] in flags) in may, "%s: %s is %s; the acts say %s" % (m.name, word, WIRE[word] in flags, may))
    for f in PLACES + ["Copies"]:
        ours = collections.Counter(row["subject"] for row in home.list(f))
        t.equal(ours, collections.Counter({n: len(v) for n, v in held[f].items()}), "the store's " + f)
    t.equal(home.integrity(), "ok", "the store")


@lab.alone
def test_crowd(t):
    seconds = float(os.environ.get("CROWD_SECONDS", 10))
    seed = int(os.environ.get("CROWD_SEED", random.randrange(10 ** 6)))
    t.note("CROWD_SEED=%d" % seed)
    server = t.server()
    with server.imap() as c:
        for name in PLACES[1:] + ["Copies"]:
            lab.good(c.create(name))
            lab.good(c.subscribe(name))
    server.append("INBOX", [mail(w, n) for n in range(EACH) for w in range(WORKERS)])
    home = t.home(server, stay_online="yes")
    home.must("sync")
    messages = sorted((Message(row["subject"], row["id"]) for row in home.list("INBOX")), key=lambda m: m.id)
    t.equal(len(messages), WORKERS * EACH, "messages to begin with")
    crowd = Crowd(t, server, home, seconds, random.Random(seed))
    crowd.run(messages)
    t.note(", ".join("%s %d" % item for item in sorted(crowd.counts.items())))
    for text, n in crowd.said.most_common(5):
        t.note("%d times: %s" % (n, text))
    t.equal(crowd.wrong, [], "processes that hung or broke")
    settle(t, home)
    judge(t, server, home, messages)
    refused = sum(n for k, n in crowd.counts.items() if k.endswith(": 75"))
    t.true(refused * 20 <= sum(crowd.counts.values()), "%d were sent away" % refused)
