/** The options of a step that go into its receipt. */

/** Options that only control the report, and those that a receipt or reply has in another form. */
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

/** The options as given, without those that a receipt has separately. */
export type ReceiptOptions = Readonly<Record<string, unknown>>;

export function receiptOptions(given: Readonly<Record<string, unknown>>): ReceiptOptions {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => !APART.has(name) && value !== undefined),
  );
}
