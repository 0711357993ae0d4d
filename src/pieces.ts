/** Work that is done in pieces, so that others have turns between two of them, done at once where nobody waits. */
export function allAtOnce<Result>(pieces: Generator<unknown, Result>): Result {
  for (let next = pieces.next(); ; next = pieces.next()) if (next.done === true) return next.value;
}
