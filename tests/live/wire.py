# SPDX-License-Identifier: GPL-3.0-or-later
"""A wire with eyes and hands, between a mail program and an IMAP server: it counts flights and bytes, takes words out of
CAPABILITY, writes the dialogue down, and cuts, delays, drips or lies at a given point.

As a tunnel:  wire.py PLAN       speaks on its standard streams
As a port:    wire.py --listen PLAN   prints a port of 127.0.0.1 and serves it until its standard input ends

PLAN is a file of JSON:
  command    the server on a pipe, a list of words; or
  connect    [host, port] with `ca`, a file: TLS
  out        a directory: each connection writes N.json (counts) and N.talk (the dialogue), N counting from 0
  hide       capabilities that are not announced; use of them is noted as misuse
  announce   words that are announced besides
  rtt        seconds of a round trip: what the client writes without waiting is then one flight, whatever the server's speed
  faults     [{connection, at, n, do}], counted from 0; at: `line` (before reply n), `inside` (in the middle of its
             first line), `literal` (in the middle of literal n), `byte` (after n bytes), `command` (client line n);
             do: cut, delay, drip, garbage, kill (the client, before the command passes), killed (after it)
  commands   [{connection, match, n, do, say}]: the nth command (each, without n) that the regular expression finds in its
             first line; connection: its number, each without it.  do: cut (before it passes), lost (the server does
             it, and its answer is not told before the cut), kill, killed (when the server has answered), say (it does not
             pass, and the answer is `say` behind the tag)

A flight begins when the client writes after it was given something.  Counts begin behind the login: see `Counter`."""
import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

MISUSE = {"QRESYNC": rb"QRESYNC|VANISHED", "CONDSTORE": rb"CONDSTORE|CHANGEDSINCE|MODSEQ", "LIST-STATUS": rb"\bLIST .*STATUS \(",
          "LIST-EXTENDED": rb"\bLIST .*(RETURN|^\S+ LIST \()", "ESEARCH": rb"SEARCH RETURN", "UIDPLUS": rb"UID EXPUNGE",
          "MOVE": rb"^\S+ (UID )?MOVE ", "ENABLE": rb"^\S+ ENABLE", "NOTIFY": rb"^\S+ NOTIFY", "IDLE": rb"^\S+ IDLE",
          "ID": rb"^\S+ ID ", "NAMESPACE": rb"^\S+ NAMESPACE", "UNSELECT": rb"^\S+ UNSELECT", "COMPRESS=DEFLATE": rb"^\S+ COMPRESS",
          "LITERAL+": rb"\{\d+\+\}\r?$", "SEARCHRES": rb"\(SAVE|\$"}
GARBAGE = b"* \x00\xff\xfe (((\"{99999999999999999999}\r\n\x80\x81 BAD nonsense {3\r\n"
DELAY_S, DRIP_BYTES, DRIP_S = 0.3, 200, 0.002


class Scanner:
    """Splits a stream into lines and literals: ("line", bytes) ends a reply or command, ("head", bytes) stands before a
    literal, ("literal", bytes) is a piece of one."""

    def __init__(self):
        self.buffer, self.left, self.size = b"", 0, 0

    def feed(self, data):
        self.buffer += data
        while self.buffer:
            if self.left:
                piece, self.buffer = self.buffer[:self.left], self.buffer[self.left:]
                self.left -= len(piece)
                yield "literal", piece
                continue
            end = self.buffer.find(b"\n") + 1
            if not end:
                return
            line, self.buffer = self.buffer[:end], self.buffer[end:]
            found = re.search(rb"\{(\d+)\+?\}\r?\n$", line)
            if found:
                self.size = self.left = int(found.group(1))
            yield "head" if found else "line", line


class Counter:
    """Flights and bytes, behind PREAUTH or the answer to the login.  Each flight is {up, down, commands}."""

    def __init__(self):
        self.flights, self.login, self.on, self.given = [], None, False, False

    def client(self, kind, data):
        if kind == "line" and self.login is None and re.match(rb"\S+ (LOGIN|AUTHENTICATE) ?", data, re.I):
            self.login = data.split()[0]
        if not self.on:
            return
        if self.given or not self.flights:
            self.flights.append({"up": 0, "down": 0, "commands": []})
            self.given = False
        flight = self.flights[-1]
        flight["up"] += len(data)
        if kind != "literal" and len(flight["commands"]) < 200:
            words = data.decode("latin-1").rstrip().split(" ", 3)
            name = words[1:3] if len(words) > 1 and words[1].upper() == "UID" else words[1:2] or words
            flight["commands"].append(" ".join(name).upper())

    def server(self, kind, data):
        """data was given to the client."""
        if self.on:
            self.given = True
            if self.flights:
                self.flights[-1]["down"] += len(data)
        elif kind == "line" and (data.startswith(b"* PREAUTH") or (self.login and data.startswith(self.login + b" OK"))):
            self.on = True


