# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Dovecot (2.3 or 2.4): Maildir++, TLS and STARTTLS on free ports, and a tunnel that answers PREAUTH."""
import grp
import os
import pwd
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from . import hosting, packages
from .packages import Unavailable, run

PACKAGES = ["dovecot-core", "dovecot-imapd"]
PROGRAMS = ["usr/sbin/dovecot"] + ["usr/lib/dovecot/" + p for p in (
    "auth", "imap", "imap-login", "config", "stats", "modules/libssl_iostream_openssl.so")]
LIBRARIES = ["usr/lib/dovecot", "usr/lib/dovecot/modules/old-stats"]
REDIRECT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "redirect.c")


# ---- the programs

def library_path(root):
    return packages.library_path(root, LIBRARIES)


def finish(root):
    leave_out(root)
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise Unavailable("a C compiler (for redirect.c)")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", os.path.join(root, "redirect.so"), REDIRECT], check=True)
    return run([os.path.join(root, "usr/sbin/dovecot"), "--version"],
               env=dict(os.environ, LD_LIBRARY_PATH=library_path(root))).stdout


def leave_out(root):
    """Debian 13 has the settings of Sieve in the core package, and they want Sieve."""
    settings = os.path.join(root, "usr/lib/dovecot/modules/settings")
    for name in os.listdir(settings) if os.path.isdir(settings) else []:
        if "pigeonhole" in name:
            os.unlink(os.path.join(settings, name))


def find(servers):
    """(root, library path or None): the unpacked one, else the system's."""
    try:
        root = packages.unpack(servers, "dovecot", PACKAGES, PROGRAMS, LIBRARIES, finish, [REDIRECT])
        return root, library_path(root)
    except Unavailable:
        for place in ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot"):
            if os.path.exists(place):
                return os.path.dirname(os.path.dirname(os.path.dirname(place))), None
        raise


# ---- the private directory

# What both generations of Dovecot's configuration have in common.
CONFIG = """\
# Written by tests/live/server; everything is private to this directory.
{head}
listen = 127.0.0.1
base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/log
libexec_dir = {root}/usr/lib/dovecot
mail_plugin_dir = {root}/usr/lib/dovecot/modules
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 0
ssl = required
auth_failure_delay = 0
mail_fsync = never
maildir_very_dirty_syncs = yes
mailbox_list_index = yes
mail_max_userip_connections = 500
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Archive {{
    special_use = \\Archive
    auto = subscribe
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = subscribe
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = subscribe
  }}
}}
service anvil {{
  chroot =
  client_limit = 2000
}}
service auth {{
  client_limit = 2000
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  {restart} = {forever}
  client_limit = 1000
  process_min_avail = 1
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 500
  vsz_limit = {unlimited}
}}
imap_idle_notify_interval = 29 mins
{rest}
{rawlog}
{extra}
"""

GENERATIONS = {
    "2.3": {"head": "protocols = imap", "restart": "service_count", "forever": "0", "unlimited": "0", "rest": """\
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_location = maildir:~
mail_plugins = zlib
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {dir}/users
}}
protocol imap {{
  mail_plugins = zlib imap_zlib
}}
"""},
    "2.4": {"head": "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nprotocols = imap",
            "restart": "restart_request_count", "forever": "unlimited", "unlimited": "unlimited", "rest": """\
ssl_server_cert_file = {dir}/cert.pem
ssl_server_key_file = {dir}/key.pem
auth_allow_cleartext = no
auth_mechanisms = plain login
mail_driver = maildir
mail_path = ~
passdb passwd-file {{
  passwd_file_path = {dir}/users
  default_password_scheme = PLAIN
}}
userdb passwd-file {{
  passwd_file_path = {dir}/users
}}
"""},
}


def configuration(root, libraries, values):
    env = dict(os.environ, **({"LD_LIBRARY_PATH": libraries} if libraries else {}))
    version = run([os.path.join(root, "usr/sbin/dovecot"), "--version"], env=env).stdout.strip()
    generation = GENERATIONS.get(version[:3])
    if not generation:
        raise Unavailable("Dovecot 2.3 or 2.4 (here it is %s)" % version)
    rest = generation["rest"].format(**values)
    return CONFIG.format(**dict(generation, **dict(values, rest=rest)))


def environment(facts):
    env = {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), "HOME": facts["dir"]}
    if facts["libraries"]:
        env["LD_LIBRARY_PATH"] = facts["libraries"]
        env["LD_PRELOAD"] = os.path.join(facts["root"], "redirect.so")
    return env


