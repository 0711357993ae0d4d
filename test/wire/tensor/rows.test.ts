import { describe, expect, test } from "vitest";
import { Problem } from "../../../src/errors.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";
import { TensorRows } from "../../../src/wire/tensor/rows.ts";
import { bytesOf, pieces } from "../opened.ts";

const sampler = createSampler({ vocab_size_max: 8, rows_max: 3 });
const leased = [0, 1, 2].map(() => {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("a new sampler has rows");
  return row;
});
const lease = (index: number) => {
  const row = leased[index];
  if (row === undefined) throw new Error("more rows than there are");
  return row;
};

/** The values of every step, taken as soon as it is ready. */
function taken(tensor: TensorRows, bytes: Uint8Array, size: number): number[][][] {
  const steps: number[][][] = [];
  const take = () => {
    while (tensor.next()) steps.push(tensor.rows.map((row) => [...row.values.subarray(0, row.length)]));
  };
  for (const piece of pieces(bytes, size)) {
    const chunk = Uint8Array.from(piece);
    tensor.write(chunk);
    take();
    chunk.fill(0xff);
  }
  tensor.end();
  take();
  return steps;
}

describe("the rows of a tensor", () => {
  const of = (steps: number, step_rows: number, vocab_size: number) =>
    new TensorRows(lease, { encoding: "f32", steps, step_rows, vocab_size });
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

  test.each([0, 1, 3, 4, 7, 16, 1000])("two steps of three rows, in pieces of %i bytes", (size) => {
    expect(taken(of(2, 3, 2), bytesOf(numbers(12)), size)).toEqual([
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      [
        [6, 7],
        [8, 9],
        [10, 11],
      ],
    ]);
  });

  test.each([0, 1, 5])("a step that lacks an element is not ready, in pieces of %i bytes", (size) => {
    expect(taken(of(2, 2, 2), bytesOf(numbers(7)), size)).toHaveLength(1);
  });

  test.each([0, 1, 5])("what comes behind the last row is counted, in pieces of %i bytes", (size) => {
    const tensor = of(1, 2, 2);
    expect(taken(tensor, bytesOf(numbers(6)), size)).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
    ]);
    expect(tensor.received_bytes).toBe(24);
  });

  test("a row of any length ends with the tensor, and has a limit", () => {
    expect(taken(of(1, 1, Number.POSITIVE_INFINITY), bytesOf(numbers(8)), 3)).toEqual([[numbers(8)]]);
    expect(() => taken(of(1, 1, Number.POSITIVE_INFINITY), bytesOf(numbers(9)), 3)).toThrow(Problem);
  });

  test("a row that began anew has nothing of the one before", () => {
    taken(of(1, 2, 3), bytesOf(numbers(6)), 0);
    expect(taken(of(1, 1, Number.POSITIVE_INFINITY), bytesOf([]), 0)).toEqual([[[]]]);
  });

  test("bytes written where there was room for them are not copied, up to the end of their row", () => {
    const tensor = of(1, 2, 2);
    const room = tensor.room(100);
    expect(room?.length).toBe(8);
    expect(room?.buffer).toBe(lease(0).values.buffer);
    room?.set(bytesOf([5, 6]));
    if (room !== undefined) tensor.write(room);
    tensor.room(100)?.set(bytesOf([7, 8]));
    tensor.write(tensor.room(8) ?? new Uint8Array(0));
    expect(tensor.next()).toBe(true);
    expect(tensor.rows.map(({ values }) => [...values.subarray(0, 2)])).toEqual([
      [5, 6],
      [7, 8],
    ]);
  });

  test("what must wait survives its chunk once it is kept", () => {
    const tensor = of(3, 1, 2);
    const chunk = bytesOf(numbers(6));
    tensor.write(chunk);
    tensor.keep();
    chunk.fill(0xff);
    const steps: number[][] = [];
    while (tensor.next()) steps.push([...lease(0).values.subarray(0, 2)]);
    expect(steps).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });
});
