/** Float32 thresholds, and the tolerance that makes exact ties come out the same in any arithmetic. */

/** The treatment of tokens whose score equals that of the last kept one. */
export type Ties = "cut" | "keep";

/** The same for a prefix of given mass. `highest` also cuts, and keeps the highest ids of the tied tokens. */
export type MassTies = Ties | "highest";

/** The rule by which a prefix of given mass is cut. */
export interface MassRule {
  /** true: also keep the token when the mass before it equals the limit exactly */
  readonly inclusive: boolean;
  readonly ties: MassTies;
  readonly min_keep: number;
}

/**
 * Slack of every comparison with a probability or a mass, so that `top_p 0.7` on 0.1 0.2 0.3 0.4 keeps the
 * same two tokens from float32, float16 or bfloat16 rows.
 */
export const SLACK = 1e-7;

/**
 * Slack of every comparison of a score with ln of a probability, a relative 1e-6: it covers the rounding of float32
 * logits (2.4e-7 below 8) and of the normaliser, so that a token exactly at the threshold stays.
 */
export const SCORE_SLACK = 1e-6;

const float32 = new Float32Array(1);
const bits = new Int32Array(float32.buffer);

/** The smallest float32 that is not below x (x finite, within float32's range; otherwise ±Infinity). */
export function float32NotBelow(x: number): number {
  const rounded = Math.fround(x);
  return rounded >= x ? rounded : nextFloat32(rounded);
}

/**
 * The smallest float32 logit whose score x / temperature is not below a threshold. The product threshold · temperature
 * alone may round past it: 3e38 / 7 · 7 lies above 3e38, and all logits at the threshold would be removed.
 */
export function logitNotBelow(threshold: number, temperature: number): number {
  const logit = float32NotBelow(threshold * temperature);
  const lower = -nextFloat32(-logit);
  return lower / temperature >= threshold ? lower : logit;
}

/** The next larger float32. */
function nextFloat32(x: number): number {
  if (x === 0) return 2 ** -149;
  float32[0] = x;
  bits[0] = bits[0]! + (x > 0 ? 1 : -1);
  return float32[0]!;
}

/**
 * The number of ranked probabilities in the smallest prefix of mass p: token i stays iff the mass before it is
 * below p (`inclusive`: not above p). At least 1.
 */
export function prefixOfMass(
  probabilities: Float64Array,
  count: number,
  p: number,
  inclusive: boolean,
): number {
  const limit = inclusive ? p + SLACK : p - SLACK;
  let mass = 0;
  for (let i = 0; i < count; i++) {
    if (i > 0 && (inclusive ? mass > limit : mass >= limit)) return i;
    mass += probabilities[i]!;
  }
  return count;
}
