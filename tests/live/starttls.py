# SPDX-License-Identifier: GPL-3.0-or-later
"""STARTTLS is all or nothing: whatever somebody in the middle says before TLS, there is no password on the wire, a
sentence says what is wrong, and nothing that was said in clear is shown or kept."""
import base64
import os
import re
import tempfile

import fake
import pki
from fake import HANG_UP, READ, TLS

PASSWORD = "correct-horse-battery"
EVIL = "EVILWORDS"
HELLO = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready"
OK = "{tag} OK begin"

# What is said in clear, and words of the sentence that a person gets.
CLEAR = [
    ("O_1 not announced, then BAD", ["* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] " + EVIL, READ, "{tag} BAD " + EVIL], "does not know STARTTLS"),
    ("O_2 NO", [HELLO, READ, "{tag} NO " + EVIL], "refuses STARTTLS"),
    ("O_3 BAD", [HELLO, READ, "{tag} BAD " + EVIL], "does not know STARTTLS"),
    ("O_4 plus", [HELLO, READ, "+ " + EVIL], "asks for more"),
    ("plus before the OK", [HELLO, READ, ("+ x\r\n%s OK\r\n" % "{tag}")], "asks for more"),
    ("D_1 every command is BAD", ["* OK " + EVIL, READ, "{tag} BAD " + EVIL, READ, "{tag} BAD"], "does not know STARTTLS"),
    ("D_2 IMAP4 only", ["* OK [CAPABILITY IMAP4] " + EVIL, READ, "{tag} BAD no"], "does not know STARTTLS"),
    ("P PREAUTH", ["* PREAUTH [CAPABILITY IMAP4rev1] " + EVIL], "nobody needs to log in"),
    ("P_2 PREAUTH with STARTTLS", ["* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] " + EVIL], "nobody needs to log in"),
    ("P_3 PREAUTH with AUTH", ["* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] " + EVIL], "nobody needs to log in"),
    ("P_4 PREAUTH behind OK", [(HELLO + "\r\n* PREAUTH " + EVIL), READ, "{tag} NO"], "refuses STARTTLS"),
    ("L_1 login referral", ["* OK [REFERRAL imap://evil.example/] " + EVIL, READ, "{tag} NO [REFERRAL imap://evil.example/] " + EVIL],
     "refuses STARTTLS"),
    ("M_1 mailbox referral in BYE", ["* BYE [REFERRAL imap://evil.example/] " + EVIL], "refuses service in clear"),
    ("B_1 CAPABILITY behind the OK", [HELLO, READ, (OK + "\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK")], "behind its consent"),
    ("B_1 tagged answers behind the OK", [HELLO, READ, (OK + "\r\na2 OK\r\na3 OK logged in")], "behind its consent"),
    ("B_1 one byte behind the OK", [HELLO, READ, lambda t: t.say(("%s OK\r\n*" % t.tag).encode())], "behind its consent"),
    ("B_2 ALERT before the OK, then NO", [HELLO, READ, "* OK [ALERT] " + EVIL, "{tag} NO"], "refuses STARTTLS"),
    ("B_2 ALERT behind the OK", [HELLO, READ, (OK + "\r\n* OK [ALERT] " + EVIL)], "behind its consent"),
    ("B_3 BYE behind the OK", [HELLO, READ, (OK + "\r\n* BYE " + EVIL)], "behind its consent"),
    ("B_3 BYE instead of an answer", [HELLO, READ, "* BYE " + EVIL], "took leave in clear"),
    ("BYE and the OK", [HELLO, READ, ("* BYE " + EVIL + "\r\n{tag} OK")], "took leave in clear"),
    ("ALERT in the NO", [HELLO, READ, "{tag} NO [ALERT] " + EVIL], "refuses STARTTLS"),
    ("greeting NO", ["* NO " + EVIL], "no greeting"),
    ("greeting BAD", ["* BAD " + EVIL], "no greeting"),
    ("greeting BYE", ["* BYE [ALERT] " + EVIL], "refuses service in clear"),
    ("greeting tagged", ["a1 OK " + EVIL], "no greeting"),
    ("greeting garbage", [EVIL], "no greeting"),
    ("several lines of garbage", ["* OK hi", EVIL, EVIL, READ, EVIL, HANG_UP], "closed the connection"),
    ("greeting of another protocol", ["220 " + EVIL + " ESMTP"], "no greeting"),
    ("answer under another tag, then the end", [HELLO, READ, "zzz OK " + EVIL, HANG_UP], "closed the connection"),
    ("tag predicted", [HELLO + "\r\na1 OK " + EVIL, READ, "{tag} NO"], "refuses STARTTLS"),
    ("huge list of AUTH", ["* OK [CAPABILITY IMAP4rev1 %s] x" % " ".join("AUTH=X%d" % i for i in range(3000)), READ, "{tag} NO"], ""),
    ("UTF8=ONLY", ["* OK [CAPABILITY IMAP4rev1 UTF8=ONLY] x", READ, "{tag} NO"], "refuses STARTTLS"),
]

