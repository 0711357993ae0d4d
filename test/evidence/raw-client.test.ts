import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type RawResult, rawLoad } from "../../evidence/raw-client.ts";

const SCENARIO = {
  name: "test",
  path: "/v1/sample?dtype=f32",
  headers: { "content-type": "application/octet-stream" },
  body: Buffer.alloc(100_000, 7),
};
const LIMITS = { connections: 2, duration_ms: 10_000, requests_max: 30 };

async function loadAgainst(listener: RequestListener): Promise<RawResult> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await rawLoad(`http://127.0.0.1:${port}`, SCENARIO, LIMITS);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/**
 * Reads the whole body, then sends the answer that `answer` makes from its length and the number of requests so far.
 */
function afterBody(
  answer: (bytes: number, count: number) => { status: number; text: string },
): RequestListener {
  let count = 0;
  return (request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => {
      const { status, text } = answer(bytes, count++);
      response.writeHead(status, { "content-length": Buffer.byteLength(text) }).end(text);
    });
  };
}

test("the whole body arrives, the count is kept, and equal 2xx replies are no errors", async () => {
  const seen = new Set<number>();
  const result = await loadAgainst(
    afterBody((bytes) => {
      seen.add(bytes);
      return { status: 200, text: '{"token_id":11,"formula":"π"}' };
    }),
  );
  expect([...seen]).toEqual([100_000]);
  expect(result).toMatchObject({ requests: 30, refused: 0, different: 0 });
  expect(result.latencies_ms).toHaveLength(30);
});

test("replies that are not 2xx are counted as refused", async () => {
  const result = await loadAgainst(
    afterBody((_, count) => ({ status: count % 3 === 0 ? 503 : 200, text: "same" })),
  );
  expect(result).toMatchObject({ requests: 30, refused: 10, different: 0 });
});

test("replies with other bytes than the first are counted as different", async () => {
  const result = await loadAgainst(
    afterBody((_, count) => ({ status: 200, text: count === 20 ? "b" : "a" })),
  );
  expect(result).toMatchObject({ requests: 30, refused: 0, different: 1 });
});

test("a connection that breaks is an error and not a short run", async () => {
  await expect(loadAgainst((request) => request.socket.destroy())).rejects.toThrow();
});
