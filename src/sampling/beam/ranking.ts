/** Ranks continuations and ended sequences by score; ties by (parent, id). */
import { exp, ln } from "../../kernels/float64.ts";
import type { EndedBeam, EndingBeam, FinishReason, Way } from "./rule.ts";

/** Larger scores first; ties by parent, then by token id. */
function byScore(a: Way, b: Way): number {
  return b.score - a.score || a.parent - b.parent || a.token_id - b.token_id;
}

/** The `count` best continuations, best first. */
export function bestWays(ways: readonly Way[], count: number): Way[] {
  return ways.toSorted(byScore).slice(0, count);
}

/** The `count` best sequences, best first. Of equal scores, the sequence that ended first ranks first. */
export function bestEnded(
  ended: readonly (EndedBeam | EndingBeam)[],
  count: number,
): (EndedBeam | EndingBeam)[] {
  return ended.toSorted((a, b) => b.score - a.score).slice(0, count);
}

/** sum / length^length_penalty. The powers 0 and 1 are exact. */
export function perLength(sum: number, length: number, length_penalty: number): number {
  if (length_penalty === 0 || length === 1) return sum;
  return sum / (length_penalty === 1 ? length : exp(length_penalty * ln(length)));
}

/** The sequence that ends with this continuation. */
export function ending(
  way: Way,
  length: number,
  finish_reason: FinishReason,
  score: number = way.score,
): EndingBeam {
  const { logprob, chain_logprob, carry } = way;
  return {
    score,
    logprob,
    chain_logprob,
    ...(carry !== undefined && { carry }),
    way,
    length,
    finish_reason,
  };
}

/** The live beams as ended sequences, when the search has reached its maximum of tokens. */
export function endingAll(
  ways: readonly Way[],
  length: number,
  scoreOf: (way: Way) => number = ({ score }) => score,
): EndingBeam[] {
  return ways.map((way) => ending(way, length, "length", scoreOf(way)));
}