class Wire:
    """One connection.  `client` is (fd to read, fd to write), `server` the same or a TLS socket."""

    def __init__(self, plan, number, client):
        self.plan, self.number = plan, number
        self.read_fd, self.write_fd = client
        self.hide = {h.upper() for h in plan.get("hide", [])}
        self.faults = [f for f in plan.get("faults", []) if f.get("connection", 0) == number]
        self.watched = [dict(w, met=0) for w in plan.get("commands", []) if w.get("connection", number) == number]
        self.in_command, self.doing, self.mute, self.last_tag = False, None, None, b""
        self.rtt = plan.get("rtt", 0)
        self.counter, self.up, self.down = Counter(), Scanner(), Scanner()
        self.counts = {"lines": 0, "literals": 0, "commands": 0, "bytes": 0, "up": 0}
        self.fired, self.misuse, self.queue, self.lock = [], [], [], threading.Lock()
        self.drip = 0
        self.talk = open(os.path.join(plan["out"], "%d.talk" % number), "wb")
        self.process = self.socket = None
        if "connect" in plan:
            raw = socket.create_connection(tuple(plan["connect"]), 10)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            context = ssl.create_default_context(cafile=plan.get("ca"))
            context.check_hostname = False
            self.socket = context.wrap_socket(raw)
        else:
            self.process = subprocess.Popen(plan["command"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    # -- the server's side
    def to_server(self, data):
        if self.socket:
            self.socket.sendall(data)
        else:
            write_all(self.process.stdin.fileno(), data)

    def server_fd(self):
        return self.socket if self.socket else self.process.stdout

    def from_server(self):
        if not self.socket:
            return os.read(self.process.stdout.fileno(), 65536)
        data = self.socket.recv(65536)
        while self.socket.pending():
            data += self.socket.recv(65536)
        return data

    # -- faults
    def fault(self, at, n):
        for f in self.faults:
            if f["at"] == at and f["n"] == n and f not in self.fired:
                self.fired.append(f)
                return f["do"]
        return None

    def act(self, do):
        if do in ("kill", "killed"):
            kill_client()
            raise EOFError
        if do == "cut":
            raise EOFError
        if do == "delay":
            time.sleep(DELAY_S)
        elif do == "drip":
            self.drip = DRIP_BYTES
        elif do == "garbage":
            self.give("line", GARBAGE)

    def give(self, kind, data):
        """To the client, and into the counts."""
        if self.drip:
            some, data = data[:self.drip], data[self.drip:]
            for i in range(len(some)):
                write_all(self.write_fd, some[i:i + 1])
                time.sleep(DRIP_S)
            self.drip -= len(some)
            self.note(kind, some)
        if data:
            write_all(self.write_fd, data)
            self.note(kind, data)

    def note(self, kind, data):
        self.counter.server(kind, data)
        self.counts["bytes"] += len(data)

    def pass_down(self, kind, data):
        """One piece from the server, with what is to happen at it."""
        if kind != "literal":
            do = self.fault("line", self.counts["lines"])
            if do:
                self.act(do)
            do = self.fault("inside", self.counts["lines"])
            if do:
                self.give("part", data[:len(data) // 2])
                data = data[len(data) // 2:]
                self.act(do)
        else:
            half, passed = self.down.size // 2, self.down.size - self.down.left
            if passed >= half:
                do = self.fault("literal", self.counts["literals"])
                if do:
                    cut = max(0, len(data) - (passed - half))
                    self.give("literal", data[:cut])
                    data = data[cut:]
                    self.act(do)
            if self.down.left == 0:
                self.counts["literals"] += 1
        for f in self.faults:
            if f["at"] == "byte" and f not in self.fired and self.counts["bytes"] + len(data) > f["n"]:
                self.fired.append(f)
                n = max(0, f["n"] - self.counts["bytes"])
                self.give(kind, data[:n])
                data = data[n:]
                self.act(f["do"])
        self.give(kind, data)
        if kind == "line":
            self.counts["lines"] += 1

    def edit(self, line):
        """CAPABILITY without what is hidden; None: the line is not passed."""
        if "CONDSTORE" in self.hide and re.match(rb"\* OK \[(HIGHESTMODSEQ|NOMODSEQ)", line, re.I):
            return None
        more = [w.encode() for w in self.plan.get("announce", [])]
        found = re.search(rb"(\* CAPABILITY |\[CAPABILITY )([^\]\r\n]*)", line, re.I)
        if not found or not (self.hide or more):
            return line
        kept = [w for w in found.group(2).split(b" ") if w.decode().upper() not in self.hide] + more
        return line[:found.start(2)] + b" ".join(kept) + line[found.end(2):]

    # -- the loop
    def run(self):
        try:
            self.loop()
        except (EOFError, OSError, ValueError):
            pass
        if threading.current_thread() is threading.main_thread():
            ignore_requests()
        self.end()

    def loop(self):
        while True:
            wait = max(0, self.queue[0][0] - time.monotonic()) if self.queue else None
            ready, _, _ = select.select([self.read_fd, self.server_fd()], [], [], wait)
            if self.read_fd in ready:
                data = os.read(self.read_fd, 65536)
                if not data:
                    return
                self.client_said(data)
            if self.server_fd() in ready:
                data = self.from_server()
                if not data and not self.queue:
                    return
                if not data:
                    self.drain(True)
                    return
                self.queue.append((time.monotonic() + self.rtt, data))
            self.drain(False)

    def drain(self, all):
        while self.queue and (all or self.queue[0][0] <= time.monotonic()):
            for kind, data in self.down.feed(self.queue.pop(0)[1]):
                if self.mute:
                    if kind == "line" and data.startswith(self.last_tag + b" "):
                        self.act("cut" if self.mute == "lost" else "kill")
                    continue
                if kind == "line":
                    data = self.edit(data)
                    if data is None:
                        continue
                self.write_down(b"S: ", kind, data)
                self.pass_down(kind, data)

    def client_said(self, data):
        self.counts["up"] += len(data)
        for kind, piece in self.up.feed(data):
            self.write_down(b"C: ", kind, piece)
            self.counter.client(kind, piece)
            if kind != "literal":
                self.look_for_misuse(piece)
            if not self.in_command:
                self.doing = self.watched_for(piece)
            self.in_command = kind != "line"
            if self.doing and self.do_watched(kind, piece):
                continue
            do = self.fault("command", self.counts["commands"]) if kind == "line" else None
            if do and do != "killed":
                self.act(do)
            self.to_server(piece)
            if do == "killed":
                self.act(do)
            if kind == "line":
                self.counts["commands"] += 1

    def watched_for(self, line):
        for w in self.watched:
            if not re.search(w["match"].encode(), line, re.I):
                continue
            w["met"] += 1
            if w.get("n", w["met"] - 1) == w["met"] - 1:
                self.fired.append({k: w[k] for k in w if k != "met"})
                self.last_tag = line.split(b" ")[0]
                return w
        return None

    def do_watched(self, kind, piece):
        """True: the piece does not pass."""
        do = self.doing["do"]
        if do in ("cut", "kill"):
            self.act(do)
        if do in ("lost", "killed") and kind == "line":
            self.mute, self.doing = do, None
        if do != "say":
            return False
        asks = kind == "head" and not piece.rstrip().endswith(b"+}")
        if kind == "line" or asks:
            answer = self.last_tag + b" " + self.doing["say"].encode() + b"\r\n"
            self.in_command, self.doing = False, None
            self.write_down(b"S: ", "line", answer)
            self.give("line", answer)
        return True

    def look_for_misuse(self, line):
        for name in self.hide:
            if name in MISUSE and re.search(MISUSE[name], line, re.I):
                self.misuse.append("%s: %s" % (name, line.decode("latin-1").strip()))

    def write_down(self, who, kind, data):
        if kind == "literal":
            self.talk.write(b"   <%d bytes of a literal>\r\n" % len(data))
        elif re.match(rb"\S+ (LOGIN|AUTHENTICATE) ", data, re.I) and who == b"C: ":
            self.talk.write(who + b" ".join(data.split()[:2]) + b" ...\r\n")
        else:
            self.talk.write(who + data)
            if who == b"C: ":  # who waits for what a client says may read along
                self.talk.flush()

    def end(self):
        self.talk.close()
        facts = dict(self.counts, flights=self.counter.flights, misuse=self.misuse, fired=self.fired)
        path = os.path.join(self.plan["out"], "%d.json" % self.number)
        with open(path + ".new", "w") as f:
            json.dump(facts, f)
        os.rename(path + ".new", path)
        if self.socket:
            self.socket.close()
        else:
            self.process.stdin.close()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def kill_client():
    """kill -9 of the cursus that this tunnel belongs to."""
    pid = os.getppid()
    while pid > 1:
        with open("/proc/%d/stat" % pid) as f:
            name, _, rest = f.read().rpartition(")")
        if name.endswith("(cursus"):
            os.kill(pid, signal.SIGKILL)
            return
        pid = int(rest.split()[1])


def number_in(out):
    """The next number of a connection."""
    n = 0
    while True:
        try:
            os.close(os.open(os.path.join(out, "%d.open" % n), os.O_CREAT | os.O_EXCL))
            return n
        except FileExistsError:
            n += 1


def listen(plan):
    """For programs that have no tunnel."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        print(s.getsockname()[1], flush=True)

        def serve():
            while True:
                c, _ = s.accept()
                c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

                def one(c=c):
                    with c:
                        Wire(plan, number_in(plan["out"]), (c.fileno(), c.fileno())).run()
                threading.Thread(target=one, daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        sys.stdin.read()


def leave(*_):
    """Asked to end: the loop does, and writes down what it saw."""
    ignore_requests()
    raise EOFError


def ignore_requests():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    with open(sys.argv[-1]) as f:
        plan = json.load(f)
    if sys.argv[1] == "--listen":
        listen(plan)
    else:
        Wire(plan, number_in(plan["out"]), (0, 1)).run()


if __name__ == "__main__":
    main()
