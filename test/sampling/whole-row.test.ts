/** The effect of stages on a whole row in kernel memory, and that the row is restored. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomRow, sample, sampler } from "./sample.ts";
import { bitmask } from "./stages/bitmask.ts";
import type { Entry } from "./stages/rows.ts";

const X = Number.NEGATIVE_INFINITY;

describe("edits, masks and cuts in any order on a whole row", () => {
  const edit = fc.record({
    stage: fc.constant("logit_bias"),
    logit_bias: fc.dictionary(
      fc.integer({ min: 0, max: 5999 }).map(String),
      fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constant("-inf")),
      { maxKeys: 30 },
    ),
  });
  const mask = fc.uniqueArray(fc.integer({ min: 0, max: 5999 }), { maxLength: 900 }).map((banned) => ({
    stage: "token_bitmask",
    token_bitmask: bitmask(
      [...new Array(6000).keys()].filter((id) => !banned.includes(id)),
      6000,
    ),
  }));

  const penalty = fc.constantFrom(
    { stage: "repetition_penalty", repetition_penalty: 1.3 },
    { stage: "presence_penalty", presence_penalty: 0.7, penalty_scope: "history" },
    { stage: "presence_penalty", presence_penalty: -0.7, penalty_scope: "history", penalty_last_n: 100 },
    { stage: "frequency_penalty", frequency_penalty: 0.4, penalty_scope: "history" },
    { stage: "xtc", xtc_probability: 1, xtc_threshold: 0.5 },
  );
  const history = Array.from({ length: 400 }, (_, i) => (i * i * 7) % 5000);

  test("give what a plain loop gives, and the row comes back to the bit", () => {
    const logits = randomRow(6000, 3, true);
    const row = sampler.leaseRow()!;
    row.load(logits);
    row.finish();
    const maxima = row.maxima.slice(0, row.blocks);
    sampler.returnRow(row);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(edit, mask, penalty, penalty), { minLength: 1, maxLength: 7 }),
        (chain) => {
          const scores = Float32Array.from(logits);
          for (const stage of chain) apply(stage, scores);
          const reply = sample(logits, {
            chain,
            history,
            seed: 3,
            top_logprobs: 5,
            logprobs_mode: "processed",
            logprobs: true,
          });
          const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
          const best = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, 5);
          expect(reply.top_logprobs?.map(({ token_id }) => token_id)).toEqual(best);
          expect(reply.top_logprobs?.[0]?.logprob).toBeCloseTo(scores[best[0]!]! - Math.log(sum), 5);
          expect(reply.kept).toBe(scores.filter((score) => score !== X).length);
          const raw_sum = logits.reduce((total, score) => total + Math.exp(score), 0);
          const raw_kept = logits.reduce(
            (total, logit, id) => total + (scores[id] === X ? 0 : Math.exp(logit)),
            0,
          );
          expect(reply.kept_mass).toBeCloseTo(raw_kept / raw_sum, 5);
          expect(reply.logprob).toBeCloseTo(logits[reply.token_id]! - Math.log(raw_sum), 5);
          const used = sampler.leaseRow()!;
          expect(used.values.subarray(0, 6000)).toEqual(logits);
          expect(used.maxima.slice(0, used.blocks)).toEqual(maxima);
          sampler.returnRow(used);
        },
      ),
      { seed: 9, numRuns: 30 },
    );
  });

  function apply(stage: Entry, scores: Float32Array): void {
    if (stage.stage.endsWith("_penalty")) {
      penalise(stage, scores);
      return;
    }
    if (stage.stage === "xtc") return; // it looks at the row, and no token but one has half of the mass
    if (stage.stage === "logit_bias") {
      for (const [id, bias] of Object.entries(stage["logit_bias"] as Record<string, number | "-inf">))
        scores[Number(id)]! += bias === "-inf" ? X : bias;
      return;
    }
    const words = Buffer.from(stage["token_bitmask"] as string, "base64");
    for (let id = 0; id < scores.length; id++) if (((words[id >> 3]! >> (id & 7)) & 1) === 0) scores[id] = X;
  }

  function penalise(stage: Entry, scores: Float32Array): void {
    const seen = stage["penalty_last_n"] === undefined ? history : history.slice(-100);
    for (const id of new Set(seen)) {
      const count = seen.filter((each) => each === id).length;
      const ratio = (stage["repetition_penalty"] as number | undefined) ?? 1;
      scores[id] = scores[id]! > 0 ? scores[id]! / ratio : scores[id]! * ratio;
      scores[id]! -= ((stage["presence_penalty"] as number | undefined) ?? 0) * 1;
      scores[id]! -= ((stage["frequency_penalty"] as number | undefined) ?? 0) * count;
    }
  }
});
