/** Runs work that is divided into pieces at once, when nobody waits for a turn between them. */
export function allAtOnce<Result>(pieces: Generator<unknown, Result>): Result {
  for (let next = pieces.next(); ; next = pieces.next()) if (next.done === true) return next.value;
}
