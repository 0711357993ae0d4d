import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { confidentlyWrong, diagnose, type Verdict } from "../../src/analysis/index.ts";

const logits = (...p: number[]) => p.map(Math.log);

describe("figures anyone can check", () => {
  test("three classes 1/2, 1/4, 1/4", () => {
    const d = diagnose(logits(0.5, 0.25, 0.25));
    expect(d.top_id).toBe(0);
    expect(d.probability).toBeCloseTo(0.5, 14);
    expect(d.margin).toBeCloseTo(Math.LN2, 14);
    expect(d.entropy).toBeCloseTo(1.5 * Math.LN2, 14);
    expect(d.relative_entropy).toBeCloseTo((1.5 * Math.LN2) / Math.log(3), 14);
    // ln p is −ln 2 or −2 ln 2, each half of the time
    expect(d.varentropy).toBeCloseTo((Math.LN2 / 2) ** 2, 14);
    expect(d.energy).toBeCloseTo(0, 14);
    expect(d.logit_variance).toBeCloseTo((2 / 9) * Math.LN2 ** 2, 14);
  });

  test("equal logits: ln n, no variance, relative entropy 1", () => {
    const d = diagnose([4, 4, 4, 4]);
    expect(d).toMatchObject({ margin: 0, varentropy: 0, logit_variance: 0, verdict: "unsure" });
    expect(d.entropy).toBeCloseTo(Math.log(4), 14);
    expect(d.relative_entropy).toBeCloseTo(1, 14);
    expect(d.energy).toBeCloseTo(4 + Math.log(4), 14);
  });

  test("one class: certain, and no margin to speak of", () => {
    expect(diagnose([-3])).toMatchObject({
      probability: 1,
      margin: null,
      entropy: 0,
      energy: -3,
      verdict: "confident",
    });
  });

  test("masked classes count in nothing but n", () => {
    const d = diagnose([1, Number.NEGATIVE_INFINITY, 3]);
    expect(d.margin).toBe(2);
    expect(d.logit_variance).toBe(1);
  });

  test("extreme logits give figures, not NaN", () => {
    const d = diagnose([1e30, -1e30, Number.NEGATIVE_INFINITY]);
    expect(d).toMatchObject({
      margin: 2e30,
      entropy: 0,
      varentropy: 0,
      energy: 1e30,
      logit_variance: expect.closeTo(1e60, -46),
    });
  });

  test("energy is the one figure that knows the level of the logits", () => {
    const low = diagnose([1, 2, 3]);
    const high = diagnose([11, 12, 13]);
    expect(high.energy).toBeCloseTo(low.energy + 10, 12);
    expect({ ...high, energy: 0 }).toEqual({ ...low, energy: 0 });
  });

  test("entropy and varentropy agree with their definitions", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 2, maxLength: 30 }),
        (row) => {
          const top = Math.max(...row);
          const weights = row.map((x) => Math.exp(x - top));
          const z = weights.reduce((a, b) => a + b);
          const p = weights.map((w) => w / z);
          const h = -p.reduce((sum, q) => sum + (q > 0 ? q * Math.log(q) : 0), 0);
          const v = p.reduce((sum, q) => sum + (q > 0 ? q * (Math.log(q) + h) ** 2 : 0), 0);
          const d = diagnose(row);
          expect(Math.abs(d.entropy - h)).toBeLessThan(1e-12);
          expect(Math.abs(d.varentropy - v)).toBeLessThan(1e-10);
        },
      ),
    );
  });
});

describe("the verdict", () => {
  test.each<[Verdict, number[]]>([
    ["confident", [0.8, 0.1, 0.1]],
    ["torn", [0.79, 0.2, 0.01]],
    ["torn", [0.45, 0.4, 0.15]],
    ["torn", [0.5, 0.5]],
    ["unsure", [0.79, 0.05, 0.05, 0.11]],
    ["unsure", [0.4, 0.3, 0.3]],
    ["unsure", [0.25, 0.25, 0.25, 0.25]],
  ])("%s: %j", (verdict, p) => {
    // A small tolerance, because ln and its inverse round.
    expect(diagnose(logits(...p).map((x, i) => (i === 0 ? x + 1e-12 : x))).verdict).toBe(verdict);
  });

  test("confidently wrong is confident, and another class", () => {
    const sure = diagnose([9, 0]);
    expect(confidentlyWrong(sure, 1)).toBe(true);
    expect(confidentlyWrong(sure, 0)).toBe(false);
    expect(confidentlyWrong(diagnose([0.1, 0]), 1)).toBe(false);
  });
});
