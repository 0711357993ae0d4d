/**
 * Draws a few tokens before the first request. V8 compiles code when it is first called, so the first steps of a worker
 * would take milliseconds instead of microseconds.
 */

import { ENCODING_NAMES, rowBytes } from "../../kernels/kernel.ts";
import { parseStepOptions } from "../../sampling/options/step-options.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import { writeSampled } from "../../wire/reply.ts";

/** Length of the row: long enough for top_k's lists, and short enough to be fast. */
const VOCAB_SIZE = 8192;
/** Calls after which V8 has compiled the code that is called most. */
const ROUNDS = 50;

/** The commonest options: one path through the kernel each. */
const OPTIONS = [
  { temperature: 0 },
  { temperature: 0.8 },
  { temperature: 0.8, top_p: 0.95 },
  { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 },
  { temperature: 0.8, top_k: 40, frequency_penalty: 0.5, presence_penalty: 0.5, history: [1, 2, 3, 2] },
  { top_logprobs: 5, logprobs: true },
] as const;

/** Takes about 150 ms. The state of the sampler does not change. */
export function warmUp(sampler: Sampler): void {
  const row = sampler.leaseRow();
  if (row === undefined) return;
  const length = Math.min(VOCAB_SIZE, row.values.length);
  const values = Float32Array.from({ length }, (_, id) => ((id * 7919) % 1009) / 100);
  const steps = OPTIONS.map((options) => parseStepOptions({ ...options, seed: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const encoding of ENCODING_NAMES) {
      row.begin(encoding);
      row.append(new Uint8Array(values.buffer, 0, Math.floor(rowBytes(encoding, length))));
      row.finish();
    }
    row.load(values);
    row.finish();
    for (const step of steps) if (step.history.length < length) writeSampled(sampler.sample(row, step));
  }
  sampler.returnRow(row);
}
