# Hypercall, "WebSocket API", section "Example: Python Client": the program as printed there; only
# its indentation, which the page lost, is restored. Not ours: it judges `replay`, do not adapt it.
import asyncio
import websockets
import json

async def main():
    uri = "wss://testnet-api.hypercall.xyz/ws?wallet=0xYourWallet"

    async with websockets.connect(uri) as ws:
        # Subscribe to orderbook
        await ws.send(json.dumps({
            "type": "Subscribe",
            "channel": "orderbook"
        }))

        # Subscribe to fills for BTC only
        await ws.send(json.dumps({
            "type": "Subscribe",
            "channel": "fills",
            "symbols": ["BTC"]
        }))

        # Listen for messages
        async for message in ws:
            data = json.loads(message)
            print(f"Received: {data['type']}")

asyncio.run(main())
