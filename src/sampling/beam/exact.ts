/** Decides whether the continuations found in a sparse row are provably those of the whole row. */
import { isSparse, type LogitsRow } from "../rows.ts";
import type { Way } from "./rule.ts";

/**
 * True when the row lists every token. Otherwise only the `best_of` best tokens of the unchanged row can be proven: the client
 * sent ln Σ exp of the whole row, and each listed token ranks before every token that was left out. `best_of` is undefined
 * when the chain changed the row or the rule draws from it.
 */
export function isProven(rows: readonly LogitsRow[], ways: readonly Way[], best_of?: number): boolean {
  return rows.every((row) => {
    if (!isSparse(row) || row.token_ids.length === row.vocab_size) return true;
    const { logsumexp, max_omitted = Number.POSITIVE_INFINITY, token_ids, values } = row;
    if (best_of === undefined || logsumexp === undefined || ways.length < best_of) return false;
    return ways.every(({ token_id }) => (values[token_ids.indexOf(token_id)] ?? max_omitted) > max_omitted);
  });
}
