/** The same step, sent in any way: the reply has the same bytes. */
import { describe, expect, test } from "vitest";
import { openBatchJson } from "../../src/wire/batch-body.ts";
import { openStepJson } from "../../src/wire/step-body.ts";
import { answers, batchBehind, behind, byQuery, bytesOf, header } from "./opened.ts";

const LOGITS = Array.from({ length: 700 }, (_, id) => Math.fround(Math.sin(id * 1.3) * 6));
const OPTIONS = {
  temperature: 0.9,
  top_k: 50,
  top_p: 0.9,
  seed: "18446744073709551615",
  step: 12,
  logprobs: true,
  uncertainty: true,
};

/** The 16-bit form of values that bfloat16 can hold. */
function bf16(values: readonly number[]): Buffer {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Buffer.from(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

describe("one step in every form", () => {
  const expected = answers(openStepJson, JSON.stringify({ logits: LOGITS, ...OPTIONS }));
  const packed = { dtype: "f32", data: bytesOf(LOGITS).toString("base64") };
  const sizes = [0, 1, 3, 64, 1000];

  test("has one reply with a token that was drawn from the row", () => {
    expect(expected).toHaveLength(1);
    expect(JSON.parse(String(expected[0]))).toMatchObject({
      seed: "18446744073709551615",
      step: 12,
      kept_mass: expect.any(Number),
      uncertainty: { raw: { entropy: expect.any(Number) }, processed: { confidence: expect.any(Number) } },
    });
  });

  test.each([
    ["options before the logits", { ...OPTIONS, logits: LOGITS }],
    ["packed", { logits: packed, ...OPTIONS }],
    ["packed, data first", { ...OPTIONS, logits: { data: packed.data, dtype: "f32" } }],
    ["packed without padding", { logits: { ...packed, data: packed.data.replace(/=+$/, "") }, ...OPTIONS }],
  ])("JSON, %s", (_name, body) => {
    for (const size of sizes) expect(answers(openStepJson, JSON.stringify(body), size)).toEqual(expected);
    expect(answers(openStepJson, JSON.stringify(body, null, 4))).toEqual(expected);
  });

  test("JSON with every slash of the base64 escaped, as PHP writes it", () => {
    const body = JSON.stringify({ logits: packed, ...OPTIONS })
      .replaceAll("/", "\\/")
      .replaceAll("+", "\\u002b");
    for (const size of sizes) expect(answers(openStepJson, body, size)).toEqual(expected);
  });

  test("JSON with all the digits that float64 has", () => {
    const logits = LOGITS.map((value) => value + Math.abs(value) * 2 ** -30);
    expect(logits.map(Math.fround)).toEqual(LOGITS);
    expect(answers(openStepJson, JSON.stringify({ logits, ...OPTIONS }), 13)).toEqual(expected);
  });

  test("binary, by header and by query", () => {
    const fields = { dtype: "f32", ...OPTIONS };
    const body = Buffer.concat([header(fields), bytesOf(LOGITS)]);
    for (const size of sizes) {
      expect(answers(behind(fields), body, size)).toEqual(expected);
      expect(answers(byQuery(fields), bytesOf(LOGITS), size)).toEqual(expected);
    }
    expect(answers(byQuery(OPTIONS), bytesOf(LOGITS))).toEqual(expected);
    expect(answers(byQuery({ ...OPTIONS, shape: [700] }), bytesOf(LOGITS))).toEqual(expected);
    expect(answers(byQuery({ ...OPTIONS, shape: [1, 700] }), bytesOf(LOGITS))).toEqual(expected);
  });

  test("bfloat16, float32 and JSON of the same values", () => {
    const values = LOGITS.map((value) => Math.round(value * 4) / 4);
    const reference = answers(openStepJson, JSON.stringify({ logits: values, ...OPTIONS }));
    for (const size of sizes)
      expect(answers(byQuery({ dtype: "bf16", ...OPTIONS }), bf16(values), size)).toEqual(reference);
    const data = bf16(values).toString("base64");
    expect(answers(openStepJson, JSON.stringify({ logits: { dtype: "bf16", data }, ...OPTIONS }))).toEqual(
      reference,
    );
  });

  test("a sparse row of all tokens, in any order, but for the word that it is exact", () => {
    const ids = LOGITS.map((_, id) => (id * 303) % 700);
    const logits = { token_ids: ids, values: ids.map((id) => LOGITS[id]), vocab_size: 700 };
    const reply = String(answers(openStepJson, JSON.stringify({ logits, ...OPTIONS }), 9)[0]);
    expect(JSON.parse(reply)).toMatchObject({
      token_id: JSON.parse(String(expected[0])).token_id,
      exact: true,
    });
  });

  test("in a batch, JSON or binary, among others", () => {
    const step = { logits: LOGITS, ...OPTIONS };
    const other = { logits: [1, 2], seed: 1 };
    for (const size of [0, 1, 100]) {
      const rows = answers(openBatchJson, JSON.stringify({ rows: [other, step, other, step] }), size);
      expect([rows[1], rows[3]]).toEqual([expected[0], expected[0]]);
      const shared = answers(openBatchJson, JSON.stringify({ ...OPTIONS, rows: [{ logits: LOGITS }] }), size);
      expect(shared).toEqual(expected);
      const fields = { shape: [3, 700], ...OPTIONS, rows: [{ seed: 1 }, {}, { temperature: 0 }] };
      const tensor = Buffer.concat([header(fields), bytesOf(LOGITS), bytesOf(LOGITS), bytesOf(LOGITS)]);
      expect(answers(batchBehind(fields), tensor, size)[1]).toBe(expected[0]);
    }
  });
});

describe("tokens at +Infinity, in bytes", () => {
  const values = [1, Infinity, 2, Infinity, -Infinity];
  const asked = { seed: "5", logprobs: true, top_logprobs: 3 };
  const replies = (options: Readonly<Record<string, unknown>>) => {
    const packed = { dtype: "f32", data: bytesOf(values).toString("base64") };
    const in_json = answers(openStepJson, JSON.stringify({ logits: packed, ...asked, ...options }));
    expect(answers(byQuery({ ...asked, ...options }), bytesOf(values), 3)).toEqual(in_json);
    expect(answers(byQuery({ ...asked, ...options, dtype: "bf16" }), bf16(values))).toEqual(in_json);
    return JSON.parse(String(in_json[0])) as Record<string, unknown>;
  };

  test("share the probability, and the others have none", () => {
    const tokens = Array.from({ length: 60 }, (_, step) => replies({ step })["token_id"]);
    expect([...new Set(tokens)].sort()).toEqual([1, 3]);
    const reply = replies({});
    expect([reply["logprob"], reply["processed_logprob"]]).toEqual([Math.log(1 / 2), Math.log(1 / 2)]);
    expect(reply["top_logprobs"]).toEqual([
      { token_id: 1, logprob: Math.log(1 / 2) },
      { token_id: 3, logprob: Math.log(1 / 2) },
      { token_id: 2, logprob: null },
    ]);
  });

  test("are all that a greedy step, or one with cuts, is left with", () => {
    expect(replies({ temperature: 0 })["token_id"]).toBe(1);
    expect(replies({ top_k: 3, top_p: 0.9, min_p: 0.1 })).toMatchObject({ kept: 2, kept_mass: 1 });
  });

  test("are errors in JSON, as word and as a number beyond float32", () => {
    for (const text of ["Infinity", "1e39", "1e400"])
      expect(() => answers(openStepJson, `{"logits":[1,${text}]}`)).toThrow(/index 1/);
  });
});