TAMPERING = ["LIST (\\HasNoChildren) \"/\" " + EVIL, "LSUB () \"/\" " + EVIL, "STATUS " + EVIL + " (MESSAGES 9)", "SEARCH 1 2 3",
             "FLAGS (" + EVIL + ")", "9 EXISTS", "9 RECENT", "1 EXPUNGE", "1 FETCH (UID 1 FLAGS () BODY[] {4}\r\nEVIL)",
             "ESEARCH UID ALL 1:9", "VANISHED 1:9", "ID (\"name\" \"" + EVIL + "\")", "NAMESPACE NIL NIL NIL",
             "OK [REFERRAL imap://evil.example/] " + EVIL, "NO [ALERT] " + EVIL, "BAD [PARSE] " + EVIL,
             "CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED", "QUOTA \"\" (STORAGE 1 1)"]


def credentials():
    """Every form in which the password could be seen."""
    whole = "\0ada\0" + PASSWORD
    forms = [PASSWORD.encode(), whole.encode()]
    return forms + [base64.b64encode(text)[:-4] for text in forms]


class Place:
    """Certificates and homes of one test."""

    def __init__(self, t):
        self.t = t
        self.dir = tempfile.TemporaryDirectory(prefix="cursus-live.")
        t.keep.append(self)
        certificates = pki.Pki(self.dir.name)
        self.root = certificates.make("Root", ca=True)
        self.leaf = certificates.make("server", "IP:127.0.0.1", issuer=self.root)
        self.context = fake.server_context(self.leaf)

    def close(self):
        self.dir.cleanup()

    def server(self, steps, **more):
        made = fake.Fake(steps, self.context, **more)
        self.t.keep.append(made)
        return made

    def home(self, server, scheme="imap://ada@127.0.0.1:%d?starttls=required", **settings):
        lines = {"address": "ada@example.org", "imap": scheme % server.port, "password-command": '"echo %s"' % PASSWORD,
                 "ca-file": '"%s"' % self.root.cert, "stay-online": "no", "connect-timeout": "5"}
        lines.update({k.replace("_", "-"): v for k, v in settings.items()})
        block = "".join("  set %s %s\n" % item for item in lines.items() if item[1] is not None)
        return self.t.home(accounts="account t\n%send\n" % block)


def sentence_of(t, case, home, server, words):
    done = home.run("sync", timeout=25)
    said = done.stderr.strip().splitlines()
    t.true(said, "%s: nothing was said" % case)
    t.equal(done.returncode, 1, "%s: exit status (%s)" % (case, said))
    t.true(done.seconds < 8, "%s: took %.1f s" % (case, done.seconds))
    t.true(words.lower() in said[-1].lower(), "%s: %r should hold %r" % (case, said[-1], words))
    t.true(EVIL not in done.stderr + done.stdout, "%s: shows words from before TLS: %r" % (case, done.stderr))
    for form in credentials():
        t.true(form not in server.clear(), "%s: the password was on the wire: %r" % (case, server.clear()))
    heard = fake.commands(server.clear())
    t.true(all(c == b"STARTTLS" for c in heard), "%s: said in clear: %r" % (case, heard))
    t.equal(server.private(), b"", "%s: said in TLS" % case)
    t.true(len(server.talks) == 1, "%s: %d connections" % (case, len(server.talks)))
    t.equal(home.json("folders"), [], "%s: folders that were learned in clear" % case)
    t.note("%-38s %s" % (case, re.sub(r"^cursus: t: |127.0.0.1:\d+ ", "", said[-1])))


def test_whatever_is_said_in_clear(t):
    place = Place(t)
    for case, steps, words in CLEAR:
        server = place.server(steps)
        sentence_of(t, case, place.home(server), server, words)


