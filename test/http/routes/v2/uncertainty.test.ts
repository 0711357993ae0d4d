/** Uncertainty as outputs of an inference: the numbers of /v1/sample, rounded to float32. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sampled } from "../../../../src/sampling/report/report.ts";
import { type Listening, listen } from "../../listening.ts";
import { exchange, f32, inferRequest, outputsOf } from "./v2.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

const ROW = [1, 2.5, Math.fround(-0.3), Math.fround(2.4)];
const OPTIONS = { temperature: 0.8, top_k: 3, seed: 7, step: 3 };
const INPUT = { name: "logits", shape: [1, ROW.length], datatype: "FP32", bytes: f32(...ROW) };

async function infer(options: Parameters<typeof inferRequest>[1]) {
  const reply = await exchange(app.url, inferRequest([INPUT], options));
  expect([reply.status, reply.status === 200 ? "" : reply.body.toString()]).toEqual([200, ""]);
  return outputsOf(reply);
}

async function plain(options: object): Promise<Sampled> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ logits: ROW, ...options });
  const reply = await fetch(`${app.url}/v1/sample`, { method: "POST", headers, body });
  return (await reply.json()) as Sampled;
}

describe("uncertainty", () => {
  const NAMES = ["raw", "processed"].flatMap((side) =>
    ["entropy", "varentropy", "margin", "confidence"].map((number) => `${side}_${number}`),
  );

  test("comes as eight outputs with the option, or when one of them is asked for", async () => {
    const asked = { ...OPTIONS, uncertainty: true };
    const { uncertainty } = await plain(asked);
    const expected = NAMES.map((name) => {
      const [side, number] = name.split("_") as ["raw", "entropy"]; // or another of the two and of the four
      return Math.fround(uncertainty?.[side][number] ?? Number.NaN);
    });
    const all = await infer({ parameters: asked });
    expect(NAMES.map((name) => all[name]?.values[0])).toEqual(expected);
    const outputs = { token_id: true, processed_margin: true };
    const some = await infer({ parameters: OPTIONS, outputs });
    expect(Object.keys(some)).toEqual(["token_id", "processed_margin"]);
    expect(some["processed_margin"]).toMatchObject({ shape: [1], values: [expected[6]] });
  });
});
