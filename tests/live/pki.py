# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates made by the openssl command, for servers of the tests' own."""
import datetime
import hashlib
import os
import secrets
import subprocess

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (arguments[0], done.stdout.decode("utf-8", "replace")))
    return done.stdout


class Identity:
    """A certificate with its key: files name.pem and name.key; chain: what a server sends beside it."""

    def __init__(self, directory, name, chain=()):
        self.name, self.cert, self.key = name, os.path.join(directory, name + ".pem"), os.path.join(directory, name + ".key")
        self.both = os.path.join(directory, name + "-both.pem")
        self.chain = list(chain)

    def bundle(self):
        with open(self.both, "w") as f:
            for path in [self.cert, *[c.cert for c in self.chain], self.key]:
                f.write(open(path).read())
        return self.both

    def pin(self):
        public = openssl("x509", "-in", self.cert, "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", stdin=public)
        return "sha256:" + hashlib.sha256(der).hexdigest()


class Pki:
    """Everything lies in one directory.  days: validity from and to, counted from today."""

    def __init__(self, directory):
        self.dir = directory

    def make(self, name, names=None, issuer=None, ca=False, days=(-10, 3650), key=(), digest="sha256", usage="serverAuth",
             extra="", chain=(), subject=None):
        made = Identity(self.dir, name, chain)
        at = lambda more: os.path.join(self.dir, name + more)  # noqa: E731
        subject = subject or "/CN=" + name
        openssl("req", *(key or CURVE), "-nodes", "-subj", subject, "-utf8", "-keyout", made.key, "-out", at(".csr"))
        with open(at(".ext"), "w") as f:
            f.write("[v3]\nbasicConstraints=critical,CA:%s\n" % ("TRUE" if ca else "FALSE"))
            f.write("keyUsage=critical,keyCertSign\n" if ca else "extendedKeyUsage=%s\n" % usage)
            f.write("subjectAltName=%s\n" % names if names else "")
            f.write("subjectKeyIdentifier=hash\n" + extra + "\n")
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = ((now + datetime.timedelta(days=d)).strftime("%Y%m%d%H%M%SZ") for d in days)
        signer = issuer or made
        with open(at(".conf"), "w") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nserial=%s\nnew_certs_dir=%s\ndefault_md=%s\npolicy=p\nunique_subject=no\n"
                    "[p]\ncommonName=optional\norganizationName=optional\n" % (at(".db"), at(".serial"), self.dir, digest))
        open(at(".db"), "w").close()
        with open(at(".serial"), "w") as f:
            f.write("%032X\n" % secrets.randbits(120))
        openssl("ca", "-batch", "-notext", "-config", at(".conf"), "-in", at(".csr"), "-out", made.cert, "-extfile", at(".ext"),
                "-extensions", "v3", "-startdate", start, "-enddate", end, "-keyfile", signer.key,
                *(["-cert", issuer.cert] if issuer else ["-selfsign"]))
        return made

    def staple(self, leaf, issuer, revoked=False, signer=None):
        """An OCSP answer about leaf, in a file: what a server staples."""
        at = lambda more: os.path.join(self.dir, leaf.name + more)  # noqa: E731
        index = open(at(".db")).read()
        if revoked:
            expiry, rest = index.split("\t", 2)[1:]
            index = "R\t%s\t%s%s" % (expiry, "240101000000Z", rest if rest.startswith("\t") else "\t" + rest)
        with open(at(".index"), "w") as f:
            f.write(index)
        signer = signer or issuer
        openssl("ocsp", "-issuer", issuer.cert, "-cert", leaf.cert, "-reqout", at(".req"), "-no_nonce")
        openssl("ocsp", "-index", at(".index"), "-CA", issuer.cert, "-rsigner", signer.cert, "-rkey", signer.key, "-reqin", at(".req"),
                "-respout", at(".staple"), "-ndays", "7")
        return at(".staple")
