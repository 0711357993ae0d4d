/**
 * Work in pieces, shared by several waiting steps. Each step does the next piece in its turn, so the work continues
 * while at least one of them waits, and all share the result.
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

  /** Does the remaining pieces. Returns the result, or throws the error of the work. */
  *finish(): Generator<undefined, Result> {
    while (!this.is_done) {
      this.advance();
      if (!this.is_done) yield;
    }
    return this.#result();
  }

  /** Does the next piece. An error is kept for the other steps that wait for this work. */
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
