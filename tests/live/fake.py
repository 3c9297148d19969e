# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that say what no honest one says: scripts of lines in a thread, everything that they hear kept.

A step of a script: text is a line to say ({tag} is the last tag heard); bytes are said as they are; READ hears a line;
TLS shakes hands; HANG_UP ends it, CUT without a word of TLS; a function gets the Talk.  At the end the server listens until the client hangs up.
"""
import os
import re
import socket
import ssl
import threading

READ, TLS, HANG_UP, CUT = object(), object(), object(), object()
PATIENCE = 10


class Talk:
    """One connection: what was heard in clear and inside TLS."""

    def __init__(self, server, connection):
        self.server, self.connection, self.clear, self.private = server, connection, b"", b""
        self.tag, self.line, self.unread, self.secured = "*", b"", b"", server.implicit
        connection.settimeout(PATIENCE)

    def hear(self):
        data = self.connection.recv(65536)
        if self.secured:
            self.private += data
        else:
            self.clear += data
        self.unread += data
        return data

    def read(self):
        while b"\r\n" not in self.unread:
            if not self.hear():
                raise EOFError
        self.line, self.unread = self.unread.split(b"\r\n", 1)
        self.tag = self.line.split(b" ")[0].decode("ascii", "replace")
        return self.line

    def say(self, data):
        self.connection.sendall(data)

    def secure(self):
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.secured = True

    def play(self, steps):
        for step in steps:
            if step is READ:
                self.read()
            elif step is TLS:
                self.secure()
            elif step is HANG_UP:
                return
            elif step is CUT:
                os.close(self.connection.detach())
                return
            elif callable(step):
                step(self)
            else:
                self.say(step if isinstance(step, bytes) else step.replace("{tag}", self.tag).encode() + b"\r\n")
        while self.hear():
            pass


class Fake:
    """Listens on 127.0.0.1; every connection gets the script.  context: an SSLContext; implicit: TLS at once."""

    def __init__(self, steps, context=None, implicit=False):
        self.steps, self.context, self.implicit, self.talks = steps, context, implicit, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.failures = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.attend, args=(connection,), daemon=True).start()

    def attend(self, connection):
        talk = None
        try:
            if self.implicit:
                connection.settimeout(PATIENCE)
                connection = self.context.wrap_socket(connection, server_side=True)
            talk = Talk(self, connection)
            self.talks.append(talk)
            talk.play(self.steps)
        except (OSError, EOFError, ssl.SSLError) as why:
            self.failures.append(why)
        finally:
            (talk.connection if talk else connection).close()

    def clear(self):
        return b"".join(t.clear for t in self.talks)

    def private(self):
        return b"".join(t.private for t in self.talks)

    def close(self):
        self.listener.close()


def commands(data):
    """The verbs of what a client said."""
    return [re.sub(rb"^\S+ ", b"", line) for line in data.split(b"\r\n") if line]


def server_context(identity):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # a server's carelessness is not what is tested
    context.load_cert_chain(identity.bundle())
    return context


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    """Is the port taken?  Without connecting, which would be somebody's session."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
