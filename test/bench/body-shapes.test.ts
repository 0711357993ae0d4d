/**
 * Objects that every request creates must share one V8 shape. With a shape per request, V8 would look up every field
 * anew.
 */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Listening, listen } from "../http/listening.ts";
import { shapesAmong } from "../shapes.ts";

const uses: object[] = [];

vi.mock("../../src/http/exchange/read-body.ts", async (original) => {
  const { BodyReading } = await original<typeof import("../../src/http/exchange/read-body.ts")>();
  class Watched extends BodyReading<never> {
    constructor(...[service, raw, ticket, use, ...rest]: ConstructorParameters<typeof BodyReading<never>>) {
      uses.push(use);
      super(service, raw, ticket, use, ...rest);
    }
  }
  return { BodyReading: Watched };
});

let app: Listening;
beforeEach(async () => {
  app = await listen({ vocab_size_max: 8 });
});
afterEach(() => app.close());

test.each([
  ["/v1/sample?dtype=f32", new Float32Array([1, 2, 3])],
  ["/v1/sample", JSON.stringify({ logits: [1, 2, 3] })],
  ["/v1/sample/batch?dtype=f32&shape=1,3", new Float32Array([1, 2, 3])],
])("what is done with a body of %s", async (path, body) => {
  uses.length = 0;
  for (let i = 0; i < 20; i++) {
    const headers = {
      "content-type": typeof body === "string" ? "application/json" : "application/octet-stream",
    };
    const reply = await fetch(`${app.url}${path}`, { method: "POST", body, headers });
    expect(reply.status).toBe(200);
    await reply.text();
  }
  expect(shapesAmong(uses.slice(-10))).toBe(1);
});
