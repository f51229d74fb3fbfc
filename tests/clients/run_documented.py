#!/usr/bin/python3
"""Runs an example program of a service's document as it is, its host alone replaced.

    run_documented.py PROGRAM BASE_URL RECORD

    run_documented.py documented/hypercall.py ws://127.0.0.1:8765/hypercall received.txt

Everything from `wss://` to the end of the host's name, which must be one and the same wherever the
program names it, becomes BASE_URL (scheme, host, port and what a feed is mounted under). What the
program prints goes to stdout. What it receives goes to RECORD too, byte for byte, a line each:

    text HEX | binary HEX      a message, when the program got it
    close CODE HEX             the end of a connection: code (- when there was none) and reason

run_documented.mjs does the same for JavaScript.
"""
import pathlib
import re
import sys

import websockets


class RecordedSocket:
    """A connection of `websockets`; what the program reads from it is written down."""

    def __init__(self, socket, write):
        self._socket = socket
        self._write = write

    def __getattr__(self, name):
        return getattr(self._socket, name)

    def _received(self, message):
        if isinstance(message, str):
            self._write("text", message.encode())
        else:
            self._write("binary", message)
        return message

    async def recv(self):
        return self._received(await self._socket.recv())

    async def __aiter__(self):
        async for message in self._socket:
            yield self._received(message)


class RecordedConnect:
    """`async with websockets.connect(…) as socket`, with a RecordedSocket."""

    def __init__(self, connect, write):
        self._connect = connect
        self._write = write
        self._socket = None

    async def __aenter__(self):
        self._socket = await self._connect.__aenter__()
        return RecordedSocket(self._socket, self._write)

    async def __aexit__(self, *error):
        handled = await self._connect.__aexit__(*error)
        code = "-" if self._socket.close_code is None else self._socket.close_code
        self._write(f"close {code}", (self._socket.close_reason or "").encode())
        return handled


def moved_to(base_url, source):
    hosts = set(re.findall(r"wss://[A-Za-z0-9.-]+", source))
    if len(hosts) != 1:
        sys.exit(f"run_documented.py: error: the program must name one host, not {sorted(hosts)}")
    return source.replace(hosts.pop(), base_url)


def main(program, base_url, record):
    source = moved_to(base_url, pathlib.Path(program).read_text(encoding="utf-8"))
    sys.stdout.reconfigure(line_buffering=True)
    with open(record, "w", encoding="ascii", buffering=1) as lines:

        def write(what, payload):
            lines.write(f"{what} {payload.hex()}\n")

        connect = websockets.connect
        websockets.connect = lambda *args, **options: RecordedConnect(
            connect(*args, **options), write
        )
        exec(compile(source, program, "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
