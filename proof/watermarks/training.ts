/** A trainer's importance ratio for each kind of log-probability, when only the last bits of the logits differ. */

import type { Ratios } from "../../evidence/watermark-results.ts";
import type { Row } from "../../src/kernels/kernel.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import type { Bank } from "./marked.ts";

const CHAINS = [
  { temperature: 1 },
  { temperature: 1, top_p: 0.95 },
  { temperature: 1, top_p: 0.8 },
  { temperature: 1, top_k: 50 },
  { temperature: 0.7, top_p: 0.9 },
] as const;

/** Rounds the logits to bfloat16, as a trainer in bfloat16 does. */
function rounded(row: Float32Array): Float32Array {
  const words = new Uint32Array(row.slice().buffer);
  for (let i = 0; i < words.length; i++) words[i] = (((words[i] ?? 0) + 0x8000) & 0xffff0000) >>> 0;
  return new Float32Array(words.buffer);
}

export function ratios(bank: Bank, draws: number): Ratios[] {
  const vocab_size_max = bank[0]?.length ?? 1;
  const sampler = createSampler({ vocab_size_max, rows_max: 1 });
  const row = sampler.leaseRow() as Row; // there is one
  const trained = bank.map(rounded);
  return CHAINS.map((chain) => {
    let kept_mass = 0;
    let raw = 0;
    let processed = 0;
    for (let draw = 0; draw < draws; draw++) {
      const place = draw % bank.length;
      row.load(bank[place] ?? []);
      row.finish();
      const asked = { ...chain, seed: draw, logprobs: true, kept_token_ids: true };
      const {
        token_id,
        processed_logprob = 0,
        kept_token_ids = [],
        kept_mass: mass = 0,
      } = sampler.sample(row, parseStepOptions(asked));
      const values = trained[place] as Float32Array; // one for each row
      kept_mass += mass;
      raw += Math.exp(logprob(values, token_id, undefined, 1) - processed_logprob);
      processed += Math.exp(logprob(values, token_id, kept_token_ids, chain.temperature) - processed_logprob);
    }
    return { chain, kept_mass: kept_mass / draws, raw: raw / draws, processed: processed / draws };
  });
}

/** ln softmax of one token, over all or over the kept ones. */
function logprob(
  values: Float32Array,
  token_id: number,
  kept: readonly number[] | undefined,
  temperature: number,
): number {
  const scores = (kept === undefined ? Array.from(values) : kept.map((id) => values[id] ?? 0)).map(
    (x) => x / temperature,
  );
  const max = scores.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const sum = scores.reduce((total, x) => total + Math.exp(x - max), 0);
  return (values[token_id] ?? 0) / temperature - max - Math.log(sum);
}
