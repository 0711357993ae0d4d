import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { obeysTheLaws, stepsOf } from "./properties.ts";
import { expectClose, expectRow, probabilitiesAfter } from "./rows.ts";

/* 1/2 1/4 1/8 1/8: H = 1.75 ln 2 of at most 2 ln 2, a share of 0.875. */
describe("dynatemp", () => {
  const row = [0.5, 0.25, 0.125, 0.125];
  // at T' = ½ the probabilities are squared: 16 4 1 1 over 64, normalised over 22
  const squared = [16 / 22, 4 / 22, 1 / 22, 1 / 22];
  test.each([
    // from 0.15 to 0.55: 0.15 + 0.4 · 0.875 = 0.5
    [{ temperature: 0.35, dynatemp_range: 0.2 }, row, squared],
    // an exponent of 0 always gives the highest temperature
    [{ temperature: 0.3, dynatemp_range: 0.2, dynatemp_exponent: 0 }, row, squared],
    // 0.875² = 0.765625: 0 + 2r · 0.765625 = 0.5 for r = 0.326531 around the same T
    [{ temperature: 0.25 / 0.765625, dynatemp_range: 0.25 / 0.765625, dynatemp_exponent: 2 }, row, squared],
    // the lowest temperature is never below 0: from 0 to 4/7, 4/7 · 0.875 = 0.5
    [{ temperature: 1 / 7, dynatemp_range: 3 / 7 }, row, squared],
    // no range: the plain temperature
    [{ temperature: 0.5, dynatemp_range: 0 }, row, squared],
    [{ temperature: 0, dynatemp_range: 0 }, row, [1, 0, 0, 0]],
    // equal probabilities stay equal at any temperature
    [{ temperature: 1, dynatemp_range: 1 }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    [{ temperature: 1, dynatemp_range: 1 }, [1], [1]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "dynatemp", ...options }, after);
  });

  test("the number of tokens counts those that are left, not the masked ones", () => {
    const entry = { stage: "dynatemp", temperature: 0.35, dynatemp_range: 0.2 };
    const masked = probabilitiesAfter([...row.map(Math.log), Number.NEGATIVE_INFINITY], [entry]);
    expectClose(masked, [...squared, 0]);
  });

  /* 1/2 1/4 1/8 1/8 and 12 banned tokens: the entropy is 0.4375 of the maximum 4 ln 2. */
  describe("listed tokens count too, as in llama.cpp", () => {
    const X = Number.NEGATIVE_INFINITY;
    const logits = [...row.map(Math.log), ...new Array<number>(12).fill(X)];
    // from 0 to 8/7: 8/7 · 0.4375 = 0.5
    const entry = { stage: "dynatemp", temperature: 4 / 7, dynatemp_range: 4 / 7, dynatemp_tokens: "listed" };

    test("those that came at -Infinity, or were banned", () => {
      expectClose(probabilitiesAfter(logits, [entry]).slice(0, 4), squared);
      const bias = {
        stage: "logit_bias",
        logit_bias: Object.fromEntries(logits.map((_, id) => [id, "-inf"])),
      };
      for (const id of [0, 1, 2, 3]) delete bias.logit_bias[id];
      const level = [...row.map(Math.log), ...new Array<number>(12).fill(0)];
      expectClose(probabilitiesAfter(level, [bias, entry]).slice(0, 4), squared);
    });

    test("those that top_n_sigma masks, and the k of top_k", () => {
      const wide = [...row.map(Math.log), ...new Array<number>(60).fill(-20)];
      const masked = [{ stage: "top_k", top_k: 16 }, { stage: "top_n_sigma", top_n_sigma: 1 }, entry];
      expectClose(probabilitiesAfter(wide, masked).slice(0, 4), squared);
    });

    test.each([
      { stage: "top_p", top_p: 0.9999 },
      { stage: "min_p", min_p: 0.01 },
      { stage: "typical_p", typical_p: 0.9999 },
    ])("not those behind a cut by probability: $stage", (cut) => {
      const kept = { ...entry, dynatemp_tokens: "kept" };
      expectClose(probabilitiesAfter(logits, [cut, entry]), probabilitiesAfter(logits, [cut, kept]));
    });
  });

  describe("a cut by probability leaves min_keep listed tokens, banned ones too, as in llama.cpp", () => {
    // libllama's result for these logits: top_p 0.99 with min_keep 8, then temp_ext 0.7 with a range of 2.
    const logits = [-3.5236, -1.9599, Number.NEGATIVE_INFINITY, -0.6545, 0.1782, Number.NEGATIVE_INFINITY];
    const of_libllama = [0.036, 0.114, 0, 0.299, 0.551, 0];
    const entry = { stage: "dynatemp", temperature: 0.7, dynatemp_range: 2, dynatemp_tokens: "listed" };

    test.each([
      { stage: "top_p", top_p: 0.99, min_keep: 8 },
      { stage: "top_p", top_p: 0.99, min_keep: 6 },
      { stage: "min_p", min_p: 0.01, min_keep: 8 },
      { stage: "typical_p", typical_p: 0.9999, min_keep: 6 },
    ])("$stage with min_keep $min_keep", (cut) => {
      const p = probabilitiesAfter(logits, [cut, entry]);
      for (const [id, expected] of of_libllama.entries())
        expect(Math.abs(p[id]! - expected)).toBeLessThan(6e-4);
    });

    test("no more than were listed, and no more than min_keep", () => {
      const kept = { ...entry, dynatemp_tokens: "kept" };
      const cut = { stage: "top_p", top_p: 0.99, min_keep: 4 };
      expectClose(probabilitiesAfter(logits, [cut, entry]), probabilitiesAfter(logits, [cut, kept]));
      const first = { stage: "top_k", top_k: 4 };
      const behind = { ...cut, min_keep: 8 };
      expectClose(
        probabilitiesAfter(logits, [first, behind, entry]),
        probabilitiesAfter(logits, [first, kept]),
      );
    });
  });

  test("a model that is certain gets the lowest temperature, which at 0 is greedy", () => {
    const entry = { stage: "dynatemp", temperature: 1, dynatemp_range: 1 };
    expect(probabilitiesAfter([2000, 0, 2000 - 1e-3], [entry])[0]).toBeGreaterThan(0.5);
    expect(probabilitiesAfter([2000, 0, 0], [entry])).toEqual([1, 0, 0]);
  });

  test("in the short form it takes the temperature's place", () => {
    const stages = (options: object) => parseStepOptions(options).chain.map(({ stage }) => stage.name);
    expect(stages({ temperature: 0.8, top_k: 5 })).toEqual(["temperature", "top_k"]);
    expect(stages({ temperature: 0.8, dynatemp_range: 0.2, top_k: 5 })).toEqual(["dynatemp", "top_k"]);
    const [entry] = parseStepOptions({ temperature: 0.8, dynatemp_range: 0.2 }).chain;
    expect(entry?.options).toMatchObject({ temperature: 0.8, dynatemp_range: 0.2, dynatemp_exponent: 1 });
  });

  obeysTheLaws({
    entry: fc.record({
      stage: fc.constant("dynatemp"),
      temperature: stepsOf(0, 2),
      dynatemp_range: stepsOf(0, 2),
      dynatemp_exponent: stepsOf(0, 3),
    }),
    neutral: [
      { stage: "dynatemp", dynatemp_range: 0 },
      { stage: "dynatemp", temperature: 1, dynatemp_range: 0, dynatemp_exponent: 2 },
    ],
  });
});
