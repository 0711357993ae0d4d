import fc from "fast-check";
import { describe, test } from "vitest";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

/* 1/2 1/4 1/8 1/8: H = 1.75 ln 2, so e⁻ᴴ = 2^−1.75 = 0.297302. */
describe("eta_cutoff", () => {
  const row = [0.5, 0.25, 0.125, 0.125];
  test.each([
    // min(0.25, 0.5 · 0.297302 = 0.148651)
    [{ eta_cutoff: 0.25 }, row, [2 / 3, 1 / 3, 0, 0]],
    // min(0.16, 0.4 · 0.297302 = 0.118921)
    [{ eta_cutoff: 0.16 }, row, row],
    // min(0.01, 0.1 · 0.297302 = 0.029730): with low entropy ε itself is the bound
    [{ eta_cutoff: 0.01 }, [0.98, 0.011, 0.009], [980 / 991, 11 / 991, 0]],
    // min(0.99, 0.994987 · 0.297302 = 0.295812)
    [{ eta_cutoff: 0.99 }, row, [1, 0, 0, 0]],
    [{ eta_cutoff: 0.99, min_keep: 3 }, row, [4 / 7, 2 / 7, 1 / 7, 0]],
    // √(1/16) · ½ = 1/8 with H = ln 2 over two tokens; both are far above
    [{ eta_cutoff: 0.0625 }, [0.5, 0.5], [0.5, 0.5]],
    [{ eta_cutoff: 0 }, row, row],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "eta_cutoff", ...options }, after);
  });

  test("a token of exactly η stays", () => {
    // four tokens of 1/4: H = ln 4, e⁻ᴴ = 1/4, so with ε just below 1 η is just below 1/4
    expectRow(
      [0.25, 0.25, 0.25, 0.25],
      { stage: "eta_cutoff", eta_cutoff: 1 - 1e-9 },
      [0.25, 0.25, 0.25, 0.25],
    );
  });

  const entry = fc.record({
    stage: fc.constant("eta_cutoff"),
    eta_cutoff: stepsOf(0, 0.9),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "eta_cutoff", eta_cutoff: 0 }] });
  keepsRatios(entry);
});
