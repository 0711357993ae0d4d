/** The cost of a refusal: its message is short, and oversized input is counted before it is read. */
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JSON_TYPE, startSending } from "../sending.ts";

let sent: Awaited<ReturnType<typeof startSending>>;
beforeAll(async () => {
  sent = await startSending();
});
afterAll(() => sent.close());

const logits = [1, 3, 2, 0];
const F32 = Buffer.from(Float32Array.from(logits).buffer);

describe("what an answer echoes is short", () => {
  const key = "k".repeat(1_000_000);

  test.each([
    ["a name", { logits, [key]: 1 }],
    ["a value", { logits, temperature: key }],
    ["a list", { logits, temperature: Array.from({ length: 1000 }, () => 1) }],
    ["a stage", { logits, chain: [{ stage: key }] }],
    ["a preset", { logits, preset: key }],
    ["a token id", { logits, logit_bias: { [key]: 1 } }],
    ["a state", { logits, state: { [key]: 1 } }],
    ["a place in a chain", { logits, chain: [{ stage: "top_k", [key]: 4 }] }],
  ])("%s", async (_name, body) => {
    const { status, text } = await sent.to("POST", "/v1/sample", JSON.stringify(body), JSON_TYPE);
    expect(status).toBe(422);
    expect(text.length).toBeLessThan(1500);
    expect(text).toContain("…");
  });

  test("a label and a path", async () => {
    const scored = { logits, labels: ["a", "b", "c", "d"], target: key };
    const { status, text } = await sent.to("POST", "/v1/score", JSON.stringify(scored), JSON_TYPE);
    expect([status, text.length < 1000]).toEqual([422, true]);
    const lost = await sent.to("GET", `/${"x".repeat(5000)}`, "", {});
    expect([lost.status, lost.text.length < 1000]).toEqual([404, true]);
  });
});

describe("what is too many is counted before it is looked at", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));

  test("entries of a bias: the last that may be counted, and one more", async () => {
    const step = (count: number) => JSON.stringify({ logits, logit_bias: many(count) });
    const within = await sent.to("POST", "/v1/sample", step(65_536), JSON_TYPE);
    expect(within.body["detail"]).toContain('the token "x0" needs a vocabulary');
    const beyond = await sent.to("POST", "/v1/sample", step(65_537), JSON_TYPE);
    expect(beyond.body).toMatchObject({ code: "limit_exceeded", pointer: "/logit_bias" });
  });

  test("and in a row of a batch, and in its shared options", async () => {
    const rows = [{ logits }, { logits, logit_bias: many(65_537) }];
    const own = await sent.to("POST", "/v1/sample/batch", JSON.stringify({ rows }), JSON_TYPE);
    expect(own.body).toMatchObject({ code: "limit_exceeded", pointer: "/rows/1/logit_bias" });
    const shared = JSON.stringify({ logit_bias: many(65_537), rows: [{ logits }] });
    expect((await sent.to("POST", "/v1/sample/batch", shared, JSON_TYPE)).body).toMatchObject({
      pointer: "/logit_bias",
    });
  });

  test.each([
    [
      "a shape",
      "/v1/sample/batch",
      { shape: Array.from({ length: 9 }, () => "x") },
      "at most 8 whole numbers, got 9",
    ],
    ["thresholds", "/v1/probabilities", { threshold: [] }, "threshold must be a number of (0, 1], an array"],
  ])("%s", async (_name, url, options, words) => {
    const head = Buffer.from(JSON.stringify({ dtype: "f32", ...options }));
    const headers = { "inference-header-content-length": `${head.length}` };
    const { body } = await sent.to("POST", url, Buffer.concat([head, F32]), headers);
    expect(body["detail"]).toContain(words);
  });

  test("labels", async () => {
    const labels = Array.from({ length: 65_537 }, (_, index) => index);
    const { body } = await sent.to(
      "POST",
      "/v1/probabilities",
      JSON.stringify({ logits, labels }),
      JSON_TYPE,
    );
    expect(body["detail"]).toContain("must be an array of 1 to 65536 strings, got 65537");
  });
});
