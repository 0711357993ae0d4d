/** POST /v2/…/infer with a draft: every option of POST /v1/verify as a parameter or a tensor, and the same reply. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Listening, listen } from "../../listening.ts";
import {
  errorOf,
  exchange,
  f32,
  i32,
  i64 as i64Of,
  inferRequest,
  outputsOf,
  type Tensor,
  texts,
} from "./v2.ts";

const i64 = (...values: number[]) => i64Of(...values.map(BigInt));

let app: Listening;
beforeAll(async () => {
  app = await listen({ rows_max: 8 });
});
afterAll(() => app.close());

const V = 16;
const ROWS = Array.from({ length: 9 }, (_, row) =>
  Array.from({ length: V }, (_, id) => Math.fround(2 * Math.sin(3 * row + 1.7 * id))),
);
const tensor = (name: string, datatype: string, shape: readonly number[], bytes: Uint8Array): Tensor => ({
  name,
  datatype,
  shape,
  bytes,
});
const logitsOf = (rows: readonly (readonly number[])[]) =>
  tensor("logits", "FP32", [rows.length, V], f32(...rows.flat()));
const drafted = (...ids: number[]) => tensor("draft_token_ids", "INT64", [ids.length], i64(...ids));

async function infer(inputs: readonly Tensor[], parameters: object = {}, outputs?: Record<string, boolean>) {
  const request = inferRequest(inputs, {
    parameters: parameters as Record<string, unknown>,
    ...(outputs && { outputs }),
  });
  return exchange(app.url, request);
}

async function verified(inputs: readonly Tensor[], parameters: object = {}): Promise<unknown> {
  const reply = await infer(inputs, parameters, { verified: true });
  expect([reply.status, reply.status === 200 ? "" : reply.body.toString()]).toEqual([200, ""]);
  return JSON.parse(String(outputsOf(reply)["verified"]?.values[0]));
}

async function plain(rows: readonly (readonly number[])[], options: object): Promise<unknown> {
  const body = JSON.stringify({ rows: rows.map((logits) => ({ logits })), ...options });
  const headers = { "content-type": "application/json" };
  const reply = await fetch(`${app.url}/v1/verify`, { method: "POST", headers, body });
  const value: unknown = await reply.json();
  expect([reply.status, value]).toMatchObject([200, { accepted: expect.any(Number) }]);
  return value;
}

async function refusal(
  inputs: readonly Tensor[],
  parameters: object = {},
  outputs?: Record<string, boolean>,
) {
  const reply = await infer(inputs, parameters, outputs);
  return [reply.status, errorOf(reply)];
}

const CHAIN = { temperature: 0.9, seed: 5, step: 2, top_k: 12 };
const DRAFT = [3, 7, 1];

describe("gives the reply of POST /v1/verify", () => {
  test.each([
    ["strict", {}],
    ["rejection", { method: "rejection" }],
    ["block", { method: "block" }],
    ["typical", { method: "typical", epsilon: 0.2, delta: 0.5 }],
    ["ensemble", { method: "ensemble", ensemble_weight: 0.3 }],
  ])("by %s, of a draft as a tensor or as a parameter", async (_, options) => {
    const rows = ROWS.slice(0, 4);
    const expected = await plain(rows, { ...CHAIN, ...options, draft_token_ids: DRAFT });
    expect(await verified([drafted(...DRAFT), logitsOf(rows)], { ...CHAIN, ...options })).toEqual(expected);
    const parameters = { ...CHAIN, ...options, draft_token_ids: JSON.stringify(DRAFT) };
    expect(await verified([logitsOf(rows)], parameters)).toEqual(expected);
    expect(await verified([logitsOf(rows), drafted(...DRAFT)], { ...CHAIN, ...options })).toEqual(expected);
  });

  test("of a tree, whose root is −1", async () => {
    const parents = [-1, -1, 0, 0, 1];
    const ids = [3, 4, 7, 1, 2];
    const rows = ROWS.slice(0, 6);
    for (const method of ["strict", "rejection", "typical"]) {
      const expected = await plain(rows, { ...CHAIN, method, parents, draft_token_ids: ids });
      const inputs = [drafted(...ids), tensor("parents", "INT32", [5], i32(...parents)), logitsOf(rows)];
      expect(await verified(inputs, { ...CHAIN, method })).toEqual(expected);
    }
  });

  test("with rows of the drafter behind those of the target, and its options", async () => {
    const rows = ROWS.slice(0, 7);
    const said = { ...CHAIN, method: "rejection", draft_rows: "logits" };
    const draft_options = { temperature: 1.5, min_p: 0 };
    const expected = await plain(rows, { ...said, draft_options, draft_token_ids: DRAFT });
    const parameters = { ...said, draft_options: JSON.stringify(draft_options) };
    expect(await verified([drafted(...DRAFT), logitsOf(rows)], parameters)).toEqual(expected);
  });

  test("with the drafter's rows as a sparse matrix", async () => {
    const listed = [
      { token_ids: [3, 5, 9], values: [0.5, 0.25, 0.25] },
      { token_ids: [7, 0], values: [0.75, 0.25] },
    ];
    const said = { ...CHAIN, draft_rows: "probabilities" };
    for (const method of ["rejection", "block", "ensemble"]) {
      const all = [
        ...ROWS.slice(0, 3).map((logits) => ({ logits })),
        ...listed.map((logits) => ({ logits: { ...logits, vocab_size: V } })),
      ];
      const body = JSON.stringify({ rows: all, ...said, method, draft_token_ids: [3, 7] });
      const headers = { "content-type": "application/json" };
      const reply = await fetch(`${app.url}/v1/verify`, { method: "POST", headers, body });
      const inputs = [
        drafted(3, 7),
        tensor("draft_offsets", "INT64", [3], i64(0, 3, 5)),
        tensor("draft_ids", "INT32", [5], i32(3, 5, 9, 7, 0)),
        tensor("draft_values", "FP32", [5], f32(0.5, 0.25, 0.25, 0.75, 0.25)),
        logitsOf(ROWS.slice(0, 3)),
      ];
      expect(await verified(inputs, { ...said, method })).toEqual(await reply.json());
    }
  });

  test("with options of single positions, and a draft of no tokens", async () => {
    const rows = ROWS.slice(0, 3);
    const masks = [[3, 4], [7], [1, 2]];
    const body = {
      rows: rows.map((logits, i) => ({ logits, allowed_token_ids: masks[i] })),
      ...CHAIN,
      draft_token_ids: [3, 7],
    };
    const headers = { "content-type": "application/json" };
    const reply = await fetch(`${app.url}/v1/verify`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const allowed = tensor("allowed_token_ids", "INT64", [3, 2], i64(3, 4, 7, -1, 1, 2));
    expect(await verified([drafted(3, 7), allowed, logitsOf(rows)], CHAIN)).toEqual(await reply.json());
    const none = await plain(ROWS.slice(0, 1), { ...CHAIN, draft_token_ids: [] });
    expect(await verified([logitsOf(ROWS.slice(0, 1))], { ...CHAIN, draft_token_ids: "[]" })).toEqual(none);
  });

  test("of a drafter with another vocabulary", async () => {
    const size = 512;
    const rows = Array.from({ length: 3 }, (_, row) =>
      Array.from({ length: size }, (_, id) => Math.fround(Math.sin(row + 1.3 * id))),
    );
    const said = { vocabulary: "demo", draft_vocabulary: "demo", seed: 3 };
    const expected = await plain(rows, { ...said, draft_token_ids: [300, 301] });
    const logits = tensor("logits", "FP32", [3, size], f32(...rows.flat()));
    expect(await verified([drafted(300, 301), logits], said)).toEqual(expected);
    const outputs = outputsOf(await infer([drafted(300, 301), logits], said));
    expect(outputs).toMatchObject({
      drafted_token_ids: { values: [300, 301] },
      draft_accepted: { shape: [1] },
    });
  });
});

test("answers in tensors: what is accepted, and the outputs of a step for each token", async () => {
  const rows = ROWS.slice(0, 4);
  const said = { ...CHAIN, top_k: 0, method: "typical", epsilon: 0, delta: 0, logprobs: true };
  const { token_ids, positions, accepted, step } = (await plain(rows, {
    ...said,
    draft_token_ids: DRAFT,
  })) as {
    token_ids: number[];
    positions: { logprob: number; kept: number }[];
    accepted: number;
    step: number;
  };
  expect(accepted).toBe(3);
  const reply = await infer([drafted(...DRAFT), logitsOf(rows)], said);
  const { seed: _, ...outputs } = outputsOf(reply);
  expect(outputs).toMatchObject({
    accepted: { datatype: "INT64", shape: [1], values: [3] },
    preserves: { values: ["nothing"] },
    next_step: { values: [step] },
    token_id: { shape: [4], values: token_ids },
    logprob: { values: positions.map(({ logprob }) => Math.fround(logprob)) },
    kept: { values: positions.map(({ kept }) => kept) },
  });
  expect(Object.keys(outputs)).not.toContain("path");
  const tree = { ...said, parents: "[-1, 0, 1]" };
  expect(outputsOf(await infer([drafted(...DRAFT), logitsOf(rows)], tree))).toMatchObject({
    path: { values: [0, 1, 2] },
  });
});

describe("refuses by name", () => {
  const good = () => [drafted(...DRAFT), logitsOf(ROWS.slice(0, 4))];

  test("rows that the draft does not need", async () => {
    expect(await refusal([drafted(1, 2), logitsOf(ROWS.slice(0, 4))])).toEqual([
      400,
      "the draft needs 3 rows of logits, got 4",
    ]);
  });

  test("several drafts, and several sources", async () => {
    const two = tensor("draft_token_ids", "INT64", [2, 1], i64(1, 2));
    expect((await refusal([two, logitsOf(ROWS.slice(0, 4))]))[1]).toContain(
      "POST /v1/verify/batch takes many",
    );
    const sources = tensor("logits", "FP32", [2, 2, V], f32(...ROWS.slice(0, 4).flat()));
    expect((await refusal([drafted(1), sources]))[1]).toContain("each position of a draft has one row");
  });

  test("a part of a sparse matrix, and one that is none", async () => {
    const offsets = tensor("draft_offsets", "INT64", [2], i64(0, 1));
    expect((await refusal([offsets, ...good()]))[1]).toContain(
      "need all of draft_offsets, draft_ids, draft_values",
    );
    const half = tensor("draft_values", "FP16", [1], Uint8Array.of(0, 60));
    const ids = tensor("draft_ids", "INT32", [1], i32(3));
    expect((await refusal([offsets, ids, half, ...good()]))[1]).toContain("FP16 is taken for logits only");
  });

  test("options of a draft without one, more rows than there are, and outputs of a draft", async () => {
    expect((await refusal([logitsOf(ROWS.slice(0, 1))], { method: "block" }))[1]).toContain("method");
    const long = [1, 2, 3, 4, 5, 6, 7, 8];
    const block = { method: "block" };
    expect((await refusal([drafted(...long), logitsOf(ROWS)], block))[1]).toContain("(rows_max), got 9");
    expect((await refusal([logitsOf(ROWS.slice(0, 1))], {}, { accepted: true }))[1]).toBe(
      "the output accepted is of a draft, and needs the input draft_token_ids",
    );
    expect((await refusal(good(), {}, { path: true }))[1]).toContain("path is not made by the options");
  });

  test("a wrong row, with its number", async () => {
    const bad = ROWS.slice(0, 4).map((row, i) => (i === 0 ? row.map(() => Number.NaN) : row));
    const [status, text] = await refusal([drafted(...DRAFT), logitsOf(bad)]);
    expect([status, String(text)]).toEqual([400, expect.stringMatching(/^row 0: /)]);
  });

  test("words of a method that are none", async () => {
    const method = tensor("method", "BYTES", [1], texts("greedy"));
    expect((await refusal([method, ...good()]))[1]).toContain("method must be");
  });
});
