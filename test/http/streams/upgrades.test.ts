/** Upgrade offers that the service does not accept: the request is answered as if it had no offer. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { listen } from "../listening.ts";

const ROW = Buffer.from(Float32Array.of(1, 3, 2).buffer);

/** Sends bytes in two parts and returns everything that arrives until the connection ends. */
async function exchanged(url: string, head: string, body: Buffer): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write(head);
  await once(socket, "connect");
  socket.end(body);
  await once(socket, "close");
  return text;
}

test.each([
  [
    "HTTP/2, as Java's client makes it",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n",
  ],
  ["a WebSocket, on a POST", "Connection: Upgrade\r\nUpgrade: websocket\r\n"],
  ["an unknown expectation", "Expect: a-miracle\r\n"],
])("an offer of %s is ignored", async (_name, lines) => {
  const app = await listen();
  try {
    const head = `POST /v1/sample?dtype=f32&temperature=0 HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: 12\r\n\r\n`;
    const text = await exchanged(app.url, head, ROW);
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).toContain('"token_id":1');
  } finally {
    await app.close();
  }
});
