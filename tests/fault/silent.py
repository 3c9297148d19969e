# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that falls silent while somebody wants to leave."""
import signal

import lab
import points


def leaves(t, n, *arguments):
    """SIGTERM after a silence that began at byte n: it ends at once, with a store that is whole, and goes on the next time."""
    server = t.server(sample=True)
    way = points.link(t, server)
    home = points.home_behind(t, server, way, bodies="all")
    way.stall_at = n
    p = t.process(home.start(*arguments))
    t.until(lambda: way.connections and way.down >= n and way.counts()["idle_s"] > 0.3, 20, "the server is silent")
    p.send_signal(signal.SIGTERM)
    try:
        p.wait(5)
    except lab.subprocess.TimeoutExpired:
        raise lab.Failed("still there 5 s after SIGTERM")
    finally:
        way.resume()
    t.equal(home.integrity(), "ok", "integrity")
    home.must("sync")
    points.same_as_server(t, server, home)


def test_leaving_in_the_handshake(t):
    leaves(t, 100, "sync")


def test_leaving_at_the_greeting(t):
    leaves(t, 1500, "sync")


def test_leaving_in_the_headers(t):
    leaves(t, 40000, "sync")


def test_leaving_in_the_bodies(t):
    leaves(t, 900000, "sync")


def test_leaving_a_watch(t):
    leaves(t, 40000, "sync", "--until", "disconnect")
