/**
 * Weights of the tokens of a history that fade with age, as in ExLlamaV3's penalties: the last `last_n` tokens have
 * weight 1, and older ones fall on a line that reaches 0 `decay_range` tokens further back.
 *
 *     weight 1 ──────────┐
 *                         ╲
 *            0 ───────────╲──────── age: the last token has 1
 *                       last_n last_n + decay_range
 */
import type { TokenIds } from "../../vocabulary/vocabulary.ts";
import type { Candidates } from "../candidates/candidates.ts";

export class FadingTokens {
  /** distinct ids, most recent first; the first `distinct` are valid */
  token_ids = new Int32Array(1024);
  /** the largest weight with which each of them occurs: that of its last occurrence */
  presence = new Float64Array(1024);
  /** the sum of the weights of a token's occurrences */
  frequency = new Float64Array(1024);
  distinct = 0;
  #amounts = new Float64Array(1024);
  /** index + 1 by token id; all 0 between calls */
  #places = new Int32Array(0);
  #id_end = 0;

  /** Weighs history[begin … end − 1]; ids from `id_end` on have no weight. A `last_n` below 0 counts every token in full. */
  weigh(history: TokenIds, begin: number, last_n: number, decay_range: number, id_end: number): this {
    const end = history.length;
    const full = last_n < 0 ? begin : Math.max(begin, end - last_n);
    // The token at an age of last_n + decay_range has weight 0.
    const first = last_n < 0 ? begin : Math.max(begin, end - last_n - decay_range + 1);
    this.#id_end = id_end;
    this.#makeRoom(Math.min(end - Math.min(first, full), id_end), id_end);
    this.distinct = 0;
    for (let i = end - 1; i >= full; i--) this.#take(history[i]!, 1);
    for (let i = full - 1; i >= first; i--) this.#take(history[i]!, 1 - (end - i - last_n) / decay_range);
    for (let i = 0; i < this.distinct; i++) this.#places[this.token_ids[i]!] = 0;
    return this;
  }

  /** s ← s − constant · presence − per_count · frequency. */
  subtract(candidates: Candidates, constant: number, per_count: number): void {
    const amounts = this.#amounts;
    for (let i = 0; i < this.distinct; i++)
      amounts[i] = -constant * this.presence[i]! - per_count * this.frequency[i]!;
    this.#add(candidates);
  }

  /**
   * s ← s + presence · (r(s) − s), where r(s) = s / ratio above `zero` and s · ratio below it, with the score counted
   * from `zero`. Scores of −∞ stay.
   */
  scale(candidates: Candidates, ratio: number, zero: number): void {
    const amounts = this.#amounts;
    candidates.readScores(this.token_ids, this.distinct, amounts);
    for (let i = 0; i < this.distinct; i++) {
      const height = amounts[i]! - zero;
      // One of the two terms is 0. A branch would be slower, because signs are unpredictable.
      const scaled = Math.max(height, 0) / ratio + Math.min(height, 0) * ratio;
      amounts[i] = height === Number.NEGATIVE_INFINITY ? 0 : this.presence[i]! * (scaled - height);
    }
    this.#add(candidates);
  }

  #add(candidates: Candidates): void {
    const { distinct } = this;
    if (distinct > 0)
      candidates.add(this.token_ids.subarray(0, distinct), this.#amounts.subarray(0, distinct));
  }

  #take(token_id: number, weight: number): void {
    if (token_id >= this.#id_end) return;
    const place = this.#places[token_id]! - 1;
    if (place >= 0) {
      this.frequency[place] = this.frequency[place]! + weight;
      return;
    }
    this.token_ids[this.distinct] = token_id;
    this.presence[this.distinct] = weight;
    this.frequency[this.distinct] = weight;
    this.#places[token_id] = ++this.distinct;
  }

  #makeRoom(distinct_max: number, id_end: number): void {
    if (distinct_max > this.token_ids.length) {
      this.token_ids = new Int32Array(2 * distinct_max);
      this.presence = new Float64Array(2 * distinct_max);
      this.frequency = new Float64Array(2 * distinct_max);
      this.#amounts = new Float64Array(2 * distinct_max);
    }
    if (id_end > this.#places.length) this.#places = new Int32Array(id_end);
  }
}
