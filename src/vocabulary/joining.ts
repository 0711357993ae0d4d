/**
 * Byte-pair encoding: the neighbours whose bytes together are the token of lowest rank are joined first, until no two
 * neighbours are a token. The ids of tokens are their ranks.
 */

/** A part of a text that is a token: text[begin … end − 1]. */
export interface Unit {
  readonly begin: number;
  readonly end: number;
  readonly id: number;
}

/** Finds the token of text[begin … end − 1]; undefined when there is none. */
export type TokenAt = (begin: number, end: number) => number | undefined;

/** Joins neighbouring units in place. Takes at most 3 lookups a unit, and time with the square of their number. */
export function joinNeighbours(units: Unit[], tokenAt: TokenAt): void {
  const joinedAt = (i: number) => {
    const [left, right] = [units[i], units[i + 1]];
    return left && right && tokenAt(left.begin, right.end);
  };
  const joined = units.map((_, i) => joinedAt(i));
  for (;;) {
    let best = -1;
    for (const [i, id] of joined.entries())
      if (id !== undefined && (best < 0 || id < joined[best]!)) best = i;
    if (best < 0) return;
    const [left, right] = [units[best]!, units[best + 1]!]; // a pair has two
    units.splice(best, 2, { begin: left.begin, end: right.end, id: joined[best]! });
    joined.splice(best, 1);
    for (const i of [best - 1, best]) if (i >= 0) joined[i] = joinedAt(i);
  }
}
