/** Which options of a step its receipt is made of. */

/** Options that say what is told, and those that stand in the reply or below in a form of their own. */
const APART: ReadonlySet<string> = new Set([
  ...[
    "trace",
    "kept_token_ids",
    "kept_max",
    "kept_mode",
    "logprobs",
    "top_logprobs",
    "logprobs_mode",
    "rank_ties",
    "logprob_token_ids",
  ],
  ...["uncertainty", "confidence_top_k", "require_exact", "receipt", "stop"],
  ...["seed", "step", "history", "prompt_length", "state"],
]);

/** Options as they were given, without those that a receipt has apart. */
export type ReceiptOptions = Readonly<Record<string, unknown>>;

export function receiptOptions(given: Readonly<Record<string, unknown>>): ReceiptOptions {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => !APART.has(name) && value !== undefined),
  );
}
