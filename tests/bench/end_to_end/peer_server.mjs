// What a WebSocket server in Node does at its best: it has every message in memory and sends one
// after the other, waiting when the socket's buffer is full.
//   node peer_server.mjs MESSAGE COUNT     prints its port
import { WebSocketServer } from '../../clients/node_modules/ws/wrapper.mjs';

const [message, count] = process.argv.slice(2);
const bufferedMax = 4 << 20;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('listening', () => console.log(server.address().port));
server.on('connection', async (client) => {
  for (let i = 0; i < Number(count); i++) {
    if (client.bufferedAmount > bufferedMax) {
      await new Promise((resolve) => client.send(message, resolve));
    } else {
      client.send(message);
    }
  }
  client.close(1000);
  server.close();
});
