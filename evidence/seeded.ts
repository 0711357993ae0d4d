/** Seeded randomness of the proofs: small, quick, and the same on every machine. Nothing to do with sampling. */

export interface Seeded {
  /** a whole number of 0 … n − 1; n at most 2³² */
  below(n: number): number;
  /** a number of [0, 1) with 32 bits */
  unit(): number;
  /** true once in n times */
  oneIn(n: number): boolean;
  /** an element of a list that is not empty */
  pick<T>(list: readonly T[]): T;
}

/** A separate generator for case `index` of a run, so that one case can be replayed without the earlier ones. */
export function seeded(seed: number, index = 0): Seeded {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  // splitmix32: a counter through a mixing function, so that close seeds give unlike numbers.
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const below = (n: number) => Math.floor((next() / 2 ** 32) * n);
  return {
    below,
    unit: () => next() / 2 ** 32,
    oneIn: (n) => below(n) === 0,
    pick: (list) => list[below(list.length)]!,
  };
}
