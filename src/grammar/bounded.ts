/**
 * Limits work on grammars whose very long chains exceed the runtime's stack: the error names a limit, and nothing else is
 * affected.
 */
import { Problem } from "../errors.ts";

export function bounded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Problem(
      "grammar_too_large",
      "parts of a grammar that may all be left out, or nest, stand too many in a row",
    );
  }
}

/** Like the above, for work that is done in pieces. */
export function* boundedPieces<T>(pieces: Generator<undefined, T>): Generator<undefined, T> {
  for (;;) {
    const next = bounded(() => pieces.next());
    if (next.done === true) return next.value;
    yield;
  }
}
