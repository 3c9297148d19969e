# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live, fault and bench scripts share: a private server, a private home for cursus, a runner of tests.

A test is a function named test_...(t) of a script; t is a Lab: it makes servers and homes, checks, and takes everything
away when the test ends.  `t.skip(why)` ends a test that cannot run here.
"""
import concurrent.futures
import contextlib
import email
import email.policy
import imaplib
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
SERVER = os.path.join(HERE, "server")
SAMPLE = os.path.join(SOURCE, "contrib", "sample-mail")
CORPUS = os.environ.get("CURSUS_CORPUS") or os.path.join(os.path.dirname(SOURCE), "shared", "corpus")
NOW = 1_770_000_000  # of sample mailboxes, so that every run has the same bytes


class Skip(Exception):
    """This test cannot run here; the text says why."""


class Failed(Exception):
    """An expectation did not hold."""


class KnownFailure(Failed):
    """As known_to_fail, for a part of a test."""


def known_to_fail(why):
    """For a test that the program does not pass yet: it runs, is counted apart, and says so when it holds one day."""
    def mark(function):
        function.known_to_fail = why
        return function
    return mark


def servers_dir(build):
    return os.environ.get("CURSUS_SERVERS") or os.path.join(build, "servers")


# ---- servers

class Server:
    """A server of its own (dovecot, cyrus or courier); `with` or stop() ends it."""

    tunnel = plain = None  # how the benchmarks' programs are to reach it
    settings = {}          # and what else cursus is told then

    def __init__(self, build, *options, kind="dovecot", sample=False, maildir=None):
        self.kind = kind
        self.dir = tempfile.mkdtemp(prefix="cursus-live.", dir=os.environ.get("TMPDIR", "/tmp"))
        os.chmod(self.dir, 0o755)
        self.command = [SERVER, "--servers", servers_dir(build), kind]
        if sample:
            subprocess.run([SAMPLE, "--now", str(NOW), os.path.join(self.dir, "mail", "ada")], check=True,
                           stdout=subprocess.DEVNULL)
        more = ["--maildir", "ada=" + maildir] if maildir else []
        done = subprocess.run([*self.command, "start", self.dir, "--user", "ada", *more, "--owner", str(os.getpid()),
                               "--remove", *options], stderr=subprocess.PIPE, text=True)
        if done.returncode == 77:
            shutil.rmtree(self.dir, ignore_errors=True)
            raise Skip("skipped: " + done.stderr.strip())
        if done.returncode:
            raise Failed(done.stderr.strip())
        self.read_facts()

    def read_facts(self):
        with open(os.path.join(self.dir, "facts")) as f:
            self.facts = dict(shlex.split(line)[0].split("=", 1) for line in f)
        self.host, self.port = self.facts["host"], int(self.facts["imaps_port"])
        self.user, self.password, self.ca = (self.facts.get(k) for k in ("user", "password", "ca_file"))

    def stop(self):
        subprocess.run([*self.command, "stop", self.dir], stderr=subprocess.DEVNULL)

    def restart(self):
        subprocess.run([*self.command, "restart", self.dir], check=True)
        self.read_facts()

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)

    def doveadm(self, *arguments):
        done = subprocess.run([*self.command, "doveadm", self.dir, *arguments], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    @contextlib.contextmanager
    def imap(self, folder=None, readonly=False):
        """Another client, independent of ours: Python's imaplib."""
        if self.port:
            context = ssl.create_default_context(cafile=self.ca)
            c = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context)
        else:
            c = imaplib.IMAP4_stream(self.facts["tunnel"])
        try:
            if c.state == "NONAUTH":
                c.login(self.user, self.password)
            if folder is not None:
                good(c.select(quote(folder), readonly))
            yield c
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                c.logout()

    def append(self, folder, data, flags=None, when=None):
        with self.imap() as c:
            if folder != "INBOX" and c.select(quote(folder), True)[0] != "OK":
                good(c.create(quote(folder)))
                good(c.subscribe(quote(folder)))
            for one in [data] if isinstance(data, bytes) else data:
                good(c.append(quote(folder), flags, when and imaplib.Time2Internaldate(when), one))

    def upstream(self):
        """How a wire (wire.py) reaches this server: by the tunnel, else over TLS."""
        if "tunnel" in self.facts:
            return {"command": [self.facts["tunnel"]]}
        return {"connect": [self.host, self.port], "ca": self.ca}

    def messages(self, folder):
        """{uid: (flags, size, internal date, header block)} as the server tells another client."""
        with self.imap(folder, True) as c:
            return fetch_headers(c)


