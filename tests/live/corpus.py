# SPDX-License-Identifier: GPL-3.0-or-later
"""Real mail from shared/corpus beside the source (skipped where that is absent), through a real server.

Headers are compared with Python's parser on the bytes the server gives back, threads with Dovecot's THREAD=REFS."""
import concurrent.futures
import email.utils
import glob
import os
import re
import shutil
import sys
import tempfile
from datetime import datetime

import lab

sys.path.append(os.path.join(lab.SOURCE, "tests", "mail"))
import compare_headers  # noqa: E402

SHARE = 0.995  # of the messages or threads that have to be equal


def files(source="*"):
    if not os.path.isdir(lab.CORPUS):
        raise lab.Skip("there is no " + lab.CORPUS)
    return sorted(glob.glob(os.path.join(lab.CORPUS, source, "*.eml")))


class Tree:
    """A Maildir++ tree with these messages as INBOX, uids in their order."""

    def __init__(self, paths):
        self.path = tempfile.mkdtemp(prefix="cursus-corpus.", dir=os.environ.get("TMPDIR", "/tmp"))
        os.chmod(self.path, 0o755)
        os.makedirs(os.path.join(self.path, "cur"))
        for i, path in enumerate(paths):
            to = os.path.join(self.path, "cur", "%d.M%06dP1.corpus:2,S" % (lab.NOW + i, i))
            shutil.copyfile(path, to)
            os.utime(to, (lab.NOW + i, lab.NOW + i))

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


def synced(t, paths):
    tree = Tree(paths)
    t.keep.append(tree)
    server = t.server(maildir=tree.path)
    home = t.home(server, bodies="all")
    home.must("sync", timeout=600)
    return server, home


def enough(t, same, total, what, wrong):
    share = same / total if total else 1
    t.note("%s: %d of %d (%.2f %%)" % (what, same, total, share * 100))
    shown = os.environ.get("LIVE_WRONG") or (0 if share >= SHARE else 12)
    for line in wrong[:int(shown)]:
        t.note("  " + line)
    t.true(share >= SHARE, "%s: %.2f %% are equal, at least %.1f %% are wanted" % (what, share * 100, SHARE * 100))


# ---- headers

def sender_difference(text, theirs, block):
    """The senders of a row are text; a name with an empty address ("MAILER-DAEMON <>") stands there without one."""
    readings = [[{"name": n, "mailbox": a} for n, a in email.utils.getaddresses([text])], [{"name": text, "mailbox": "<>"}]]
    said = [compare_headers.same_from(r, theirs, block) for r in readings]
    return None if not all(said) else said[0]


def difference(block, m):
    """What is not as Python reads it (with the stated repairs of compare_headers.py); [] when all is equal."""
    theirs = compare_headers.python_values(block)
    date = int(datetime.fromisoformat(m["date"].replace("Z", "+00:00")).timestamp()) if m["date"] else 0
    if date and m["date"] == m["received"] and not theirs["date"]:
        date = 0  # no Date field: the row shows when it was received
    said = [compare_headers.same_subject(m["subject"], theirs["subject"], block),
            sender_difference(m["from"] or "", theirs["from"], block), compare_headers.same_date(date, theirs["date"], block)]
    return [s for s in said if s]


def test_headers_and_texts(t):
    paths = files()
    server, home = synced(t, paths)
    ours = {m["uid"]: m for m in home.list("INBOX")}
    theirs = server.messages("INBOX")
    t.equal(sorted(ours), sorted(theirs), "uids")
    wrong, compared = [], 0
    for uid, (_, _, _, block) in theirs.items():
        if re.match(rb"[^\n]*\r[^\n]", block):
            continue  # line ends of bare CR: to a server all of it is one line
        compared += 1
        said = difference(block, ours[uid])
        if said:
            wrong.append("%s: %s" % (os.path.relpath(paths[uid - 1], lab.CORPUS), "; ".join(said)))
    t.equal(home.integrity(), "ok", "integrity")
    show_all(t, home, [(m["id"], paths[uid - 1]) for uid, m in sorted(ours.items())])
    enough(t, compared - len(wrong), compared, "headers", wrong)


def show_all(t, home, messages):
    """Every message opens as text; under the sanitizers every eighth, since each is a process."""
    with open(os.path.join(home.build, "config.h")) as f:
        if "CURSUS_SANITIZED 1" in f.read():
            messages = messages[::8]

    def show(one):
        done = home.run("--offline", "show", one[0], "--text", timeout=60)
        return None if done.returncode == 0 and (done.stdout.strip() or os.path.getsize(one[1]) < 200) else (
            "%s: status %d %s" % (os.path.relpath(one[1], lab.CORPUS), done.returncode, done.stderr.strip()[-200:]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        bad = [line for line in pool.map(show, messages) if line]
    t.note("show --text: %d of %d" % (len(messages) - len(bad), len(messages)))
    t.equal(bad[:10], [], "messages that do not open")


# ---- threads

def sets_of(answer):
    """THREAD's nested lists as sets of uids, one for each top-level list."""
    out, depth, current = [], 0, set()
    for word in re.findall(r"[()]|\d+", answer):
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0:
                out.append(frozenset(current))
                current = set()
        else:
            current.add(int(word))
    return out


def threads(t, source):
    paths = files(source)
    server, home = synced(t, paths)
    with server.imap("INBOX", True) as c:
        answer = lab.good(c.uid("THREAD", "REFS", "UTF-8", "ALL"))
    theirs = set(sets_of((answer[0] or b"").decode()))
    grouped = {}
    for m in home.list("INBOX"):
        grouped.setdefault(m["thread"], set()).add(m["uid"])
    ours = set(frozenset(s) for s in grouped.values())
    wrong = ["expected {%s}: %s" % (", ".join(map(str, sorted(s))), os.path.basename(paths[min(s) - 1])) for s in
             sorted(theirs - ours, key=min)]
    t.equal(sum(map(len, theirs)), len(paths), "THREAD names every message")
    enough(t, len(theirs & ours), len(theirs), "threads of " + source, wrong)


def test_threads_linux_man(t):
    threads(t, "list-linux-man")


def test_threads_notmuch(t):
    threads(t, "notmuch")
