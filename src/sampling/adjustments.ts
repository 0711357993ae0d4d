/**
 * What biases and penalties do to the scores of named tokens: s ← (s > 0 ? s / ratio : s · ratio) + amount. One
 * form for all of them, so that one loop over plain arrays serves them all.
 */
import type { Candidates } from "./candidates.ts";

/** Largest finite float32: an edit that would overflow stops here, so that a row never gains an infinity. */
const MAX = 3.4028234663852886e38;

/** Works on the logits of a row, whose scores are logits over the temperature. */
export function adjustLogits(
  logits: Float32Array,
  temperature: number,
  token_ids: Int32Array,
  count: number,
  ratio: number,
  amounts: Float64Array,
): void {
  // Most often there is nothing to divide by, and dividing is what costs.
  if (temperature === 1 && ratio === 1) addToLogits(logits, token_ids, count, amounts);
  else scaleLogits(logits, temperature, token_ids, count, ratio, amounts);
}

function addToLogits(
  logits: Float32Array,
  token_ids: Int32Array,
  count: number,
  amounts: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    const id = token_ids[i]!;
    const logit = logits[id]! + amounts[i]!;
    // Written out, here and below: a call for every token would cost as much as the rest.
    logits[id] = logit > MAX ? MAX : logit < -MAX && logit !== Number.NEGATIVE_INFINITY ? -MAX : logit;
  }
}

function scaleLogits(
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
    const logit = ((score > 0 ? score / ratio : score * ratio) + amounts[i]!) * temperature;
    logits[id] = logit > MAX ? MAX : logit < -MAX && logit !== Number.NEGATIVE_INFINITY ? -MAX : logit;
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
