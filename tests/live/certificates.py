# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers are trusted: certificates of every kind before a TLS server, and the sentence that a person gets.  No
row but the good ones may hear a password, and a refusal says what is wrong, names the key and what to do."""
import os
import subprocess
import tempfile

import fake
import pki

WEAK = ["-newkey", "rsa:1024"]


def imap(t):
    """Enough IMAP for a login and an empty mailbox, inside TLS."""
    def tell(text):
        t.say(text.encode() + b"\r\n")
    tell("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=EXTERNAL] ready")
    while True:
        words = t.read().decode().split(" ")
        verb = words[1].upper() if words[1].upper() != "UID" else words[2].upper()
        if verb == "CAPABILITY":
            tell("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=EXTERNAL")
        elif verb == "LIST":
            tell('* LIST () "/" INBOX')
        elif verb in ("SELECT", "EXAMINE"):
            for line in ("FLAGS (\\Seen)", "0 EXISTS", "OK [UIDVALIDITY 1] x", "OK [UIDNEXT 1] x"):
                tell("* " + line)
        elif verb == "SEARCH":
            tell("* SEARCH")
        elif verb == "LOGOUT":
            tell("* BYE")
        tell("%s OK done" % t.tag)


class Place:
    def __init__(self, t):
        self.t, self.dir = t, tempfile.TemporaryDirectory(prefix="cursus-live.")
        t.keep.append(self)
        self.pki = pki.Pki(self.dir.name)
        self.root = self.pki.make("Test-Root", ca=True)

    def close(self):
        self.dir.cleanup()

    def home(self, port, **settings):
        lines = {"address": "ada@example.org", "imap": "imaps://ada@127.0.0.1:%d" % port, "password-command": '"echo secret-of-ada"',
                 "ca-file": '"%s"' % self.root.cert, "stay-online": "no", "connect-timeout": "5", "idle": "no"}
        lines.update({k.replace("_", "-"): v for k, v in settings.items()})
        block = "".join("  set %s %s\n" % item for item in lines.items() if item[1] is not None)
        return self.t.home(accounts="account t\n%send\n" % block)

    def server(self, identity, context=None):
        made = fake.Fake([imap], context or fake.server_context(identity), implicit=True)
        self.t.keep.append(made)
        return made

    def openssl_server(self, identity, *options):
        """openssl s_server, for what Python's ssl will not do; its port."""
        port = fake.free_port()
        command = ["openssl", "s_server", "-quiet", "-accept", "127.0.0.1:%d" % port, "-cert", identity.cert, "-key", identity.key,
                   *options]
        self.t.process(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self.t.until(lambda: fake.listens(port), 10, "openssl s_server listens")
        return port


def outcome(t, case, home, server, words, ok=False):
    """What a sync says; words None: it works."""
    done = home.run("sync", timeout=25)
    said = done.stderr.strip().splitlines()
    t.true(done.seconds < 8, "%s: took %.1f s" % (case, done.seconds))
    if ok:
        t.equal(done.returncode, 0, "%s: status (%s)" % (case, said))
        t.note("%-34s taken" % case)
        return
    t.equal(done.returncode, 1, "%s: status (%s)" % (case, said))
    for word in [words] if isinstance(words, str) else words:
        t.true(word.lower() in said[-1].lower(), "%s: %r should hold %r" % (case, said[-1], word))
    if server:
        t.equal(server.private(), b"", "%s: heard" % case)
    t.note("%-34s %s" % (case, said[-1].replace("cursus: t: 127.0.0.1:", ":")))


# name, settings of the certificate, settings of the account, words of the refusal or None
def matrix(p):
    make, root = p.pki.make, p.root
    mine = "IP:127.0.0.1"
    other = make("Stranger", ca=True)
    old_middle = make("Old-Intermediate", issuer=root, ca=True, days=(-30, -2))
    middle = make("Intermediate", issuer=root, ca=True)
    narrow = make("Narrow", issuer=root, ca=True, extra="nameConstraints=permitted;DNS:other.example")
    leaf_as_ca = make("No-Authority", "DNS:no.example", issuer=root)
    old_root = make("Old-Root", ca=True, days=(-60, -2))
    named = {"tls_name": "imap.example.org"}
    return [
        ("valid", make("a1", mine, root), {}, None),
        ("valid, through an intermediate", make("a2", mine, middle, chain=[middle]), {}, None),
        ("expired leaf", make("a3", mine, root, days=(-30, -2)), {}, ("expired on", "clock", "its key is sha256:", "pin")),
        ("not yet valid", make("a4", mine, root, days=(2, 30)), {}, ("valid only from", "clock")),
        ("expired intermediate", make("a5", mine, old_middle, chain=[old_middle]), {}, "of its authority expired on"),
        ("expired root", make("a6", mine, old_root, chain=[old_root]), {"ca_file": '"%s"' % old_root.cert}, "authority expired on"),
        ("another host", make("b1", "DNS:other.example", root), named, ("is not for imap.example.org but for other.example", "tls-name")),
        ("host only in the CN", make("b2", None, root, subject="/CN=imap.example.org"), named, "no host at all"),
        ("wildcard *", make("b3", "DNS:*", root), named, "is not for"),
        ("wildcard *.org", make("b4", "DNS:*.org", root), {"tls_name": "example.org"}, "is not for example.org"),
        ("wildcard i*p.example.org", make("b5", "DNS:i*p.example.org", root), named, "is not for"),
        ("wildcard *.a for b.a", make("b6", "DNS:*.a.example", root), {"tls_name": "b.a.example"}, None),
        ("wildcard *.a for c.b.a", make("b7", "DNS:*.a.example", root), {"tls_name": "c.b.a.example"}, "is not for c.b.a.example"),
        ("address as a DNS name", make("b8", "DNS:127.0.0.1", root), {}, "is not for 127.0.0.1"),
        ("internationalised name", make("b9", "DNS:xn--bcher-kva.example", root), {"tls_name": "bücher.example"}, None),
        ("self-signed", make("c1", mine), {}, ("self-signed", "its key is sha256:", "pin to the key", "ca-file")),
        ("unknown authority", make("c2", mine, other), {}, ("issued by", "Stranger", "not trusted", "pin to the key")),
        ("unknown authority, sent along", make("c3", mine, other, chain=[other]), {}, ("authority that is not trusted here", "Stranger")),
        ("intermediate not sent", make("c4", mine, middle), {}, ("issued by", "Intermediate", "not vouched for")),
        ("a leaf as authority", make("c5", mine, leaf_as_ca, chain=[leaf_as_ca]), {}, "invalid CA certificate"),
        ("name constraints violated", make("c6", "DNS:imap.example.org", narrow, chain=[narrow]), named, "permitted subtree violation"),
        ("for clients only", make("c7", mine, root, usage="clientAuth"), {}, "purpose"),
        ("SHA-1 signature", make("d1", mine, root, digest="sha1"), {}, "too weak"),
        ("a chain of 300 certificates", make("d4", mine, root, chain=[root] * 300), {}, "excessive message size"),
        ("RSA of 1024 bits", make("d2", mine, root, key=WEAK), {}, "too weak"),
    ]


def test_matrix(t):
    p = Place(t)
    for case, identity, settings, words in matrix(p):
        context = fake.server_context(identity)
        server = p.server(identity, context)
        outcome(t, case, p.home(server.port, **settings), server, words, ok=words is None)


def test_versions_ciphers_and_protocols(t):
    p = Place(t)
    leaf = p.pki.make("leaf", "IP:127.0.0.1", p.root)
    rows = [("TLS 1.1", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "older than 1.2"), ("TLS 1.0", ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], "older than 1.2"),
            ("anonymous key exchange", ["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"], "handshake failed"),
            ("no encryption", ["-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"], "handshake failed"),
            ("a pre-shared key only", ["-tls1_2", "-cipher", "PSK:@SECLEVEL=0", "-psk", "1234"], "handshake failed"),
            ("ALPN of another protocol only", ["-alpn", "http/1.1"], "protocol")]
    for case, options, words in rows:
        outcome(t, case, p.home(p.openssl_server(leaf, *options)), None, words)


