/**
 * Sets of code points as sorted, disjoint, inclusive ranges: [from, to, from, to, …]. Surrogates are never in a set.
 */

export type CodePoints = readonly number[];

const LAST = 0x10ffff;

/** Sorts and merges ranges in any order, and removes surrogates. */
export function codePoints(pairs: readonly (readonly [number, number])[]): CodePoints {
  const sorted = pairs.flatMap(withoutSurrogates).sort(([a], [b]) => a - b);
  const ranges: number[] = [];
  for (const [from, to] of sorted) {
    const end = ranges[ranges.length - 1];
    if (end !== undefined && from <= end + 1) ranges[ranges.length - 1] = Math.max(end, to);
    else ranges.push(from, to);
  }
  return ranges;
}

function withoutSurrogates([from, to]: readonly [number, number]): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  if (from < 0xd800) pairs.push([from, Math.min(to, 0xd7ff)]);
  if (to > 0xdfff) pairs.push([Math.max(from, 0xe000), to]);
  return pairs;
}

export function pairsOf(ranges: CodePoints): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  return pairs;
}

export function complement(ranges: CodePoints): CodePoints {
  const pairs: (readonly [number, number])[] = [];
  let next = 0;
  for (const [from, to] of pairsOf(ranges)) {
    if (from > next) pairs.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) pairs.push([next, LAST]);
  return codePoints(pairs);
}

export function together(...sets: readonly CodePoints[]): CodePoints {
  return codePoints(sets.flatMap(pairsOf));
}

export function shared(a: CodePoints, b: CodePoints): CodePoints {
  return complement(together(complement(a), complement(b)));
}

export function contains(ranges: CodePoints, code_point: number): boolean {
  return pairsOf(ranges).some(([from, to]) => code_point >= from && code_point <= to);
}

export const ANY = codePoints([[0, LAST]]);
export const DIGITS = codePoints([[0x30, 0x39]]);
export const WORD_LETTERS = codePoints([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
/** ECMA-262's white space and line ends. */
export const BLANKS = codePoints([
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
export const LINE_ENDS = codePoints([
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]);
