/**
 * What biases and penalties do to the scores of named tokens: s ← (s > 0 ? s / ratio : s · ratio) + amount. One
 * form for all of them, so that one loop over plain arrays serves them all.
 */
import type { Candidates } from "./candidates.ts";
import { withinFloat32 } from "./thresholds.ts";

/** Works on the logits of a row, whose scores are logits over the temperature. */
export function adjustLogits(
  logits: Float32Array,
  temperature: number,
  token_ids: Int32Array,
  count: number,
  ratio: number,
  amounts: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const id = token_ids[i]!;
    const score = logits[id]! / temperature;
    logits[id] = withinFloat32(((score > 0 ? score / ratio : score * ratio) + amounts[i]!) * temperature);
  }
}

/** The same one by one, where there is no row to work on. A token that is no longer kept stays out. */
export function adjustEach(
  candidates: Candidates,
  token_ids: Int32Array,
  count: number,
  ratio: number,
  amounts: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const score = candidates.scoreOf(token_ids[i]!);
    candidates.setScore(token_ids[i]!, (score > 0 ? score / ratio : score * ratio) + amounts[i]!);
  }
}
