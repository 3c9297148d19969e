# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP proxy with a bad character: delays, throttles, cuts and stalls, and counts.

As a program (for the benchmarks):  proxy.py --to HOST:PORT [--rtt MS] [--rate BYTES/S]
prints its port, and a line of JSON with the counts for each line it reads; ends with its standard input.
"""
import argparse
import asyncio
import json
import socket
import struct
import sys
import threading
import time


class Proxy:
    """Runs in a thread of its own.  Bytes are counted over all connections, from the server to the client.

    cut_at N     after N bytes both ends of every connection are reset, once; later connections pass
    stall_at N   after N bytes nothing is passed any more, nor closed, until `resume`
    at(N, f)     calls f when N bytes have passed
    rtt_s        round-trip time added, half each way; rate: bytes a second from the server
    """

    def __init__(self, host, port, rtt_s=0.0, rate=0):
        self.to = (host, port)
        self.rtt_s, self.rate = rtt_s, rate
        self.cut_at = self.stall_at = self.call = None
        self.refuse = False
        self.down = self.up = self.turns = self.connections = 0
        self.last = time.monotonic()
        self.free_at = 0.0
        self.open = set()
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)  # connections that die are what this is for
        self.server = None
        started = threading.Event()
        self.thread = threading.Thread(target=self._main, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def _main(self, started):
        asyncio.set_event_loop(self.loop)

        async def serve():
            self.flowing = asyncio.Event()
            self.flowing.set()
            self.server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=1 << 20)
            self.port = self.server.sockets[0].getsockname()[1]
            started.set()
        self.loop.run_until_complete(serve())
        self.loop.run_forever()
        rest = asyncio.all_tasks(self.loop)
        for task in rest:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        self.loop.close()

    def at(self, nbytes, function):
        self.call = (nbytes, function)

    def resume(self):
        self.stall_at = None
        self.loop.call_soon_threadsafe(self.flowing.set)

    def cut_now(self):
        self.loop.call_soon_threadsafe(self._cut)

    def counts(self):
        return {"down": self.down, "up": self.up, "turns": self.turns, "connections": self.connections,
                "idle_s": round(time.monotonic() - self.last, 3)}

    def close(self):
        if self.loop.is_closed():
            return

        def stop():
            self.server.close()
            self._cut()
            self.loop.stop()
        self.loop.call_soon_threadsafe(stop)
        self.thread.join(5)

    # -- in the loop
    def _cut(self):
        for writer in list(self.open):
            s = writer.get_extra_info("socket")
            if s is not None:
                try:  # RST, as a link that dies
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                except OSError:
                    pass
            writer.transport.abort()
        self.open.clear()

    async def _client(self, reader, writer):
        if self.refuse:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(*self.to, limit=1 << 20)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        for w in (writer, back):
            w.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open.add(w)
        state = {"answered": True}
        await asyncio.gather(self._pass(reader, back, False, state), self._pass(there, writer, True, state),
                             return_exceptions=True)
        for w in (writer, back):
            self.open.discard(w)
            w.close()

    async def _pass(self, reader, writer, down, state):
        queue = asyncio.Queue(64)
        sender = asyncio.ensure_future(self._send(queue, writer, down))
        try:
            while True:
                data = await reader.read(65536 if not (down and self.rate) else max(1024, min(65536, int(self.rate / 50))))
                now = time.monotonic()
                if sender.done():
                    return
                await queue.put((now + self.rtt_s / 2, data))
                if not data:
                    await sender
                    return
                self.last = now
                if down:
                    state["answered"] = True
                elif state["answered"]:
                    self.turns += 1
                    state["answered"] = False
        finally:
            sender.cancel()

    async def _send(self, queue, writer, down):
        while True:
            due, data = await queue.get()
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            if down and self.rate:
                now = time.monotonic()
                self.free_at = max(self.free_at, now) + len(data) / self.rate
                await asyncio.sleep(self.free_at - now)
            if not down:
                self.up += len(data)
                writer.write(data)
                await writer.drain()
                continue
            data = await self._mischief(data, writer)
            self.down += len(data)
            writer.write(data)
            await writer.drain()

    async def _mischief(self, data, writer):
        """What of data may pass; cuts, stalls and calls at their byte."""
        if self.call and self.down + len(data) >= self.call[0]:
            function, self.call = self.call[1], None
            function()
        if self.cut_at is not None and self.down + len(data) >= self.cut_at:
            data, self.cut_at = data[:self.cut_at - self.down], None
            self.down += len(data)
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0.005)  # or the reset overtakes the bytes
            self._cut()
            raise ConnectionError
        if self.stall_at is not None and self.down + len(data) >= self.stall_at:
            n = max(0, self.stall_at - self.down)
            writer.write(data[:n])
            await writer.drain()
            self.down += n
            data = data[n:]
            self.flowing.clear()
        await self.flowing.wait()
        return data


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--to", required=True)
    p.add_argument("--rtt", type=float, default=0)
    p.add_argument("--rate", type=float, default=0)
    a = p.parse_args()
    host, _, port = a.to.rpartition(":")
    proxy = Proxy(host, int(port), a.rtt / 1000, a.rate)
    print(proxy.port, flush=True)
    for _ in sys.stdin:
        print(json.dumps(proxy.counts()), flush=True)


if __name__ == "__main__":
    main()
