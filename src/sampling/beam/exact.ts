/** Whether the continuations of a sparse row are those that the whole row would provably have given. */
import { isSparse, type LogitsRow } from "../rows.ts";
import type { Way } from "./rule.ts";

/**
 * True when every token of a list was sent. Else only the `best_of` best tokens of a row as it came can be proven: ln Σ exp of
 * the whole row was told, and each of them comes before every token that was left out. `best_of` is undefined when the chain
 * changed the row, or the rule draws from it.
 */
export function isProven(rows: readonly LogitsRow[], ways: readonly Way[], best_of?: number): boolean {
  return rows.every((row) => {
    if (!isSparse(row) || row.token_ids.length === row.vocab_size) return true;
    const { logsumexp, max_omitted = Number.POSITIVE_INFINITY, token_ids, values } = row;
    if (best_of === undefined || logsumexp === undefined || ways.length < best_of) return false;
    return ways.every(({ token_id }) => (values[token_ids.indexOf(token_id)] ?? max_omitted) > max_omitted);
  });
}
