/** The schemes with the options of the proofs, and the vocabulary size that they need. */

export interface Marking {
  readonly name: string;
  /** what the test is asked */
  readonly test: Readonly<Record<string, unknown>>;
  /** the further options of the steps */
  readonly laid: Readonly<Record<string, unknown>>;
  /** bits of a key, and how many secrets one has */
  readonly bits: number;
  readonly secrets: number;
  /** whether the distribution over keys is that of the chain */
  readonly keeps: boolean;
  /** The expected share of p ≤ level in unmarked texts with this number of counted tokens, where p has few values. */
  rate?(count: number, level: number): number;
}

const one = { bits: 64, secrets: 1 } as const;

const GAMMA = 0.25;

/** For a binomial count of green tokens: the largest tail probability that does not exceed the level. */
function rateOfCounts(count: number, level: number): number {
  let rate = 0;
  let chance = GAMMA ** count; // that all are green
  for (let green = count; green > 0 && rate + chance <= level; green--) {
    rate += chance;
    chance *= (green / (count - green + 1)) * ((1 - GAMMA) / GAMMA);
  }
  return rate;
}

export const MARKINGS: readonly Marking[] = [
  { name: "gumbel", test: { scheme: "gumbel" }, laid: {}, keeps: true, ...one },
  { name: "dual_key_gumbel", test: { scheme: "dual_key_gumbel", alpha: 0.1 }, laid: {}, keeps: true, ...one },
  {
    name: "green_list",
    test: { scheme: "green_list", gamma: GAMMA },
    laid: { delta: 2 },
    keeps: false,
    rate: rateOfCounts,
    ...one,
  },
  { name: "synthid", test: { scheme: "synthid" }, laid: {}, keeps: true, ...one },
];
