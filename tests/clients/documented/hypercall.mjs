// Hypercall, "WebSocket API", section "Example: TypeScript Client": the program as printed there
// (it holds no types, so it is plain JavaScript); only its indentation, which the page lost, is
// restored. Not ours: it judges `replay`, do not adapt it.
const ws = new WebSocket(
  "wss://testnet-api.hypercall.xyz/ws?wallet=0xYourWallet"
);

ws.onopen = () => {
  // Subscribe to channels
  ws.send(JSON.stringify({ type: "Subscribe", channel: "orderbook" }));

  // Subscribe to order updates filtered to BTC
  ws.send(JSON.stringify({
    type: "Subscribe",
    channel: "order_updates",
    symbols: ["BTC"],
  }));
};

ws.onmessage = (event) => {
  const msg = JSON.parse(event.data);
  console.log(`Received: ${msg.type}`);

  if (msg.type === "OrderbookUpdate") {
    console.log(`${msg.symbol}: ${msg.bids.length} bids, ${msg.asks.length} asks`);
  }
};
