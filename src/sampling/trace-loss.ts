/** What a trace tells of the tokens that a stage removed: their mass, and the one nearest to the limit. */
import type { Removal } from "./removal.ts";
import type { Snapshot } from "./snapshot.ts";
import { offer, type TracedToken } from "./trace-summary.ts";

/** How near a limit came to the token nearest to it. */
export interface KnifeEdge {
  readonly kind: "rank" | "mass" | "score";
  readonly limit: number;
  /** the token nearest to the limit, on either side of it */
  readonly token_id: number;
  /** rank: score gap between the last kept and the first removed token; mass and score: distance to the limit */
  readonly distance: number;
}

/** The tokens in `before` that are no longer in `after`; scores and probabilities are those before the stage. */
export interface Loss {
  readonly count: number;
  readonly mass: number;
  /** the most likely removed tokens */
  readonly listed: readonly TracedToken[];
  readonly last_kept: Edge;
  readonly first_removed: Edge;
}

interface Edge {
  token_id: number;
  score: number;
  probability: number;
}

export function lossOf(before: Snapshot, after: Snapshot): Loss {
  const { token_ids, scores } = before.candidates;
  const listed: TracedToken[] = [];
  const last_kept: Edge = { token_id: -1, score: Number.POSITIVE_INFINITY, probability: 0 };
  const first_removed: Edge = { token_id: -1, score: Number.NEGATIVE_INFINITY, probability: 0 };
  let mass = 0;
  if (after.count < before.count) {
    const probabilities = before.probabilities();
    for (let i = 0; i < before.count; i++) {
      const token_id = token_ids[i]!;
      const score = scores[i]!;
      const probability = probabilities[i]!;
      if (after.candidates.has(token_id)) {
        if (score <= last_kept.score) set(last_kept, token_id, score, probability);
        continue;
      }
      mass += probability;
      offer(listed, token_id, probability);
      if (score > first_removed.score) set(first_removed, token_id, score, probability);
    }
  }
  return { count: before.count - after.count, mass, listed, last_kept, first_removed };
}

function set(edge: Edge, token_id: number, score: number, probability: number): void {
  edge.token_id = token_id;
  edge.score = score;
  edge.probability = probability;
}

/** undefined when nothing was removed, or not by one limit. */
export function knifeEdge(loss: Loss, { kind, limit }: Readonly<Removal>): KnifeEdge | undefined {
  const { last_kept, first_removed } = loss;
  if (loss.count === 0 || kind === "other") return undefined;
  if (kind === "rank") {
    return { kind, limit, token_id: first_removed.token_id, distance: last_kept.score - first_removed.score };
  }
  const mass_kept = 1 - loss.mass;
  const kept_at = kind === "mass" ? mass_kept - last_kept.probability : last_kept.score;
  const removed_at = kind === "mass" ? mass_kept : first_removed.score;
  const kept_distance = Math.abs(kept_at - limit);
  const removed_distance = Math.abs(removed_at - limit);
  return kept_distance <= removed_distance
    ? { kind, limit, token_id: last_kept.token_id, distance: kept_distance }
    : { kind, limit, token_id: first_removed.token_id, distance: removed_distance };
}
