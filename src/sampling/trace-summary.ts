/** What a trace tells of a set of candidates: entropy and the most likely tokens. */
import { ln } from "../kernels/float64.ts";
import type { Compact } from "./compact.ts";

/** How many tokens a trace lists a stage: the most likely kept ones and the most likely removed ones. */
const LISTED = 10;

export interface TracedToken {
  readonly token_id: number;
  readonly probability: number;
}

/** Entropy in nats and the most likely tokens of the softmax over the candidates. */
export function summary(candidates: Compact): { entropy: number; top: TracedToken[] } {
  const probabilities = candidates.probabilities();
  const top: TracedToken[] = [];
  let entropy = 0;
  for (let i = 0; i < candidates.count; i++) {
    const probability = probabilities[i]!;
    if (probability > 0) entropy -= probability * ln(probability);
    offer(top, candidates.token_ids[i]!, probability);
  }
  return { entropy, top };
}

export function probabilityOf(candidates: Compact, token_id: number): number {
  const index = candidates.indexOf(token_id);
  return index < 0 ? 0 : candidates.probabilities()[index]!;
}

/** Enters a token into a short list that is sorted by probability descending, id ascending. */
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
