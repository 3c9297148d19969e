# SPDX-License-Identifier: GPL-3.0-or-later
"""Every point at which a synchronisation can be disturbed: the link is cut, delayed, drips or lies before each reply, inside
lines and literals; cursus is killed with signal 9 at each commit, each write to the server and each write to a
write-ahead log.  After the next, undisturbed synchronisation the store and the mail on the server are what they are
without any fault: nothing lost, nothing doubled.

An undisturbed run tells which points there are.  SWEEP_POINTS (150) of them are taken by chance, all of them with
SWEEP_POINTS=all (`make faults`); SWEEP_SEED repeats a choice, SWEEP_ONLY="delta line 7 cut" runs one point."""
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import time

import lab
import matrix

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"c": "commit", "s": "send", "w": "wal"}
LIMIT_S = 40  # of one synchronisation under a fault


class Stage:
    """A mailbox and a store as they are before the synchronisation that is disturbed, and what must come out of it."""

    def __init__(self, name, hide):
        self.name, self.hide, self.hits = name, hide, 0

    def prepare(self, t, server, killer):
        self.server, self.killer = server, killer
        self.place = os.path.join(server.dir, "stage-" + self.name)
        os.makedirs(self.place)
        shutil.rmtree(server.facts["mail_dir"], ignore_errors=True)
        copy(server.facts["mail_dir"] + ".base", server.facts["mail_dir"])
        home = t.home(server, **t.wire(server, hide=self.hide).settings(), bodies="all")
        if self.name != "first":
            home.must("sync")
            change_both(server, home)
        self.home, self.build = home, home.build
        copy(server.facts["mail_dir"], os.path.join(self.place, "mail"))
        run = Run(self, t, "undisturbed")
        with run:
            counted = os.path.join(self.place, "count")
            run.home.env.update(LD_PRELOAD=killer, CURSUS_COUNT=counted)
            run.sync([], 0)
            connections = run.wire.connections()
            for name in ("LD_PRELOAD", "CURSUS_COUNT"):
                run.home.env.pop(name)
            run.sync([], 0)
            self.expected = run.outcome()
            with open(counted) as f:
                self.points = list(points_of(self.name, connections, f.read()))

    def one(self, t, point):
        """Runs one point; "" or what is wrong."""
        with Run(self, t, " ".join(map(str, point[1:]))) as run:
            return run.disturbed(point)


