/** The statistics of the proof, against printed tables and known distributions. */
import { describe, expect, test } from "vitest";
import { goodnessOfFit, lnGamma, upperTail } from "../../proof/statistics/chi-square.ts";

describe("the upper tail of χ²", () => {
  // Values of Abramowitz and Stegun, table 26.8.
  test.each([
    [1, 3.84146, 0.05],
    [2, 9.21034, 0.01],
    [10, 18.307, 0.05],
    [30, 59.7031, 0.001],
    [100, 124.342, 0.05],
  ])("%i degrees of freedom, %f → %f", (freedom, x, p) => {
    expect(upperTail(freedom, x)).toBeCloseTo(p, 5);
  });

  test("with two degrees of freedom it is e^(−x/2), far out as well", () => {
    for (const x of [0.1, 1, 10, 100, 700]) expect(upperTail(2, x) / Math.exp(-x / 2)).toBeCloseTo(1, 9);
  });
});

test("ln Γ at whole and half numbers", () => {
  expect(lnGamma(1)).toBeCloseTo(0, 11);
  expect(lnGamma(11)).toBeCloseTo(Math.log(3_628_800), 11);
  expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 11);
});

describe("goodness of fit", () => {
  test("counts as expected fit, others do not", () => {
    expect(goodnessOfFit([500, 300, 200], [0.5, 0.3, 0.2])).toEqual({ cells: 3, p_chi: 1, p_g: 1 });
    const { p_chi, p_g } = goodnessOfFit([600, 200, 200], [0.5, 0.3, 0.2]);
    expect(Math.max(p_chi, p_g)).toBeLessThan(1e-10);
  });

  test("cells that expect few are one cell", () => {
    expect(goodnessOfFit([990, 4, 3, 3], [0.991, 0.003, 0.003, 0.003]).cells).toBe(2);
  });
});
