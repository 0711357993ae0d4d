import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { type Listening, listen } from "../http/listening.ts";

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

/** The reply of /v1/… to this JSON. */
async function plain(path: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(app.url + path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return response.json();
}

describe("one row, or many", () => {
  test("equal logits are equally likely, as numbers, as float32 and as bytes of bf16", async () => {
    const { probabilities } = connect(app.url);
    const expected = { probabilities: [0.5, 0.5], top_id: 0 };
    expect(await probabilities({ logits: [1, 1] })).toMatchObject(expected);
    expect(await probabilities({ logits: Float32Array.of(1, 1) })).toMatchObject(expected);
    const bytes = new Uint8Array(Uint16Array.of(0x3f80, 0x3f80).buffer);
    expect(await probabilities({ logits: { dtype: "bf16", bytes } })).toMatchObject(expected);
  });

  test("the surprise of one of two equal classes is one bit", async () => {
    const { score } = connect(app.url);
    const reply = await score({ logits: [3, 3], target: 1 });
    expect(reply.cross_entropy_bits).toBeCloseTo(1, 6);
    const { results, perplexity } = await score([
      { logits: [3, 3], target: 1 },
      { logits: [0, 0], target: 0 },
    ]);
    expect(results.map(({ rank }) => rank)).toEqual([2, 1]);
    expect(perplexity).toBeCloseTo(2, 6);
  });

  test("rows of several lengths get what each gets in JSON", async () => {
    const rows = [{ logits: [0.5, 1.5] }, { logits: [2, 1, -1] }];
    const reply = await connect(app.url).probabilities(rows, { temperature: 2 });
    expect(reply).toEqual(await plain("/v1/probabilities", { rows, temperature: 2 }));
  });

  test("a class of some rows only is not lost", async () => {
    const rows = [{ logits: [9, 0], target: 1 }, { logits: [9, 0] }];
    const { results } = await connect(app.url).diagnose(rows);
    expect(results.map(({ confidently_wrong }) => confidently_wrong)).toEqual([true, undefined]);
  });
});

describe("a set of rows", () => {
  const rows = [
    { logits: [4, 0], target: 0 },
    { logits: [3, 0], target: 0 },
    { logits: [5, 0], target: 1 },
    { logits: [0, 2], target: 1 },
  ];

  test("is calibrated as in JSON, and its calibration can be handed on", async () => {
    const client = connect(app.url);
    const reply = await client.calibrate(rows, { resamples: 0 });
    expect(reply).toEqual(await plain("/v1/calibrate", { rows, resamples: 0 }));
    const { calibration } = reply;
    const scored = await client.score(rows, { calibration });
    expect(scored.cross_entropy).toBeCloseTo(reply.after.nll, 6);
  });

  test("gives a baseline, by which a weak row is suspicious and a clean one is not", async () => {
    const client = connect(app.url);
    const clean = Array.from({ length: 120 }, (_, i) => ({ logits: [6 + (i % 10) / 10, 0, -1] }));
    const { baseline } = await client.baseline(clean);
    const { results } = await client.diagnose([clean[5]!, { logits: [0.1, 0, 0] }], { baseline });
    expect(results.map(({ suspicious }) => suspicious)).toEqual([false, true]);
  });

  test("without classes cannot be calibrated", async () => {
    const refused = connect(app.url).calibrate([{ logits: [1, 2] }]);
    await expect(refused).rejects.toMatchObject({ status: 422, pointer: "/rows/0/target" });
  });
});

test("a comparison says where two hosts differ", async () => {
  const options = { compare: ["default", "llama.cpp"], temperature: 1.5, top_p: 0.8, seed: 7 };
  const logits = [1, 2.5, -0.3, 2.4];
  const reply = await connect(app.url).compare(logits, options);
  expect(reply.arms.map(({ name }) => name)).toEqual(["default", "llama.cpp"]);
  expect(reply).toEqual(await plain("/v1/compare", { logits, ...options }));
});

test("what two vocabularies have in common", async () => {
  const options = { vocabulary: "demo", draft_vocabulary: "demo" };
  for (const draft of [{}, { draft_token_ids: [300, 5], draft_match: "text" as const }]) {
    const reply = await connect(app.url).commonTokens({ ...options, ...draft });
    expect(reply).toEqual(await plain("/v1/vocabularies/common", { ...options, ...draft }));
    expect(reply.count).toBe(8191);
  }
  const unknown = connect(app.url).commonTokens({ ...options, draft_vocabulary: "none" });
  await expect(unknown).rejects.toMatchObject({ pointer: "/draft_vocabulary" });
});