class Run:
    """Private copies of a stage; gone at the end."""

    def __init__(self, stage, t, what):
        self.stage, self.what = stage, what
        self.server = Mailbox(stage.server)
        copy(os.path.join(stage.place, "mail"), self.server.facts["mail_dir"])
        self.home = lab.Home(stage.build)
        for part in ("data", "cache", "state"):
            source = os.path.join(stage.home.dir, part)
            if os.path.exists(source):
                shutil.copytree(source, os.path.join(self.home.dir, part))
        self.wire = lab.Wire(self.server, hide=stage.hide)
        self.home.configure(lab.account(stage.server, **self.wire.settings(), bodies="all"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for thing in (self.home, self.wire, self.server):
            thing.close()

    def sync(self, faults, *good):
        self.wire.begin(faults=faults)
        done = self.home.run("sync", timeout=LIMIT_S)
        if done.returncode not in good:
            raise lab.Failed("cursus sync ended with %d: %s" % (done.returncode, done.stderr.strip()[-600:]))
        return done

    def outcome(self):
        return matrix.stored(self.home), sorted(files(self.server.facts["mail_dir"]))

    def disturbed(self, point):
        _, at, where, n, do = point
        env = self.home.env
        try:
            if at == "kill":
                env.update(LD_PRELOAD=self.stage.killer, CURSUS_KILL="%s %d %s" % (where, n, do))
                self.stage.hits += self.sync([], 0, -9).returncode == -9
                for name in ("LD_PRELOAD", "CURSUS_KILL"):
                    env.pop(name)
            else:
                self.sync([{"connection": at, "at": where, "n": n, "do": do}], 0, 1, 3)
                self.stage.hits += any(c["fired"] for c in self.wire.connections())
            self.sync([], 0)
        except subprocess.TimeoutExpired:
            return "cursus sync did not end within %d s" % LIMIT_S
        except lab.Failed as why:
            return str(why)
        ours, theirs = self.outcome()
        said = matrix.difference(ours, self.stage.expected[0])
        if theirs != self.stage.expected[1]:
            said += "\nmail on the server: %s" % sorted(set(theirs) ^ set(self.stage.expected[1]))[:6]
        if self.home.integrity() != "ok":
            said += "\nintegrity: " + self.home.integrity()
        if self.home.run("--json", "journal", "list").stdout:
            said += "\nacts still wait"
        return said


class Mailbox:
    """A copy of a server's mail behind a tunnel of its own."""

    def __init__(self, server):
        self.port, self.user, self.kind = 0, server.user, server.kind
        self.dir = lab.tempfile.mkdtemp(prefix="cursus-mail.", dir=os.environ.get("TMPDIR", "/tmp"))
        os.chmod(self.dir, 0o755)
        self.facts = {"mail_dir": os.path.join(self.dir, "mail"), "tunnel": os.path.join(self.dir, "tunnel")}
        with open(server.facts["tunnel"]) as f:
            text = f.read().replace("HOME=" + server.facts["mail_dir"], "HOME=" + self.facts["mail_dir"])
        with open(self.facts["tunnel"], "w") as f:
            f.write(text)
        os.chmod(self.facts["tunnel"], 0o755)

    def upstream(self):
        return {"command": [self.facts["tunnel"]]}

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def copy(source, to):
    """With owners and times: the server's indexes hold."""
    subprocess.run(["cp", "-a", source, to], check=True)


def files(mail):
    """The messages as the server keeps them: folder, name, flags."""
    for folder, _, names in os.walk(mail):
        if os.path.basename(folder) in ("cur", "new"):
            for n in names:
                yield os.path.relpath(folder, mail).replace("/new", "/cur"), re.sub(r"(,S=.*)?(:2,[a-z]*)?$", "", n), "".join(
                    sorted(n.rpartition(":2,")[2] if ":2," in n else ""))


def change_both(server, home):
    """Acts here that wait, and news there."""
    second = matrix.Second(server)
    rows = {m["uid"]: m["id"] for m in home.list("INBOX")}
    uids = sorted(rows)
    home.must("--offline", "flag", "+flagged", "+later", *[rows[u] for u in uids[3:8]])
    home.must("--offline", "flag", "-seen", *[rows[u] for u in uids[6:12]])
    home.must("--offline", "flag", "+seen", *[m["id"] for m in home.list("Lists/dev")[:3]])
    second.store("INBOX", uids[5:9], "+FLAGS", "\\Answered")
    second.expunge("INBOX", uids[10:11] + uids[20:22])
    second.append("INBOX", *[matrix.mail("news%d" % i, i) for i in range(3)])
    second.create("Plans")
    second.append("Plans", matrix.mail("plan"))
    second.move("Lists/dev", second.uids("Lists/dev")[-2:], "INBOX")


def points_of(stage, connections, events):
    """(stage, connection or "kill", where, n, what is done)"""
    for i, c in enumerate(connections):
        for n in range(c["lines"]):
            for do in ("cut", "delay", "drip", "garbage"):
                yield stage, i, "line", n, do
            yield stage, i, "inside", n, "cut"
        for n in range(c["literals"]):
            for do in ("cut", "delay", "garbage"):
                yield stage, i, "literal", n, do
        for n in range(c["commands"]):
            yield stage, i, "command", n, "cut"
    for letter, kind in KINDS.items():
        for n in range(events.count(letter)):
            yield stage, "kill", kind, n, "before"
            if kind != "wal":
                yield stage, "kill", kind, n, "after"


def killer(t):
    """The library that kills; built here, since only this needs it."""
    path = os.path.join(t.build, "test", "killer.so")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    cc = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None) or t.skip("skipped: no C compiler for killer.c")
    subprocess.run([cc, "-O1", "-shared", "-fPIC", "-o", path, os.path.join(HERE, "killer.c")], check=True)
    return path


def chosen(t, points):
    if os.environ.get("SWEEP_ONLY"):
        return [p for p in points if " ".join(map(str, p)) == os.environ["SWEEP_ONLY"]] or t.skip("no such point")
    if os.environ.get("SWEEP_POINTS") == "all":
        return points
    seed = int(os.environ.get("SWEEP_SEED") or random.SystemRandom().randrange(1 << 32))
    t.note("SWEEP_SEED=%d" % seed)
    return random.Random(seed).sample(points, min(len(points), int(os.environ.get("SWEEP_POINTS", 150))))


def test_sweep(t):
    server, library = t.server(), killer(t)
    second = matrix.Second(server)
    second.append("INBOX", *[matrix.mail("in%d" % i, i) for i in range(30)])
    second.create("Lists/dev")
    second.append("Lists/dev", *[matrix.mail("dev%d" % i, i) for i in range(8)])
    copy(server.facts["mail_dir"], server.facts["mail_dir"] + ".base")
    stages = {name: Stage(name, hide) for name, hide in
              (("first", []), ("delta", []), ("plain", ["QRESYNC", "CONDSTORE", "ENABLE", "NOTIFY"]))}
    for stage in stages.values():
        stage.prepare(t, server, library)
    points = [p for s in stages.values() for p in s.points]
    t.true(len(points) > 500, "only %d points" % len(points))
    run, began, wrong = chosen(t, points), time.monotonic(), {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for point, said in zip(run, pool.map(lambda p: stages[p[0]].one(t, p), run)):
            if said:
                wrong[point] = said
    hits = sum(s.hits for s in stages.values())
    t.note("%d points run of %d that exist, %d disturbed something, %d wrong, %.0f s" % (
        len(run), len(points), hits, len(wrong), time.monotonic() - began))
    t.true(hits > len(run) * 0.8, "most faults should happen, %d of %d did" % (hits, len(run)))
    for stage in stages.values():
        t.note("%s: %d points, %d messages, %d connections" % (
            stage.name, len(stage.points), sum(map(len, stage.expected[0].values())), 1 + max(
                p[1] for p in stage.points if p[1] != "kill")))
    if wrong:
        raise lab.Failed("\n".join("SWEEP_ONLY=\"%s\": %s" % (" ".join(map(str, p)), said) for p, said in list(wrong.items())[:40]))
