/** Tests the oracle of the fuzz: the requests that it accepts and refuses, in cases that can be checked by hand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BYTES_TYPE, f32, jsonMessage, type Message, tensorMessage } from "../../proof/message.ts";
import { judge } from "../../proof/oracle/judge.ts";
import { floatsOf } from "../../proof/oracle/logits.ts";
import { readStrictJson } from "../../proof/oracle/strict-json.ts";

const bytes = (text: string) => Buffer.from(text);

describe("the strict reader", () => {
  test("reads what JSON.parse reads, to the same value", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(!text.includes("__proto__"));
        expect(readStrictJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("refuses what JSON.parse refuses, of texts that are nearly JSON", () => {
    const letters = fc.constantFrom(...'{}[]:,"\\u01e+-.tnull a\u0001');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), (list) => {
        const text = list.join("");
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        if (!parsed) expect(() => readStrictJson(bytes(text))).toThrow(SyntaxError);
      }),
      { numRuns: 5000 },
    );
  });

  test("keeps all digits of a seed, and of nothing else", () => {
    expect(readStrictJson(bytes('{"seed":9007199254740993,"step":9007199254740993}'))).toEqual({
      seed: "9007199254740993",
      step: 9007199254740992,
    });
    expect(readStrictJson(bytes('{"seed":9007199254740993e0}'))).toEqual({ seed: 9007199254740992 });
  });

  test.each([
    ['{"a":1,"a":2}', "a key twice"],
    ['{"logits":{"dtype":"f32","dtype":"f32"}}', "a key twice in logits"],
    ['{"rows":[{"x":1,"x":1}]}', "a key twice in a row"],
    ['{"__proto__":1}', "__proto__"],
    ['\ufeff{"a":1}', "a byte order mark"],
    ['{"temperature":-Infinity}', "-Infinity where no logit stands"],
    ['{"logits":[NaN]}', "NaN"],
    ["[".repeat(65) + "]".repeat(65), "65 levels"],
  ])("refuses %s, %s", (text) => {
    expect(() => readStrictJson(bytes(text))).toThrow(SyntaxError);
  });

  test("takes -Infinity for a logit, 64 levels, and a repeated key in an object that is not read", () => {
    expect(readStrictJson(bytes('{"rows":[{"logits":[-Infinity,1]}]}'))).toEqual({
      rows: [{ logits: [Number.NEGATIVE_INFINITY, 1] }],
    });
    expect(readStrictJson(bytes("[".repeat(64) + "]".repeat(64)))).toBeInstanceOf(Array);
    expect(readStrictJson(bytes('{"state":{"a":1,"a":2}}'))).toEqual({ state: { a: 2 } });
  });
});

describe("the judge", () => {
  const step = (body: unknown) => jsonMessage("/v1/sample", body);
  const row = [1, 2, 3];
  const behind = (fields: unknown, tensor: Uint8Array) => tensorMessage("/v1/sample", fields, tensor);

  test.each<[string, Message]>([
    ["a plain step", step({ logits: row, temperature: 0.7, seed: "7" })],
    ["a masked token", step('{"logits":[1,-Infinity]}')],
    ["base64", step({ logits: { dtype: "f32", data: f32(row).toString("base64") } })],
    [
      "a tensor by query",
      { path: "/v1/sample?dtype=f32&top_k=2&shape=3", headers: BYTES_TYPE, body: f32(row) },
    ],
    ["a tensor behind a header", behind({ shape: [1, 3] }, f32(row))],
    ["+∞ in bytes", behind({}, f32([1, Number.POSITIVE_INFINITY]))],
    ["a score", jsonMessage("/v1/score", { rows: [{ logits: row, target: 1 }] })],
  ])("takes %s", (_name, message) => {
    expect(judge(message)).toEqual({});
  });

  test.each<[string, Message]>([
    ["a misspelt option", step({ logits: row, temprature: 1 })],
    ["an option out of range", step({ logits: row, top_p: 1.5 })],
    ["an option null", step({ logits: row, temperature: null })],
    ["an unknown stage", step({ logits: row, chain: [{ stage: "top_q" }] })],
    ["a chain beside a preset", step({ logits: row, chain: [], preset: "vllm" })],
    ["a seed of 65 bits", step({ logits: row, seed: "18446744073709551616" })],
    ["no logits", step({})],
    ["null for a logit", step({ logits: [1, null] })],
    ["a logit above the range", step({ logits: [1e39] })],
    ["an id twice", step({ logits: { token_ids: [1, 1], values: [1, 2] } })],
    ["base64 with white space", step({ logits: { dtype: "f32", data: "AACA Pw==" } })],
    ["all tokens masked", behind({}, f32([Number.NEGATIVE_INFINITY]))],
    ["NaN in bytes", behind({}, f32([1, Number.NaN]))],
    ["a shape that does not fit", behind({ shape: [4] }, f32(row))],
    ["options in two places", { ...behind({}, f32(row)), path: "/v1/sample?top_k=1" }],
    ["a vocab_size above the row", step({ logits: row, vocab_size: 4 })],
    ["text", { path: "/v1/sample", headers: { "content-type": "text/plain" }, body: "1" }],
  ])("refuses %s", (_name, message) => {
    expect(judge(message).refusal).toEqual(expect.any(String));
  });

  test("judges each row of a batch by itself", () => {
    const { rows } = judge(jsonMessage("/v1/sample/batch", { rows: [{ logits: row }, { logits: [] }, 7] }));
    expect(rows).toEqual([undefined, expect.any(String), expect.any(String)]);
  });
});

test("16-bit floats are widened as IEEE 754 and bfloat16 say", () => {
  const words = (...list: number[]) => Buffer.from(Uint16Array.from(list).buffer);
  expect(floatsOf(words(0x3c00, 0xc000, 0x0001, 0x7c00), "f16")).toEqual([
    1,
    -2,
    2 ** -24,
    Number.POSITIVE_INFINITY,
  ]);
  expect(floatsOf(words(0x3f80, 0xc000), "bf16")).toEqual([1, -2]);
});
