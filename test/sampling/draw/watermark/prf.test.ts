/** vLLM's pseudorandom function and torch's generator: compares with recorded values of both. */
import { describe, expect, test } from "vitest";
import { coarseUniform } from "../../../../src/kernels/kernel.ts";
import { watermarkKeys, wordsOf } from "../../../../src/sampling/draw/watermark/keys.ts";
import { isAmongFirst, Mt19937, randperm } from "../../../../src/sampling/draw/watermark/mt19937.ts";
import { wordIn } from "../../../../src/sampling/draw/watermark/prf.ts";

test.each([
  [0n, [-1, -1, -1, -1], 0, 3492408031, 0.8131395578384399],
  [42n, [1, 2, 3, 4], 5, 783373644, 0.182393416762352],
  [0x0123456789abcdefn, [10, 20, 30, 40], 128255, 47666642, 0.011098264716565609],
  [42n, [7], 3, 1952496358, 0.4546009600162506],
  [42n, [1, 2, 3, 4, 5], 6, 1409273509, 0.3281220495700836],
])("key %d, context %j, token %d → word %d, u %d", (key, context, token_id, word, u) => {
  const found = wordIn(wordsOf(key), Int32Array.from(context), token_id);
  expect([found, coarseUniform(found)]).toEqual([word, u]);
});

describe("torch 2.15 on a CPU", () => {
  test("randperm", () => {
    expect(Array.from(randperm(12345, 1000, 10))).toEqual([690, 394, 777, 772, 676, 857, 14, 924, 621, 358]);
    expect(Array.from(randperm(15485863, 1_000_003, 5))).toEqual([138280, 994103, 467886, 915329, 149437]);
  });

  test("randint of two", () => {
    const generator = new Mt19937(0);
    expect(Array.from({ length: 20 }, () => generator.next() & 1).join("")).toBe("01101111111001000001");
  });

  test("one token is followed as all are", () => {
    for (let seed = 0; seed < 40; seed++) {
      const first = new Set(randperm(seed, 200, 50));
      for (let id = 0; id < 200; id++) expect(isAmongFirst(seed, 200, 50, id)).toBe(first.has(id));
    }
  });
});

describe("keys", () => {
  test("the keys of dual_key_gumbel are vLLM's derivation", () => {
    const key = watermarkKeys({ a: 42n }).get("a");
    expect([key?.derived("key_a"), key?.derived("key_b")]).toEqual([
      37150756557148556n,
      15826636237805488045n,
    ]);
  });

  test("a secret is in nothing that is written of a key", () => {
    const keys = watermarkKeys({ a: 0x1122334455667788n });
    const key = keys.get("a");
    key?.derived("key_a");
    const written = [JSON.stringify(key), String(key), JSON.stringify(Object.entries(key ?? {}))].join();
    expect(written).not.toMatch(/1122334455667788|1234605616436508552/i);
  });

  test.each([
    [{ "no id!": 1n }, "the id of a watermark key must be 1 to 64 letters"],
    [{ a: 2n ** 64n }, 'the watermark key "a" must be 1 to 32 numbers from 0 to 2^64 - 1'],
    [{ a: [] }, 'the watermark key "a" must be 1 to 32 numbers'],
    [{ a: Array.from({ length: 33 }, () => 1n) }, 'the watermark key "a" must be 1 to 32 numbers'],
  ])("%o is refused", (secrets, sentence) => {
    expect(() => watermarkKeys(secrets as Record<string, bigint>)).toThrow(sentence);
  });
});
