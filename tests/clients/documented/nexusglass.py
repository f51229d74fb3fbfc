# NexusGlass, "WebSocket Protocol", section "Code Examples": the program as printed there; only its
# indentation, which the page lost, is restored. Not ours: it judges `replay`, do not adapt it.
import asyncio, json, websockets
API_KEY = "YOUR_API_KEY"
URL = f"wss://nexusglass.live/ws/fastfeed?token={API_KEY}"
async def listen():
    async with websockets.connect(URL) as ws:
        async for raw in ws:
            msg = json.loads(raw)
            if msg["type"] == "HANDSHAKE":
                print(f"Connected: tier={msg['payload']['tier']}")
            elif msg["type"] == "EVENT":
                ev = msg["payload"]
                print(f"[{ev['priority']}] {ev['type']} "
                      f"{ev['symbol']} conf={ev['confidence']}")
            elif msg["type"] == "ERROR":
                print(f"Error: {msg['payload']['message']}")
                break
asyncio.run(listen())
