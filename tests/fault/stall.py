# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that falls silent.  Takes the minute that it is given, so only when asked for by name:
make check T=fault/stall"""
import points


def test_stall_in_the_middle_ends_by_itself(t):
    server = t.server(sample=True)
    total = points.whole(t, server)
    way = points.link(t, server)
    home = points.home_behind(t, server, way)
    way.stall_at = total // 2
    done = home.run("sync", timeout=120)
    t.equal(done.returncode, 1, "status: %s" % done.stderr)
    t.true(50 < done.seconds < 75, "gives up after a minute, not %.0f s" % done.seconds)
    t.note(done.stderr.strip())
    way.resume()
    home.must("sync")
    points.same_as_server(t, server, home)
