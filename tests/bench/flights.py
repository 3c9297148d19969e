# SPDX-License-Identifier: GPL-3.0-or-later
"""How often mail programs wait for the server: the same mailbox and the same changes through the same wire, which counts.

Behind the login; what only ends an IDLE or the session is not counted."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import lab
import peers

RTT = 0.03
LEAVING = {"DONE", "LOGOUT", "CLOSE", "UNSELECT"}
PROGRAMS = ("cursus", "neomutt", "mutt", "aerc", "mbsync")
STAGES = ("first open", "reopen, nothing changed", "20 flags, 3 new messages, 5 expunged")


def mail(subject, day):
    return (b"From: Bo <bo@example.org>\r\nTo: ada@example.org\r\nSubject: %s\r\nDate: Tue, %02d Feb 2026 10:00:00 +0000\r\n"
            b"Message-ID: <%s.%d@mail.example.org>\r\nReferences: <one@mail.example.org> <two@mail.example.org>\r\n\r\n%s"
            % (subject.encode(), day, subject.replace(" ", ".").encode(), day, b"a line of text\r\n" * 30))


def change(server):
    with server.imap("INBOX") as c:
        uids = [u.decode() for u in lab.good(c.uid("SEARCH", "UNFLAGGED"))[0].split()]
        lab.good(c.uid("STORE", ",".join(uids[20:60:2]), "+FLAGS", "(\\Flagged)"))
        lab.good(c.uid("STORE", ",".join(uids[61:81:4]), "+FLAGS", "(\\Deleted)"))
        lab.good(c.expunge())
    server.append("INBOX", [mail("another one", 4), mail("and one more", 5), mail("ZNEWEST 2", 6)])


class Listening:
    """A wire for a program without tunnels."""

    def __init__(self, wire):
        self.process = subprocess.Popen(wire.command[:-1] + ["--listen", wire.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def measure(a, name, prepare, running):
    """[(flights, bytes)] of the stages."""
    server = lab.Server(a.build, sample=True)
    server.settings = {"bodies": "headers"}  # as the others
    wire = home = None
    try:
        server.append("INBOX", mail("ZNEWEST 1", 3))
        over_tls = {"connect": [server.host, server.port], "ca": server.ca} if name == "aerc" else {}
        wire = lab.Wire(server, hide=["COMPRESS=DEFLATE"], rtt=RTT, **over_tls)
        home = tempfile.mkdtemp(prefix="cursus-bench.", dir=os.environ.get("TMPDIR", "/tmp"))
        result = []
        for stage, marker in zip(STAGES, ("ZNEWEST 1", "ZNEWEST 1", "ZNEWEST 2")):
            if stage == STAGES[2]:
                change(server)
            wire.begin()
            server.tunnel = " ".join(wire.command)
            listening = Listening(wire) if name == "aerc" else None
            try:
                server.plain = listening.port if listening else None
                program = prepare(home, server, listening.port if listening else server.port)
                if program.batch:
                    subprocess.run(program.command, env=program.env, cwd=home, check=True, stdout=subprocess.DEVNULL, timeout=a.timeout)
                else:
                    with running(a, program, marker, "-n", 0, "-s", 2500) as p:
                        first = p.stdout.readline()
                        p.wait(a.timeout)
                    if not first.startswith("first"):
                        print("flights: %s did not show %s" % (name, marker), file=sys.stderr)
            finally:
                if listening:
                    listening.close()
            found = [f for c in wire.connections() for f in c["flights"] if not set(f["commands"]) <= LEAVING]
            result.append((len(found), sum(f["up"] + f["down"] for f in found)))
            if os.environ.get("FLIGHTS_TALK"):
                print("== %s, %s\n%s" % (name, stage, wire.talk()), file=sys.stderr)
        return result, peers.version(program)
    finally:
        for thing in (wire, server):
            if thing:
                thing.close()
        if home:
            shutil.rmtree(home, ignore_errors=True)


def table(a, programs, running):
    lines = ["| program | %s |" % " | ".join("%s: flights, bytes" % s for s in STAGES), "| --- |" + " --- |" * len(STAGES)]
    for name in PROGRAMS:
        if name not in programs:
            continue
        began = time.monotonic()
        result, version = measure(a, name, programs[name], running)
        lines.append("| %s %s | %s |" % (name, version, " | ".join("%d, %s" % (n, "{:,}".format(b)) for n, b in result)))
        print("flights %s %s (%.1f s)" % (name, result, time.monotonic() - began), file=sys.stderr)
    return lines
