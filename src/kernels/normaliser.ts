/**
 * The normaliser of a softmax, kept in two parts: the largest score, and ln Σ exp(s − max).
 *
 * Far from zero the two cannot be added: at 3e38 the spacing of float64 is 4e22, so max + ln 2 is max, and two equal
 * scores would each get the log-probability 0 in place of −0.693.
 */

/**
 * From this distance on, log-probabilities are taken as (s − max) − ln Σ exp(s − max). Nearer to zero, in the whole
 * range of float16, s − ln Σ exp s is accurate to 8e-12, and keeps the bits of earlier replies.
 */
const FAR = 2 ** 16;

export class Normaliser {
  readonly #max: number;
  /** ln Σ exp(s − max) */
  readonly #log_mass: number;
  /** ln Σ exp s, rounded */
  readonly logsumexp: number;

  constructor(max: number, log_mass: number, logsumexp = max + log_mass) {
    this.#max = max;
    this.#log_mass = log_mass;
    this.logsumexp = logsumexp;
  }

  /** The larger of this normaliser and the given ln Σ exp s of a larger set of scores. */
  atLeast(logsumexp: number | undefined): Normaliser {
    if (logsumexp === undefined || logsumexp <= this.logsumexp) return this;
    return new Normaliser(this.#max, Math.max(this.#log_mass, logsumexp - this.#max), logsumexp);
  }

  /** True when `logprobOf` is one subtraction: score − logsumexp. */
  get is_near(): boolean {
    return Math.abs(this.#max) < FAR;
  }

  /** ln of the probability of a token with this score; −Infinity for −Infinity. */
  logprobOf(score: number): number {
    if (this.is_near) return score - this.logsumexp;
    return score - this.#max - this.#log_mass;
  }

  /** ln of the total probability of a subset of the tokens, by the normaliser of the subset. */
  logShareOf(part: Normaliser): number {
    if (this.is_near) return part.logsumexp - this.logsumexp;
    return part.#max - this.#max + (part.#log_mass - this.#log_mass);
  }
}
