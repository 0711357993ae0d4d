/**
 * Storage of the compact form: parallel arrays, and the exponentials of the scores. The kernel has one such list in
 * its own memory, which is fast for whole rows. The lists here are plain arrays that give the same bits.
 */
import { exp } from "../../../kernels/float64.ts";
import { gumbelOf, type Noise, uniformOf } from "../../../kernels/kernel.ts";

export interface Lists {
  readonly token_ids: Int32Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;
  /** Largest of the first `count` scores; −Infinity when the list is empty. */
  max(count: number): number;
  /** score ← peak − sharpness·d²/(1 + d), d = |weight − target|/width, for the first `count`. */
  scoreByDistance(count: number, target: number, width: number, peak: number, sharpness: number): void;
  /** Writes e^(score − max) of the first `count` to `weights`, and returns their sum, in the order of the list. */
  weigh(count: number, max: number): number;
  /** Returns the sum alone; `weights` stay unchanged. */
  sum(count: number, max: number): number;
  /** The index among the first `count` at which score + noise is largest; of equals that of the lowest id. */
  noisiest(count: number, noise: Noise): number;
  /** Writes the uniforms u of the noise of the first `count` to `weights`. */
  writeUniforms(count: number, noise: Noise): void;
  /** Divides the first `count` weights. */
  divide(count: number, by: number): void;
}

export class PlainLists implements Lists {
  readonly token_ids: Int32Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;

  constructor(capacity: number) {
    this.token_ids = new Int32Array(capacity);
    this.scores = new Float64Array(capacity);
    this.weights = new Float64Array(capacity);
  }

  max(count: number): number {
    const { scores } = this;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) if (scores[i]! > max) max = scores[i]!;
    return max;
  }

  scoreByDistance(count: number, target: number, width: number, peak: number, sharpness: number): void {
    const { scores, weights } = this;
    for (let i = 0; i < count; i++) {
      const distance = Math.abs(weights[i]! - target) / width;
      scores[i] = peak - (sharpness * distance * distance) / (1 + distance);
    }
  }

  weigh(count: number, max: number): number {
    const { scores, weights } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const weight = exp(scores[i]! - max);
      weights[i] = weight;
      sum += weight;
    }
    return sum;
  }

  sum(count: number, max: number): number {
    const { scores } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += exp(scores[i]! - max);
    return sum;
  }

  divide(count: number, by: number): void {
    const { weights } = this;
    for (let i = 0; i < count; i++) weights[i] = weights[i]! / by;
  }

  noisiest(count: number, noise: Noise): number {
    const { token_ids, scores } = this;
    let place = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const total = scores[i]! + gumbelOf(uniformOf(noise, token_ids[i]!));
      if (total < best || (total === best && token_ids[i]! > token_ids[place]!)) continue;
      best = total;
      place = i;
    }
    return place;
  }

  writeUniforms(count: number, noise: Noise): void {
    const { token_ids, weights } = this;
    for (let i = 0; i < count; i++) weights[i] = uniformOf(noise, token_ids[i]!);
  }
}
