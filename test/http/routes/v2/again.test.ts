/** Repeated POST /v2/…/infer: the parsed JSON of a request is cached, and answers do not change. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, listen } from "../../listening.ts";
import { exchange, f32, inferRequest, outputsOf } from "./v2.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

const ROW = [1, 2.5, Math.fround(-0.3), Math.fround(2.4)];

/** The reply of /v1/sample to one row. */
async function plain(logits: readonly number[], options: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ logits, ...options });
  return (await fetch(`${app.url}/v1/sample`, { method: "POST", headers, body })).text();
}

/** The same text, taken from the answer of /v2. */
async function inferred(row: readonly number[], parameters: object, beside: object[] = []): Promise<unknown> {
  const logits = { name: "logits", shape: [1, row.length], datatype: "FP32", bytes: f32(...row) };
  const inputs = [logits, ...beside] as Parameters<typeof inferRequest>[0];
  const options = { parameters: { ...parameters }, outputs: { reply: true } };
  const reply = await exchange(app.url, inferRequest(inputs, options));
  return outputsOf(reply)["reply"]?.values[0];
}

test("each step, seed and row has its own answer, whatever was asked before", async () => {
  for (const [row, step, seed] of [
    [ROW, 3, 7],
    [ROW, 3, 7],
    [ROW, 4, 7],
    [[...ROW].reverse(), 5, 12],
    [ROW, 3, 7],
  ] as const) {
    const options = { temperature: 0.8, top_k: 3, step, seed };
    expect(await inferred(row, options)).toEqual(await plain(row, options));
    const few = { name: "allowed_token_ids", shape: [2], datatype: "INT64", data: [0, 2] };
    const expected = await plain(row, { ...options, allowed_token_ids: [0, 2] });
    expect(await inferred(row, options, [few])).toEqual(expected);
  }
});
