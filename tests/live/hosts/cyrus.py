# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Cyrus IMAP (3.6): TLS on a free port, any password is taken."""
import os
import subprocess
import sys
import time

from . import hosting, packages

PACKAGES = ["cyrus-common", "cyrus-imapd"]
PROGRAMS = ["usr/lib/cyrus/bin/" + p for p in ("master", "imapd", "ctl_cyrusdb", "idled")]
LIBRARIES = ["usr/lib", "usr/lib/cyrus"]

CONFIG = """\
configdirectory: {dir}/run
partition-default: {dir}/mail
defaultpartition: default
proc_path: {dir}/run/proc
mboxname_lockpath: {dir}/run/lock
lmtpsocket: {dir}/run/lmtp
idlesocket: {dir}/run/idle
notifysocket: {dir}/run/notify
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN
allowplaintext: yes
cyrus_user: {user}
altnamespace: yes
unixhierarchysep: yes
autocreate_quota: 0
autocreate_inbox_folders: Sent|Drafts|Trash
autocreate_subscribe_folders: Sent|Drafts|Trash
xlist-sent: Sent
xlist-drafts: Drafts
xlist-trash: Trash
specialusealways: yes
expunge_mode: immediate
delete_mode: immediate
tls_server_cert: {dir}/cert.pem
tls_server_key: {dir}/key.pem
tls_session_timeout: 0
imapidlepoll: 1
{extra}
"""
MASTER = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {dir}/imapd.conf -r"
  idled cmd="{bin}/idled -C {dir}/imapd.conf"
}}
SERVICES {{
  imaps cmd="{bin}/imapd -C {dir}/imapd.conf -s" listen="127.0.0.1:{imaps_port}" prefork=1
}}
EVENTS {{
}}
DAEMON {{
}}
"""


def find(servers):
    root = packages.unpack(servers, "cyrus", PACKAGES, PROGRAMS, LIBRARIES)
    return root, packages.library_path(root, LIBRARIES)


def environment(facts):
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LD_LIBRARY_PATH": facts["libraries"], "HOME": facts["dir"],
            "CYRUS_USER": facts["runs_as"]}


def launch(facts):
    """Start the master and wait for its greeting."""
    _, _, who = hosting.runner()
    directory = facts["dir"]
    with open(facts["log"], "a") as log:
        p = subprocess.Popen([os.path.join(facts["root"], "usr/lib/cyrus/bin/master"), "-C", directory + "/imapd.conf",
                              "-M", directory + "/cyrus.conf", "-p", facts["pid_file"], "-D"], cwd=directory,
                             env=environment(facts), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True, **who)
    end = time.monotonic() + 20
    while p.poll() is None and time.monotonic() < end:
        try:
            with open(facts["pid_file"]) as f:
                facts["pid"] = int(f.read())
            if hosting.greets(facts):
                return True
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    sys.stderr.write("server: cyrus did not come up\n" + "".join(open(facts["log"], errors="replace").readlines()[-8:]))
    if p.poll() is None:
        p.kill()
    return False


def start(servers, a):
    root, _ = find(servers)
    directory = hosting.private_directory(a.directory)
    root = hosting.within_reach(root, directory)
    if not os.path.exists(os.path.join(directory, "cert.pem")):
        hosting.certificates(directory, a.names)
    name, _, password = (a.user or ["ada"])[0].partition(":")
    facts = {"host": "127.0.0.1", "imaps_port": 0, "ca_file": os.path.join(directory, "ca.pem"), "user": name,
             "password": password or "any", "password_file": os.path.join(directory, "password"),
             "mail_dir": os.path.join(directory, "mail"), "pid": 0, "pid_file": os.path.join(directory, "run/master.pid"),
             "log": os.path.join(directory, "log"), "dir": directory, "root": root,
             "libraries": packages.library_path(root, LIBRARIES), "runs_as": hosting.runner()[0]}
    hosting.write_private(facts["password_file"], facts["password"] + "\n")
    open(facts["log"], "a").close()
    for d in ("proc", "lock", "db", "socket", "log", "msg", "user", "quota", "ptclient"):
        os.makedirs(os.path.join(directory, "run", d), exist_ok=True)
    for _ in range(3):  # a port may be taken between the look and the start
        facts["imaps_port"], = hosting.free_ports(1)
        values = dict(facts, bin=root + "/usr/lib/cyrus/bin", user=facts["runs_as"], extra="\n".join(a.set))
        for file, text in (("imapd.conf", CONFIG), ("cyrus.conf", MASTER)):
            with open(os.path.join(directory, file), "w") as f:
                f.write(text.format(**values))
        for part in ("run", "mail", "log", "key.pem", "cert.pem", "imapd.conf", "cyrus.conf"):
            hosting.give(os.path.join(directory, part))
        if launch(facts):
            return facts
    return None