def test_revocation(t):
    p = Place(t)
    other = p.pki.make("Stranger", ca=True)
    demand = {"extra": "tlsfeature=status_request"}
    rows = [("stapled: good", {}, {}, None), ("stapled: revoked", {}, {"revoked": True}, "was revoked"),
            ("stapled: signed by a stranger", {}, {"revoked": True, "signer": other}, None),
            ("must staple: good", demand, {}, None), ("must staple: nothing", demand, None, "the server sent none"),
            ("must staple: revoked", demand, {"revoked": True}, "was revoked"),
            ("must staple: signed by a stranger", demand, {"signer": other}, "the server sent none")]
    for i, (case, certificate, answer, words) in enumerate(rows):
        leaf = p.pki.make("leaf%d" % i, "IP:127.0.0.1", p.root, **certificate)
        options = ["-status_file", p.pki.staple(leaf, p.root, **answer)] if answer is not None else []
        port = p.openssl_server(leaf, *options)
        done = p.home(port, connect_timeout="1").run("sync")
        said = done.stderr.strip().splitlines()[-1]
        t.true((words or "no answer in time") in said, "%s: %r" % (case, said))  # a server of TLS alone: taken, then silence
        t.note("%-34s %s" % (case, said if words else "taken"))


def test_cut_without_close_notify(t):
    """What was said before the cut does not count as whole."""
    p = Place(t)
    leaf = p.pki.make("leaf", "IP:127.0.0.1", p.root)

    server = fake.Fake([b"* OK [CAPABILITY IMAP4rev1", fake.CUT], fake.server_context(leaf), implicit=True)
    t.keep.append(server)
    outcome(t, "cut in the greeting", p.home(server.port), server, "without the closing message of TLS")


