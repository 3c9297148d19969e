# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that stays: IDLE, the periodic resynchronisation, servers that go and come back."""
import os
import re
import subprocess
import threading
import time

import lab
import matrix

MAIL = b"From: Grace <grace@example.org>\r\nSubject: %s\r\nMessage-ID: <%s@example.org>\r\n\r\nbody\r\n"


def mail(word):
    return MAIL % (word.encode(), word.encode())


def subjects(home, folder="INBOX"):
    return [m["subject"] for m in home.list(folder)]


def watching(t, **settings):
    server = t.server(sample=True)
    home = t.home(server, **dict({"stay_online": "yes"}, **settings))
    home.must("sync")
    t.process(home.start("sync", "--until", "disconnect"))
    return server, home


def test_idle_brings_new_mail(t):
    server, home = watching(t)
    time.sleep(1.5)  # until it idles: from outside there is nothing to see
    server.append("INBOX", mail("by-idle"))
    began = time.monotonic()
    t.until(lambda: "by-idle" in subjects(home), 10, "the new message is stored")
    t.note("%.2f s after the APPEND" % (time.monotonic() - began))


def test_idle_brings_flags_and_expunges(t):
    server, home = watching(t)
    time.sleep(1.5)
    a, b = home.list("INBOX", "-is:flagged")[:2]
    with server.imap("INBOX") as c:
        lab.good(c.uid("STORE", str(a["uid"]), "+FLAGS", "(\\Flagged)"))
        lab.good(c.uid("STORE", str(b["uid"]), "+FLAGS", "(\\Deleted)"))
        lab.good(c.uid("EXPUNGE", str(b["uid"])))
    t.until(lambda: [m["flags"] for m in home.list("INBOX") if m["id"] == a["id"] and "flagged" in m["flags"]], 10, "the flag")
    t.until(lambda: b["id"] not in [m["id"] for m in home.list("INBOX")], 10, "the expunge")


def test_interval_brings_other_folders(t):
    server, home = watching(t, sync_interval="2")
    time.sleep(1)
    server.append("Lists/dev", mail("by-interval"))
    t.until(lambda: "by-interval" in subjects(home, "Lists/dev"), 10, "the other folder is resynchronised")


def screen(t, home, *arguments):
    """The program on a terminal that nobody reads closely."""
    master, slave = os.openpty()
    p = subprocess.Popen([os.path.join(home.build, "cursus"), *arguments], env=dict(home.env, TERM="xterm"), cwd=home.dir,
                         stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)

    def drain():
        try:
            while os.read(master, 65536):
                pass
        except OSError:
            pass
    threading.Thread(target=drain, daemon=True).start()
    return t.process(p)


def beside_another_folder(t, off):
    server = t.server(sample=True)
    tunnel = '"%s | sed -u -e \'/^[*] PREAUTH/{%s}\'"' % (server.facts["tunnel"], off)
    home = t.home(accounts=lab.account(server, imap=None, ca_file=None, password_command=None, sync="all", tunnel=tunnel))
    home.must("sync")
    screen(t, home, "Lists/dev")
    time.sleep(2)
    server.append("INBOX", mail("beside"))
    began = time.monotonic()
    t.until(lambda: "beside" in subjects(home), 10, "the inbox is watched while another folder is on the screen")
    t.note("%.2f s after the APPEND" % (time.monotonic() - began))
    server.append("Lists/dev", mail("on-screen"))
    t.until(lambda: "on-screen" in subjects(home, "Lists/dev"), 10, "and the folder on the screen too")


def test_inbox_beside_another_folder_by_notify(t):
    beside_another_folder(t, "")


def test_inbox_beside_another_folder_by_a_second_idle(t):
    beside_another_folder(t, "s/ NOTIFY//")


def test_interval_without_idle(t):
    server, home = watching(t, sync_interval="2", idle="no")
    time.sleep(1)
    server.append("INBOX", mail("by-poll"))
    t.until(lambda: "by-poll" in subjects(home), 10, "the inbox is polled")


def test_server_restart(t):
    server, home = watching(t)
    time.sleep(1)
    server.restart()
    server.append("INBOX", mail("after-restart"))
    t.until(lambda: "after-restart" in subjects(home), 40, "it reconnects by itself")


def test_ctrl_c_ends_a_watch_well(t):
    import signal
    server = t.server(sample=True)
    home = t.home(server, stay_online="yes")
    p = t.process(home.start("sync", "--until", "disconnect"))
    t.until(lambda: re.search(r'"name": ?"INBOX"', home.run("--json", "folders").stdout), 15, "the first folders")
    time.sleep(1)
    began = time.monotonic()
    p.send_signal(signal.SIGINT)
    t.equal(p.wait(10), 0, "exit status")
    t.true(time.monotonic() - began < 3, "it ends at once")
    t.equal(home.integrity(), "ok", "integrity")


@lab.alone
def test_change_of_network(t):
    """A link is probed as soon as the network changes, so that one that died is not waited for until a timeout."""
    if os.geteuid() != 0 or subprocess.run(["which", "ip"], stdout=subprocess.DEVNULL).returncode:
        t.skip("making an address takes root and the ip command")
    server = t.server(sample=True)
    wire = lab.Wire(server)
    home = t.home(accounts=lab.account(server, imap=None, password_command=None, sync="all", **wire.settings()))
    home.must("sync")
    t.process(home.start("sync", "--until", "disconnect"))
    time.sleep(2)
    for verb in ("add", "del"):
        subprocess.run(["ip", "address", verb, "127.78.78.78/32", "dev", "lo"], check=True)
    t.until(lambda: "NOOP" in wire.talk(), 10, "the link is probed")


def other_server(t, kind):
    """IDLE and the interval on a server that is not Dovecot."""
    server = t.server(kind=kind)
    second = matrix.Second(server)
    second.create("Notes")
    second.append("INBOX", matrix.mail("first", 1))
    home = t.home(server, stay_online="yes", sync_interval="2")
    p = t.process(home.start("sync", "--until", "disconnect"))
    t.until(lambda: subjects(home) == ["first"], 20, "the first message")
    second.append("INBOX", matrix.mail("second", 2))
    t.until(lambda: "second" in subjects(home), 15, "a new message in the inbox")
    second.store("INBOX", second.uids("INBOX")[:1], "+FLAGS", "\\Flagged")
    t.until(lambda: any("flagged" in m["flags"] for m in home.list("INBOX")), 15, "a flag")
    second.append("Notes", matrix.mail("third", 3))
    t.until(lambda: "Notes" in "".join(m["folder"] for m in home.json("list")), 15, "the other folder")
    second.expunge("INBOX", second.uids("INBOX")[:1])
    t.until(lambda: subjects(home) == ["second"], 15, "an expunge")
    t.equal(p.poll(), None, "it still runs")


def test_watching_cyrus(t):
    other_server(t, "cyrus")


def test_watching_courier(t):
    other_server(t, "courier")
