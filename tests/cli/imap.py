#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""imap.py DIR [PASSWORD]: a small IMAP4rev1 server on standard input and output, for tests of the command line.

It greets with PREAUTH (a tunnel may), or with a PASSWORD wants LOGIN first, and knows what a client without extensions needs.  Each folder is a
directory below DIR with numbered .eml files (the number is the UID) and a file "flags" (JSON) that is
written at every STORE, so that a second connection and the test see the change.  Hierarchy delimiter: '/'.
A folder with a file "refuse" answers SELECT with NO, one with a file "readonly" what would put a message into it.
"""
import json
import os
import re
import shutil
import sys

WORDS = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^()]*(?:\([^()]*\)[^()]*)*\))|(\S+)')


class Folder:
    def __init__(self, path):
        self.path = path
        names = [n for n in os.listdir(path) if n.endswith(".eml")]
        self.uids = sorted(int(n[:-4]) for n in names)
        self.flags = {}
        if os.path.exists(path + "/flags"):
            with open(path + "/flags", encoding="utf-8") as f:
                self.flags = {int(k): v for k, v in json.load(f).items()}

    def raw(self, uid):
        with open(f"{self.path}/{uid}.eml", "rb") as f:
            return f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def store(self, uid, sign, words):
        old = self.flags.get(uid, [])
        new = [w for w in old if w not in words] + (words if sign == b"+" else [])
        self.flags[uid] = new
        with open(self.path + "/flags.new", "w", encoding="utf-8") as f:
            json.dump(self.flags, f)
        os.rename(self.path + "/flags.new", self.path + "/flags")


class Server:
    def __init__(self, root, password=None):
        self.root = root
        self.password = password
        self.box = None

    def say(self, data):
        sys.stdout.buffer.write(data if isinstance(data, bytes) else data.encode())
        sys.stdout.buffer.write(b"\r\n")

    def folders(self):
        for base, dirs, _ in os.walk(self.root):
            for d in dirs:
                yield os.path.relpath(os.path.join(base, d), self.root)

    def numbers(self, text, by_uid):
        """The UIDs of a sequence set, in order."""
        uids = self.box.uids
        space = uids if by_uid else list(range(1, len(uids) + 1))
        top = space[-1] if space else 0
        found = set()
        for piece in text.decode().split(","):
            ends = [top if e == "*" else int(e) for e in piece.split(":")]
            low, high = min(ends), max(ends)
            found |= {n for n in space if low <= n <= high}
        return [n if by_uid else uids[n - 1] for n in sorted(found)]

    def fetch_item(self, uid, items):
        raw = self.box.raw(uid)
        out = []
        for item in re.findall(r"BODY(?:\.PEEK)?\[[^\]]*\](?:<[^>]*>)?|[A-Z0-9.]+", items):
            if item == "UID":
                out.append(b"UID %d" % uid)
            elif item == "FLAGS":
                out.append(b"FLAGS (%s)" % " ".join(self.box.flags.get(uid, [])).encode())
            elif item == "INTERNALDATE":
                out.append(b'INTERNALDATE "%02d-Nov-2026 10:00:00 +0000"' % (uid % 28 + 1))
            elif item == "RFC822.SIZE":
                out.append(b"RFC822.SIZE %d" % len(raw))
            elif item.startswith("BODY"):
                section = item[item.index("[") + 1:item.index("]")]
                out.append(self.body(raw, section))
        return b" ".join(out)

    def body(self, raw, section):
        if section.startswith("HEADER"):
            head = raw.split(b"\r\n\r\n", 1)[0] + b"\r\n"
            wanted = {n.lower() for n in re.findall(r"[A-Z-]+", section.partition("(")[2])}
            fields = re.findall(rb"(?m)^([^:\s]+):((?:.*\r\n)(?:[ \t].*\r\n)*)", head)
            data = b"".join(n + b":" + v for n, v in fields
                            if not wanted or n.decode("ascii", "replace").lower() in wanted) + b"\r\n"
        else:
            data = raw
        return b"BODY[%s] {%d}\r\n%s" % (section.encode(), len(data), data)

    def run_list(self, tag, verb):
        for name in sorted(self.folders()):
            self.say(f'* {verb} (\\HasNoChildren) "/" "{name}"')
        self.say(b"%s OK done" % tag)

    def run_status(self, tag, name):
        f = Folder(os.path.join(self.root, name))
        unseen = sum("\\Seen" not in f.flags.get(u, []) for u in f.uids)
        nxt = f.uids[-1] + 1 if f.uids else 1
        self.say(f'* STATUS "{name}" (MESSAGES {len(f.uids)} UIDNEXT {nxt} UIDVALIDITY 7 UNSEEN {unseen})')
        self.say(b"%s OK done" % tag)

    def run_select(self, tag, name):
        path = os.path.join(self.root, name)
        self.box = None
        if not os.path.isdir(path):
            self.say(b"%s NO [NONEXISTENT] Mailbox doesn't exist: %s" % (tag, name.encode()))
            return
        if os.path.exists(path + "/refuse"):
            self.say(b"%s NO [NOPERM] You may not read %s" % (tag, name.encode()))
            return
        self.box = Folder(path)
        nxt = self.box.uids[-1] + 1 if self.box.uids else 1
        self.say(b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        self.say(b"* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] any")
        self.say(b"* %d EXISTS" % len(self.box.uids))
        self.say(b"* OK [UIDVALIDITY 7] ok")
        self.say(b"* OK [UIDNEXT %d] ok" % nxt)
        self.say(b"%s OK [READ-WRITE] open" % tag)

    def run_fetch(self, tag, numbers, items):
        for uid in numbers:
            seq = self.box.uids.index(uid) + 1
            self.say(b"* %d FETCH (%s)" % (seq, self.fetch_item(uid, items)))
        self.say(b"%s OK done" % tag)

    def run_store(self, tag, numbers, item, words):
        for uid in numbers:
            self.box.store(uid, item[:1], words.decode().strip("()").split())
            if b"SILENT" not in item.upper():
                seq = self.box.uids.index(uid) + 1
                self.say(b"* %d FETCH (%s)" % (seq, self.fetch_item(uid, "UID FLAGS")))
        self.say(b"%s OK done" % tag)

    def put(self, name, raw, flags):
        """A message more in a folder; its UID, None when it takes none."""
        path = os.path.join(self.root, name)
        if not os.path.isdir(path) or os.path.exists(path + "/readonly"):
            return None
        box = Folder(path)
        used = [0] + box.uids
        if os.path.exists(path + "/.uidnext"):
            with open(path + "/.uidnext", encoding="utf-8") as f:
                used.append(int(f.read()) - 1)
        uid = max(used) + 1
        with open(path + "/.uidnext", "w", encoding="utf-8") as f:
            f.write(str(uid + 1))
        with open(f"{path}/{uid}.eml", "wb") as f:
            f.write(raw.replace(b"\r\n", b"\n"))
        if flags:
            box.store(uid, b"+", flags)
        return uid

    def refuse_put(self, tag, name):
        there = os.path.isdir(os.path.join(self.root, name))
        self.say(tag + (b" NO [NOPERM] You may not write here" if there else b" NO [TRYCREATE] no such folder"))

    def run_copy(self, tag, numbers, name):
        new = []
        for uid in numbers:
            new.append(self.put(name, self.box.raw(uid), self.box.flags.get(uid, [])))
            if new[-1] is None:
                self.refuse_put(tag, name)
                return
        old = ",".join(map(str, numbers))
        self.say(f"{tag.decode()} OK [COPYUID 7 {old} {','.join(map(str, new))}] done")

    def run_expunge(self, tag, numbers):
        for uid in list(self.box.uids):
            if uid in numbers and "\\Deleted" in self.box.flags.get(uid, []):
                self.say(b"* %d EXPUNGE" % (self.box.uids.index(uid) + 1))
                self.box.uids.remove(uid)
                os.remove(f"{self.box.path}/{uid}.eml")
        self.say(b"%s OK done" % tag)

    def run_append(self, tag, line):
        name, flags, size = re.match(rb'\S+ \S+ "?([^" ]*)"? (?:\(([^)]*)\) )?(?:"[^"]*" )?\{(\d+)\}$', line).groups()
        self.say(b"+ go on")
        sys.stdout.buffer.flush()
        raw = sys.stdin.buffer.read(int(size))
        sys.stdin.buffer.readline()
        uid = self.put(name.decode(), raw, (flags or b"").decode().split())
        if uid is None:
            self.refuse_put(tag, name.decode())
        else:
            self.say(b"%s OK [APPENDUID 7 %d] done" % (tag, uid))

    def run_folder(self, tag, verb, names):
        path = os.path.join(self.root, names[0])
        if (verb == b"CREATE") == os.path.isdir(path):
            self.say(b"%s NO [%s] no" % (tag, b"ALREADYEXISTS" if verb == b"CREATE" else b"NONEXISTENT"))
            return
        if verb == b"CREATE":
            os.makedirs(path)
        elif verb == b"DELETE":
            shutil.rmtree(path)
        elif verb == b"RENAME":
            os.renames(path, os.path.join(self.root, names[1]))
        self.say(b"%s OK done" % tag)

    def command(self, line):
        words = [(q.replace(b'\\"', b'"') if q or not (p or w) else p or w) for q, p, w in WORDS.findall(line)]
        tag, verb, args = words[0], words[1].upper(), words[2:]
        by_uid = verb == b"UID"
        if by_uid:
            verb, args = args[0].upper(), args[1:]
        if verb == b"LOGIN":
            good = args[1].decode() == self.password
            self.say(tag + (b" OK in" if good else b" NO [AUTHENTICATIONFAILED] \x1b[31mWrong password"))
            self.password = None if good else self.password
        elif verb == b"CAPABILITY":
            self.say(b"* CAPABILITY IMAP4rev1 UIDPLUS")
            self.say(b"%s OK done" % tag)
        elif self.password is not None and verb != b"LOGOUT":
            self.say(tag + b" BAD log in first")
        elif verb in (b"LIST", b"LSUB"):
            self.run_list(tag, verb.decode())
        elif verb == b"STATUS":
            self.run_status(tag, args[0].decode())
        elif verb in (b"SELECT", b"EXAMINE"):
            self.run_select(tag, args[0].decode())
        elif verb == b"FETCH" and self.box:
            rest = b" ".join(args[1:]).decode()
            self.run_fetch(tag, self.numbers(args[0], by_uid), rest.upper().lstrip("("))
        elif verb == b"STORE" and self.box:
            self.run_store(tag, self.numbers(args[0], by_uid), args[1], args[2])
        elif verb == b"SEARCH" and self.box:
            self.say(b"* SEARCH" + b"".join(b" %d" % u for u in self.box.uids))
            self.say(b"%s OK done" % tag)
        elif verb == b"COPY" and self.box:
            self.run_copy(tag, self.numbers(args[0], by_uid), args[1].decode())
        elif verb == b"EXPUNGE" and self.box:
            self.run_expunge(tag, self.numbers(args[0], True) if by_uid else self.box.uids)
        elif verb == b"APPEND":
            self.run_append(tag, line)
        elif verb in (b"CREATE", b"DELETE", b"RENAME", b"SUBSCRIBE", b"UNSUBSCRIBE"):
            self.run_folder(tag, verb, [a.decode() for a in args])
        elif verb == b"LOGOUT":
            self.say(b"* BYE bye")
            self.say(b"%s OK done" % tag)
            return False
        elif verb in (b"NOOP", b"CLOSE", b"UNSELECT"):
            self.say(b"%s OK done" % tag)
        else:
            self.say(b"%s BAD what?" % tag)
        return True

    def run(self):
        self.say(b"* %s test server ready" % (b"PREAUTH" if self.password is None else b"OK"))
        sys.stdout.buffer.flush()
        for line in sys.stdin.buffer:
            if not self.command(line.rstrip(b"\r\n")):
                break
            sys.stdout.buffer.flush()
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    Server(*sys.argv[1:3]).run()
