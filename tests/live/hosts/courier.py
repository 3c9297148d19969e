# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Courier IMAP: no daemon and no port, a tunnel that answers PREAUTH for a Maildir of its own.

gam_server runs beside it, because imapd waits for seconds where it finds none; the tunnel finds it by GAM_CLIENT_ID."""
import os
import secrets
import shlex
import subprocess
import sys

from . import hosting, packages

PACKAGES = ["courier-imap", "courier-base", "courier-authlib", "libcourier-unicode4", "gamin", "libgamin0"]
PROGRAMS = ["usr/bin/imapd", "usr/bin/maildirmake.courier", "usr/libexec/gam_server"]
LIBRARIES = ["usr/lib"]
CAPABILITY = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"


def find(servers):
    root = packages.unpack(servers, "courier", PACKAGES, PROGRAMS, LIBRARIES)
    return root, packages.library_path(root, LIBRARIES)


def environment(facts):
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": facts["libraries"],
            "GAM_CLIENT_ID": facts["gamin"], "HOME": facts["dir"]}


def launch(facts):
    """Start gam_server; it is there when its socket answers, which imapd itself waits for."""
    _, _, who = hosting.runner()
    with open(facts["log"], "a") as log:
        p = subprocess.Popen([os.path.join(facts["root"], "usr/libexec/gam_server"), "--notimeout", facts["gamin"]],
                             env=environment(facts), cwd=facts["dir"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True, **who)
    facts["pid"] = p.pid
    with open(facts["pid_file"], "w") as f:
        f.write("%d\n" % p.pid)
    return p.poll() is None


def start(servers, a):
    root, _ = find(servers)
    directory = hosting.private_directory(a.directory)
    root = hosting.within_reach(root, directory)
    user = (a.user or ["ada"])[0].partition(":")[0]
    mail = os.path.join(directory, "mail", user)
    facts = {"host": "127.0.0.1", "imaps_port": 0, "user": user, "tunnel": os.path.join(directory, "tunnel"),
             "mail_dir": mail, "pid": 0, "pid_file": os.path.join(directory, "run/gamin.pid"),
             "log": os.path.join(directory, "log"), "dir": directory, "root": root,
             "libraries": packages.library_path(root, LIBRARIES), "gamin": "cursus-" + secrets.token_hex(6),
             "runs_as": hosting.runner()[0]}
    maildir = os.path.join(mail, "Maildir")
    if not os.path.exists(maildir):
        os.makedirs(mail, exist_ok=True)
        subprocess.run([os.path.join(root, "usr/bin/maildirmake.courier"), maildir], env=environment(facts), check=True)
    open(facts["log"], "a").close()
    for name in (mail, facts["log"]):
        hosting.give(name)
    values = dict(environment(facts), AUTHENTICATED=user, AUTHADDR=user, AUTHFULLNAME=user, HOME=mail,
                  IMAP_CAPABILITY=CAPABILITY, IMAP_KEYWORDS="1", IMAP_USELOCKS="1", IMAP_CHECK_ALL_FOLDERS="0",
                  IMAP_UMASK="022", IMAP_ENHANCEDIDLE="1", IMAP_MOVE_EXPUNGE_TO_TRASH="0", IMAP_EMPTYTRASH="")
    words = " ".join("%s=%s" % (k, shlex.quote(v)) for k, v in values.items())
    with open(facts["tunnel"], "w") as f:
        f.write("#!/bin/sh\ncd %s && exec %senv -i %s %s/usr/bin/imapd ./Maildir 2>>%s\n" % (
            shlex.quote(mail), hosting.dropped(), words, root, facts["log"]))
    os.chmod(facts["tunnel"], 0o755)
    if launch(facts):
        return facts
    sys.stderr.write("server: gam_server did not come up\n")
    return None
