#!/usr/bin/python3
"""Talks to a server as any client would and prints what comes, one line each.

  probe.py ws URL [--send TEXT]...   `text PAYLOAD` and `binary HEX`, then `close CODE REASON`,
                                     or `refused STATUS` when the upgrade fails
  probe.py http METHOD URL [--header 'NAME: VALUE']...   `STATUS BODY`

With --send the texts are sent right after the upgrade.
"""
import asyncio
import http.client
import sys
from urllib.parse import urlsplit

import websockets


async def listen(url, texts):
    try:
        socket = await websockets.connect(url, max_size=None, ping_interval=None)
    except websockets.exceptions.InvalidStatusCode as refused:
        print(f"refused {refused.status_code}", flush=True)
        return
    try:
        for text in texts:
            await socket.send(text)
    except websockets.exceptions.ConnectionClosed:
        pass  # what came before the close is still to be read
    try:
        while True:
            message = await socket.recv()
            if isinstance(message, bytes):
                print("binary " + message.hex(), flush=True)
            else:
                print("text " + message, flush=True)
    except websockets.exceptions.ConnectionClosed:
        print(f"close {socket.close_code} {socket.close_reason}", flush=True)


def ask(method, url, headers):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request(method, parts.path + ("?" + parts.query if parts.query else ""),
                       headers=dict(header.split(": ", 1) for header in headers))
    reply = connection.getresponse()
    print(reply.status, reply.read().decode(), flush=True)


def main(words):
    if words[:1] == ["http"] and len(words) >= 3 and all(w == "--header" for w in words[3::2]):
        ask(words[1], words[2], words[4::2])
    elif words[:1] == ["ws"] and len(words) >= 2 and all(w == "--send" for w in words[2::2]):
        asyncio.run(asyncio.wait_for(listen(words[1], words[3::2]), 60))
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
