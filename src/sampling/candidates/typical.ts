/**
 * Locally typical sampling: keeps the tokens nearest to a centre c, by the distance |sᵢ − c| of their scores.
 * Of two equally far, the more likely comes first; of equal scores, the lower token id.
 */
import { exp } from "../../kernels/float64.ts";
import type { Compact } from "./compact/compact.ts";
import { type Moments, momentsOf } from "./moments.ts";
import { type MassRule, SLACK } from "./thresholds.ts";

const moments: Moments = { logsumexp: 0, entropy: 0, collision: 0 };

/** Keeps the tokens nearest in surprise to the entropy until their mass reaches p. */
export function keepTypical(compact: Compact, p: number, rule: MassRule): void {
  keepNearest(compact, momentsOf(compact, compact.max(), moments), Number.POSITIVE_INFINITY, p, rule);
}

/**
 * The same for a list with only the likelier part of a distribution. `moments` are those of the whole distribution, and
 * the list must contain every token within `reach` of the centre. Returns false and removes nothing when these tokens
 * do not suffice. Ranks.
 *
 * The centre c = ln Σ exp s − H is the score of a typical token: |−ln pᵢ − H| = |sᵢ − c|.
 */
export function keepNearest(
  compact: Compact,
  { logsumexp, entropy }: Moments,
  reach: number,
  p: number,
  rule: MassRule,
): boolean {
  const centre = logsumexp - entropy;
  const { scores, count } = compact.rank();
  const limit = rule.inclusive ? p + SLACK : p - SLACK;
  // Ranked scores fall, so the kept tokens are adjacent: the range first ≤ i < end grows from the centre.
  let end = firstBelow(compact, centre);
  let first = end;
  let mass = 0;
  let distance = 0;
  while (end === first || end - first < rule.min_keep || (rule.inclusive ? mass <= limit : mass < limit)) {
    const above = first > 0 ? scores[first - 1]! - centre : Number.POSITIVE_INFINITY;
    const below = end < count ? centre - scores[end]! : Number.POSITIVE_INFINITY;
    const next = Math.min(above, below);
    if (next === Number.POSITIVE_INFINITY && reach === next) break;
    if (next > reach) return false;
    distance = next;
    mass += exp(scores[above <= below ? --first : end++]! - logsumexp);
  }
  if (rule.ties === "keep") {
    while (first > 0 && scores[first - 1]! - centre <= distance) first--;
    while (end < count && centre - scores[end]! <= distance) end++;
  }
  lowestIdsFirst(compact, first);
  compact.keepRange(first, end);
  return true;
}

/** Index of the first ranked score below the centre. */
function firstBelow({ scores, count }: Compact, centre: number): number {
  let index = 0;
  while (index < count && scores[index]! >= centre) index++;
  return index;
}

/** When the cut at `first` falls between equal scores, the tokens with the lower ids stay. */
function lowestIdsFirst({ token_ids, scores, count }: Compact, first: number): void {
  let begin = first;
  while (begin > 0 && scores[begin - 1] === scores[first]) begin--;
  if (begin === first) return;
  let end = first;
  while (end < count && scores[end] === scores[first]) end++;
  token_ids.copyWithin(first, begin, begin + end - first);
}
