/** Tails of distributions against values of mpmath with 40 digits. */
import { expect, test } from "vitest";
import { binomialTail, gammaQ, lnGamma, normalTail } from "../../src/kernels/special.ts";

function near(found: number, expected: number, relative = 1e-12): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
}

test.each([
  [0.5, 0.125, 0.6170750774519738],
  [1, 1, 0.36787944117144233],
  [1, 700, 9.85967654375977e-305],
  [3.7, 2, 0.8137253291109461],
  [15.9, 20, 0.1507555799370987],
  [16, 15.9, 0.47669673828164777],
  [100, 60, 0.9999985184723673],
  [100, 150, 5.924540335483916e-6],
  [487.8, 500, 0.28675007674999553],
  [400, 400, 0.4933508701610945],
  [5000, 5200, 0.002584813495353809],
])("Q(%d, %d) = %d", (a, x, q) => near(gammaQ(a, x), q));

test.each([
  [-3, 0.9986501019683699],
  [-0.5, 0.6914624612740131],
  [0, 0.5],
  [0.1, 0.460172162722971],
  [1.2815515655446004, 0.10000000000000002],
  [2.3263478740408408, 0.010000000000000009],
  [3.090232306167813, 0.001000000000000001],
  [6, 9.86587645037698e-10],
])("½ erfc(%d / √2) = %d", (z, p) => near(normalTail(z), p));

test.each([
  [0.5, 0.5723649429247001],
  [1.5, -0.12078223763524522],
  [15.99, 27.87186447594001],
  [16, 27.89927138384089],
  [171.5, 709.1431630309282],
])("ln Γ(%d) = %d", (a, value) => near(lnGamma(a), value));

/** Sums of fractions of whole numbers, exact until they are rounded. */
test.each([
  [1, 1, 0.25, 0.25],
  [10, 3, 0.25, 0.4744071960449219],
  [30, 1, 0.0625, 0.8557425363888351],
  [100, 25, 0.25, 0.5383288679185886],
  [100, 39, 0.25, 0.0013999563882494365],
  [100, 40, 0.25, 0.0006865922079629911],
  [100, 100, 0.125, 4.909093465297727e-91],
  [400, 180, 0.5, 0.979884630159681],
  [1000, 200, 0.25, 0.9999197067126001],
  [3000, 800, 0.25, 0.01895873662289867],
])("of %d trials %d succeed or more, each with probability %d: %d", (n, k, p, tail) => {
  near(binomialTail(n, k, p), tail, 1e-11);
});

test("nothing and everything", () => {
  expect([binomialTail(9, 0, 0.25), binomialTail(9, 10, 0.25), binomialTail(0, 0, 0.25)]).toEqual([1, 0, 1]);
  expect([gammaQ(3, 0), gammaQ(3, -1), gammaQ(3, Number.POSITIVE_INFINITY)]).toEqual([1, 1, 0]);
});