def quote(name):
    return '"%s"' % utf7(name).replace("\\", "\\\\").replace('"', '\\"')


def utf7(name):
    import base64
    out = []
    for run in re.findall(r"[ -~]+|[^ -~]+", name):
        if " " <= run[0] <= "~":
            out.append(run.replace("&", "&-"))
        else:
            out.append("&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-")
    return "".join(out)


def good(answer):
    if answer[0] != "OK":
        raise Failed("the server said %r" % (answer,))
    return answer[1]


def fetch_headers(c, what="BODY.PEEK[HEADER]"):
    out = {}
    answer = good(c.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE INTERNALDATE %s)" % what))
    for item in answer:
        if not isinstance(item, tuple):
            continue
        line = item[0].decode()
        uid = int(re.search(r"UID (\d+)", line).group(1))
        flags = set(re.search(r"FLAGS \(([^)]*)\)", line).group(1).split())
        size = int(re.search(r"RFC822.SIZE (\d+)", line).group(1))
        date = re.search(r'INTERNALDATE "([^"]*)"', line).group(1)
        out[uid] = (flags, size, date, item[1])
    return out


# ---- cursus

class Home:
    """Settings, store and cache of one cursus, apart from anybody's own."""

    def __init__(self, build, accounts="", config=""):
        self.build = build
        self.dir = tempfile.mkdtemp(prefix="cursus-home.", dir=os.environ.get("TMPDIR", "/tmp"))
        self.env = {k: v for k, v in os.environ.items() if k in ("PATH", "TERM", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TMPDIR")}
        self.env.update(HOME=self.dir, LC_ALL="C.UTF-8", TZ="UTC", CURSUS_RENDER=os.path.join(build, "cursus-render"))
        for name in ("CONFIG", "DATA", "CACHE", "STATE"):
            self.env["XDG_%s_HOME" % name] = os.path.join(self.dir, name.lower())
        self.env["XDG_RUNTIME_DIR"] = os.path.join(self.dir, "run")
        os.makedirs(os.path.join(self.dir, "config", "cursus"))
        os.makedirs(self.env["XDG_RUNTIME_DIR"], 0o700)
        self.configure(accounts, config)

    def configure(self, accounts, config=""):
        for name, text in (("accounts", accounts), ("config", config)):
            path = os.path.join(self.dir, "config", "cursus", name)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
                f.write(text)

    def run(self, *arguments, timeout=60, stdin=None):
        """A finished `cursus ARGUMENTS`, output as text; how long it took stands in .seconds."""
        began = time.monotonic()
        done = subprocess.run([os.path.join(self.build, "cursus"), *map(str, arguments)], env=self.env, cwd=self.dir,
                              stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=timeout)
        done.seconds = time.monotonic() - began
        done.stdout, done.stderr = (b.decode("utf-8", "replace") for b in (done.stdout, done.stderr))
        if "AddressSanitizer" in done.stderr or "runtime error:" in done.stderr:
            raise Failed("sanitizer: " + done.stderr[-4000:])
        return done

    def must(self, *arguments, **more):
        done = self.run(*arguments, **more)
        if done.returncode:
            raise Failed("cursus %s: status %d\n%s%s" % (" ".join(map(str, arguments)), done.returncode, done.stdout[-2000:],
                                                        done.stderr[-2000:]))
        return done.stdout

    def json(self, *arguments, **more):
        return [json.loads(line) for line in self.must("--json", *arguments, **more).splitlines()]

    def list(self, folder, *query):
        return self.json("list", 'in:"%s"' % folder, *query)

    def start(self, *arguments, stdout=subprocess.DEVNULL, stderr=None):
        """A cursus that runs on; ended by t at the latest."""
        log = stderr or open(os.path.join(self.dir, "stderr"), "ab")
        return subprocess.Popen([os.path.join(self.build, "cursus"), *map(str, arguments)], env=self.env, cwd=self.dir,
                                stdin=subprocess.DEVNULL, stdout=stdout, stderr=log)

    def database(self, name="mail.db"):
        base = "data" if name == "mail.db" else "cache"
        return os.path.join(self.dir, base, "cursus", name)

    def integrity(self):
        """PRAGMA integrity_check of every database there is; "ok" or what is wrong."""
        for name in ("mail.db", "bodies.db", "index.db"):
            path = self.database(name)
            if not os.path.exists(path):
                continue
            with contextlib.closing(sqlite3.connect(path)) as db:
                said = db.execute("PRAGMA integrity_check").fetchall()
                if said != [("ok",)]:
                    return "%s: %s" % (name, said[:3])
        return "ok"

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Wire:
    """What stands between cursus and a server: a plan for wire.py and, afterwards, what it saw."""

    def __init__(self, server, **plan):
        self.dir = tempfile.mkdtemp(prefix="cursus-wire.", dir=os.environ.get("TMPDIR", "/tmp"))
        self.plan = dict(server.upstream(), **plan)
        self.path = os.path.join(self.dir, "plan")
        self.command = [sys.executable, "-ISs", os.path.join(HERE, "wire.py"), self.path]
        self.run = 0
        self.begin()

    def begin(self, **plan):
        """Count afresh, with another plan if one is given."""
        self.plan.update(plan)
        self.run += 1
        self.out = os.path.join(self.dir, str(self.run))
        os.mkdir(self.out)
        with open(self.path, "w") as f:
            json.dump(dict(self.plan, out=self.out), f)

    def connections(self, seconds=5):
        """What each connection came to, in their order; waits for those that are just ending."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            names = [n[:-5] for n in os.listdir(self.out) if n.endswith(".open")]
            if all(os.path.exists(os.path.join(self.out, n + ".json")) for n in names):
                break
            time.sleep(0.01)
        found = []
        for n in sorted(int(n[:-5]) for n in os.listdir(self.out) if n.endswith(".json")):
            with open(os.path.join(self.out, "%d.json" % n)) as f:
                found.append(json.load(f))
        return found

    def talk(self):
        """The dialogue of all connections, as text."""
        out = []
        for n in sorted(int(n[:-5]) for n in os.listdir(self.out) if n.endswith(".talk")):
            with open(os.path.join(self.out, "%d.talk" % n), "rb") as f:
                out.append("-- connection %d\n%s" % (n, f.read().decode("utf-8", "replace").replace("\r\n", "\n")))
        return "".join(out)

    def settings(self):
        """Lines of an account that go over this wire."""
        return {"ca_file": None, "tunnel": '"%s"' % " ".join(map(shlex.quote, self.command))}

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def account(server, name="t", **settings):
    """An account block for a server; settings override (None leaves a line out)."""
    lines = {"address": '"Ada Lovelace <ada@example.org>"', "stay-online": "no"}
    if server.port:
        lines.update({"imap": "imaps://%s@%s:%d" % (server.user, server.host, server.port), "ca-file": '"%s"' % server.ca,
                      "password-command": '"cat %s"' % server.facts["password_file"]})
    else:
        lines["tunnel"] = '"%s"' % server.facts["tunnel"]
    lines.update({k.replace("_", "-"): v for k, v in settings.items()})
    return "account %s\n%send\n" % (name, "".join("  set %s %s\n" % item for item in lines.items() if item[1] is not None))


# ---- tests

class Lab:
    def __init__(self, build):
        self.build, self.keep, self.notes = build, [], []

    def server(self, *options, **more):
        return self._keep(Server(self.build, *options, **more))

    def home(self, server=None, accounts=None, config="", **settings):
        text = accounts if accounts is not None else account(server, **settings) if server else ""
        return self._keep(Home(self.build, text, config))

    def wire(self, server, **plan):
        return self._keep(Wire(server, **plan))

    def _keep(self, thing):
        self.keep.append(thing)
        return thing

    def process(self, popen):
        self.keep.append(Ended(popen))
        return popen

    def note(self, text):
        self.notes.append(text)

    def skip(self, why):
        raise Skip(why)

    def true(self, holds, what):
        if not holds:
            raise Failed(what)

    def equal(self, got, expected, what):
        if got != expected:
            raise Failed("%s: got %.1500r, expected %.1500r" % (what, got, expected))

    def until(self, condition, seconds, what):
        """Waits for a condition that another process brings about; its value."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Failed("not within %g s: %s" % (seconds, what))
            time.sleep(0.02)

    def close(self):
        for thing in reversed(self.keep):
            thing.close()
        self.keep = []


class Ended:
    def __init__(self, popen):
        self.popen = popen

    def close(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


def parse(data):
    """A message or header block as Python's parser reads it."""
    return email.message_from_bytes(data, policy=email.policy.default)


def run_test(build, module, name, function):
    """(word, text) of one test."""
    t, began = Lab(build), time.monotonic()
    try:
        function(t)
        word = "ok"
        if hasattr(function, "known_to_fail"):
            t.notes.append("HOLDS NOW: take the mark known_to_fail away (it said: %s)" % function.known_to_fail)
    except Skip as why:
        word, t.notes = "skip", [str(why)]
    except (Failed, subprocess.TimeoutExpired) as why:
        t.notes.append(str(why))
        if hasattr(function, "known_to_fail") or isinstance(why, KnownFailure):
            word = "known to fail"
            if hasattr(function, "known_to_fail"):
                t.notes.append("because: " + function.known_to_fail)
        else:
            word = "FAIL"
            t.notes.append("".join(traceback.format_tb(why.__traceback__, -3)))
    except Exception:  # a mistake of the test, or something nobody thought of
        word = "FAIL"
        t.notes.append(traceback.format_exc())
    finally:
        seconds = time.monotonic() - began
        t.close()
    lines = ["%-4s %s/%s  %.1f s" % (word, module.__name__, name[5:], seconds)]
    lines += ["     " + note.rstrip().replace("\n", "\n     ") for note in t.notes]
    return word, "\n".join(lines)


def alone(function):
    """Mark of a test that disturbs others, or that they disturb: it runs by itself."""
    function.alone = True
    return function


class Run:
    """The tests of a group: strands of tests that follow each other, as many strands at once as there are processors,
    then what wants to be alone.  A test that fails beside others is tried once more by itself: what then holds has failed
    only for want of time, is counted as passed and named so."""

    def __init__(self, build):
        self.build, self.lock, self.again = build, threading.Lock(), []
        self.count = dict.fromkeys(("ok", "FAIL", "known to fail", "skip"), 0)

    def one(self, test, by_itself=False):
        word, text = run_test(self.build, *test)
        with self.lock:
            if word == "FAIL" and not by_itself:
                self.again.append(test)
                text = text.replace("FAIL", "once more", 1)
            else:
                self.count[word] += 1
            print(text, flush=True)

    def strand(self, tests):
        for test in tests:
            self.one(test)

    def all(self, strands, last):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for done in [pool.submit(self.strand, s) for s in strands]:
                done.result()
        for test in last:
            self.one(test)
        for test in self.again[:]:
            self.one(test, True)


def run_tests(group, build, modules, only=None):
    """Runs test_ functions; exit status for main.  Those of a module are a strand, in the order they stand; where it says
    PARALLEL each is one.  test_table comes last."""
    strands, last = [], []
    for module in modules:
        chosen = [(module, n, f) for n, f in vars(module).items()
                  if n.startswith("test_") and (not only or only in (module.__name__, n, n[5:]))]
        last += [c for c in chosen if c[1] == "test_table" or hasattr(c[2], "alone")]
        rest = [c for c in chosen if c not in last]
        strands += [[c] for c in rest] if getattr(module, "PARALLEL", False) else [rest]
    run = Run(build)
    run.all(strands, last)
    more = "".join(", %d %s" % (run.count[k], words) for k, words in (("known to fail", "known to fail"), ("skip", "skipped")) if run.count[k])
    print("%s: %d passed, %d failed%s" % (group, run.count["ok"], run.count["FAIL"], more))
    if run.again:
        print("%s: %d of them in a second try, alone" % (group, len(run.again) - run.count["FAIL"]))
    return 1 if run.count["FAIL"] else 0
