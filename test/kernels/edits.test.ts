import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cutFrom, Kernel } from "../../src/kernels/kernel.ts";
import { quantisedRow, seededUniform } from "./rows.ts";

const VOCAB_SIZE = 700;
const FLOAT_MAX = 3.4028234663852886e38;

function within(x: number): number {
  return x === -Infinity ? x : Math.min(Math.max(x, -FLOAT_MAX), FLOAT_MAX);
}

/** One edit: a call of the kernel, and its effect on a plain array. */
type Edit =
  | { readonly kind: "set"; readonly id: number; readonly value: number }
  | { readonly kind: "add"; readonly pairs: readonly (readonly [number, number])[]; readonly t: number }
  | { readonly kind: "penalise"; readonly last_n: number; readonly rule: Rule; readonly t: number }
  | { readonly kind: "mask"; readonly seed: number };

interface Rule {
  readonly ratio: number;
  readonly constant: number;
  readonly per_count: number;
}

const uniform = seededUniform(8);
const history = Array.from({ length: 500 }, () => Math.floor(uniform() * 300));

function plainly(values: Float32Array, edit: Edit): void {
  if (edit.kind === "set") values[edit.id] = within(edit.value);
  else if (edit.kind === "add")
    for (const [id, amount] of edit.pairs) values[id] = within((values[id]! / edit.t + amount) * edit.t);
  else if (edit.kind === "mask") {
    const words = maskOf(edit.seed);
    for (let id = 0; id < values.length; id++)
      if (((words[id >> 5] ?? 0) >>> (id & 31)) % 2 === 0) values[id] = -Infinity;
  } else {
    const { ratio, constant, per_count } = edit.rule;
    const seen = history.slice(history.length - edit.last_n);
    for (const id of new Set(seen)) {
      const score = values[id]! / edit.t;
      const n = seen.filter((each) => each === id).length;
      const after = (score > 0 ? score / ratio : score * ratio) + constant + per_count * n;
      values[id] = within(after * edit.t);
    }
  }
}

/** One word at the end is missing. */
function maskOf(seed: number): Uint32Array {
  const bits = seededUniform(seed);
  return Uint32Array.from({ length: VOCAB_SIZE >> 5 }, () => Math.floor(bits() * 2 ** 32));
}

const kernel = new Kernel({ vocab_size_max: VOCAB_SIZE, rows_max: 2 });
const { edits, tokens } = kernel;
const row = kernel.leaseRow()!;
const fresh = kernel.leaseRow()!;

/** Which of two zeros is the larger does not matter. */
function withoutSign(maxima: Float32Array, blocks: number): number[] {
  return Array.from(maxima.subarray(0, blocks), (max) => max + 0);
}

function ask(edit: Edit): void {
  if (edit.kind === "set") edits.set(edit.id, edit.value);
  else if (edit.kind === "mask") edits.mask(maskOf(edit.seed));
  else if (edit.kind === "add") {
    const ids = Int32Array.from(edit.pairs, ([id]) => id);
    edits.add(
      ids,
      Float64Array.from(edit.pairs, ([, amount]) => amount),
      edit.t,
    );
  } else {
    tokens.count(history.length - edit.last_n, history.length);
    edits.penalise(tokens, edit.rule.ratio, edit.rule.constant, edit.rule.per_count, edit.t);
  }
}

const id = fc.nat(VOCAB_SIZE - 1);
const amount = fc.oneof(fc.double({ min: -9, max: 9, noNaN: true }), fc.constantFrom(-Infinity, 3e38, -3e38));
const t = fc.constantFrom(1, 0.7);
const rule = fc.record({
  ratio: fc.constantFrom(1, 1.3, 0.5),
  constant: fc.constantFrom(0, -0.7, 0.25),
  per_count: fc.constantFrom(0, -0.3),
});
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("set"), id, value: amount }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("add"),
      pairs: fc.uniqueArray(fc.tuple(id, amount), { selector: ([id]) => id, maxLength: 60 }),
      t,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("penalise"),
      last_n: fc.constantFrom(0, 1, 6, 100, 500),
      rule,
      t,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mask"), seed: fc.nat(99) }) },
);

