import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow, probabilitiesAfter } from "./rows.ts";

describe("xtc", () => {
  test.each([
    // top choices 0.2 0.3 0.4: the least of them and what lies below stay
    [{ xtc_threshold: 0.2 }, [0.1, 0.2, 0.3, 0.4], [1 / 3, 2 / 3, 0, 0]],
    [{ xtc_threshold: 0.3 }, [0.1, 0.2, 0.3, 0.4], [1 / 6, 2 / 6, 3 / 6, 0]],
    // one top choice alone is no choice
    [{ xtc_threshold: 0.35 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ xtc_threshold: 0.6 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // the default threshold is 0.1
    [{}, [0.05, 0.1, 0.4, 0.45], [1 / 3, 2 / 3, 0, 0]],
    // equal top choices: the highest id ranks last
    [{ xtc_threshold: 0.4 }, [0.4, 0.4, 0.2], [0, 2 / 3, 1 / 3]],
    // 0 makes every token a top choice
    [{ xtc_threshold: 0 }, [0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]],
    // two would stay: too few
    [{ xtc_threshold: 0.2, min_keep: 3 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ xtc_threshold: 0.2, min_keep: 2 }, [0.1, 0.2, 0.3, 0.4], [1 / 3, 2 / 3, 0, 0]],
  ])("probability 1 and %j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "xtc", xtc_probability: 1, ...options }, after);
  });

  test("it strikes in a share P of the steps, and in the same ones every time", () => {
    const chain = [{ stage: "xtc", xtc_probability: 0.3, xtc_threshold: 0.2 }];
    const struck = (step: number) => probabilitiesAfter([0, 0, 0], chain, { seed: 7, step })[0] === 0;
    const steps = Array.from({ length: 3000 }, (_, step) => step);
    const count = steps.filter(struck).length;
    // binomial, n = 3000, P = 0.3: mean 900, σ = 25.1; the seed is fixed
    expect(Math.abs(count - 900)).toBeLessThan(4 * 25.1);
    expect(steps.filter(struck).length).toBe(count);
  });

  test("it removes alike from a long row, whether it was cut before or not", () => {
    const logits = Array.from({ length: 20_000 }, (_, id) =>
      id % 4000 === 0 ? 12 + id / 1e5 : Math.sin(id),
    );
    const xtc = { stage: "xtc", xtc_probability: 1, xtc_threshold: 0.05 };
    const whole = survivors(logits, { chain: [xtc] });
    const cut = survivors(logits, { chain: [{ stage: "min_p", min_p: 1e-9 }, xtc] });
    const listed = survivors(logits, { chain: [{ stage: "top_k", top_k: 20_000 }, xtc] });
    expect(whole.token_ids.length).toBe(20_000 - 4);
    expect(whole.token_ids[0]).toBe(0);
    expect(cut.token_ids.join()).toBe(whole.token_ids.join());
    expect(listed.token_ids.join()).toBe(whole.token_ids.join());
  });

  const entry = fc.record({
    stage: fc.constant("xtc"),
    xtc_probability: fc.constantFrom(0.5, 1),
    xtc_threshold: stepsOf(0.01, 0.5),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({
    entry,
    neutral: [
      { stage: "xtc", xtc_probability: 0 },
      { stage: "xtc", xtc_probability: 1, xtc_threshold: 0.51 },
    ],
  });
  keepsRatios(entry);
});
