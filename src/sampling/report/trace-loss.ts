/**
 * What a trace reports about the tokens that a stage removed: their mass, and the token nearest to the limit.
 */
import type { Removal } from "../candidates/removal.ts";
import type { Snapshot } from "./snapshot.ts";
import { offer, type TracedToken } from "./trace-summary.ts";

/** The distance of a limit to its nearest token. */
export interface KnifeEdge {
  readonly kind: "rank" | "mass" | "score" | "share";
  readonly limit: number;
  /** score: the probability, before the stage, of a token at the limit */
  readonly limit_probability?: number;
  /** the token nearest to the limit, on either side of it */
  readonly token_id: number;
  /** rank: score gap between the last kept and the first removed token; the others: distance to the limit */
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
  /** the quantity that the stage limits: the score, or its distance to that of a typical token */
  place: number;
  probability: number;
}

export function lossOf(before: Snapshot, after: Snapshot, { kind }: Readonly<Removal>): Loss {
  const { token_ids, scores } = before.candidates;
  const listed: TracedToken[] = [];
  const last_kept: Edge = { token_id: -1, place: Number.POSITIVE_INFINITY, probability: 0 };
  const first_removed: Edge = { token_id: -1, place: Number.NEGATIVE_INFINITY, probability: 0 };
  let mass = 0;
  if (after.count < before.count) {
    const probabilities = before.probabilities();
    const centre = kind === "typical" ? before.meanScore() : undefined;
    for (let i = 0; i < before.count; i++) {
      const token_id = token_ids[i]!;
      const place = centre === undefined ? scores[i]! : -Math.abs(scores[i]! - centre);
      const probability = probabilities[i]!;
      if (after.candidates.has(token_id)) {
        if (place <= last_kept.place) set(last_kept, token_id, place, probability);
        continue;
      }
      mass += probability;
      offer(listed, token_id, probability);
      if (place > first_removed.place) set(first_removed, token_id, place, probability);
    }
  }
  return { count: before.count - after.count, mass, listed, last_kept, first_removed };
}

function set(edge: Edge, token_id: number, place: number, probability: number): void {
  edge.token_id = token_id;
  edge.place = place;
  edge.probability = probability;
}

/** undefined when nothing was removed, or the stage has no single limit. */
export function knifeEdge(
  before: Snapshot,
  loss: Loss,
  { kind, limit, kept_at, removed_at }: Readonly<Removal>,
): KnifeEdge | undefined {
  if (loss.count === 0) return undefined;
  const { last_kept, first_removed } = loss;
  const mass_kept = 1 - loss.mass;
  switch (kind) {
    case "other":
      return undefined;
    case "rank":
      return {
        kind,
        limit,
        token_id: first_removed.token_id,
        distance: last_kept.place - first_removed.place,
      };
    case "above":
      return { ...nearestScore(before, limit), limit_probability: before.probabilityAt(limit) };
    case "score":
      return {
        ...nearer(loss, kind, limit, last_kept.place, first_removed.place),
        limit_probability: before.probabilityAt(limit),
      };
    case "share":
      return nearer(loss, kind, limit, kept_at, removed_at);
    default:
      return nearer(loss, "mass", limit, mass_kept - last_kept.probability, mass_kept);
  }
}

/** The last kept or the first removed token, whichever is nearer to the limit. */
function nearer(
  { last_kept, first_removed }: Loss,
  kind: KnifeEdge["kind"],
  limit: number,
  kept_at: number,
  removed_at: number,
): KnifeEdge {
  const kept_distance = Math.abs(kept_at - limit);
  const removed_distance = Math.abs(removed_at - limit);
  return kept_distance <= removed_distance
    ? { kind, limit, token_id: last_kept.token_id, distance: kept_distance }
    : { kind, limit, token_id: first_removed.token_id, distance: removed_distance };
}

function nearestScore({ candidates }: Snapshot, limit: number): KnifeEdge {
  let nearest = 0;
  const distance = (i: number) => Math.abs(candidates.scores[i]! - limit);
  for (let i = 1; i < candidates.count; i++) if (distance(i) < distance(nearest)) nearest = i;
  return { kind: "score", limit, token_id: candidates.token_ids[nearest]!, distance: distance(nearest) };
}
