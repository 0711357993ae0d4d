/**
 * Work in pieces for several waiting steps. Each of them does the next piece in its turn, so the work continues as
 * long as one of them is left, and all share the result.
 */
type Outcome<Result> = { readonly value: Result } | { readonly error: unknown };

export class Job<Result> {
  readonly #pieces: Generator<undefined, Result>;
  #outcome: Outcome<Result> | undefined;

  constructor(pieces: Generator<undefined, Result>) {
    this.#pieces = pieces;
  }

  get is_done(): boolean {
    return this.#outcome !== undefined;
  }

  /** Does the rest, a piece at a time. What came of it, or what it threw. */
  *finish(): Generator<undefined, Result> {
    while (!this.is_done) {
      this.advance();
      if (!this.is_done) yield;
    }
    return this.#result();
  }

  /** Does the next piece. An error is kept for those whose work it is. */
  advance(): void {
    try {
      const next = this.#pieces.next();
      if (next.done === true) this.#outcome = { value: next.value };
    } catch (error) {
      this.#outcome = { error };
    }
  }

  #result(): Result {
    const outcome = this.#outcome;
    if (outcome !== undefined && "value" in outcome) return outcome.value;
    throw outcome?.error;
  }
}
