/**
 * Sums over the kept tokens that several samplers use: the normaliser, the entropy and collision probability
 * of their softmax, and the spread of their scores.
 */
import { exp, ln } from "../../kernels/float64.ts";
import type { Compact } from "./compact/compact.ts";

export interface Moments {
  /** ln Σ exp sᵢ */
  logsumexp: number;
  /** H = −Σ pᵢ ln pᵢ in nats, from 0 to ln(count) */
  entropy: number;
  /** Σ pᵢ², from 1/count to 1: the probability that two draws agree */
  collision: number;
}

/** Fills `into`; d = s − max, w = exp d: H = ln Σw − Σwd / Σw. Weights of 0 add nothing. */
export function momentsOf({ scores, count }: Compact, max: number, into: Moments): Moments {
  let weight = 0;
  let weighted = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const d = scores[i]! - max;
    const w = exp(d);
    weight += w;
    weighted += w * d;
    squares += w * w;
  }
  into.logsumexp = max + ln(weight);
  into.entropy = ln(weight) - weighted / weight;
  into.collision = squares / (weight * weight);
  return into;
}

/** Population standard deviation of the scores; 0 for a single token. Two passes, so that large scores cancel well. */
export function sigmaOf({ scores, count }: Compact): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += scores[i]!;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (scores[i]! - mean) * (scores[i]! - mean);
  return Math.sqrt(squares / count);
}
