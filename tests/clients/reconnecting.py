#!/usr/bin/python3
"""A client that comes back whenever it is lost, and logs its life: one line each.

  reconnecting.py URL LAST_REASON

`event PAYLOAD` for messages of type EVENT (others are the server's own), `close CODE REASON` at each end, `refused STATUS`
once for each row of refusals. Ends when it is closed with LAST_REASON.
"""
import asyncio
import json
import sys

import websockets

BACK_OFF_S = 0.01


async def live(url, last_reason):
    was_refused = False
    while True:
        try:
            socket = await websockets.connect(url, ping_interval=None)
        except websockets.exceptions.InvalidStatusCode as refused:
            if not was_refused:
                print(f"refused {refused.status_code}", flush=True)
            was_refused = True
            await asyncio.sleep(BACK_OFF_S)
            continue
        was_refused = False
        try:
            while True:
                text = await socket.recv()
                if json.loads(text)["type"] == "EVENT":
                    print("event " + text, flush=True)
        except websockets.exceptions.ConnectionClosed:
            print(f"close {socket.close_code} {socket.close_reason}", flush=True)
        if socket.close_reason == last_reason:
            return
        await asyncio.sleep(BACK_OFF_S)


asyncio.run(asyncio.wait_for(live(sys.argv[1], sys.argv[2]), 60))
