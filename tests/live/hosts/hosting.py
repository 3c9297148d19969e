# SPDX-License-Identifier: GPL-3.0-or-later
"""What every private server needs: who runs it, a private directory with certificates and facts, a tunnel, an end."""
import grp
import os
import pwd
import secrets
import select
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

from .packages import Unavailable, run


# ---- who runs it

def runner():
    """(user, group, arguments for subprocess): nobody when root."""
    if os.geteuid() != 0:
        try:
            return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name, {}
        except KeyError:
            raise Unavailable("a name for user %d or group %d (a server wants one)" % (os.geteuid(), os.getegid()))
    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    return "nobody", group, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give(path):
    """Make a tree the server's own when root."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        subprocess.run(["chown", "-R", "%d:%d" % (nobody.pw_uid, nobody.pw_gid), path], check=True)


def dropped():
    """What stands before a command in a shell so that it runs as the server does."""
    if os.geteuid() != 0:
        return ""
    nobody = pwd.getpwnam("nobody")
    return "setpriv --reuid=%d --regid=%d --clear-groups " % (nobody.pw_uid, nobody.pw_gid)


def reachable(path):
    """May everybody walk to path?"""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def private_directory(path):
    """The absolute name of the private directory, made; ends the program when it cannot do."""
    directory = os.path.abspath(path)
    if len(directory) > 70:
        sys.exit("server: %s: too long a name for the sockets in it (at most 70 characters)" % directory)
    os.makedirs(os.path.join(directory, "run"), exist_ok=True)
    os.makedirs(os.path.join(directory, "mail"), exist_ok=True)
    if os.geteuid() == 0 and not reachable(os.path.dirname(directory)):
        sys.exit("server: started by root it runs as nobody, who may not walk to %s; try /var/tmp" % directory)
    return directory


def within_reach(root, directory):
    """root, or a private copy of it when nobody may not walk to the build directory."""
    if os.geteuid() != 0 or reachable(root):
        return root
    private = os.path.join(directory, "root")
    stamps = [os.path.join(d, "unpacked") for d in (private, root)]
    if not os.path.exists(stamps[0]) or os.path.getmtime(stamps[0]) < os.path.getmtime(stamps[1]):
        shutil.rmtree(private, ignore_errors=True)
        shutil.copytree(root, private, symlinks=True)
        os.chmod(private, 0o755)
    return private


# ---- certificates and ports

def openssl(*arguments):
    done = run(["openssl", *arguments])
    if done.returncode:
        raise Unavailable("openssl %s: %s" % (arguments[0], done.stdout.strip()))


def certificates(directory, names):
    """CA and leaf, P-256, valid ten years; the CA's key is thrown away."""
    def at(name):
        return os.path.join(directory, name)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-days", "3650", "-subj", "/CN=cursus test CA", "-keyout", at("ca-key.pem"),
            "-out", at("ca.pem"), "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", *curve, "-subj", "/CN=cursus test server", "-keyout", at("key.pem"), "-out", at("csr.pem"))
    with open(at("extensions"), "w") as f:
        f.write("subjectAltName=%s\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n" % names)
    openssl("x509", "-req", "-in", at("csr.pem"), "-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"), "-set_serial",
            str(secrets.randbits(63)), "-days", "3650", "-extfile", at("extensions"), "-out", at("cert.pem"))
    for name in ("ca-key.pem", "csr.pem", "extensions"):
        os.unlink(at(name))


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def greets(facts):
    """Does the server say OK on its TLS port?"""
    context = ssl.create_default_context(cafile=facts["ca_file"])
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", int(facts["imaps_port"])), 5) as s:
        with context.wrap_socket(s) as t:
            t.settimeout(5)
            return t.recv(100).startswith(b"* OK")


# ---- facts

def write_private(path, text, mode=0o600):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as f:
        f.write(text)
    os.chmod(path, mode)


def write_facts(directory, facts):
    with open(os.path.join(directory, "facts"), "w") as f:
        for key, value in facts.items():
            f.write("%s=%s\n" % (key, shlex.quote(str(value))))


def read_facts(directory):
    try:
        with open(os.path.join(directory, "facts")) as f:
            return dict(shlex.split(line)[0].split("=", 1) for line in f)
    except FileNotFoundError:
        sys.exit("server: no server was started in %s" % directory)


# ---- the end

def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:  # a zombie has ended, whether or not somebody collects it
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def end(facts):
    """By the number that was noted, as long as the server's own file still names it."""
    pid, noted = int(facts["pid"]), facts["pid_file"]
    try:
        with open(noted) as f:
            if int(f.read()) != pid:
                return
    except (OSError, ValueError):
        return  # it ended by itself; the number may be another process's by now
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, how)
        except OSError:
            pass
        for _ in range(250):
            if not alive(pid):
                break
            time.sleep(0.02)
        if not alive(pid):
            break
    if os.path.exists(noted):
        os.unlink(noted)


def watch(owner, facts, remove):
    """Leave a process behind that ends the server with its owner."""
    if os.fork():
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.closerange(3, 256)
    os.chdir("/")
    directory = facts["dir"]
    try:
        poll = select.poll()
        poll.register(os.pidfd_open(owner), select.POLLIN)
        while not poll.poll(5000) and os.path.exists(os.path.join(directory, "facts")):
            pass
    except OSError:
        pass
    if os.path.exists(os.path.join(directory, "facts")):
        end(read_facts(directory))  # read again: it may have been restarted
    if remove:
        shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)
