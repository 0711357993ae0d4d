/** The same step by our sampler, under a preset. */
import { Problem } from "../../src/errors.ts";
import { DEFAULT_OPTION_LIMITS } from "../../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import type { Answer, Case, Host } from "./host.ts";

const VOCAB_SIZE_MAX = 8192;

const sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: 1 });
const limits = { ...DEFAULT_OPTION_LIMITS, top_logprobs_max: VOCAB_SIZE_MAX };

export function oursFor({ preset, variant }: Pick<Host, "preset" | "variant">, asked: Case): Answer {
  const { logits, options, history, prompt_length } = asked;
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("the one row is leased");
  try {
    row.load(logits);
    row.finish();
    const step = parseStepOptions(
      {
        preset,
        ...(variant !== undefined && { variant }),
        ...options,
        history,
        prompt_length,
        seed: 1,
        top_logprobs: logits.length,
        logprobs_mode: "processed",
      },
      limits,
    );
    const told = (sampler.sample(row, step).top_logprobs ?? []).toSorted((a, b) => a.token_id - b.token_id);
    return {
      kept: told.map(({ token_id }) => token_id),
      p: told.map(({ logprob }) => Math.exp(logprob ?? Number.NEGATIVE_INFINITY)),
    };
  } catch (error) {
    if (error instanceof Problem) return { error: `${error.code}: ${error.message}` };
    throw error;
  } finally {
    sampler.returnRow(row);
  }
}
