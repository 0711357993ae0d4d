/** The ranks of many tokens of a row in one pass over it. */
import type { RankTies } from "./rank-ties.ts";

/**
 * The rank of each token among all values: 1 more than the number of values that are larger, or equal with a lower id;
 * with "counted" the number of values that are at least as large. Ids may come several times. No NaN is expected here.
 *
 * The tokens are put in order, each value of the row is counted at the first token that does not rank before it, and
 * the counts are added up from the best down.
 */
export function ranksAmong(
  values: Float32Array,
  token_ids: readonly number[],
  ties: RankTies = "by_id",
): number[] {
  const places = Int32Array.from(new Set(token_ids)).sort((a, b) => values[b]! - values[a]! || a - b);
  const limits = Float32Array.from(places, (id) => values[id]!);
  // The id up to which equal values rank no later.
  const ends = ties === "counted" ? new Int32Array(places.length).fill(values.length) : places;
  const counts = new Int32Array(places.length + 1);
  for (let id = 0; id < values.length; id++) counts[firstNotBefore(limits, ends, values[id]!, id)]! += 1;
  const rank_of = new Map<number, number>();
  let rank = 0;
  for (let i = 0; i < places.length; i++) {
    rank += counts[i]!;
    rank_of.set(places[i]!, rank);
  }
  return token_ids.map((id) => rank_of.get(id)!);
}

/** Index of the first entry that is this token or ranks after it; their number when all rank before it. */
function firstNotBefore(limits: Float32Array, ends: Int32Array, value: number, id: number): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const limit = limits[middle]!;
    if (limit < value || (limit === value && ends[middle]! >= id)) high = middle;
    else low = middle + 1;
  }
  return low;
}
