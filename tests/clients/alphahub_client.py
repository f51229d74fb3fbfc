#!/usr/bin/python3
"""A client of AlphaHub after the service's README and the flow of its public client.

    alphahub_client.py HTTP_URL WS_URL HEARTBEAT_SECONDS ID...

    alphahub_client.py http://127.0.0.1:8765/alphahub ws://127.0.0.1:8765/alphahub 15 14 16

Logs in with a form, opens the socket with the token, joins one topic at a time (the next one once
the former's reply is there; signals that are pushed meanwhile count), and sends a heartbeat
whenever it has sent nothing for the interval. References are null. Prints what it does:

    login STATUS BODY | sent TEXT | got TEXT | close CODE REASON

and ends with the connection: exit code 0 when all was as the README says.
"""
import asyncio
import json
import sys
import time
import urllib.parse
import urllib.request

import websockets


class Connection:
    """`on_signal(id, info)` is called for each signal; `trace(what, text)` for all that crosses."""

    def __init__(self, email, password, algo_ids, on_signal, *, http, ws, heartbeat_s=15,
                 trace=lambda what, text: None):
        self._credentials = {"user[email]": email, "user[password]": password}
        self._algo_ids = algo_ids
        self._on_signal = on_signal
        self._http, self._ws = http, ws
        self._heartbeat_s = heartbeat_s
        self._trace = trace
        self._socket = None
        self._stale_at = 0

    async def run(self):
        url = f"{self._ws}/socket/websocket?vsn=2.0.0&api_token={self._log_in()}"
        self._socket = await websockets.connect(url)
        try:
            for algo_id in self._algo_ids:
                topic = f"algorithms:{algo_id}"
                await self._send([None, None, topic, "phx_join", {}])
                while self._take(await self._socket.recv()) != topic:
                    continue
            while True:
                left_s = self._stale_at - time.monotonic()
                try:
                    self._take(await asyncio.wait_for(self._socket.recv(), max(left_s, 0)))
                except asyncio.TimeoutError:
                    pass
                if time.monotonic() >= self._stale_at:
                    await self._send([None, None, "phoenix", "heartbeat", {}])
        except websockets.ConnectionClosed:
            self._trace("close", f"{self._socket.close_code} {self._socket.close_reason}")

    def _log_in(self):
        request = urllib.request.Request(
            f"{self._http}/api/v1/session",
            data=urllib.parse.urlencode(self._credentials).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        with urllib.request.urlopen(request) as response:
            body = response.read().decode()
            self._trace("login", f"{response.status} {body}")
        return json.loads(body)["data"]["token"]

    async def _send(self, message):
        self._stale_at = time.monotonic() + self._heartbeat_s
        text = json.dumps(message, separators=(",", ":"))
        self._trace("sent", text)
        try:
            await self._socket.send(text)
        except websockets.ConnectionClosed:
            pass  # what came before the close is still to be read

    def _take(self, text):
        """The topic, when the message is a topic's reply to its join."""
        self._trace("got", text)
        _, _, topic, event, info = json.loads(text)
        if event == "new_signals":
            self._on_signal(int(topic.removeprefix("algorithms:")), info)
        elif event != "phx_reply" or info["status"] != "ok":
            raise ValueError("no message that the README knows: " + text)
        return topic if event == "phx_reply" else None


def main(http, ws, heartbeat_s, *algo_ids):
    sys.stdout.reconfigure(line_buffering=True)
    connection = Connection(
        "me@example.org", "a password & more", algo_ids, lambda algo_id, info: None, http=http,
        ws=ws, heartbeat_s=float(heartbeat_s), trace=lambda what, text: print(what, text)
    )
    asyncio.run(connection.run())


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
