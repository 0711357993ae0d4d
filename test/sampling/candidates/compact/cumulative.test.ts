/** Drawing from weights: one at a time, many at once, and none twice. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  drawDistinctPlaces,
  drawPlace,
  drawPlaces,
} from "../../../../src/sampling/candidates/compact/cumulative.ts";

/** In the order of the positions, as the candidates sum them. */
function sumOf(weights: Float64Array): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-300, max: 1, noNaN: true }), fc.constant(1));
const weights = (length: number) =>
  fc
    .array(weight, { minLength: 1, maxLength: length, size: "max" })
    .filter((list) => list.some((each) => each > 0))
    .map((list) => Float64Array.from(list));
const uniforms = fc.array(fc.double({ min: 2 ** -53, max: 1 - 2 ** -53, noNaN: true }), { maxLength: 20 });

test.each([
  [0.05, 0],
  [0.15, 1],
  [0.35, 3],
  [0.99, 3],
])("u = %f of the weights 1 2 0 7 is place %i", (u, place) => {
  const list = Float64Array.of(1, 2, 0, 7);
  expect([drawPlace(list, 4, sumOf(list), u), ...drawPlaces(list, 4, [u])]).toEqual([place, place]);
});

describe("many draws", () => {
  test("are those that come one at a time, to the last bit of every sum", () => {
    fc.assert(
      fc.property(weights(1500), uniforms, (list, us) => {
        const one_by_one = us.map((u) => drawPlace(list, list.length, sumOf(list), u));
        expect(drawPlaces(list, list.length, us)).toEqual(one_by_one);
      }),
    );
  });
});

describe("draws without replacement", () => {
  const plain = (list: Float64Array, us: readonly number[]) => {
    const left = list.slice();
    return us.map((u) => {
      const place = drawPlace(left, left.length, sumOf(left), u);
      left[place] = 0;
      return place;
    });
  };
  const enough = (list: Float64Array, us: readonly number[]) =>
    us.slice(0, list.filter((each) => each > 0).length);

  test("are those of the plain way, bit for bit, up to 512 places", () => {
    fc.assert(
      fc.property(weights(512), uniforms, (list, us) => {
        const few = enough(list, us);
        expect(drawDistinctPlaces(list.slice(), list.length, few)).toEqual(plain(list, few));
      }),
    );
  });

  test("never take a place twice, nor one without weight, over any number of places", () => {
    fc.assert(
      fc.property(weights(3000), uniforms, (list, us) => {
        const few = enough(list, us);
        const places = drawDistinctPlaces(list.slice(), list.length, few);
        expect(new Set(places).size).toBe(few.length);
        for (const place of places) expect(list[place]).toBeGreaterThan(0);
      }),
    );
  });

  test("over thousands of equal weights are those of the plain way", () => {
    const list = new Float64Array(5000).fill(1);
    const us = Array.from(
      { length: 300 },
      (_, i) => ((i * 0.6180339887498949 + 0.1234567) % 1) * 0.999 + 0.0005,
    );
    expect(drawDistinctPlaces(list.slice(), list.length, us)).toEqual(plain(list, us));
  });
});
