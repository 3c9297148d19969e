# SPDX-License-Identifier: GPL-3.0-or-later
"""Real mail from shared/corpus beside the source (skipped where that is absent), through a real server.

Headers are compared with Python's parser on the bytes the server gives back, threads with Dovecot's THREAD=REFS."""
import concurrent.futures
import email.errors
import email.header
import email.utils
import glob
import os
import re
import shutil
import tempfile
import unicodedata
from datetime import datetime, timezone

import lab

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
    for line in wrong[:int(os.environ.get("LIVE_WRONG", 12))]:
        t.note("  " + line)
    t.true(share >= SHARE, "%s: %.2f %% are equal, at least %.1f %% are wanted" % (what, share * 100, SHARE * 100))


# ---- headers

def plain(text):
    """As it would stand on a line of a terminal: controls and runs of blanks do not count."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if c.isspace() else c for c in text if unicodedata.category(c) not in ("Cc", "Cf") or c.isspace())
    return " ".join(text.split())


def text_of(raw):
    """All readings of a field's bytes that are right: raw 8-bit text has no declared charset."""
    raw = re.sub(rb"\r?\n(?=[ \t])", b"", raw).strip()
    readings = set()
    for charset in ("utf-8", "cp1252", "latin-1"):
        try:
            text = raw.decode(charset)
        except UnicodeDecodeError:
            continue
        out = ""
        try:
            for piece, name in email.header.decode_header(text):
                out += piece.decode(name or charset, "replace") if isinstance(piece, bytes) else piece
        except (LookupError, ValueError, UnicodeError, email.errors.HeaderParseError):
            out = text
        readings.add(plain(out))
    return readings


def field(block, name):
    """The bytes of the first field of this name, or None."""
    found = re.search(rb"(?im)^" + name + rb"[ \t]*:((?:[^\r\n]*\r?\n[ \t])*[^\r\n]*)", block)
    return found.group(1) if found else None


def difference(block, m):
    """What is not as Python reads it; None when all is equal."""
    raw = field(block, b"Subject")
    if raw is not None and plain(m["subject"] or "") not in text_of(raw):
        return "subject %r, expected %r" % (m["subject"], sorted(text_of(raw)))
    raw = field(block, b"From")
    if raw is not None:
        theirs = email.utils.getaddresses([re.sub(rb"\r?\n(?=[ \t])", b"", raw).decode("latin-1").strip()])
        ours = email.utils.getaddresses([m["from"] or ""])
        if theirs and "@" in theirs[0][1] and ours[0][1].lower() != theirs[0][1].lower():
            return "from %r, expected %r" % (m["from"], theirs[0])
        if theirs and "@" in theirs[0][1] and theirs[0][0] and plain(ours[0][0]) not in text_of(
                theirs[0][0].encode("latin-1", "replace")):
            return "name %r, expected %r" % (ours[0][0], sorted(text_of(theirs[0][0].encode("latin-1", "replace"))))
    raw = field(block, b"Date")
    try:
        theirs = email.utils.parsedate_to_datetime(raw.decode("latin-1").strip()) if raw else None
    except (ValueError, TypeError, OverflowError):
        theirs = None
    if theirs is not None:
        theirs = theirs.replace(tzinfo=timezone.utc) if theirs.tzinfo is None else theirs
        ours = datetime.fromisoformat(m["date"].replace("Z", "+00:00"))
        if abs((ours - theirs).total_seconds()) >= 1:
            return "date %s, expected %s (%r)" % (m["date"], theirs.isoformat(), raw)
    return None


def test_headers_and_texts(t):
    paths = files()
    server, home = synced(t, paths)
    ours = {m["uid"]: m for m in home.list("INBOX")}
    theirs = server.messages("INBOX")
    t.equal(sorted(ours), sorted(theirs), "uids")
    wrong = []
    for uid, (_, _, _, block) in theirs.items():
        said = difference(block, ours[uid])
        if said:
            wrong.append("%s: %s" % (os.path.relpath(paths[uid - 1], lab.CORPUS), said))
    t.equal(home.integrity(), "ok", "integrity")
    show_all(t, home, [(m["id"], paths[uid - 1]) for uid, m in sorted(ours.items())])
    enough(t, len(ours) - len(wrong), len(ours), "headers", wrong)


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