def test_untagged_data_before_tls_is_nobodys(t):
    place = Place(t)
    for line in TAMPERING:
        server = place.server([HELLO, "* " + line, READ, "* " + line, "{tag} NO " + EVIL])
        sentence_of(t, "tampering: " + line.split("\r")[0].replace(EVIL, "x")[:26], place.home(server), server, "refuses STARTTLS")


def logged_in(capabilities, *more):
    """The TLS side of a server: tells capabilities when asked, refuses every login."""
    def serve(t):
        while True:
            verb = t.read().split(b" ")[1].upper()
            if verb == b"CAPABILITY":
                t.say(b"* CAPABILITY " + capabilities + b"\r\n" + t.tag.encode() + b" OK\r\n")
            elif verb == b"LOGOUT":
                t.say(b"* BYE\r\n" + t.tag.encode() + b" OK\r\n")
                raise EOFError
            else:
                for line in more or (b"NO [AUTHENTICATIONFAILED] wrong",):
                    t.say(t.tag.encode() + b" " + line + b"\r\n")
    return serve


def test_capabilities_from_before_tls_do_not_count(t):
    place = Place(t)
    server = place.server([HELLO, READ, "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR", OK, TLS, logged_in(b"IMAP4rev1 LOGINDISABLED")])
    home = place.home(server)
    done = home.run("sync")
    t.true("no way to log in" in done.stderr, done.stderr)
    heard = fake.commands(server.private())
    t.equal(heard[0], b"CAPABILITY", "the first thing asked for inside TLS")
    t.true(all(c in (b"CAPABILITY", b"LOGOUT") for c in heard), "a login with what was learned in clear: %r" % heard)
    t.note(done.stderr.strip())


def test_refused_login_is_not_tried_elsewhere(t):
    place = Place(t)
    other = place.server(["* OK other"])
    referral = b"NO [REFERRAL imap://ada@127.0.0.1:%d/] go there" % other.port
    for answer in (b"NO [AUTHENTICATIONFAILED] wrong", referral):
        server = place.server([HELLO, READ, OK, TLS, logged_in(b"IMAP4rev1 AUTH=PLAIN SASL-IR", answer)])
        done = place.home(server).run("sync")
        t.equal(done.returncode, 1, "status")
        t.true("refused the login" in done.stderr, done.stderr)
        t.equal(len(server.talks), 1, "connections")
        t.equal(fake.commands(server.clear()), [b"STARTTLS"], "in clear")
        t.equal(len([c for c in fake.commands(server.private()) if c.startswith(b"AUTHENTICATE")]), 1, "logins")
        t.note(done.stderr.strip())
    t.equal(other.talks, [], "a referral was followed")


def test_certificate_counts_behind_starttls_too(t):
    place = Place(t)
    server = place.server([HELLO, READ, OK, TLS])
    home = place.home(server, ca_file=None)
    sentence_of(t, "T_1 unknown authority", home, server, "is not trusted")
    server = place.server([HELLO, READ, OK, TLS])
    home = place.home(server, tls_name="imap.example.org")
    sentence_of(t, "T_2 another name", home, server, "is not for imap.example.org")


def test_preauth_inside_implicit_tls_is_refused(t):
    place = Place(t)
    server = place.server(["* PREAUTH [CAPABILITY IMAP4rev1] ready"], implicit=True)
    done = place.home(server, "imaps://ada@127.0.0.1:%d").run("sync")
    t.equal(done.returncode, 1, "status")
    t.true("nobody needs to log in" in done.stderr, done.stderr)
    t.equal(server.private(), b"", "said")
    t.note(done.stderr.strip())


def test_starttls_with_a_real_server(t):
    server = t.server(sample=True)
    url = "imap://%s@%s:%s?starttls=required" % (server.user, server.host, server.facts["imap_port"])
    home = t.home(server, imap=url)
    home.must("sync")
    t.equal(len(home.list("INBOX")), len(server.messages("INBOX")), "messages")
    t.true(os.path.exists(home.database()), "a store")


def test_no_opportunistic_mode(t):
    for url in ("imap://ada@127.0.0.1", "imap://ada@127.0.0.1?starttls=optional", "imap://ada@127.0.0.1?starttls=no"):
        home = t.home(accounts="account t\n  set imap %s\nend\n" % url)
        done = home.run("sync")
        t.true(done.returncode != 0 and "without encryption" in done.stderr, done.stderr)
    t.note(done.stderr.strip().splitlines()[0])
