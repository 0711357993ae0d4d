/**
 * A list of tokens in kernel memory, ids and float64 scores, for samplers that need each of many tokens in float64. The
 * survivors of a cut are written to it, ranked or not. Its exponentials equal those of `exp`, to the bit.
 */

import type { Machine } from "./instance.ts";
import { configureNoise, type Noise } from "./philox.ts";
import type { Row } from "./row.ts";
import { type Cut, setWindow } from "./selection/cut.ts";

export class ScoreList {
  readonly token_ids: Int32Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;
  /** Room for scores beside the list: see `expScratch`. */
  readonly scratch: Float64Array;
  readonly #machine: Machine;

  constructor(machine: Machine, vocab_size_max: number) {
    const { buffer, layout } = machine;
    this.#machine = machine;
    this.token_ids = new Int32Array(buffer, layout.listed_ids, vocab_size_max);
    this.scores = new Float64Array(buffer, layout.listed_scores, vocab_size_max);
    this.weights = new Float64Array(buffer, layout.listed_weights, vocab_size_max);
    this.scratch = new Float64Array(buffer, layout.rank_spare, vocab_size_max);
  }

  /** Lists the survivors of a cut in the order of ids, with scores x/T; returns how many. */
  list(row: Row, temperature: number, cut: Cut): number {
    const { wasm, layout } = this.#machine;
    setWindow(this.#machine, cut);
    return wasm.listRow(
      row.address,
      row.maxima_address,
      row.blocks,
      temperature,
      layout.listed_ids,
      layout.listed_scores,
    );
  }

  /** The same ranked: largest first, equal logits by ascending id. */
  rank(row: Row, temperature: number, cut: Cut): number {
    const { wasm, layout } = this.#machine;
    setWindow(this.#machine, cut);
    return wasm.rankRow(
      row.address,
      row.maxima_address,
      row.blocks,
      temperature,
      layout.listed_ids,
      layout.listed_scores,
      layout.rank_keys,
      layout.rank_spare,
    );
  }

  /** Largest of the first `count` scores; −Infinity for an empty list. */
  max(count: number): number {
    const { wasm, layout } = this.#machine;
    return wasm.largestScore(layout.listed_scores, count);
  }

  /** score ← peak − sharpness·d²/(1 + d), d = |weight − target|/width, for the first `count`. */
  scoreByDistance(count: number, target: number, width: number, peak: number, sharpness: number): void {
    const { wasm, layout } = this.#machine;
    wasm.scoreByDistance(layout.listed_scores, layout.listed_weights, count, target, width, peak, sharpness);
  }

  /** Writes e^(score − max) of the first `count` to `weights`, and returns their sum, in the order of the list. */
  weigh(count: number, max: number): number {
    const { wasm, layout } = this.#machine;
    return wasm.weighScores(layout.listed_scores, count, max, layout.listed_weights, 1);
  }

  /** The sum alone; `weights` stay unchanged. */
  sum(count: number, max: number): number {
    const { wasm, layout } = this.#machine;
    return wasm.weighScores(layout.listed_scores, count, max, layout.rank_spare, 0);
  }

  /** Replaces the first `count` scores of `scratch` by e^(score − max). The next ranking or sum overwrites them. */
  expScratch(count: number, max: number): Float64Array {
    const { wasm, layout } = this.#machine;
    wasm.weighScores(layout.rank_spare, count, max, layout.rank_spare, 1);
    return this.scratch;
  }

  /** The index among the first `count` at which score + noise is largest; of equals that of the lowest id. */
  noisiest(count: number, noise: Noise): number {
    const { wasm, layout } = this.#machine;
    configureNoise(this.#machine, noise);
    return wasm.noisiest(layout.listed_ids, layout.listed_scores, count);
  }

  /** Writes the uniforms of the first `count` to `weights`. */
  writeUniforms(count: number, noise: Noise): void {
    const { wasm, layout } = this.#machine;
    configureNoise(this.#machine, noise);
    wasm.writeUniforms(layout.listed_ids, count, layout.listed_weights);
  }

  /** Divides the first `count` weights. */
  divide(count: number, by: number): void {
    const { wasm, layout } = this.#machine;
    wasm.divideEach(layout.listed_weights, count, by);
  }
}
