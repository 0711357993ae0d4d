/**
 * Eight numbers from one pass over a row of logits. Everything that the analysis reports follows from them.
 *
 * With yᵢ = (xᵢ − max)·log₂e/T, the weight of a logit is wᵢ = 2^yᵢ = exp((xᵢ − max)/T). The largest logit is left
 * out of the three sums: its weight is exactly 1, so Z = 1 + rest, and a confident row keeps its tail: 1 − p = 1e-40
 * is not rounded to 0. The sums run over four interleaved lanes, i mod 4, which are added in a fixed order: the SIMD
 * kernel does the same, bit for bit.
 */
import { ln } from "../kernels/float64.ts";
import { BITS_PER_NAT, exp2Negative, ln1p } from "./exp.ts";

/** A row of logits in any container. Values may be −Infinity (masked), never NaN or +Infinity: see `checkRow`. */
export type Logits = ArrayLike<number>;

export interface Moments {
  readonly length: number;
  /** lowest id of the largest logit */
  readonly max_id: number;
  readonly max: number;
  /** largest logit among the others; −Infinity when there is none or all are masked */
  readonly second: number;
  /** 1 / T */
  readonly inverse_temperature: number;
  /** Σ wᵢ without the largest */
  readonly rest: number;
  /** Σ wᵢyᵢ ≤ 0, in bits */
  readonly first: number;
  /** Σ wᵢyᵢ², in bits² */
  readonly square: number;
}

const LANES = 4;

/** Reads a checked row at 1/T > 0. */
export function moments(row: Logits, inverse_temperature = 1): Moments {
  const length = row.length;
  const max_id = argmax(row);
  const max = row[max_id]! + 0;
  const factor = inverse_temperature * BITS_PER_NAT;
  const rest = new Float64Array(LANES);
  const first = new Float64Array(LANES);
  const square = new Float64Array(LANES);
  let second = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    if (i === max_id) continue;
    const x = row[i]!;
    if (x > second) second = x;
    const y = (x - max) * factor;
    const w = exp2Negative(y);
    if (w === 0) continue;
    const lane = i & (LANES - 1);
    rest[lane]! += w;
    first[lane]! += w * y;
    square[lane]! += w * y * y;
  }
  const sums = { rest: total(rest), first: total(first), square: total(square) };
  return { length, max_id, max, second: second + 0, inverse_temperature, ...sums };
}

/** The weight of a logit x relative to the largest: 1 for the largest itself, 0 for a masked one. */
export function weightOf(m: Moments, x: number): number {
  return exp2Negative((x - m.max) * (m.inverse_temperature * BITS_PER_NAT));
}

/** Lowest index of the largest value; 0 for a row that is −Infinity throughout. */
function argmax(row: Logits): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) {
    if (row[i]! > row[best]!) best = i;
  }
  return best;
}

/** ln Σ exp(x_i / T): the row's "energy", up to its sign. Never overflows. */
export function logSumExp(m: Moments): number {
  return m.max * m.inverse_temperature + ln1p(m.rest);
}

/** Probability of the most likely class: 1 / Z. */
export function topProbability(m: Moments): number {
  return 1 / (1 + m.rest);
}

/**
 * From this distance in nats on, the weights of all other classes are too close to the smallest float64 to be summed
 * directly.
 */
const DISTANT = 600;

/**
 * ln(p / (1 − p)) of the most likely class: −ln rest, exact however near p is to 1. Where even the runner-up is distant,
 * the others are summed against the runner-up. Infinity when all others are masked.
 */
export function topLogOdds(m: Moments, row: Logits): number {
  const margin = (m.max - m.second) * m.inverse_temperature;
  return margin < DISTANT ? -ln(m.rest) : margin - logSumBehindTop(m, row);
}

/** ln Σ exp((xᵢ − second)/T) over all but the most likely class; 0 when all are masked. */
function logSumBehindTop(m: Moments, row: Logits): number {
  if (m.second === Number.NEGATIVE_INFINITY) return 0;
  const factor = m.inverse_temperature * BITS_PER_NAT;
  let sum = 0;
  for (let i = 0; i < row.length; i++) if (i !== m.max_id) sum += exp2Negative((row[i]! - m.second) * factor);
  return ln(sum);
}

/** Probability of the runner-up; 0 when there is none. */
export function secondProbability(m: Moments): number {
  return weightOf(m, m.second) / (1 + m.rest);
}

/** ln p of a class whose logit is x: shifted by the maximum, so that it is exact for logits of 1e30 too. */
export function logprobOf(m: Moments, x: number): number {
  return (x - m.max) * m.inverse_temperature - ln1p(m.rest);
}

/** Σ p ln w ≤ 0 in nats: the mean of ln(p / p_max) under the row's own distribution. */
export function meanLogWeight(m: Moments): number {
  return (m.first / (1 + m.rest)) * Math.LN2 + 0;
}

/** −Σ p ln p in nats: ln Z − Σ p ln w, two terms of which neither is negative. 0 for one class, ln n for n equal ones. */
export function entropy(m: Moments): number {
  return ln1p(m.rest) - meanLogWeight(m);
}

/** entropy / ln n: 0 = certain, 1 = uniform; 0 for one class. */
export function relativeEntropy(m: Moments): number {
  return m.length === 1 ? 0 : entropy(m) / ln(m.length);
}

/** Variance of ln p over the row's own distribution, in nats²: 0 when all kept classes are equally likely. */
export function varentropy(m: Moments): number {
  const mean = m.first / (1 + m.rest);
  return Math.max(0, m.square / (1 + m.rest) - mean * mean) * (Math.LN2 * Math.LN2);
}

/** The order in which the SIMD lanes are added. */
function total(lane: Float64Array): number {
  return lane[0]! + lane[2]! + (lane[1]! + lane[3]!);
}
