import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws, stepsOf } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("epsilon_cutoff", () => {
  test.each([
    // a token of exactly ε stays
    [{ epsilon_cutoff: 0.1 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    [{ epsilon_cutoff: 0.2 }, [0.1, 0.2, 0.3, 0.4], [0, 2 / 9, 3 / 9, 4 / 9]],
    [{ epsilon_cutoff: 0.21 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    // no token is that likely: the best one stays, or the min_keep best
    [{ epsilon_cutoff: 0.9 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 0, 1]],
    [{ epsilon_cutoff: 0.9, min_keep: 2 }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    // and tokens that equal the best
    [{ epsilon_cutoff: 0.5 }, [0.2, 0.4, 0, 0.4], [0, 0.5, 0, 0.5]],
    [{ epsilon_cutoff: 0.9 }, [0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]],
    [{ epsilon_cutoff: 0 }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "epsilon_cutoff", ...options }, after);
  });

  test.each([300, 5000, 100_000])("all of %d tokens of exactly ε stay", (length) => {
    const logits = new Float32Array(length).fill(-2.7);
    const chain = [{ stage: "epsilon_cutoff", epsilon_cutoff: 1 / length }];
    expect(survivors(logits, { chain }).token_ids.length).toBe(length);
  });

  test.each([300, 5000, 100_000])("all of %d equal tokens stay when none reaches ε", (length) => {
    const logits = new Float32Array(length).fill(-2.7);
    const chain = [
      { stage: "temperature", temperature: 0.3 },
      { stage: "epsilon_cutoff", epsilon_cutoff: 0.5 },
    ];
    expect(survivors(logits, { chain }).token_ids.length).toBe(length);
  });

  const entry = fc.record({
    stage: fc.constant("epsilon_cutoff"),
    epsilon_cutoff: stepsOf(0, 0.3),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "epsilon_cutoff", epsilon_cutoff: 0 }] });
  keepsRatios(entry);
});
