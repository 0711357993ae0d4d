/** Estimates the length of the reply to a step from its options, before anything is computed. */
import type { StepOptions } from "../step.ts";

/** Upper estimates, in bytes of JSON text: for a plain reply, and for each requested addition. */
const REPLY_BYTES = 512;
const DRAW_BYTES = 24;
const DRAW_LOGPROB_BYTES = 112;
const LOGPROB_BYTES = 56;
const TOKEN_ID_BYTES = 8;
const TRACE_STAGE_BYTES = 4096;
const NUMBER_BYTES = 20;

/** Upper estimate, in bytes, of the JSON text of a reply that lists this number of tokens. */
export function replyBytes(options: StepOptions, vocab_size: number): number {
  const {
    n = 0,
    logprobs,
    top_logprobs,
    logprob_token_ids,
    kept_token_ids,
    kept_max = vocab_size,
    trace,
    chain,
    stops = [],
  } = options;
  const draws_bytes = n * (logprobs ? DRAW_LOGPROB_BYTES : DRAW_BYTES);
  const listed = Math.min(top_logprobs, vocab_size) + logprob_token_ids.length;
  const kept_bytes = kept_token_ids ? TOKEN_ID_BYTES * Math.min(kept_max, vocab_size) : 0;
  const trace_bytes = trace ? TRACE_STAGE_BYTES * (1 + chain.length) : 0;
  const measured = stops.reduce((sum, { stop, options }) => sum + (stop.measure?.window(options) ?? 0), 0);
  return (
    NUMBER_BYTES * measured + REPLY_BYTES + draws_bytes + LOGPROB_BYTES * listed + kept_bytes + trace_bytes
  );
}
