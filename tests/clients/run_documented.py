#!/usr/bin/python3
"""Runs an example program of a service's document as it is, its host alone replaced.

    run_documented.py PROGRAM BASE_URL RECORD

    run_documented.py documented/hypercall.py ws://127.0.0.1:8765/hypercall received.txt

Everything from `wss://` (or `https://`) to the end of the host's name, which must be one and the
same wherever the program names it, becomes BASE_URL (scheme, host, port and what a feed is mounted
under; `http` in place of `ws` for `https://`). What the program prints goes to stdout. What it
receives goes to RECORD too, byte for byte, a line each:

    text HEX | binary HEX      a message, when the program got it
    close CODE HEX             the end of a connection: code (- when there was none) and reason

What a document leaves to its reader (a function that the program calls, a package that it imports)
is in documented/given, under the program's name, and is run before it.

run_documented.mjs does the same for JavaScript.
"""
import pathlib
import re
import sys

import websockets

sys.dont_write_bytecode = True  # nothing appears in the source tree


class RecordedSocket:
    """A connection of `websockets`; what the program reads from it is written down."""

    def __init__(self, socket, write):
        self._socket = socket
        self._write = write
        self._is_over = False

    def __getattr__(self, name):
        return getattr(self._socket, name)

    def _received(self, message):
        if isinstance(message, str):
            self._write("text", message.encode())
        else:
            self._write("binary", message)
        return message

    def over(self):
        if self._is_over:
            return
        self._is_over = True
        code = "-" if self._socket.close_code is None else self._socket.close_code
        self._write(f"close {code}", (self._socket.close_reason or "").encode())

    async def recv(self):
        try:
            return self._received(await self._socket.recv())
        except websockets.ConnectionClosed:
            self.over()
            raise

    async def __aiter__(self):
        async for message in self._socket:
            yield self._received(message)


class RecordedConnect:
    """`async with websockets.connect(…) as socket` or `await websockets.connect(…)`, with a
    RecordedSocket."""

    def __init__(self, connect, write):
        self._connect = connect
        self._write = write
        self._socket = None

    def __await__(self):
        return self._open().__await__()

    async def _open(self):
        return RecordedSocket(await self._connect, self._write)

    async def __aenter__(self):
        self._socket = RecordedSocket(await self._connect.__aenter__(), self._write)
        return self._socket

    async def __aexit__(self, *error):
        handled = await self._connect.__aexit__(*error)
        self._socket.over()
        return handled


def recorded(connect, write):
    def recorded_connect(*args, **options):
        # Before version 14 the library's name for it was another.
        if int(websockets.__version__.split(".")[0]) < 14 and "additional_headers" in options:
            options["extra_headers"] = options.pop("additional_headers")
        return RecordedConnect(connect(*args, **options), write)

    return recorded_connect


def moved_to(base_url, sources):
    hosts = set(re.findall(r"(?:wss|https)://([A-Za-z0-9.-]+)", "\n".join(sources)))
    if len(hosts) != 1:
        sys.exit(f"run_documented.py: error: the program must name one host, not {sorted(hosts)}")
    host = hosts.pop()
    http_url = "http" + base_url.removeprefix("ws")
    return [
        source.replace("wss://" + host, base_url).replace("https://" + host, http_url)
        for source in sources
    ]


def main(program, base_url, record):
    program = pathlib.Path(program)
    given = program.parent / "given" / program.name
    files = [given, program] if given.exists() else [program]
    sources = moved_to(base_url, [file.read_text(encoding="utf-8") for file in files])
    sys.stdout.reconfigure(line_buffering=True)
    with open(record, "w", encoding="ascii", buffering=1) as lines:

        def write(what, payload):
            lines.write(f"{what} {payload.hex()}\n")

        websockets.connect = recorded(websockets.connect, write)
        names = {"__name__": "__main__"}
        for file, source in zip(files, sources):
            exec(compile(source, file, "exec"), names)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
