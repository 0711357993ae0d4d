/** A summary of a set of candidates for a trace: entropy and the most likely tokens. */
import { ln } from "../../kernels/float64.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Number of tokens that a trace lists per stage: of the most likely kept ones, and of the most likely removed
 * ones.
 */
const LISTED = 10;

export interface TracedToken {
  readonly token_id: number;
  readonly probability: number;
}

/**
 * Entropy in nats and the most likely tokens of the softmax over the candidates. ln pᵢ is the score of i, minus
 * the score of the most likely token, plus the ln p of that token. So one logarithm is enough for a row of any
 * length.
 */
export function summary(snapshot: Snapshot): { entropy: number; top: TracedToken[] } {
  const probabilities = snapshot.probabilities();
  const { token_ids, scores } = snapshot.candidates;
  const max = snapshot.candidates.max();
  const top: TracedToken[] = [];
  let below_max = 0;
  let least_listed = -1;
  for (let i = 0; i < snapshot.count; i++) {
    const probability = probabilities[i]!;
    if (probability > 0) below_max += probability * (max - scores[i]!);
    if (probability < least_listed) continue;
    offer(top, token_ids[i]!, probability);
    least_listed = top[LISTED - 1]?.probability ?? -1;
  }
  return { entropy: Math.max(0, below_max - ln(top[0]?.probability ?? 1)), top };
}

/** Inserts a token into a short list that is sorted by probability descending, then id ascending. */
export function offer(list: TracedToken[], token_id: number, probability: number): void {
  const last = list[LISTED - 1];
  if (last !== undefined && !ranksBefore(token_id, probability, last)) return;
  let i = list.length;
  while (i > 0 && ranksBefore(token_id, probability, list[i - 1] as TracedToken)) i--; // i > 0
  list.splice(i, 0, { token_id, probability });
  if (list.length > LISTED) list.pop();
}

function ranksBefore(token_id: number, probability: number, other: TracedToken): boolean {
  return probability > other.probability || (probability === other.probability && token_id < other.token_id);
}