describe("edits of a row", () => {
  const start = quantisedRow(VOCAB_SIZE, 5, 0.25);
  start[3] = -Infinity;

  test("values, maxima and what is drawn are as if the row had come that way; put back, it is as it came", () => {
    let copies = 0;
    fc.assert(
      fc.property(
        fc.array(edit, { maxLength: 9 }),
        fc.nat(9),
        fc.constantFrom(0, 400, 494),
        (program, settled_at, split) => {
          row.load(start);
          row.finish();
          const { max } = row;
          const maxima = row.maxima.slice(0, row.blocks);
          const expected = Float32Array.from(start);
          edits.begin(row);
          tokens.take(history, split);
          for (const [i, each] of program.entries()) {
            ask(each);
            plainly(expected, each);
            if (i === settled_at) edits.settle();
          }
          const edited = edits.settle();
          fresh.load(expected);
          fresh.finish();
          expect(edited.values.subarray(0, VOCAB_SIZE)).toEqual(expected);
          expect(withoutSign(edited.maxima, row.blocks)).toEqual(withoutSign(fresh.maxima, row.blocks));
          expect(edited.max + 0).toBe(fresh.max + 0);
          expect(kernel.draw(edited, 1, cutFrom(-Infinity, 999), 0.4)).toBe(
            kernel.draw(fresh, 1, cutFrom(-Infinity, 999), 0.4),
          );
          if (edited !== row) copies += 1;

          edits.revert();
          edits.revert();
          expect(edits.row).toBe(row);
          expect(row.values.subarray(0, VOCAB_SIZE)).toEqual(start);
          expect(row.maxima.subarray(0, row.blocks)).toEqual(maxima);
          expect(row.max).toBe(max);
        },
      ),
      { seed: 11, numRuns: 200 },
    );
    expect(copies).toBeGreaterThan(50);
  });

  test("more edits than the journal holds continue in a copy, and then the edited tokens are unknown", () => {
    row.load(start);
    row.finish();
    edits.begin(row);
    for (let id = 0; id < VOCAB_SIZE; id++) edits.set(id, -1);
    expect(edits.row).toBe(row);
    expect(edits.tokens()?.size).toBe(VOCAB_SIZE);
    edits.set(9, 4);
    expect(edits.row).not.toBe(row);
    expect(edits.tokens()).toBe(undefined);
    expect(edits.settle().max).toBe(4);
    expect(kernel.argmax(edits.row)).toBe(9);
    edits.revert();
    expect(row.max).toBe(Math.max(...start));
  });

  test.each([
    [1, -0.25, 0],
    [0.7, -0.1, 0.2],
    [1, 0.5, 1e38],
  ])(
    "smoothing at T = %d by %d and %d is the polynomial of each distance, and is undone",
    (t, square, cube) => {
      row.load(start);
      row.finish();
      edits.begin(row);
      edits.set(5, 7);
      edits.smooth(square, cube, t);
      const smoothed = edits.settle();
      const largest = 7 / t;
      const expected = start.map((x, id) => {
        const d = (id === 5 ? 7 : x) / t - largest;
        return x === -Infinity ? x : within(largest + d * d * (square + cube * d));
      });
      for (const [id, x] of expected.entries())
        expect(Math.abs(smoothed.values[id]! - x) <= 1e-6 * Math.abs(x) || smoothed.values[id] === x).toBe(
          true,
        );
      expect(smoothed.max).toBe(Math.max(...smoothed.values.subarray(0, VOCAB_SIZE)));
      edits.revert();
      expect(row.values.subarray(0, VOCAB_SIZE)).toEqual(start);
    },
  );

  test("a row that is begun anew forgets the edits of the one before", () => {
    row.load(start);
    row.finish();
    edits.begin(row);
    edits.set(1, -Infinity);
    row.load([1, 2, 3]);
    row.finish();
    edits.begin(row);
    edits.revert();
    expect(Array.from(row.values.subarray(0, 3))).toEqual([1, 2, 3]);
  });

  test("a draw after an edit does not use the sums from before it", () => {
    row.load([0, 0, 0, 0]);
    row.finish();
    kernel.logSumExp(row, 1, cutFrom(-Infinity, 9));
    edits.begin(row);
    edits.set(0, -Infinity);
    expect(kernel.draw(edits.settle(), 1, cutFrom(-Infinity, 9), 0.1)).toBe(1);
    edits.revert();
    expect(kernel.draw(row, 1, cutFrom(-Infinity, 9), 0.1)).toBe(0);
  });
});

describe("counts of tokens", () => {
  const wide = new Kernel({ vocab_size_max: 1000, rows_max: 1 });

  test.each([0, 1, 5, 1000, 16_384, 16_385, 40_000])(
    "distinct tokens of a history of %i come in order, with their counts",
    (length) => {
      const ids = Array.from({ length }, (_, i) => (i * i * 31 + (i >> 3)) % 1000);
      expect(wide.tokens.take(ids)).toBe(ids.reduce((largest, id) => Math.max(largest, id), -1));
      for (const first of [0, Math.floor(length / 3), length]) {
        const counts = new Map<number, number>();
        for (const id of ids.slice(first)) counts.set(id, (counts.get(id) ?? 0) + 1);
        wide.tokens.count(first, length);
        const { distinct } = wide.tokens;
        expect(Array.from(wide.tokens.token_ids.subarray(0, distinct))).toEqual([...counts.keys()]);
        expect(Array.from(wide.tokens.counts.subarray(0, distinct))).toEqual([...counts.values()]);
      }
    },
  );
});
