/**
 * The normaliser of a softmax, kept in two parts: the largest score, and ln Σ exp(s − max).
 *
 * Far from zero the two cannot be added: at 3e38 the spacing of float64 is 4e22, so max + ln 2 is max, and two equal
 * scores would each get the log-probability 0 in place of −0.693.
 */

/**
 * From this distance on, log-probabilities are taken as (s − max) − ln Σ exp(s − max). Nearer to zero, where all of
 * float16 lies, s − ln Σ exp s is right to 8e-12, and its bits are those that replies have always had.
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

  /** This, or the ln Σ exp s that was given for a larger set of scores, where it is larger. */
  atLeast(logsumexp: number | undefined): Normaliser {
    if (logsumexp === undefined || logsumexp <= this.logsumexp) return this;
    return new Normaliser(this.#max, Math.max(this.#log_mass, logsumexp - this.#max), logsumexp);
  }

  /** ln of the probability of a token with this score; −Infinity for −Infinity. */
  logprobOf(score: number): number {
    if (Math.abs(this.#max) < FAR) return score - this.logsumexp;
    return score - this.#max - this.#log_mass;
  }

  /** ln of the probability that a part of the tokens has together, by the normaliser of that part. */
  logShareOf(part: Normaliser): number {
    if (Math.abs(this.#max) < FAR) return part.logsumexp - this.logsumexp;
    return part.#max - this.#max + (part.#log_mass - this.#log_mass);
  }
}
