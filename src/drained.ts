/** What work comes to that pauses now and then, for who needs no pauses. */
export function drained<Result>(pieces: Generator<unknown, Result>): Result {
  for (;;) {
    const piece = pieces.next();
    if (piece.done === true) return piece.value;
  }
}
