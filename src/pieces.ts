/** Runs work that is divided into pieces at once, for callers without other work between the pieces. */
export function allAtOnce<Result>(pieces: Generator<unknown, Result>): Result {
  for (let next = pieces.next(); ; next = pieces.next()) if (next.done === true) return next.value;
}
