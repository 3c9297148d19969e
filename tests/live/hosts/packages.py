# SPDX-License-Identifier: GPL-3.0-or-later
"""The distribution's packages of a server: fetched with apt-get download, unpacked with dpkg -x, never installed.

`unpack` gives the directory with the programs; shared libraries that the system lacks are unpacked beside them."""
import contextlib
import fcntl
import os
import re
import shutil
import subprocess


class Unavailable(Exception):
    """There is no server to be had: what is missing, in words."""


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def library_path(root, first=()):
    """LD_LIBRARY_PATH of an unpacked server: `first` (below root), then where Debian puts libraries."""
    found = [os.path.join(root, d) for d in first]
    for base in ("usr/lib", "lib"):
        base = os.path.join(root, base)
        if os.path.isdir(base):
            found += [os.path.join(base, d) for d in sorted(os.listdir(base)) if "-linux-gnu" in d]
    return ":".join(found)


def download(packages, into, update=True):
    """apt-get download; raises Unavailable with apt's last words.  update: look for newer lists of packages first."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable("apt-get and dpkg (this is not a Debian system)")
    os.makedirs(into, exist_ok=True)
    apt = ["apt-get", "-q"] + (["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else [])
    done = run([*apt, "download", *packages], cwd=into)
    if done.returncode and update:  # perhaps the lists are old or absent: fetch them into a place of our own, as anybody may
        own = os.path.dirname(into)
        for d in ("apt/lists/partial", "apt/cache/archives/partial"):
            os.makedirs(os.path.join(own, d), exist_ok=True)
        apt += ["-o", "Dir::State::lists=%s/apt/lists" % own, "-o", "Dir::Cache=%s/apt/cache" % own]
        run([*apt, "update"])
        done = run([*apt, "download", *packages], cwd=into)
        shutil.rmtree(os.path.join(own, "apt"))
    if done.returncode:
        raise Unavailable("packages %s (%s)" % (" ".join(packages), done.stdout.strip().splitlines()[-1]))


def missing_libraries(programs, libraries):
    said = run(["ldd", *programs], env=dict(os.environ, LD_LIBRARY_PATH=libraries)).stdout
    return sorted(set(re.findall(r"(\S+) => not found", said)))


def fetch(servers, root, packages, programs, first):
    """Packages into root, then the packages of the libraries that `programs` lack, for as long as some do."""
    place = os.path.join(servers, "packages")
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    wanted, seen = list(packages), set()
    for again in range(5):  # libraries of libraries: each round brings what the one before asked for
        if not again:
            download(wanted, place)
        for name in wanted if again else []:
            with contextlib.suppress(Unavailable):  # one of several names for the same, or a virtual one
                download([name], place, update=False)
        seen.update(wanted)
        depends = []
        for name in sorted(os.listdir(place)):
            deb = os.path.join(place, name)
            subprocess.run(["dpkg", "-x", deb, root], check=True)
            depends += re.split(r"[,|]\s*", run(["dpkg-deb", "-f", deb, "Depends"]).stdout)
        lacking = missing_libraries([os.path.join(root, p) for p in programs], library_path(root, first))
        if not lacking:
            shutil.rmtree(place)
            return
        wanted = []
        for name in {re.sub(r"[\s(:].*", "", d.strip()) for d in depends}:
            if name.startswith("lib") and name not in seen and name != "libc6":
                if run(["dpkg", "-s", name]).returncode:
                    wanted.append(name)
        if not wanted:
            break
    raise Unavailable("shared libraries " + " ".join(lacking))


def unpack(servers, name, packages, programs, first=(), finish=None, newer=()):
    """SERVERS/NAME with the unpacked packages, made when it is not there.  finish(root) ends the work and gives the text of
    the stamp; it is called again when a file of `newer` is younger than the stamp."""
    root = os.path.join(servers, name)
    stamp = os.path.join(root, "unpacked")
    if os.path.exists(stamp) and all(os.path.getmtime(stamp) >= os.path.getmtime(n) for n in newer):
        return root
    os.makedirs(servers, exist_ok=True)
    with open(os.path.join(servers, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(root, programs[0])):
            fetch(servers, root + ".new", packages, programs, first)
            os.rename(root + ".new", root)
        text = finish(root) if finish else " ".join(packages) + "\n"
        with open(stamp, "w") as f:
            f.write(text)
    return root
