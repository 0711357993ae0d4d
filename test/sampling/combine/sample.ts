/** Steps with several sources for tests: rows in, the step's report out. */
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import type { Sampled } from "../../../src/sampling/report/report.ts";
import type { LogitsRow, SparseRow } from "../../../src/sampling/rows.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";

const VOCAB_SIZE_MAX = 2048;

const sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: 8 });

const leased = Array.from({ length: 8 }, () => {
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("a new sampler has rows");
  return row;
});

export type Source = readonly number[] | SparseRow;
export type Fields = Readonly<Record<string, unknown>>;

export function sampleSources(sources: readonly Source[], fields: Fields): Sampled {
  const options = parseStepOptions({ seed: 7, ...fields });
  const rows = sources.map((source, index): LogitsRow => {
    if ("token_ids" in source) return source;
    const row = leased[index];
    if (row === undefined) throw new Error("too many sources");
    row.load(source);
    row.finish(options.vocab_size);
    return row;
  });
  return sampler.sample(rows, options);
}

/** ln p of every token of the combined row; −Infinity where it is masked. */
export function combinedLogprobs(sources: readonly Source[], fields: Fields, length: number): number[] {
  const { named_logprobs = [] } = sampleSources(sources, {
    logprobs_mode: "combined",
    logprob_token_ids: Array.from({ length }, (_, id) => id),
    ...fields,
  });
  return named_logprobs.map(({ logprob }) => logprob ?? -Infinity);
}

/** Logits of these probabilities. */
export function logits(...probabilities: readonly number[]): number[] {
  return probabilities.map((p) => Math.fround(Math.log(p)));
}
