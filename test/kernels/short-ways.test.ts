/** Fast paths of the kernel: each is taken where it helps, which only the skipped passes show. */
import { beforeEach, describe, expect, test } from "vitest";
import { instantiate } from "../../src/kernels/instance.ts";
import { cutFrom, Kernel } from "../../src/kernels/kernel.ts";
import { EVERY_TIE } from "../../src/kernels/selection/cut.ts";
import { recorded } from "./recorded.ts";
import { flatRow, peakedRow } from "./rows.ts";

const VOCAB_SIZE = 40_000;
const LIMITS = { vocab_size_max: VOCAB_SIZE, rows_max: 1 };
const { machine, calls } = recorded(instantiate(LIMITS));
const kernel = new Kernel(LIMITS, machine);
const row = kernel.leaseRow()!; // there is one

/** What weighs tokens anew. */
const WEIGHING = ["weighRow", "moments", "sumWeights", "sumAllWeights", "bracket"];

function fill(values: ArrayLike<number>): void {
  row.load(values);
  row.finish();
  calls.clear();
}

/** The passes that an operation takes. */
function passes(ask: () => unknown): readonly string[] {
  calls.clear();
  ask();
  return [...calls];
}

function weighings(ask: () => unknown): readonly string[] {
  return passes(ask).filter((name) => WEIGHING.includes(name));
}

beforeEach(() => fill(flatRow(VOCAB_SIZE, 3)));

describe("kept weights", () => {
  const whole = () => kernel.distribution(row, 0.8, cutFrom(-Infinity, EVERY_TIE));
  const cutAt = (floor: number) => () => kernel.logSumExp(row, 0.8, cutFrom(floor, EVERY_TIE));

  test("a distribution that was found is not found again, until row or temperature change", () => {
    expect(weighings(whole)).toEqual(["weighRow"]);
    expect(weighings(whole)).toEqual([]);
    expect(weighings(() => kernel.distribution(row, 0.9, cutFrom(-Infinity, EVERY_TIE)))).toEqual([
      "weighRow",
    ]);
    expect(weighings(whole)).toEqual(["weighRow"]);
    fill(flatRow(VOCAB_SIZE, 4));
    expect(weighings(whole)).toEqual(["weighRow"]);
  });

  test.each([
    ["a distribution", whole],
    ["a normaliser", cutAt(-Infinity)],
    ["top-p of a flat row", () => kernel.topP(row, 0.8, 0.9)],
  ])("after %s the mass over a cut is a sum of what is there", (_name, ask) => {
    ask();
    expect(passes(cutAt(0.5))).toContain("sumKeptWeights");
    expect(weighings(cutAt(0.7))).toEqual([]);
    // It also returns the number of tokens.
    expect(passes(() => kernel.count(row, cutFrom(0.7, EVERY_TIE)))).toEqual([]);
  });

  test("below a ceiling they serve after a distribution alone, and within 40 temperatures", () => {
    const below = (ceiling: number) => () =>
      kernel.logSumExp(row, 0.8, { floor: -Infinity, tie_id: EVERY_TIE, ceiling, ceiling_tie_id: EVERY_TIE });
    cutAt(-Infinity)();
    expect(weighings(below(row.max - 1))).toEqual(["sumWeights"]);
    whole();
    expect(weighings(below(row.max - 1.5))).toEqual([]);
    expect(weighings(below(row.max - 40 * 0.8))).toEqual(["sumWeights"]);
  });

  test("a row that was edited is weighed again", () => {
    whole();
    row.load([1]);
    row.finish();
    expect(weighings(whole)).toEqual(["weighRow"]);
  });
});

describe("sums by block that are there", () => {
  test.each([
    ["a normaliser", () => kernel.logSumExp(row, 0.8, cutFrom(-Infinity, EVERY_TIE))],
    ["top-p of a flat row", () => kernel.topP(row, 0.8, 0.9)],
    ["typical sampling of a flat row", () => kernel.typicalCut(row, 0.8, 0.9)],
  ])("a draw after %s weighs nothing", (_name, ask) => {
    kernel.cut = { floor: -Infinity, tie_id: EVERY_TIE, ceiling: Infinity, ceiling_tie_id: EVERY_TIE };
    ask();
    const { floor, tie_id, ceiling, ceiling_tie_id } = kernel.cut;
    const drawn = () => kernel.draw(row, 0.8, { floor, tie_id, ceiling, ceiling_tie_id }, 0.5);
    expect(passes(drawn).filter((name) => /^sum|weighRow|bracket/.test(name))).toEqual([]);
    expect(passes(drawn)).toContain("draw");
  });
});

describe("near", () => {
  test.each([
    [0.8, 0.9],
    [1, 0.5],
    [1.5, 0.2],
  ])("typical at T = %d, p = %d lists the bracket around the crossing, and needs no radix", (T, p) => {
    for (let seed = 1; seed <= 8; seed++)
      for (const values of [flatRow(VOCAB_SIZE, seed), peakedRow(VOCAB_SIZE, seed)]) {
        fill(values);
        const used = passes(() => kernel.typicalCut(row, T, p));
        expect(used).toContain("bracketAround");
        expect(used).not.toContain("histogram");
      }
  });

  test("typical of equal logits, too many for a list, goes by the radix", () => {
    fill(new Float32Array(VOCAB_SIZE).fill(1));
    expect(passes(() => kernel.typicalCut(row, 1, 0.5))).toContain("histogram");
  });
});

/** Equal logits, whose masses are exact, so an error of p shows in the last token. */
describe("the slack of top-p", () => {
  test.each([
    ["in the head", 4, "boundBelow"],
    ["in the bracket", 2048, "bracket"],
    ["by the radix", 32_768, "histogram"],
  ])("%s: half of %i equal tokens, and how far p may be off", (_name, equal, way) => {
    // The lower values have no weight, and are spread so that the best of them can be listed.
    fill(
      Float32Array.from({ length: VOCAB_SIZE }, (_, id) => (id < equal ? 1 : -150 - (id % 128) - id / 1e6)),
    );
    const kept = (p: number, inclusive = false) => {
      kernel.topP(row, 1, p, inclusive);
      const { floor, tie_id } = kernel.cut;
      return kernel.count(row, cutFrom(floor, tie_id));
    };
    const half = equal / 2;
    expect(passes(() => kept(0.5))).toContain(way);
    expect([0, 5e-8, -5e-8].map((off) => kept(0.5 + off))).toEqual([half, half, half]);
    expect(kept(0.5 + 2e-7)).toBe(half + 1);
    // With the inclusive rule one more token stays, the one before which the mass is p: an error in the other
    // direction.
    expect([0, 5e-8, -5e-8].map((off) => kept(0.5 + off, true))).toEqual([half + 1, half + 1, half + 1]);
    expect(kept(0.5 - 2e-7, true)).toBe(half);
  });
});
