/** The figures of the softmax of a row. */
import type { Normaliser } from "./normaliser.ts";

/** The figures of the softmax of the survivors at a temperature, from one pass. Natural logarithms. */
export interface Distribution {
  /** of x/T */
  readonly normaliser: Normaliser;
  /** ln Σ exp(x/T) */
  readonly logsumexp: number;
  /** H = −Σ p·ln p, ≥ 0 */
  readonly entropy: number;
  /** Σ p·(−ln p − H)², ≥ 0 */
  readonly varentropy: number;
  /** Σ p² */
  readonly collision: number;
  /** Σ p·x */
  readonly mean_logit: number;
  /** Σ w, in the units of the weights that the kernel made for it */
  readonly mass: number;
}
