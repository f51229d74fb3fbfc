#!/usr/bin/env python3
"""An independent client (the library `websockets`) that tries a WebSocket server which

  answers every text and binary message with itself, but
  `ping WORD` with a ping of WORD, and the pong to it with the text `pong WORD`,
  `close CODE REASON` and `cut` by doing so; and takes messages up to 1 MiB.

    websocket_judge.py ws://127.0.0.1:8765/

Prints what it saw, one line each.
"""
import asyncio
import sys

import websockets


async def messages(url):
    async with websockets.connect(url, max_size=None) as socket:
        for name, message in [
            ("text", "hello"),
            ("empty", ""),
            ("unicode", "déck ✓ 🎛"),
            ("binary", bytes(range(256))),
            ("large", "x" * 1_000_000),
            ("larger than a frame's short lengths", b"y" * 65_536),
        ]:
            await socket.send(message)
            print(name, "same" if await socket.recv() == message else "different")
        await socket.send(["in ", "three ", "fragments"])
        print("fragments:", await socket.recv())
        await asyncio.wait_for(await socket.ping("are you there"), 20)
        print("ponged")
        await socket.send("ping Marco")
        print("after a ping:", await socket.recv())
        print("extensions:", socket.extensions, "subprotocol:", socket.subprotocol)
        await socket.close(1000, "bye")
        print("closed by us:", socket.close_code)


async def ends(url):
    for command in ["close 1000 end of tape", "close 4001 x", "close 1008 slow client", "cut"]:
        async with websockets.connect(url) as socket:
            await socket.send(command)
            try:
                print("unexpected:", await socket.recv())
            except websockets.ConnectionClosed:
                print(f"{command}:", socket.close_code, socket.close_reason)
    async with websockets.connect(url) as socket:
        await socket.send("z" * (1 << 20) + "z")
        await socket.wait_closed()
        print("too large:", socket.close_code)
    try:
        await websockets.connect(url, origin="http://evil.example")
    except websockets.InvalidStatusCode as refusal:
        print("foreign origin:", refusal.status_code)


async def main():
    await messages(sys.argv[1])
    await ends(sys.argv[1])


asyncio.run(main())
