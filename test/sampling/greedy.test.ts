/** A greedy step skips only stages that cannot change the most likely token. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problem } from "../../src/errors.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import type { Stage, StageOptions } from "../../src/sampling/stage.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { REFERENCE } from "../reference/sampler.ts";
import { sample } from "./sample.ts";
import { survivors } from "./survivors.ts";

/** The stages with a plain definition; the test uses their random options. */
const DEFINED = STAGES.filter(({ name }) => name in REFERENCE);

/** Rows of 24 tokens whose scores all differ, so that one is the best. */
const scores = fc.uniqueArray(
  fc.integer({ min: -40, max: 40 }).map((i) => i / 8),
  { minLength: 24, maxLength: 24 },
);
const histories = fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 12 });

describe.each(DEFINED.map((stage) => [stage.name, stage] as const))("%s alone", (name, stage) => {
  const entry = fc.record({
    stage: fc.constant(name),
    ...REFERENCE[name]?.options,
    ...REFERENCE[name]?.alone,
  });
  const cases = fc.sample(fc.tuple(scores, entry, histories), { seed: 21, numRuns: 400 });

  test("it may be left out of a greedy step if and only if the best token stays the best", () => {
    const changed = cases.filter(([logits, entry, history]) => {
      const { chain } = parseStepOptions({ chain: [entry], history });
      return !claims(stage, chain[0]?.options) && bestChanged(logits, entry, history);
    });
    const wrong = cases.filter(([logits, entry, history]) => {
      const { chain } = parseStepOptions({ chain: [entry], history });
      return claims(stage, chain[0]?.options) && bestChanged(logits, entry, history);
    });
    expect(wrong, "keepsArgmax is claimed, and another token became the best").toEqual([]);
    if (!stage.keepsArgmax && stage.keepsArgmaxWith === undefined)
      expect(changed.length, "keepsArgmax is not claimed, and the best always stayed").toBeGreaterThan(0);
  });
});

function claims({ keepsArgmax, keepsArgmaxWith }: Stage, options: StageOptions | undefined): boolean {
  return keepsArgmax || (options !== undefined && keepsArgmaxWith?.(options) === true);
}

/**
 * True when the likeliest token after the stage, the lowest id among equals, differs from the one before; also when no
 * token is left.
 */
function bestChanged(logits: readonly number[], entry: object, history: readonly number[]): boolean {
  try {
    const { token_ids, probabilities } = survivors(logits, { chain: [entry], history, seed: 5 });
    return (
      token_ids[probabilities.indexOf(Math.max(...probabilities))] !== logits.indexOf(Math.max(...logits))
    );
  } catch (error) {
    if (error instanceof Problem && error.code === "all_tokens_masked") return true;
    throw error;
  }
}

/** Long enough for the ids in the examples of the stages. */
const ROWS = Array.from({ length: 24 }, (_, seed) => {
  const row = new Float32Array(50_400);
  // The best tokens are close together, so a small change makes another one the best.
  for (let id = 0; id < 64; id++) row[id] = 8 + (((id + 1) * (seed + 3) * 7919) % 101) / 100;
  return row;
});
const HISTORY = [1, 2, 3, 1, 2, 4, 1, 2, 3, 1, 2];

/** Stages that need no vocabulary. */
const BY_IDS = STAGES.filter(({ readsText }) => readsText !== true);

describe.each(BY_IDS.map(({ name, example }) => [name, example] as const))("%s", (name, example) => {
  test("before a greedy stage: the token that is best once it has run", () => {
    for (const [step, logits] of ROWS.entries()) {
      const drawn = (last: object) => {
        const chain = [{ stage: name, ...example }, last];
        return sample(logits, { chain, history: HISTORY, prompt_length: 3, seed: 5, step }).token_id;
      };
      // No stage is skipped before a top_k that may keep more than one token.
      expect(drawn({ stage: "temperature", temperature: 0 })).toBe(
        drawn({ stage: "top_k", top_k: 1, ties: "keep" }),
      );
    }
  });
});
