/**
 * A copy of the candidates at one moment, for a trace. Nothing changes the copy, so its probabilities are
 * computed once for any number of tokens.
 */
import { exp } from "../../kernels/float64.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { Compact } from "../candidates/compact/compact.ts";

export class Snapshot {
  readonly candidates = new Compact();
  #probabilities: Float64Array | undefined;

  take(candidates: Candidates): void {
    candidates.copyTo(this.candidates);
    this.#probabilities = undefined;
  }

  get count(): number {
    return this.candidates.count;
  }

  /** Softmax over the candidates, in their order. */
  probabilities(): Float64Array {
    this.#probabilities ??= this.candidates.probabilities();
    return this.#probabilities;
  }

  /** Σ p·score: the score of a token whose surprise is the entropy. */
  meanScore(): number {
    const probabilities = this.probabilities();
    let mean = 0;
    for (let i = 0; i < this.count; i++)
      if (probabilities[i]! > 0) mean += probabilities[i]! * this.candidates.scores[i]!;
    return mean;
  }

  /** 0 for a token that is not among them. */
  probabilityOf(token_id: number): number {
    const index = this.candidates.indexOf(token_id);
    return index < 0 ? 0 : this.probabilities()[index]!;
  }

  /**
   * The probability of a token with this score in the candidates' softmax: converts a score to a probability.
   */
  probabilityAt(score: number): number {
    const { scores } = this.candidates;
    let best = 0;
    for (let i = 1; i < this.count; i++) if (scores[i]! > scores[best]!) best = i;
    return this.probabilities()[best]! * exp(score - scores[best]!);
  }
}
