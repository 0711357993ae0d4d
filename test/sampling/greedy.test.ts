/** What a greedy step leaves out: only stages that cannot change which token is best. */
import { describe, expect, test } from "vitest";
import type { Stage } from "../../src/sampling/stage.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { sample } from "./sample.ts";

/** Stages that only remove tokens from below, or rescale all of them: the best stays the best. */
const KEEP_THE_BEST = [
  "calibration",
  "dynatemp",
  "temperature",
  "top_n_sigma",
  "min_k",
  "top_h",
  "top_k",
  "top_a",
  "tfs",
  "top_p_decay",
  "top_p",
  "min_p",
  "epsilon_cutoff",
  "eta_cutoff",
  "p_less",
  "mirostat",
];

test("it leaves out what keeps the best token, and nothing else", () => {
  const keeps = (stage: Stage) =>
    stage.keepsArgmax ||
    stage.keepsArgmaxWith?.(stage.options.parse({ stage: stage.name, ...stage.example })) === true;
  expect(STAGES.filter(keeps).map(({ name }) => name)).toEqual(KEEP_THE_BEST);
});

/** As long as the ids in the stages' examples ask for. */
const ROWS = Array.from({ length: 24 }, (_, seed) => {
  const row = new Float32Array(50_400);
  // The best are close together, so that little makes another the best.
  for (let id = 0; id < 64; id++) row[id] = 8 + (((id + 1) * (seed + 3) * 7919) % 101) / 100;
  return row;
});
const HISTORY = [1, 2, 3, 1, 2, 4, 1, 2, 3, 1, 2];

/** Those that need no vocabulary. */
const BY_IDS = STAGES.filter(({ readsText }) => readsText !== true);

describe.each(BY_IDS.map(({ name, example }) => [name, example] as const))("%s", (name, example) => {
  test("before a greedy stage: the token that is best once it has run", () => {
    for (const [step, logits] of ROWS.entries()) {
      const drawn = (last: object) => {
        const chain = [{ stage: name, ...example }, last];
        return sample(logits, { chain, history: HISTORY, prompt_length: 3, seed: 5, step }).token_id;
      };
      // Nothing is left out before a top_k that may keep more than one.
      expect(drawn({ stage: "temperature", temperature: 0 })).toBe(
        drawn({ stage: "top_k", top_k: 1, ties: "keep" }),
      );
    }
  });
});
