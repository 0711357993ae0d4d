/** Philox: Random123's known answers, and the kernel's lists and rows against the plain generator, bit for bit. */
import { describe, expect, test } from "vitest";
import { seeded } from "../../evidence/seeded.ts";
import { gumbelOf, Kernel, type Noise, philox, type Row, uniformOf } from "../../src/kernels/kernel.ts";
import { PlainLists } from "../../src/sampling/candidates/compact/lists.ts";

const ONES = 0xffffffff;

test.each([
  [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [[ONES, ONES, ONES, ONES], [ONES, ONES], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  ],
] as const)("counter %j, key %j → %s", ([c0, c1, c2, c3], [k0, k1], words) => {
  const to = new Uint32Array(4);
  philox(c0, c1, c2, c3, k0, k1, to);
  expect(Array.from(to, (word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(words);
});

const VOCAB_SIZE = 2000;
const EVERY = {
  floor: Number.NEGATIVE_INFINITY,
  tie_id: VOCAB_SIZE - 1,
  ceiling: Number.POSITIVE_INFINITY,
  ceiling_tie_id: 0x7fffffff,
};

function noiseOf(index: number, coarse: boolean): Noise {
  const random = seeded(1, index);
  const word = () => random.below(2 ** 32);
  return { counter: [word(), word(), word()], key: [word(), word()], coarse };
}

function normalRow(sigma: number, index: number): Float32Array {
  const random = seeded(2, index);
  const normal = () => Array.from({ length: 12 }, () => random.unit()).reduce((sum, x) => sum + x, -6);
  return Float32Array.from({ length: VOCAB_SIZE }, () => sigma * normal());
}

/** The token with the largest total; of equal totals, the lowest id: the definition. */
function plainly(
  row: Float32Array,
  temperature: number,
  noise: Noise,
  keeps: (id: number) => boolean,
): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (const [id, x] of row.entries()) {
    const total = x / temperature + gumbelOf(uniformOf(noise, id));
    if (!keeps(id) || !(total > most)) continue;
    most = total;
    best = id;
  }
  return best;
}

describe.each([true, false])("coarse %s", (coarse) => {
  const kernel = new Kernel({ vocab_size_max: VOCAB_SIZE, rows_max: 1 });
  const row = kernel.leaseRow() as Row; // there is one

  test("uniforms and the noisiest of a list are those of plain TypeScript", () => {
    const random = seeded(3);
    const plain = new PlainLists(VOCAB_SIZE);
    for (const count of [1, 2, 7, 8, 9, 15, 16, 17, 500]) {
      const noise = noiseOf(count, coarse);
      for (let i = 0; i < count; i++) {
        const id = random.below(VOCAB_SIZE);
        const score = 4 * random.unit();
        plain.token_ids[i] = id;
        plain.scores[i] = score;
        kernel.list.token_ids[i] = id;
        kernel.list.scores[i] = score;
      }
      expect(kernel.list.noisiest(count, noise)).toBe(plain.noisiest(count, noise));
      plain.writeUniforms(count, noise);
      kernel.list.writeUniforms(count, noise);
      expect(kernel.list.weights.subarray(0, count)).toEqual(plain.weights.subarray(0, count));
    }
  });

  // At 12 most groups cannot win and are skipped; at 0.1 no group can be skipped.
  test.each([0.1, 1, 3, 12])("the noisiest of a row with standard deviation %d", (sigma) => {
    for (let i = 0; i < 40; i++) {
      const values = normalRow(sigma, i);
      row.load(values);
      row.finish();
      const noise = noiseOf(i, coarse);
      for (const temperature of [1, 0.5]) {
        const found = kernel.noisiest(row, temperature, EVERY, noise);
        expect(found).toBe(plainly(values, temperature, noise, () => true));
      }
    }
  });

  test("what is cut off is never drawn", () => {
    for (let i = 0; i < 40; i++) {
      const values = normalRow(1, i);
      row.load(values);
      row.finish();
      kernel.kthLargest(row, 30 + i);
      const { floor, tie_id } = kernel.cut;
      const noise = noiseOf(i, coarse);
      const keeps = (id: number) => values[id]! > floor || (values[id] === floor && id <= tie_id);
      const found = kernel.noisiest(row, 1, { ...EVERY, floor, tie_id }, noise);
      expect(found).toBe(plainly(values, 1, noise, keeps));
    }
  });
});

test("of equal totals the lowest id wins", () => {
  const plain = new PlainLists(2);
  const noise = noiseOf(1, true);
  // Their uniforms differ, and the scores compensate for it exactly.
  const [a, b] = [gumbelOf(uniformOf(noise, 5)), gumbelOf(uniformOf(noise, 9))];
  plain.token_ids.set([9, 5]);
  plain.scores.set([-b, -a]);
  expect(plain.token_ids[plain.noisiest(2, noise)]).toBe(5);
});