def test_server_name_is_told(t):
    p = Place(t)
    leaf = p.pki.make("leaf", "DNS:imap.example.org", p.root)
    context, names = fake.server_context(leaf), []
    context.sni_callback = lambda connection, name, _: names.append(name)
    server = p.server(leaf, context)
    outcome(t, "SNI", p.home(server.port, tls_name="imap.example.org"), server, None, ok=True)
    t.equal(set(names), {"imap.example.org"}, "the name in the hello")
    context = fake.server_context(leaf)
    context.set_alpn_protocols(["imap"])
    server = p.server(leaf, context)
    outcome(t, "ALPN imap", p.home(server.port, tls_name="imap.example.org"), server, None, ok=True)
    t.true(all(talk.connection.selected_alpn_protocol() == "imap" for talk in server.talks if talk.connection.fileno() >= 0), "ALPN")


def test_pin(t):
    p = Place(t)
    own = p.pki.make("own", "DNS:whatever.example")
    server = p.server(own)
    home = p.home(server.port)
    said = home.run("sync").stderr
    t.true(own.pin() in said, "the refusal names the key: %s" % said)
    pinned = p.home(server.port, pin=own.pin())
    outcome(t, "self-signed and pinned", pinned, server, None, ok=True)
    colons = own.pin()[7:].upper()
    colons = ":".join(colons[i:i + 2] for i in range(0, 64, 2))
    outcome(t, "pinned, as openssl prints it", p.home(server.port, pin=colons), server, None, ok=True)
    changed = p.pki.make("changed", "IP:127.0.0.1")
    server = p.server(changed)
    outcome(t, "pinned, and the key changed", p.home(server.port, pin=own.pin()), server,
            ("is not the server that was pinned", changed.pin(), own.pin()))
    renewed = p.pki.make("renewed", "IP:127.0.0.1", p.root)
    server = p.server(renewed)
    outcome(t, "pinned, now of a trusted authority", p.home(server.port, pin=own.pin()), server, None, ok=True)
    weak = p.pki.make("weak", "IP:127.0.0.1", key=WEAK)
    server = p.server(weak)
    outcome(t, "pinned, but weak", p.home(server.port, pin=weak.pin()), server, "too weak")
    done = p.home(server.port, pin="sha256:abcd").run("sync")
    t.true(done.returncode != 0 and "64 hexadecimal digits" in done.stderr, done.stderr)


def test_client_certificate(t):
    p = Place(t)
    leaf = p.pki.make("leaf", "IP:127.0.0.1", p.root)
    ada = p.pki.make("ada", "email:ada@example.org", p.root, usage="clientAuth")
    context = fake.server_context(leaf)
    context.load_verify_locations(p.root.cert)
    context.verify_mode = fake.ssl.CERT_REQUIRED
    server = p.server(leaf, context)
    home = p.home(server.port, client_certificate='"%s"' % ada.bundle(), password_command=None)
    outcome(t, "client certificate, EXTERNAL", home, server, None, ok=True)
    t.true(any(c.startswith(b"AUTHENTICATE EXTERNAL") for c in fake.commands(server.private())), server.private())
    server = p.server(leaf, context)
    outcome(t, "asked for, and there is none", p.home(server.port), None, ("wants a client-certificate",))
    missing = os.path.join(p.dir.name, "nothing.pem")
    outcome(t, "file is missing", p.home(server.port, client_certificate='"%s"' % missing), None, ("client-certificate", missing))
    locked = os.path.join(p.dir.name, "locked.pem")
    pki.openssl("pkey", "-in", ada.key, "-aes256", "-passout", "pass:x", "-out", locked)
    with open(locked, "a") as f:
        f.write(open(ada.cert).read())
    outcome(t, "key with a passphrase", p.home(server.port, client_certificate='"%s"' % locked), None, "without a passphrase")
