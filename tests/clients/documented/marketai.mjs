// Market.ai, "WebSocket Push API Guide", section "JavaScript/TypeScript (Bun or Node.js)": the program
// as printed there (it holds no types, so it is plain JavaScript). Not ours: it judges `replay`, do
// not adapt it.
const ws = new WebSocket("wss://ws.market-ai.dev?key=mk_live_abc123...");

ws.onopen = () => {
  ws.send(JSON.stringify({
    action: "subscribe",
    channels: [
      { type: "quotes", symbols: ["BTC/USDT", "ETH/USDT"] },
      { type: "signals" },
    ],
  }));
};

ws.onmessage = (event) => {
  const msg = JSON.parse(event.data);

  switch (msg.type) {
    case "subscribed":
      console.log(`Subscribed to ${msg.channel}: ${msg.symbols}`);
      break;
    case "update":
      console.log(`[${msg.channel}] ${JSON.stringify(msg.data)}`);
      break;
    case "pong":
      break;
    case "error":
      console.error(`Error: ${msg.code} - ${msg.message}`);
      break;
  }
};

// Keep alive with pings
setInterval(() => {
  if (ws.readyState === WebSocket.OPEN) {
    ws.send(JSON.stringify({ action: "ping" }));
  }
}, 25000);
