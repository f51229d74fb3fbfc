// Runs an example program of a service's document as it is, its host alone replaced.
//
//     node run_documented.mjs PROGRAM BASE_URL RECORD [FASTER]
//
// The same as run_documented.py, which says what RECORD holds, for programs of browsers: their
// global `WebSocket`, which Node has only since version 22, is npm's `ws` (see tools/setup). The
// program's intervals run FASTER times as fast (1 unless given), and do not outlive its socket.
import { readFileSync, openSync, writeSync } from "node:fs";

import WebSocket from "ws";

const [program, baseUrl, recordFile, faster = "1"] = process.argv.slice(2);
if (recordFile === undefined) {
  console.error("usage: node run_documented.mjs PROGRAM BASE_URL RECORD [FASTER]");
  process.exit(1);
}

const record = openSync(recordFile, "w");
const write = (what, payload) =>
  writeSync(record, `${what} ${Buffer.from(payload).toString("hex")}\n`);

class RecordedWebSocket extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols);
    // First of all listeners, so that a message is written down before the program sees it.
    this.addEventListener("message", ({ data }) =>
      write(typeof data === "string" ? "text" : "binary", data),
    );
    this.addEventListener("close", ({ code, reason }) => write(`close ${code}`, reason));
  }
}

// Browsers report what a handler throws and go on; `ws` would be left in the middle of a frame.
const reporting = (handler) => (event) => {
  try {
    handler.call(event.target, event);
  } catch (error) {
    console.error(`Uncaught ${error}`);
  }
};
for (const name of ["onopen", "onmessage", "onerror", "onclose"]) {
  const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
  const setReporting = function (handler) {
    set.call(this, typeof handler === "function" ? reporting(handler) : handler);
  };
  Object.defineProperty(RecordedWebSocket.prototype, name, { get, set: setReporting });
}
globalThis.WebSocket = RecordedWebSocket;

const { setInterval } = globalThis;
globalThis.setInterval = (handler, delayMs, ...rest) =>
  setInterval(handler, delayMs / Number(faster), ...rest).unref();

const source = readFileSync(program, "utf8");
const hosts = [...new Set(source.match(/wss:\/\/[A-Za-z0-9.-]+/g) ?? [])];
if (hosts.length !== 1) {
  console.error(`run_documented.mjs: error: the program must name one host, not [${hosts}]`);
  process.exit(1);
}
const moved = source.replaceAll(hosts[0], baseUrl);
await import(`data:text/javascript;base64,${Buffer.from(moved).toString("base64")}`);
