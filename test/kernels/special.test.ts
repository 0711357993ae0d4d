/** Tails of distributions against values of mpmath with 40 digits. */
import { expect, test } from "vitest";
import { gammaQ, lnGamma, normalTail } from "../../src/kernels/special.ts";

function near(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
}

test.each([
  [0.5, 0.125, 0.61707507745197379],
  [1, 1, 0.36787944117144232],
  [1, 700, 9.8596765437597709e-305],
  [3.7, 2, 0.81372532911094605],
  [15.9, 20, 0.15075557993709871],
  [16, 15.9, 0.47669673828164779],
  [100, 60, 0.99999851847236735],
  [100, 150, 5.9245403354839158e-6],
  [487.8, 500, 0.28675007674999555],
  [400, 400, 0.49335087016109453],
  [5000, 5200, 0.0025848134953538087],
])("Q(%d, %d) = %d", (a, x, q) => near(gammaQ(a, x), q));

test.each([
  [-3, 0.99865010196836991],
  [-0.5, 0.6914624612740131],
  [0, 0.5],
  [0.1, 0.46017216272297102],
  [1.2815515655446004, 0.10000000000000002],
  [2.3263478740408408, 0.010000000000000009],
  [3.090232306167813, 0.0010000000000000012],
  [6, 9.8658764503769814e-10],
])("½ erfc(%d / √2) = %d", (z, p) => near(normalTail(z), p));

test.each([
  [0.5, 0.57236494292470009],
  [1.5, -0.12078223763524522],
  [15.99, 27.871864475940013],
  [16, 27.899271383840892],
  [171.5, 709.14316303092824],
])("ln Γ(%d) = %d", (a, value) => near(lnGamma(a), value));

test("nothing and everything", () => {
  expect([gammaQ(3, 0), gammaQ(3, -1), gammaQ(3, Number.POSITIVE_INFINITY)]).toEqual([1, 1, 0]);
});
