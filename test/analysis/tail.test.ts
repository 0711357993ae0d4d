import { expect, test } from "vitest";
import { entropy, moments, varentropy } from "../../src/analysis/index.ts";
import { logprobOf, relativeEntropy } from "../../src/analysis/moments.ts";
import { keptPlace, tailOf, tailOfMass, withTail } from "../../src/analysis/tail.ts";

const KEPT = [Math.log(0.5), Math.log(0.2), Math.log(0.1)];
/** Twenty other classes share the rest of the probability. */
const CLASSES = 23;
const WHOLE = [...KEPT, ...Array<number>(20).fill(Math.log(0.2 / 20))];

test.each([1, 0.5, 2])("a row with a tail has the moments of the whole row, at 1/T = %d", (beta) => {
  const tail = tailOf([4, 7, 9], KEPT, CLASSES)!;
  const of_tail = withTail(moments(KEPT, beta), tail);
  const of_whole = moments(WHOLE, beta);
  expect(of_tail.length).toBe(CLASSES);
  expect(of_tail.second).toBe(of_whole.second);
  for (const figure of [entropy, varentropy, relativeEntropy])
    expect(figure(of_tail)).toBeCloseTo(figure(of_whole), 12);
  expect(logprobOf(of_tail, KEPT[1]!)).toBeCloseTo(logprobOf(of_whole, KEPT[1]!), 12);
  expect(logprobOf(of_tail, tail.logit)).toBeCloseTo(logprobOf(of_whole, WHOLE[22]!), 12);
});

test("a mass that was told is taken to its last digit", () => {
  expect(tailOfMass([0], 1e-30, 3)!.logit).toBeCloseTo(Math.log(5e-31), 12);
});

test("kept classes that hold everything leave others that are impossible", () => {
  expect(tailOf([0, 1], [0, Number.NEGATIVE_INFINITY], 5)!.logit).toBe(Number.NEGATIVE_INFINITY);
  const m = withTail(moments([0, -1]), tailOfMass([0, 1], 0, 5)!);
  expect([m.length, entropy(m)]).toEqual([5, entropy(moments([0, -1]))]);
});

test("all classes kept leave no tail, more than all are refused", () => {
  expect(tailOf([0, 1, 2], KEPT, 3)).toBeUndefined();
  expect(() => tailOf([0, 1, 2], KEPT, 2)).toThrow("at most as many classes as there are, 2, got 3");
});

test.each([-0.1, 1.1, Number.NaN])("a mass of %d is refused", (mass) => {
  expect(() => tailOfMass([0], mass, 3)).toThrow(`must lie in [0, 1], got ${mass}`);
});

test("others that would each be likelier than the best are refused", () => {
  const tail = tailOfMass([0], 0.9, 2)!;
  expect(() => withTail(moments([Math.log(0.1)]), tail)).toThrow("the kept classes must be the likeliest");
});

test("the place of a kept class, and of one that was left out", () => {
  const tail = tailOf([4, 7, 9], KEPT, CLASSES)!;
  expect([keptPlace(tail, 7), keptPlace(tail, 5)]).toEqual([1, -1]);
});
