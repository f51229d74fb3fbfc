#!/usr/bin/python3
"""A NexusGlass fast feed that is lost again and again.

  flaky_service.py CLIENTS

Prints its port. Each act begins once CLIENTS clients are connected: 20 events, then every connection is lost
as ACTS says. Between two acts every upgrade is refused with 503 until AWAY_S have passed. Ends after the last act.
"""
import asyncio
import http
import json
import sys

import websockets

AWAY_S = 0.3
# How each act ends: (code, reason), or None for a connection that is cut.
ACTS = [(1012, "service restart"), None, (4000, "rebalance: grüße"), (1013, ""), (1000, "done")]


class Service:
    def __init__(self, clients):
        self.wanted = clients
        self.sockets = set()
        self.changed = asyncio.Event()
        self.is_away = False
        self.events = 0

    async def admit(self, path, _headers):
        if self.is_away or not path.startswith("/ws/fastfeed"):
            return http.HTTPStatus.SERVICE_UNAVAILABLE, [], b"away\n"

    async def serve(self, socket, _path=None):
        await socket.send(json.dumps({"type": "HANDSHAKE", "payload": {"tier": "PULSE"}}))
        self.sockets.add(socket)
        self.changed.set()
        try:
            async for _ in socket:
                pass
        except websockets.ConnectionClosed:
            pass
        self.sockets.discard(socket)
        self.changed.set()

    async def until(self, condition):
        while not condition():
            self.changed.clear()
            await self.changed.wait()

    async def act(self, end):
        await self.until(lambda: len(self.sockets) == self.wanted)
        for _ in range(20):
            self.events += 1
            text = json.dumps({"type": "EVENT", "payload": {"id": self.events, "symbol": "BTCUSDT"}})
            await asyncio.gather(*(socket.send(text) for socket in self.sockets))
            await asyncio.sleep(0.002)
        self.is_away = True
        for socket in list(self.sockets):
            if end is None:
                socket.transport.abort()
            else:
                await socket.close(*end)
        await self.until(lambda: not self.sockets)
        await asyncio.sleep(AWAY_S)
        self.is_away = False


async def main():
    service = Service(int(sys.argv[1]))
    async with websockets.serve(
        service.serve, "127.0.0.1", 0, process_request=service.admit, ping_interval=None
    ) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        for end in ACTS:
            await service.act(end)


asyncio.run(main())
