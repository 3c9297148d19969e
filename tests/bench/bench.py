#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures cursus and the other mail programs of this machine in one run, over TLS against a private Dovecot.

  make bench BENCH="[--messages 100000] [--runs 5] [--programs cursus,neomutt,...] [--only start,keys] [--write]"

start   first screen cold (no cache) and warm (second start), time until all headers are stored, peak memory
keys    from a key to the changed screen: idle, and for cursus during a first synchronisation over a link of
        100 ms that is throttled so that it lasts the whole time

flights  how often each program waits for the server, and for how many bytes, for the same changes through the same wire
        (tests/bench/flights.py)
raw     the first synchronisation of all headers beside a client that reads the same items and throws them away

Runs of the programs take turns; the figures are medians (smallest to largest).  One uncounted round warms the server.
Programs that are not installed are left out.  --write puts the tables into doc/performance.md.
"""
import argparse
import contextlib
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(SOURCE, "tests", "live")]
import lab  # noqa: E402
import acts  # noqa: E402  (the one beside this file)
import flights  # noqa: E402  (the one beside this file)
import mailbox as boxes  # noqa: E402  (the one beside this file)
import peers  # noqa: E402

PROXY = os.path.join(SOURCE, "tests", "fault", "proxy.py")
RTT_MS = 100
KEYS, RATE = 2000, 30


def mail(build, count):
    """The mailbox, made once."""
    place = os.path.join(build, "bench")
    os.makedirs(place, exist_ok=True)
    walk = place
    while walk != "/":  # a server started by root runs as nobody
        if os.geteuid() == 0 and not os.stat(walk).st_mode & 0o001:
            place = "/var/tmp"
        walk = os.path.dirname(walk)
    path = os.path.join(place, "cursus-mail-%d" % count)
    if not os.path.exists(path):
        print("making %d messages in %s" % (count, path), file=sys.stderr)
        boxes.make(path + ".new", count)
        os.rename(path + ".new", path)
    return path


def quiet_remove(path):
    shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(a, program, marker, *options):
    """tests/bench/keys on a program; yields the process."""
    login = ["-l", program.login] if program.login else []
    p = subprocess.Popen([os.path.join(a.build, "test/bench/keys"), "-m", marker, "-q", program.quit, "-d", program.down,
                          "-u", program.up, "-t", str(a.timeout), *login, *map(str, options), "--", *program.command],
                         env=program.env, cwd=program.env["HOME"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        yield p
    finally:
        if p.poll() is None:
            for child in children(p.pid):
                with contextlib.suppress(OSError):
                    os.kill(child, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(5)
        if p.poll() is None:
            p.kill()
            p.wait()


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(c) for c in f.read().split()]
    except OSError:
        return []


def tree(pid):
    for child in children(pid):
        yield child
        yield from tree(child)


def peak_kib(pid):
    total = 0
    for p in tree(pid):
        with contextlib.suppress(OSError):
            with open("/proc/%d/status" % p) as f:
                found = re.search(r"VmHWM:\s+(\d+)", f.read())
                total += int(found.group(1)) if found else 0
    return total


def first_line(p):
    line = p.stdout.readline().split()
    return float(line[1]) if line and line[0] == "first" else None


def start_once(a, name, prepare, server, marker):
    """One cold and one warm start; figures in ms and KiB."""
    home = tempfile.mkdtemp(prefix="cursus-bench.", dir=os.environ.get("TMPDIR", "/tmp"))
    row = {}
    try:
        program = prepare(home, server, server.port)
        began = time.monotonic()
        with running(a, program, marker, "-n", 0, "-s", a.timeout * 1000) as p:
            row["cold"] = first_line(p)
            if program.stored:
                while not program.stored() and time.monotonic() - began < a.timeout:
                    time.sleep(0.05)
                row["stored"] = (time.monotonic() - began) * 1000 if program.stored() else None
            elif not program.lazy:
                row["stored"] = row["cold"]
            time.sleep(0.5)
            row["rss"] = peak_kib(p.pid)
        quit_well(a, program, marker)
        with running(a, program, marker, "-n", 0, "-s", 1500) as p:
            row["warm"] = first_line(p)
            time.sleep(1)
            row["warm_rss"] = peak_kib(p.pid)
    finally:
        quiet_remove(home)
    return row


def quit_well(a, program, marker):
    """Once more, left by its own keys: so that programs which write their cache at the end have one."""
    with running(a, program, marker, "-n", 0, "-s", 500) as p, contextlib.suppress(subprocess.TimeoutExpired):
        p.wait(a.timeout)


def keys_once(a, program, marker, count, settle_ms):
    with running(a, program, marker, "-n", count, "-r", RATE, "-s", settle_ms) as p:
        out = p.communicate(timeout=a.timeout + count / RATE + settle_ms / 1000)[0]
    return sorted(int(line) / 1000 for line in out.splitlines() if line.isdigit())


def spread(values):
    if not values:
        return {}
    return {"n": len(values), "p50": values[len(values) // 2], "p99": values[min(len(values) - 1, len(values) * 99 // 100)], "worst": values[-1]}


def job_start(a, screens, server, marker):
    rows = {name: [] for name in screens}
    for run in range(-1, a.runs):  # the first round warms the server and is not counted
        for name, prepare in screens.items():
            row = start_once(a, name, prepare, server, marker)
            print("start %s %d %s" % (name, run, json.dumps(row)), file=sys.stderr)
            if run >= 0:
                rows[name].append(row)
    return rows


def job_keys(a, screens, server, marker):
    result = {}
    for name, prepare in screens.items():
        home = tempfile.mkdtemp(prefix="cursus-bench.", dir=os.environ.get("TMPDIR", "/tmp"))
        try:
            program = prepare(home, server, server.port)
            fill(a, program, marker)
            result[name] = {"idle": spread(keys_once(a, program, marker, KEYS if name == "cursus" else 300, 3000))}
        finally:
            quiet_remove(home)
        print("keys %s %s" % (name, result[name]), file=sys.stderr)
    if "cursus" in screens:
        result["cursus"].update(keys_in_sync(a, screens["cursus"], server, marker))
        print("keys cursus %s" % result["cursus"], file=sys.stderr)
    return result


def fill(a, program, marker):
    """A first start to the end, so that the idle figures are of a program that has nothing left to do."""
    if not program.stored:
        return
    with running(a, program, marker, "-n", 0, "-s", a.timeout * 1000):
        end = time.monotonic() + a.timeout
        while not program.stored() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)


def proxy(server, rate):
    p = subprocess.Popen([sys.executable, PROXY, "--to", "127.0.0.1:%d" % server.port, "--rtt", str(RTT_MS), "--rate", str(rate)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return p, int(p.stdout.readline())


def counts(p):
    p.stdin.write("\n")
    p.stdin.flush()
    return json.loads(p.stdout.readline())


def first_sync_bytes(a, prepare, server, marker):
    p, port = proxy(server, 0)
    home = tempfile.mkdtemp(prefix="cursus-bench.", dir=os.environ.get("TMPDIR", "/tmp"))
    try:
        fill(a, prepare(home, server, port), marker)
        return counts(p)["down"]
    finally:
        p.stdin.close()
        p.wait(10)
        quiet_remove(home)


def keys_in_sync(a, prepare, server, marker):
    """Keys while the first synchronisation runs, which is made to last longer than the keys."""
    nbytes = first_sync_bytes(a, prepare, server, marker)
    p, port = proxy(server, nbytes / (KEYS / RATE + 20))
    home = tempfile.mkdtemp(prefix="cursus-bench.", dir=os.environ.get("TMPDIR", "/tmp"))
    try:
        program = prepare(home, server, port)
        values = keys_once(a, program, marker, KEYS, 0)
        return {"sync": spread(values), "sync_bytes": nbytes, "sync_lasted": not program.stored()}
    finally:
        p.stdin.close()
        p.wait(10)
        quiet_remove(home)


# ---- tables

def cell(rows, key, scale=1.0, digits=2):
    values = [r[key] * scale for r in rows if r.get(key) is not None]
    if not values:
        return "-"
    form = "%%.%df" % digits
    return "%s (%s-%s)" % tuple(form % v for v in (statistics.median(values), min(values), max(values)))


def table_start(rows, versions):
    out = ["| program | first screen, cold, s | all headers stored, s | first screen, warm, s | peak RSS cold, MiB | peak RSS warm, MiB |",
           "| --- | --- | --- | --- | --- | --- |"]
    for name, runs in rows.items():
        out.append("| %s %s | %s | %s | %s | %s | %s |" % (
            name, versions[name], cell(runs, "cold", 0.001), cell(runs, "stored", 0.001, 1), cell(runs, "warm", 0.001, 3),
            cell(runs, "rss", 1 / 1024, 0), cell(runs, "warm_rss", 1 / 1024, 0)))
    return out


def table_keys(result):
    out = ["| program | when | keys | p50, ms | p99, ms | worst, ms |", "| --- | --- | --- | --- | --- | --- |"]
    for name, r in result.items():
        for when, words in (("idle", "idle"), ("sync", "during a first synchronisation, %d ms" % RTT_MS)):
            s = r.get(when)
            if s:
                out.append("| %s | %s | %d | %.1f | %.1f | %.1f |" % (name, words, s["n"], s["p50"], s["p99"], s["worst"]))
    return out


def table_raw(a, server):
    """Whole first synchronisations by turns with the ceiling."""
    raw, ours = [], []
    for run in range(-1, a.runs):
        done = subprocess.run([os.path.join(a.build, "test/bench/raw"), str(server.port), server.user, server.facts["password_file"]],
                              stdout=subprocess.PIPE, text=True, check=True)
        home = lab.Home(a.build, lab.account(server, bodies="headers"))
        try:
            began = time.monotonic()
            home.must("sync", "INBOX", timeout=a.timeout)
            taken = time.monotonic() - began
        finally:
            home.close()
        print("raw %d: %s, cursus %.3f s" % (run, done.stdout.strip(), taken), file=sys.stderr)
        if run >= 0:
            raw.append({"s": float(done.stdout.split()[0])})
            ours.append({"s": taken})
    ratio = statistics.median(r["s"] for r in ours) / statistics.median(r["s"] for r in raw)
    return ["| what | s |", "| --- | --- |", "| the same items, read and thrown away | %s |" % cell(raw, "s"),
            "| `cursus sync`, everything stored and threaded | %s |" % cell(ours, "s"), "| ratio | %.2f |" % ratio]


def machine():
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*:\s*(.*)", f.read())
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) >> 20
    return "%d CPUs (%s), %d GiB, Linux %s" % (os.cpu_count(), cpu.group(1).strip() if cpu else "?", memory, platform.release().split("-")[0])


def dovecot(server):
    program = os.path.join(server.facts["root"], "usr/sbin/dovecot")
    done = subprocess.run([program, "--version"], env={"LD_LIBRARY_PATH": server.facts["libraries"]}, stdout=subprocess.PIPE, text=True)
    return "Dovecot " + done.stdout.split()[0]


def write_document(sections):
    path = os.path.join(SOURCE, "doc", "performance.md")
    with open(path) as f:
        text = f.read()
    for name, lines in sections.items():
        begin, end = "<!-- %s -->" % name, "<!-- end of %s -->" % name
        if begin not in text:
            sys.exit("bench: %s has no place for '%s'" % (path, name))
        head, rest = text.split(begin, 1)
        text = head + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1]
    with open(path, "w") as f:
        f.write(text)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=".")
    p.add_argument("--messages", type=int, default=100000)
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--programs", default="cursus,neomutt,mutt,alpine,aerc,mbsync")
    p.add_argument("--only", default="start,keys,flights,raw,acts")
    p.add_argument("--timeout", type=float, default=300)
    p.add_argument("--write", action="store_true", help="put the tables into doc/performance.md")
    a = p.parse_args()
    a.build = os.path.abspath(a.build)
    known = {"cursus": peers.cursus(a.build), "neomutt": peers.mutt("neomutt"), "mutt": peers.mutt("mutt"), "alpine": peers.alpine,
             "aerc": peers.aerc, "mbsync": peers.mbsync}
    programs = {n: known[n] for n in a.programs.split(",") if n == "cursus" or shutil.which(n)}
    marker = "ZNEWEST %d" % a.messages
    if a.only == "acts":
        return show(a, {"acts": acts.table(a, programs)})
    if a.only == "flights":
        return show(a, {"flights": flights.table(a, programs, running)})
    screens = {n: f for n, f in programs.items() if n != "mbsync"}
    try:
        server = lab.Server(a.build, maildir=mail(a.build, a.messages))
    except lab.Skip as why:
        print("bench: skipped: %s" % why)
        return 0
    try:
        home = tempfile.mkdtemp(prefix="cursus-bench.")
        versions = {n: peers.version(f(home, server, server.port)) for n, f in screens.items()}
        quiet_remove(home)
        server.messages("INBOX")
        sections = {"machine": ["%s; %s; %d messages; %s." % (machine(), time.strftime("%Y-%m-%d"), a.messages, dovecot(server))]}
        if "start" in a.only:
            sections["start"] = table_start(job_start(a, screens, server, marker), versions)
        if "keys" in a.only:
            result = job_keys(a, screens, server, marker)
            sections["keys"] = table_keys(result)
            if not result.get("cursus", {}).get("sync_lasted", True):
                print("bench: the synchronisation ended before the keys", file=sys.stderr)
        if "raw" in a.only:
            sections["raw"] = table_raw(a, server)
    finally:
        server.close()
    if "acts" in a.only:
        sections["acts"] = acts.table(a, programs)
    if "flights" in a.only:
        sections["flights"] = flights.table(a, programs, running)
    return show(a, sections)


def show(a, sections):
    for name, lines in sections.items():
        print("\n".join(lines) + "\n")
    if a.write:
        write_document(sections)
    return 0


if __name__ == "__main__":
    sys.exit(main())
