/**
 * Biases, penalties and smoothing on single scores, for forms without a row in kernel memory. A token that was
 * removed stays removed.
 */

import type { DistanceRule } from "../../kernels/kernel.ts";
import type { Remembered } from "../history/remembered.ts";
import type { SeenTokens } from "../history/seen-tokens.ts";
import type { Compact } from "./compact/compact.ts";

/** Scores that are read and set one at a time. */
interface ScoresById {
  scoreOf(token_id: number): number;
  setScore(token_id: number, score: number): void;
}

/** s ← s + amount. */
export function addEach(candidates: ScoresById, token_ids: Int32Array, amounts: Float64Array): void {
  for (let i = 0; i < token_ids.length; i++) {
    const id = token_ids[i]!;
    candidates.setScore(id, candidates.scoreOf(id) + amounts[i]!);
  }
}

/** s ← (s > 0 ? s / ratio : s · ratio) + constant + per_count · n. */
export function penaliseEach(
  candidates: ScoresById,
  { token_ids, counts, distinct }: SeenTokens,
  ratio: number,
  constant: number,
  per_count: number,
): void {
  for (let i = 0; i < distinct; i++) {
    const id = token_ids[i]!;
    const score = candidates.scoreOf(id);
    const amount = constant + per_count * counts[i]!;
    candidates.setScore(id, (score > 0 ? score / ratio : score * ratio) + amount);
  }
}

/**
 * Rescores tokens by the distance of their probability to a target. The old probabilities are written to
 * `remembered`.
 */
export function scoreEachByDistance(
  compact: Compact,
  { target, width, peak, sharpness }: DistanceRule,
  remembered: Remembered,
): void {
  remembered.keep(compact.token_ids, compact.probabilities(), compact.count);
  compact.scoreByDistance(target, width, peak, sharpness);
}

/** s ← max s + d²·(square + cube·d), d = s − max s, for every token. */
export function smoothEach(compact: Compact, square: number, cube: number): void {
  const { scores, count } = compact;
  const max = compact.max();
  for (let i = 0; i < count; i++) {
    const d = scores[i]! - max;
    scores[i] = max + d * d * (square + cube * d);
  }
  compact.rescored();
}
