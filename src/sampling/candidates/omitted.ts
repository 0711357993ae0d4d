/**
 * What is known of the tokens that a sparse row left out, and whether the answer is provably the one that the
 * whole row would have given. Each omitted score has an upper bound; a removing stage whose last kept score lies
 * above the bound closes the question: no omitted token can be kept from there on.
 */
import { exp, ln } from "../../kernels/float64.ts";

/** What rounding may hide of the omitted mass, as a share of the row's. */
const MASS_SLACK = 1e-12;

export class Omitted {
  /** how many tokens were left out; Infinity when the vocabulary size is not known */
  #count = 0;
  /** no omitted score is larger */
  #bound = Number.NEGATIVE_INFINITY;
  /** ln Σ exp over the whole row at the present scores, when the sender told and nothing has changed since */
  #logsumexp: number | undefined;
  /** no more than ln Σ exp over the omitted tokens at the present scores; undefined when nothing is known of it */
  #log_mass: number | undefined;
  /** true while an omitted token might still be in play */
  is_open = false;
  #spoiled = false;

  /** So many are omitted; of a whole row none, and every answer is exact. */
  start(count: number, bound = Number.NEGATIVE_INFINITY, logsumexp?: number): void {
    this.#count = count;
    this.#bound = bound;
    this.#logsumexp = logsumexp;
    this.#log_mass = undefined;
    // Nothing is in play that is masked.
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

  /** All scores are divided; `sentLogSumExp` is ln Σ exp over the tokens that were sent, before that. */
  rescaled(temperature: number, sentLogSumExp: () => number): void {
    const log_mass = this.#log_mass ?? this.#massBeside(sentLogSumExp);
    this.#log_mass = log_mass === undefined ? undefined : this.#scaledMass(log_mass, 1 / temperature);
    this.#bound /= temperature;
    this.#logsumexp = undefined;
  }

  /** What the sum over the whole row leaves for the omitted. */
  #massBeside(sentLogSumExp: () => number): number | undefined {
    if (this.#logsumexp === undefined || !this.is_open) return undefined;
    const share = 1 - exp(sentLogSumExp() - this.#logsumexp);
    return this.#logsumexp + ln(Math.max(share, 0) + MASS_SLACK);
  }

  /**
   * What Σ exp(x) may become when every x is multiplied. Above 1: no factor exp(x·(by − 1)) is larger than that of the
   * bound. Below 1: Σ yᵇ over n numbers of one sum is largest where they are equal.
   */
  #scaledMass(log_mass: number, by: number): number | undefined {
    if (by === Number.POSITIVE_INFINITY) return undefined;
    if (by >= 1) return log_mass + this.#bound * (by - 1);
    if (this.#count === Number.POSITIVE_INFINITY) return undefined;
    const log_count = ln(this.#count);
    return log_count + (log_mass - log_count) * by;
  }

  /** A token was edited; `score` is an upper bound of its new score if it was left out, −Infinity if it was sent. */
  edited(score: number): void {
    if (score > this.#bound) this.#bound = score;
    if (score !== Number.NEGATIVE_INFINITY) this.#log_mass = undefined;
    this.#logsumexp = undefined;
  }

  /** A stage kept only scores of at least `last_kept`: none of the omitted if that lies above the bound. */
  cutAt(last_kept: number): void {
    if (last_kept > this.#bound) this.is_open = false;
    this.#logsumexp = undefined;
  }

  /** Only so many of the omitted tokens may still be drawn. */
  restrictedTo(count: number): void {
    if (count < this.#count) this.#count = count;
    if (count === 0) this.is_open = false;
    this.#logsumexp = undefined;
  }

  /** A stage looked at probabilities or at every token, of which some are unknown. */
  guess(): void {
    if (this.is_open) this.#spoiled = true;
  }

  /** The least and the largest that the whole row's mass can be, in units of the mass that was sent. */
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
