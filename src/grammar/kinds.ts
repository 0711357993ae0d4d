/** The kinds of nodes (described in nodes.ts), and the nodes that every grammar has. */
export const NEVER = 0;
export const EMPTY = 1;

export const KIND = {
  never: 0,
  empty: 1,
  set: 2,
  seq: 3,
  word: 4,
  alt: 5,
  repeat: 6,
  word_repeat: 7,
  and: 8,
  not: 9,
  call: 10,
} as const;

export const UNLIMITED = Number.POSITIVE_INFINITY;
