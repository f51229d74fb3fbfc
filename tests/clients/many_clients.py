#!/usr/bin/python3
"""Opens connections to one URL, at most COUNT, until one is refused; then closes all of them and connects
once more.

  many_clients.py URL COUNT    `refused STATUS after N`, then `room again`
"""
import asyncio
import sys

import websockets


async def main(url, count):
    sockets = []
    try:
        for _ in range(count):
            sockets.append(await websockets.connect(url, ping_interval=None))
    except websockets.exceptions.InvalidStatusCode as refused:
        print(f"refused {refused.status_code} after {len(sockets)}", flush=True)
    await asyncio.gather(*(socket.close() for socket in sockets))
    again = await websockets.connect(url, ping_interval=None)
    print("room again", flush=True)
    await again.close()


asyncio.run(asyncio.wait_for(main(sys.argv[1], int(sys.argv[2])), 60))
