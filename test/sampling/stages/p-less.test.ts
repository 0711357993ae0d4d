import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { survivors } from "../survivors.ts";
import { keepsRatios, obeysTheLaws } from "./properties.ts";
import { expectRow } from "./rows.ts";

describe("p_less", () => {
  test.each([
    // 0.01 + 0.04 + 0.09 + 0.16 = 0.3, and a token of exactly 0.3 stays
    [{ p_less: true }, [0.1, 0.2, 0.3, 0.4], [0, 0, 3 / 7, 4 / 7]],
    // (4 · 0.3 − 1)/3 = 0.066667
    [{ p_less: true, p_less_norm: true }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
    // 0.64 + 0.01 + 0.01 = 0.66; norm: (3 · 0.66 − 1)/2 = 0.49
    [{ p_less: true }, [0.1, 0.8, 0.1], [0, 1, 0]],
    [{ p_less: true, p_less_norm: true }, [0.1, 0.8, 0.1], [0, 1, 0]],
    // 0.25 + 0.25 · … : 0.2601 + 0.2401 = 0.5002 leaves only 0.51; norm: (2 · 0.5002 − 1)/1 = 0.0004
    [{ p_less: true }, [0.51, 0.49], [1, 0]],
    [{ p_less: true, p_less_norm: true }, [0.51, 0.49], [0.51, 0.49]],
    [{ p_less: true, min_keep: 2 }, [0.51, 0.49], [0.51, 0.49]],
    // equal tokens: Σ p² = 1/n, so all stay
    [{ p_less: true }, [0.2, 0.2, 0.2, 0.2, 0.2], [0.2, 0.2, 0.2, 0.2, 0.2]],
    [{ p_less: true, p_less_norm: true }, [1], [1]],
    [{ p_less: false }, [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]],
  ])("%j on %j gives %j", (options, before, after) => {
    expectRow(before, { stage: "p_less", ...options }, after);
  });

  test.each([300, 5000, 128_256])("all of %d equal tokens stay", (length) => {
    for (const temperature of [0.7, 1, 1.9]) {
      const logits = new Float32Array(length).fill(3.3);
      const chain = [
        { stage: "temperature", temperature },
        { stage: "p_less", p_less: true },
      ];
      expect(survivors(logits, { chain }).token_ids.length).toBe(length);
    }
  });

  const entry = fc.record({
    stage: fc.constant("p_less"),
    p_less: fc.boolean(),
    p_less_norm: fc.boolean(),
    min_keep: fc.integer({ min: 1, max: 4 }),
  });
  obeysTheLaws({ entry, neutral: [{ stage: "p_less", p_less: false }] });
  keepsRatios(entry);
});