def launch(facts):
    """Start the daemon and wait for its greeting."""
    _, _, who = hosting.runner()
    log = os.path.join(facts["dir"], "log")
    with tempfile.TemporaryFile("w+") as words:  # not a pipe: the daemon keeps it open
        done = subprocess.run([os.path.join(facts["root"], "usr/sbin/dovecot"), "-c", facts["config"]],
                              cwd=facts["dir"], env=environment(facts), stdin=subprocess.DEVNULL, stdout=words,
                              stderr=words, **who)
        words.seek(0)
        said = words.read()
    end = time.monotonic() + 15
    while done.returncode == 0 and time.monotonic() < end:
        try:
            with open(facts["pid_file"]) as f:
                facts["pid"] = f.read().strip()
            if hosting.greets(facts):
                return True
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    sys.stderr.write("server: dovecot did not come up\n%s" % said)
    if os.path.exists(log):
        sys.stderr.write("".join(open(log, errors="replace").readlines()[-8:]))
    return False


def start(servers, a):
    root, libraries = find(servers)
    directory = hosting.private_directory(a.directory)
    if libraries:
        root = hosting.within_reach(root, directory)
        libraries = library_path(root)
    user, group, _ = hosting.runner()
    if not os.path.exists(os.path.join(directory, "cert.pem")):
        hosting.certificates(directory, a.names)
    uid, gid = (pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)
    first, lines = accounts(a, directory, uid, gid)
    config = os.path.join(directory, "dovecot.conf")
    tunnel = os.path.join(directory, "tunnel")
    facts = {"host": "127.0.0.1", "imaps_port": 0, "imap_port": 0, "ca_file": os.path.join(directory, "ca.pem"),
             "user": first[0], "password": first[1], "password_file": os.path.join(directory, "password"),
             "tunnel": tunnel, "mail_dir": first[2], "pid": 0, "pid_file": os.path.join(directory, "run/master.pid"),
             "log": os.path.join(directory, "log"), "dir": directory, "config": config, "root": root,
             "libraries": libraries or "", "runs_as": user}
    for name, text in (("users", "".join(lines)), ("password", first[1] + "\n")):
        hosting.write_private(os.path.join(directory, name), text)
    rawlog = ""
    if a.rawlog:
        os.makedirs(os.path.join(directory, "rawlog"), exist_ok=True)
        rawlog = "rawlog_dir = %s/rawlog" % directory
    for _ in range(3):  # a port may be taken between the look and the start
        facts["imap_port"], facts["imaps_port"] = hosting.free_ports(2)
        with open(config, "w") as f:
            f.write(configuration(root, libraries, dict(facts, user=user, group=group, rawlog=rawlog,
                                                        extra="\n".join(a.set))))
        write_tunnel(tunnel, facts)
        open(facts["log"], "a").close()  # the tunnel writes to it too, as whoever calls it
        if os.geteuid() == 0:
            for name in ("run", "rawlog", "log", "users", "key.pem", "cert.pem", "dovecot.conf"):
                if os.path.exists(os.path.join(directory, name)):
                    hosting.give(os.path.join(directory, name))
            os.chown(directory, uid, gid)
        if launch(facts):
            return facts
    return None


def accounts(a, directory, uid, gid):
    """((name, password, home) of the first user, lines of the passwd file); makes and gives the homes."""
    maildirs = dict(m.split("=", 1) for m in a.maildir)
    first, lines = None, []
    for name, _, password in [u.partition(":") for u in (a.user or ["ada"])]:
        password = password or secrets.token_hex(8)
        home = os.path.abspath(maildirs.get(name, os.path.join(directory, "mail", name)))
        os.makedirs(home, exist_ok=True)
        hosting.give(home)
        lines.append("%s:{PLAIN}%s:%d:%d::%s::\n" % (name, password, uid, gid, home))
        first = first or (name, password, home)
    return first, lines


def write_tunnel(path, facts):
    """A command that speaks IMAP for the first user on its standard streams, already authenticated."""
    words = ["%s=%s" % (k, shlex.quote(v)) for k, v in environment(facts).items() if k != "HOME"]
    words += ["USER=" + shlex.quote(facts["user"]), "HOME=" + shlex.quote(facts["mail_dir"])]
    with open(path, "w") as f:
        f.write("#!/bin/sh\nexec %senv -i %s %s/usr/lib/dovecot/imap -c %s 2>>%s\n" % (
            hosting.dropped(), " ".join(words), facts["root"], facts["config"], facts["log"]))
    os.chmod(path, 0o755)


def doveadm(facts, arguments):
    _, _, who = hosting.runner()
    program = os.path.join(facts["root"], "usr/bin/doveadm")
    return subprocess.run([program, "-c", facts["config"], *arguments], env=environment(facts),
                          cwd=facts["dir"], **who).returncode
