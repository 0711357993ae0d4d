/** Sparse rows in bytes: the same answers as in JSON, and a problem with a pointer for every invalid row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openStepJson } from "../../../src/wire/step-body.ts";
import { answers, batchBehind, behind, byQuery, bytesOf, type Fields, header, refusal } from "../opened.ts";

const idBytes = (ids: readonly number[]) => Buffer.from(Int32Array.from(ids).buffer);
const body = (ids: readonly number[], values: Uint8Array) => Buffer.concat([idBytes(ids), values]);

/** bfloat16 holds whole numbers up to 256, and f32 values that end in 16 zero bits. */
const bf16 = (values: readonly number[]) =>
  Buffer.from(
    Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (word) => word >>> 16).buffer,
  );

describe("a sparse tensor", () => {
  const value = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant(Number.NEGATIVE_INFINITY));
  const pairs = fc
    .uniqueArray(fc.nat(999), { minLength: 1, maxLength: 90 })
    .chain((ids) =>
      fc.tuple(fc.constant(ids), fc.array(value, { minLength: ids.length, maxLength: ids.length })),
    )
    .filter(([, values]) => values.some((each) => each > Number.NEGATIVE_INFINITY));
  const options = fc.record({
    temperature: fc.constantFrom(0, 0.7, 1),
    top_k: fc.constantFrom(0, 1, 5, 80),
    top_p: fc.constantFrom(1, 0.6),
    logprobs: fc.boolean(),
    step: fc.nat(50),
  });

  test("answers as the same row does in JSON, however it is cut, in each dtype", () => {
    fc.assert(
      fc.property(pairs, options, fc.nat(40), fc.boolean(), ([ids, values], chosen, size, is_bf16) => {
        const known = { vocab_size: 1000, logsumexp: 40, max_omitted: -30 };
        const dtype = is_bf16 ? "bf16" : "f32";
        const fields = { dtype, sparse: { count: ids.length, ...known }, seed: 5, ...chosen };
        const numbers = values.map((each) => (each === Number.NEGATIVE_INFINITY ? "-Infinity" : each));
        const options_text = JSON.stringify({ seed: 5, ...chosen }).slice(1);
        const known_text = JSON.stringify(known).slice(1);
        const text = `{"logits":{"token_ids":[${ids}],"values":[${numbers}],${known_text},${options_text}`;
        const tensor = body(ids, is_bf16 ? bf16(values) : bytesOf(values));
        const bytes = Buffer.concat([header(fields), tensor]);
        expect(answers(behind(fields), bytes, size)).toEqual(answers(openStepJson, text));
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  test("may have its options in the query string", () => {
    const fields = { sparse: { count: 2, vocab_size: 10 }, temperature: 0, seed: "1" };
    const bytes = body([7, 3], bytesOf([1, 2]));
    expect(answers(byQuery(fields), bytes, 5)[0]).toMatch(/^{"token_id":3,"kept":1,"exact":false/);
  });

  const two = body([1, 2], bytesOf([1, 2]));
  test.each<[string, Fields, Buffer, string, string]>([
    ["without a count", { sparse: {} }, two, "invalid_option", "/sparse/count"],
    ["with a count of 0", { sparse: { count: 0 } }, Buffer.alloc(0), "invalid_option", "/sparse/count"],
    ["that is no object", { sparse: 2 }, two, "invalid_option", "/sparse"],
    ["with more", { sparse: { count: 2, top: 1 } }, two, "unknown_option", "/sparse/top"],
    ["too long", { sparse: { count: 4097 } }, two, "limit_exceeded", "/sparse/count"],
    ["with a shape", { sparse: { count: 2 }, shape: [2] }, two, "option_conflict", "/shape"],
    ["cut short", { sparse: { count: 2 } }, two.subarray(0, 15), "length_mismatch", "/sparse/count"],
    ["with bytes too many", { sparse: { count: 1 } }, two, "length_mismatch", "/sparse/count"],
    ["of another type", { sparse: { count: 2 }, dtype: "bf16" }, two, "length_mismatch", "/sparse/count"],
    [
      "with a larger vocab_size",
      { sparse: { count: 2, vocab_size: 5 }, vocab_size: 6 },
      two,
      "length_mismatch",
      "/vocab_size",
    ],
    [
      "with an impossible logsumexp",
      { sparse: { count: 2, logsumexp: 1.9 } },
      two,
      "invalid_option",
      "/sparse/logsumexp",
    ],
  ])("that cannot be is refused: %s", (_name, fields, tensor, code, pointer) => {
    const bytes = Buffer.concat([header(fields), tensor]);
    for (const size of [0, 1, 5])
      expect(refusal(behind(fields), bytes, size).slice(0, 2)).toEqual([code, pointer]);
  });

  test.each<[string, readonly number[], readonly number[], string, string]>([
    ["an id twice", [4, 1, 4], [1, 2, 3], "invalid_logits", "/logits/token_ids/2"],
    ["an id that is too large", [4, 10, 4], [1, 2, 3], "token_id_out_of_range", "/logits/token_ids/1"],
    ["an id that is no id", [4, 2 ** 24, 4], [1, 2, 3], "invalid_logits", "/logits/token_ids/1"],
    ["a negative id", [4, 3, -4], [1, 2, 3], "invalid_logits", "/logits/token_ids/2"],
    ["NaN", [4, 3, 2], [1, Number.NaN, 3], "nan_logit", "/logits/values/1"],
    ["Infinity", [4, 3, 2], [1, 2, Number.POSITIVE_INFINITY], "invalid_logits", "/logits/values/2"],
  ])("with %s is refused", (_name, ids, values, code, pointer) => {
    const fields = { sparse: { count: 3, vocab_size: 10 } };
    const bytes = Buffer.concat([header(fields), body(ids, bytesOf(values))]);
    for (const size of [0, 1, 5])
      expect(refusal(behind(fields), bytes, size).slice(0, 2)).toEqual([code, pointer]);
  });

  test("a batch is dense", () => {
    const fields = { shape: [1, 2], sparse: { count: 2 } };
    const bytes = Buffer.concat([header(fields), two]);
    expect(refusal(batchBehind(fields), bytes).slice(0, 2)).toEqual(["unknown_option", "/sparse"]);
  });
});

describe("what is known of a whole row", () => {
  const text = (logsumexp: number) =>
    `{"logits":{"token_ids":[5,2],"values":[8,3],"vocab_size":12,"logsumexp":${logsumexp}},"logprobs":true,"seed":1}`;

  test("a normaliser below the largest logit is refused", () => {
    expect(refusal(openStepJson, text(4))).toEqual([
      "invalid_option",
      "/logits/logsumexp",
      "logsumexp must be at least the largest of the values, 8, got 4",
    ]);
  });

  test("one that was rounded below what was sent gives no probability above 1", () => {
    const [reply] = answers(openStepJson, text(7.99));
    expect(JSON.parse(String(reply))).toMatchObject({ kept_mass: expect.closeTo(1, 12) });
    expect(JSON.parse(String(reply)).logprob).toBeLessThanOrEqual(0);
  });
});
