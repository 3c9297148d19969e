# SPDX-License-Identifier: GPL-3.0-or-later
"""Throw-away settings of the programs that are measured, all for one server over TLS.

Each function takes (home, server, port) and gives a Program: the command, its environment and how to use it.  A server
with a `tunnel` is reached by that command, where the program has tunnels; else one with `plain` without TLS."""
import os
import re
from dataclasses import dataclass, field

import lab


@dataclass
class Program:
    command: list
    env: dict
    quit: str = "q"
    down: str = "j"
    up: str = "k"
    login: str = None      # typed at a password prompt
    version: list = field(default_factory=list)
    lazy: bool = False     # shows a first screen without having read all headers
    batch: bool = False    # no screen
    stored: object = None  # a function: are all headers stored?


def put(home, name, text):
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        f.write(text)


def environment(home, **more):
    env = {k: os.environ[k] for k in ("PATH",) if k in os.environ}
    env.update(HOME=home, TERM="xterm-256color", LC_ALL="C.UTF-8", LANG="C.UTF-8", USER="ada", LOGNAME="ada", EDITOR="true",
               TMPDIR=home, XDG_CONFIG_HOME=home + "/config", XDG_DATA_HOME=home + "/data", XDG_CACHE_HOME=home + "/cache",
               XDG_STATE_HOME=home + "/state", XDG_RUNTIME_DIR=home + "/run")
    env.update(more)
    return env


def cursus(build):
    def prepare(home, server, port):
        os.makedirs(home + "/run", 0o700, exist_ok=True)
        way = {"tunnel": '"%s"' % server.tunnel} if server.tunnel else {"imap": "imaps://%s@127.0.0.1:%d" % (server.user, port)}
        put(home, "config/cursus/accounts", lab.account(server, stay_online="yes", **way, **server.settings))

        def stored():
            import contextlib
            import sqlite3
            path = home + "/data/cursus/mail.db"
            if not os.path.exists(path):
                return False
            try:
                with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as db:
                    row = db.execute("SELECT provisional, messages FROM folder WHERE wire_name = 'INBOX'").fetchone()
            except sqlite3.Error:
                return False
            return row is not None and row[0] == 0 and row[1] > 0
        program = os.path.join(build, "cursus")
        return Program([program], environment(home, CURSUS_RENDER=os.path.join(build, "cursus-render")), stored=stored,
                       version=[program, "--version"])
    return prepare


def mutt(name):
    def prepare(home, server, port):
        for d in ("hcache", "bodies"):
            os.makedirs(os.path.join(home, d), exist_ok=True)
        way = ['set folder="imap://127.0.0.1/"', 'set tunnel="%s"' % server.tunnel] if server.tunnel else [
            'set folder="imaps://127.0.0.1:%d/"' % port]
        put(home, "rc", "\n".join(way + [
            'set spoolfile="+INBOX"', 'set imap_user="%s"' % server.user,
            'set imap_pass="%s"' % server.password, 'set ssl_ca_certificates_file="%s"' % server.ca,
            'set header_cache="%s/hcache"' % home, 'set message_cachedir="%s/bodies"' % home,
            "set imap_condstore=yes", "set imap_qresync=yes", "set imap_check_subscribed=no", "set sort=reverse-date",
            "set quit=yes", "set sleep_time=0", "set move=no", "set mark_old=no", "set beep=no", 'set from="ada@example.org"']) + "\n")
        return Program([name, "-F", home + "/rc"], environment(home), version=[name, "-v"])
    return prepare


def alpine(home, server, port):
    os.makedirs(home + "/mail", exist_ok=True)  # or it waits to say that it made it
    put(home, "pinerc", "personal-name=Ada\nuser-domain=example.org\n"
        "inbox-path={127.0.0.1:%d/ssl/novalidate-cert/user=%s}INBOX\nfeature-list=quit-without-confirm,"
        "enable-aggregate-command-set\nincoming-startup-rule=last\nsort-key=arrival\nlast-version-used=7.00\n"
        "mail-check-interval=150\ndefault-fcc=\"\"\n" % (port, server.user))
    # Its clock starts when the password was typed; it goes up in the list, since the newest stands last.
    return Program(["alpine", "-i", "-p", home + "/pinerc", "-nowrite_password_cache"], environment(home),
                   login=server.password, quit="qn", down="p", up="n", lazy=True, version=["alpine", "-v"])


def aerc(home, server, port):
    share = "/usr/share/aerc"
    for name in ("aerc.conf", "binds.conf"):
        with open(os.path.join(share, name)) as f:
            text = f.read()
        put(home, "config/aerc/" + name, text)
    put(home, "config/aerc/accounts.conf", "[bench]\nsource = %s://%s:%s@127.0.0.1:%d\ndefault = INBOX\n"
        "from = Ada <ada@example.org>\ncache-headers = true\n" % ("imap+insecure" if server.plain else "imaps", server.user, server.password, port))
    return Program(["aerc"], environment(home, SSL_CERT_FILE=server.ca), quit=":quit\r", lazy=True, version=["aerc", "-v"])


def mbsync(home, server, port):
    """All folders; it has no screen: it ends when it is done."""
    os.makedirs(home + "/mail", exist_ok=True)
    put(home, "rc", "IMAPAccount t\nTunnel \"%s\"\n\nIMAPStore far\nAccount t\n\nMaildirStore near\nPath %s/mail/\nInbox %s/mail/INBOX\n"
        "SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nExpunge Near\nSyncState *\n"
        % (server.tunnel, home, home))
    return Program(["mbsync", "-c", home + "/rc", "-a"], environment(home), version=["mbsync", "-v"], batch=True)


def version(program):
    import subprocess
    done = subprocess.run(program.version, env=program.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = re.search(r"\d[\w.+-]*", done.stdout)
    return found.group(0).rstrip(".") if found else ""
