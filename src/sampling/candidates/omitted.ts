/**
 * What is known about the tokens that a sparse row omits, and whether the answer is provably that of the whole
 * row. Each omitted score has an upper bound. When a removing stage keeps only scores above that bound, no
 * omitted token can be kept, and every later answer is exact.
 */
import { exp, ln } from "../../kernels/float64.ts";

/** Largest rounding error of the omitted mass, as a share of the row's mass. */
const MASS_SLACK = 1e-12;

export class Omitted {
  /** number of omitted tokens; Infinity when the vocabulary size is not known */
  #count = 0;
  /** no omitted score is larger */
  #bound = Number.NEGATIVE_INFINITY;
  /**
   * ln Σ exp over the whole row at the present scores; known when the client sent it and no score has changed
   * since
   */
  #logsumexp: number | undefined;
  /** upper bound of ln Σ exp over the omitted tokens at the present scores; undefined when unknown */
  #log_mass: number | undefined;
  /** true while an omitted token might still be in play */
  is_open = false;
  #spoiled = false;

  /** Sets the number of omitted tokens. A whole row omits none, so every answer is exact. */
  start(count: number, bound = Number.NEGATIVE_INFINITY, logsumexp?: number): void {
    this.#count = count;
    this.#bound = bound;
    this.#logsumexp = logsumexp;
    this.#log_mass = undefined;
    // Records that no omitted token is in play, because all are masked.
    this.is_open = count > 0 && bound !== Number.NEGATIVE_INFINITY;
    this.#spoiled = false;
  }

  /** True when the whole row would have given the same answer. */
  get isExact(): boolean {
    return !this.is_open && !this.#spoiled;
  }

  /** An upper bound for the score of any omitted token. */
  get bound(): number {
    return this.#bound;
  }

  /** Divides all scores; `sentLogSumExp` is ln Σ exp over the listed tokens before that. */
  rescaled(temperature: number, sentLogSumExp: () => number): void {
    const log_mass = this.#log_mass ?? this.#massBeside(sentLogSumExp);
    this.#log_mass = log_mass === undefined ? undefined : this.#scaledMass(log_mass, 1 / temperature);
    this.#bound /= temperature;
    this.#logsumexp = undefined;
  }

  /** The part of the whole row's sum that belongs to the omitted tokens. */
  #massBeside(sentLogSumExp: () => number): number | undefined {
    if (this.#logsumexp === undefined || !this.is_open) return undefined;
    const share = 1 - exp(sentLogSumExp() - this.#logsumexp);
    return this.#logsumexp + ln(Math.max(share, 0) + MASS_SLACK);
  }

  /**
   * An upper bound of Σ exp(x) after every x is multiplied by `by`. For `by` above 1, no factor exp(x·(by − 1)) is
   * larger than that of the bound. For `by` below 1, Σ yᵇ over n numbers with a fixed sum is largest when they are
   * equal.
   */
  #scaledMass(log_mass: number, by: number): number | undefined {
    if (by === Number.POSITIVE_INFINITY) return undefined;
    if (by >= 1) return log_mass + this.#bound * (by - 1);
    if (this.#count === Number.POSITIVE_INFINITY) return undefined;
    const log_count = ln(this.#count);
    return log_count + (log_mass - log_count) * by;
  }

  /**
   * Records an edit of a token; `score` is an upper bound of its new score if it was omitted, −Infinity if it was
   * listed.
   */
  edited(score: number): void {
    if (score > this.#bound) this.#bound = score;
    if (score !== Number.NEGATIVE_INFINITY) this.#log_mass = undefined;
    this.#logsumexp = undefined;
  }

  /**
   * Records that a stage kept only scores of at least `last_kept`. No omitted token stays if that is above
   * the bound.
   */
  cutAt(last_kept: number): void {
    if (last_kept > this.#bound) this.is_open = false;
    this.#logsumexp = undefined;
  }

  /** Records that at most this number of omitted tokens can still be drawn. */
  restrictedTo(count: number): void {
    if (count < this.#count) this.#count = count;
    if (count === 0) this.is_open = false;
    this.#logsumexp = undefined;
  }

  /** Records that a stage used probabilities or every token, of which some are unknown. */
  guess(): void {
    if (this.is_open) this.#spoiled = true;
  }

  /** Bounds of the whole row's mass, in units of the mass of the listed tokens. */
  massRatios(sent_logsumexp: number): readonly [least: number, most: number] {
    if (this.#logsumexp !== undefined) {
      const ratio = exp(this.#logsumexp - sent_logsumexp);
      return [ratio, ratio];
    }
    const of_count = this.#count * exp(this.#bound - sent_logsumexp);
    const of_mass = this.#log_mass === undefined ? of_count : exp(this.#log_mass - sent_logsumexp);
    return [1, 1 + Math.min(of_count, of_mass)];
  }
}
