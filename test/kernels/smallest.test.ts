import { describe, expect, test } from "vitest";
import { cutFrom, Kernel, type Row } from "../../src/kernels/kernel.ts";
import { referenceSurvivors } from "../reference/kernel-reference.ts";
import { rowsOfEveryKind } from "./rows.ts";

const ALL = 0x7fffffff;

function loaded(row: Row, values: ArrayLike<number>): Row {
  row.load(values);
  row.finish();
  return row;
}

describe("the smallest survivor", () => {
  const kernel = new Kernel({ vocab_size_max: 300, rows_max: 1 });
  const leased = kernel.leaseRow()!;

  test.each([
    // the smallest of all tokens; a masked token does not count
    [[3, -2, Number.NEGATIVE_INFINITY, 5], Number.NEGATIVE_INFINITY, ALL, -2],
    // from the floor on, ties by id
    [[3, -2, 1, 5], 1, ALL, 1],
    [[3, 1, 1, 5], 1, 0, 3],
    [[3, 1, 1, 5], 1, 1, 1],
    [[3, 1, 1, 5], 5, -1, Number.POSITIVE_INFINITY],
    [[Number.NEGATIVE_INFINITY], Number.NEGATIVE_INFINITY, ALL, Number.POSITIVE_INFINITY],
    [[-3.4028234663852886e38, 0], Number.NEGATIVE_INFINITY, ALL, -3.4028234663852886e38],
  ])("of %j from %d (ties to %d) is %d", (values, floor, tie_id, smallest) => {
    expect(kernel.smallest(loaded(leased, values), cutFrom(floor, tie_id))).toBe(smallest);
  });

  test("lies wherever it lies in a block, and in whichever block", () => {
    for (let id = 0; id < 300; id++) {
      const values = new Float32Array(300);
      values[id] = -1;
      expect(
        kernel.smallest(loaded(leased, values), cutFrom(Number.NEGATIVE_INFINITY, ALL)),
        `token ${id}`,
      ).toBe(-1);
    }
  });
});

describe.each([1, 127, 129, 1000, 20_011])("with a vocabulary of %i", (vocab_size) => {
  const kernel = new Kernel({ vocab_size_max: vocab_size, rows_max: 1 });
  const leased = kernel.leaseRow()!;

  test.each(rowsOfEveryKind(vocab_size))("%s", (_, values) => {
    const row = loaded(leased, values);
    const sorted = Array.from(values).sort((a, b) => a - b);
    for (const share of [0, 0.3, 0.9]) {
      const floor = sorted[Math.floor(share * vocab_size)]!;
      for (const tie_id of [-1, Math.floor(vocab_size / 2), ALL]) {
        const survivors = referenceSurvivors(values, { floor, tie_id });
        const expected = survivors.reduce(
          (least, id) => Math.min(least, values[id]!),
          Number.POSITIVE_INFINITY,
        );
        expect(kernel.smallest(row, cutFrom(floor, tie_id)), `${floor} ${tie_id}`).toBe(expected + 0);
      }
    }
  });
});
