/**
 * Removes tokens of a sparse row while omitted tokens may still be in play. The cuts are those of a whole row.
 * Each cut also records what it proves about the omitted tokens.
 */

import type { SparseRow } from "../rows.ts";
import type { Compact } from "./compact/compact.ts";
import { fillFromSparse } from "./compact/compaction.ts";
import { maskedAsItCame } from "./masked.ts";
import type { Omitted } from "./omitted.ts";
import type { MassRule, Ties } from "./thresholds.ts";

/** Takes the listed tokens, and records what is known of the omitted ones. */
export function beginSparse(compact: Compact, omitted: Omitted, row: SparseRow, vocab_size: number): void {
  const count = fillFromSparse(compact, row, vocab_size);
  if (count === 0) throw maskedAsItCame();
  const left_out = (row.vocab_size ?? Number.POSITIVE_INFINITY) - row.token_ids.length;
  omitted.start(left_out, row.max_omitted ?? Number.POSITIVE_INFINITY, row.logsumexp);
}

export function setSparseScore(compact: Compact, omitted: Omitted, token_id: number, score: number): void {
  omitted.edited(compact.has(token_id) ? Number.NEGATIVE_INFINITY : score);
  compact.setScore(token_id, score);
}

export function keepSparseTopK(compact: Compact, omitted: Omitted, k: number, ties: Ties): void {
  compact.keepTopK(k, ties);
  if (compact.count >= k) omitted.cutAt(compact.min());
}

export function keepSparseFrom(
  compact: Compact,
  omitted: Omitted,
  threshold: number,
  min_keep: number,
): void {
  compact.keepScoresFrom(threshold, min_keep);
  omitted.cutAt(Math.min(threshold, compact.min()));
}

/**
 * A cut by mass is exact if the prefix is the same for the smallest and the largest possible omitted mass.
 */
export function keepSparseMass(compact: Compact, omitted: Omitted, p: number, rule: MassRule): void {
  const [least, most] = omitted.massRatios(compact.logSumExp());
  const probabilities = compact.rank().probabilities();
  const kept_at_most =
    p * most < 1 ? compact.prefixIn(probabilities, p * most, rule) : Number.POSITIVE_INFINITY;
  compact.keepPrefix(compact.prefixIn(probabilities, Math.min(1, p * least), rule), rule);
  if (compact.count === kept_at_most) omitted.cutAt(compact.min());
  omitted.guess();
}
