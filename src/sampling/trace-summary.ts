/** What a trace tells of a set of candidates: entropy and the most likely tokens. */
import { ln } from "../kernels/float64.ts";
import type { Snapshot } from "./snapshot.ts";

/** How many tokens a trace lists a stage: the most likely kept ones and the most likely removed ones. */
const LISTED = 10;

export interface TracedToken {
  readonly token_id: number;
  readonly probability: number;
}

/** Entropy in nats and the most likely tokens of the softmax over the candidates. */
export function summary(snapshot: Snapshot): { entropy: number; top: TracedToken[] } {
  const probabilities = snapshot.probabilities();
  const { token_ids } = snapshot.candidates;
  const top: TracedToken[] = [];
  let entropy = 0;
  for (let i = 0; i < snapshot.count; i++) {
    const probability = probabilities[i]!;
    if (probability > 0) entropy -= probability * ln(probability);
    offer(top, token_ids[i]!, probability);
  }
  return { entropy, top };
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
