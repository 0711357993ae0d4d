/**
 * The tokens nearest to a centre in the order of their scores, as locally typical sampling keeps them: distance
 * |sᵢ − c|, nearest first; of two equally far the more likely first; equal scores by lower token id.
 */
import type { Compact } from "./compact.ts";
import { type MassRule, SLACK } from "./thresholds.ts";

/** Keeps the smallest such prefix whose mass reaches p. Ranks. c = ln Σ exp s − H, the score of a typical token. */
export function keepNearest(compact: Compact, centre: number, p: number, rule: MassRule): void {
  compact.rank();
  const { scores, count } = compact;
  const probabilities = compact.probabilities();
  const limit = rule.inclusive ? p + SLACK : p - SLACK;
  // Ranked scores fall, so that the kept tokens lie side by side: first ≤ i < end grows from where the centre is.
  let end = firstBelow(compact, centre);
  let first = end;
  let mass = 0;
  let distance = 0;
  while (end - first < count) {
    const reached = rule.inclusive ? mass > limit : mass >= limit;
    if (reached && end - first >= Math.min(rule.min_keep, count) && end > first) break;
    const above = first > 0 ? scores[first - 1]! - centre : Number.POSITIVE_INFINITY;
    const below = end < count ? centre - scores[end]! : Number.POSITIVE_INFINITY;
    distance = Math.min(above, below);
    mass += above <= below ? probabilities[--first]! : probabilities[end++]!;
  }
  if (rule.ties === "keep") {
    while (first > 0 && scores[first - 1]! - centre <= distance) first--;
    while (end < count && centre - scores[end]! <= distance) end++;
  }
  lowestIdsFirst(compact, first);
  compact.keepRange(first, end);
}

/** Index of the first ranked score below the centre. */
function firstBelow({ scores, count }: Compact, centre: number): number {
  let index = 0;
  while (index < count && scores[index]! >= centre) index++;
  return index;
}

/** When the cut at `first` runs through equal scores, the lower ids of them are the ones to stay. */
function lowestIdsFirst({ token_ids, scores, count }: Compact, first: number): void {
  let begin = first;
  while (begin > 0 && scores[begin - 1] === scores[first]) begin--;
  if (begin === first) return;
  let end = first;
  while (end < count && scores[end] === scores[first]) end++;
  token_ids.copyWithin(first, begin, begin + end - first);
}
