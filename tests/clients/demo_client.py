#!/usr/bin/env python3
"""Two plain clients of the documented services, pointed at a tapedeck replay until it ends.

    demo_client.py ws://127.0.0.1:8765

Prints what they received, by type, with a first example of each; exits 1 when either got no data.
"""
import asyncio
import collections
import json
import sys

import websockets

# Path below the server, and what the client says first.
CLIENTS = [
    ("/nexusglass/ws/fastfeed?token=demo-key", []),
    (
        "/hypercall/ws",
        [
            {"type": "Subscribe", "channel": "trades"},
            {"type": "Subscribe", "channel": "orderbook"},
        ],
    ),
]


async def listen(base, path, hello, answer_pings):
    counts = collections.Counter()
    examples = {}
    async with websockets.connect(base + path, max_size=None) as socket:
        for message in hello:
            await socket.send(json.dumps(message))
        try:
            async for text in socket:
                kind = json.loads(text).get("type", "?")
                counts[kind] += 1
                examples.setdefault(kind, text)
                if answer_pings and kind == "PING":
                    await socket.send(json.dumps({"type": "PONG"}))
        except websockets.ConnectionClosedError as error:
            print(f"{path}: {error}", file=sys.stderr)
        return counts, examples, f"{socket.close_code} {socket.close_reason}"


async def main(base):
    results = await asyncio.gather(
        *(listen(base, path, hello, answer_pings=not hello) for path, hello in CLIENTS)
    )
    status = 0
    for (path, _), (counts, examples, closed) in zip(CLIENTS, results):
        print(f"{path.split('?')[0]}: {sum(counts.values())} messages, closed with {closed}")
        for kind, count in counts.most_common():
            example = examples[kind] if len(examples[kind]) <= 100 else examples[kind][:97] + "..."
            print(f"  {count:6d} {kind:18s} {example}")
        if not closed.startswith("1000") or sum(counts.values()) < 10:
            status = 1
    return status


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1])))
